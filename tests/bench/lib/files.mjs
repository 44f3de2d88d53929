// Many files with flows, made by rule: the same bytes on every machine. Each file of CloudFlow has a counterpart of
// the same size in Amazon States Language.

import fs from "node:fs";
import path from "node:path";
import { makeFlow, numbers } from "./flows.mjs";

/** Sizes in bytes with their shares: most flows are short. */
const SIZES = [
  [0.5, 800, 2000],
  [0.3, 2000, 6000],
  [0.15, 6000, 16000],
  [0.045, 16000, 48000],
  [0.005, 48000, 128000],
];

/** One file in this many has a mistake. */
const WITH_MISTAKE = 10;

/**
 * Mistakes as edits of the text. Each leaves valid YAML or JSON: `ajv-cli` ends at the first file that it cannot read.
 * The first edit that applies to the text is made.
 */
const MISTAKES = {
  StateMachine: [
    [/Next: GiveUp/, "Next: GiveUpp"],
    [/Type: Pass/, "Type: Pas"],
    [/IntervalSeconds: 2/, "IntervalSeconds: two"],
    [/TaskMode: RequestComplete/, "TaskMod: RequestComplete"],
    [/id\.\$: \$Input\.order\.id/, "id.$: $Inptu.order.id"],
  ],
  flow: [
    [/goto: GiveUp/, "goto: GiveUpp"],
    [/type: pass/, "type: pas"],
    [/intervalSeconds: 2/, "intervalSeconds: two"],
    [/inputMappings:/, "inputMapings:"],
    [/source: \$input\.order\.id/, "source: $inptu.order.id"],
  ],
  asl: [
    [/"Next":"GiveUp"/, '"Next":"GiveUpp"'],
    [/"Type":"Pass"/, '"Type":"Pas"'],
    [/"IntervalSeconds":2/, '"IntervalSeconds":"two"'],
    [/"Parameters"/, '"Paramters"'],
    [/"\$\.order\.id"/, '"$.order.id["'],
  ],
};

/**
 * Writes files into two folders: `flows` with both dialects of CloudFlow as YAML, and `asl` with Amazon States Language
 * as JSON. Both have folders of 100 files.
 *
 * @param {string} folder
 * @param {number} count
 * @returns {{ flows: string, asl: string, bytes: number, aslBytes: number, mistakes: number }}
 */
export function writeFiles(folder, count) {
  const flows = path.join(folder, "flows");
  const asl = path.join(folder, "asl");
  const found = { flows, asl, bytes: 0, aslBytes: 0, mistakes: 0 };
  const draw = numbers(20261126);
  for (let i = 0; i < count; i += 1) {
    const within = `part-${String(Math.floor(i / 100)).padStart(3, "0")}`;
    if (i % 100 === 0) for (const to of [flows, asl]) fs.mkdirSync(path.join(to, within), { recursive: true });
    const bytes = sizeAt(draw(10000) / 10000, draw);
    const first = draw(100000);
    const mistake = draw(WITH_MISTAKE) === 0 ? draw(MISTAKES.asl.length) : undefined;
    if (mistake !== undefined) found.mistakes += 1;
    const write = (to, dialect, ending) => {
      const text = edited(dialect, makeFlow(dialect, { bytes, first }).text, mistake);
      fs.writeFileSync(path.join(to, within, `order-${String(i).padStart(5, "0")}.${ending}`), text);
      return Buffer.byteLength(text);
    };
    found.bytes += write(flows, i % 2 === 0 ? "StateMachine" : "flow", "yaml");
    found.aslBytes += write(asl, "asl", "asl.json");
  }
  return found;
}

function sizeAt(share, draw) {
  let below = 0;
  for (const [part, least, most] of SIZES) {
    below += part;
    if (share < below) return least + draw(most - least);
  }
  return SIZES[0][1];
}

/** @param mistake the number of the first mistake that is tried */
function edited(dialect, text, mistake) {
  if (mistake === undefined) return text;
  const all = MISTAKES[dialect];
  for (let i = 0; i < all.length; i += 1) {
    const [from, to] = all[(mistake + i) % all.length];
    const result = text.replace(from, () => to);
    if (result !== text) return result;
  }
  throw new Error(`no mistake fits into this text of ${dialect}`);
}

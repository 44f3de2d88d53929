// Compares the YAML reader with npm `yaml`, on the flows of tests/cases/check with random edits. The environment
// variables ROUNDS and SEED set the number and the seed of the edits.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parseAllDocuments } from "yaml";

import { validateFlow } from "../../pkg/index.js";
import { readFamily } from "./cases.mjs";

const PIECES = [
  ":",
  " ",
  "\n",
  "- ",
  "'",
  '"',
  "[",
  "]",
  "{",
  "}",
  "#",
  "\t",
  "&a",
  "*a",
  "!t",
  "|",
  ">",
  "  ",
  "? ",
  ",",
  "%",
  "@",
  "中",
];

/** A placeholder of a template is a value for us, and often no YAML; a lone carriage return ends no line for `yaml`. */
const APART = /\{\{|\{%|\{#|\$\{|<\w|\r(?!\n)/;

/** Where the two differ and both may: what ours says, what theirs says, the text. */
const EXCUSED = [
  // `yaml` looks for the anchor when values are made, not when they are read.
  ({ ours }) => ours === "yaml-unknown-alias",
  // The lines of an explicit key: `yaml` lets them stand further left than where the key begins.
  ({ text }) => /^[-\s]*\?/m.test(text),
  // A tag stuck to what follows it, which is a tag with an odd name.
  ({ ours, theirs }) => ours === undefined && theirs === "MISSING_CHAR",
  // A closing bracket at the margin: `yaml` reports it and goes on, most readers accept it.
  ({ ours, theirs }) => ours === undefined && theirs === "BAD_INDENT",
  // A word with a colon and a bar inside, among brackets: `yaml` takes the bar for a block scalar.
  ({ ours, text }) => ours === undefined && /:[|>]/.test(text),
  // A directive must be followed by `---`; `yaml` lets a document of nothing else pass.
  ({ theirs, text }) => theirs === undefined && /^%/m.test(text),
  // `a: {b}: c` is no better than `a: b: c`; `yaml` sees only the second.
  ({ ours, theirs, text }) => ours === "yaml-unexpected" && theirs === undefined && /[\]}"']\s*:/.test(text),
  // A tab before a scalar that begins no mapping indents nothing.
  ({ ours, theirs, text }) =>
    ours === undefined && theirs === "TAB_AS_INDENT" && (!text.includes(":") || /-\s*\t/.test(text)),
  // A quote that closes lines further down, in the middle of a word: `yaml` passes over what follows it.
  ({ ours, theirs }) => ours === "yaml-unclosed-quote" && theirs === undefined,
  // Too far from its colon for the specification; ours reads it as the key it is meant to be.
  ({ theirs }) => theirs === "KEY_OVER_1024_CHARS",
];

function dice(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

function edited(text, roll) {
  for (let edits = 1 + roll(3); edits > 0; edits -= 1) {
    const at = roll(text.length + 1);
    const rest = roll(2) ? PIECES[roll(PIECES.length)] + text.slice(at) : text.slice(at + 1 + roll(3));
    text = text.slice(0, at) + rest;
  }
  return text;
}

function verdicts(text) {
  const { diagnostics } = validateFlow(text);
  const ours = diagnostics.find(
    ({ severity, code }) => severity === "error" && (code.startsWith("yaml-") || code === "duplicate-key"),
  )?.code;
  // The checker reports the mistake and reads the repaired text.
  const repaired = diagnostics.some(
    ({ code, message }) =>
      ["look-alike", "bad-encoding", "too-many"].includes(code) ||
      /after the dash|Markdown fence|of a heredoc|conflict markers|JSON has no comments/.test(message),
  );
  const documents = parseAllDocuments(text, { version: "1.2" });
  const errors = [documents.errors ?? [], ...Array.from(documents, (document) => document.errors)].flat();
  const theirs = documents.length > 1 ? "several documents" : errors[0]?.code;
  return { ours, theirs, text, repaired };
}

test("both readers accept and refuse the same texts", () => {
  const rounds = Number(process.env.ROUNDS ?? 3000);
  const seed = Number(process.env.SEED ?? 1);
  const roll = dice(seed);
  const texts = Object.values(readFamily("check"))
    .map(({ yaml }) => yaml)
    .filter((text) => !APART.test(text));
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const text = edited(texts[roll(texts.length)], roll);
    if (APART.test(text)) continue;
    const found = verdicts(text);
    if (found.repaired) continue;
    refused += found.theirs ? 1 : 0;
    const same = (found.ours === undefined) === (found.theirs === undefined);
    if (!same && !EXCUSED.some((excuses) => excuses(found))) {
      assert.fail(
        `seed ${seed}, round ${round}: ours ${found.ours ?? "accepts"}, npm yaml ${found.theirs ?? "accepts"}\n${JSON.stringify(text)}\n${text}`,
      );
    }
  }
  assert.ok(refused > rounds / 20 && refused < rounds, `${refused} of ${rounds} refused: the edits say little`);
});

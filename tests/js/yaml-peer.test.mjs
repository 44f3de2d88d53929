// Compares the YAML reader with npm `yaml`, on the flows of tests/cases/check with random edits. The environment
// variables ROUNDS and SEED set the number and the seed of the edits.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parseAllDocuments } from "yaml";

import { validateFlow } from "../../pkg/dist/index.js";
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

/** Texts that are not compared: placeholders, which `yaml` may refuse, and lone carriage returns. */
const APART = /\{\{|\{%|\{#|\$\{|<\w|\r(?!\n)/;

/** Allowed differences: our message, their message, the text. */
const EXCUSED = [
  // `yaml` resolves aliases when it builds values, not when it reads.
  ({ ours }) => ours === "yaml-unknown-alias",
  // `yaml` accepts lines of an explicit key with less indentation than the key.
  ({ text }) => /^[-\s]*\?/m.test(text),
  // A tag without a space after it is a tag with an unusual name.
  ({ ours, theirs }) => ours === undefined && theirs === "MISSING_CHAR",
  // A closing bracket without indentation: `yaml` reports it and continues, most readers accept it.
  ({ ours, theirs }) => ours === undefined && theirs === "BAD_INDENT",
  // A word with `:|` in a flow collection: `yaml` reads the bar as the start of a block scalar.
  ({ ours, text }) => ours === undefined && /:[|>]/.test(text),
  // A directive must be followed by `---`. `yaml` accepts a document that contains only directives.
  ({ theirs, text }) => theirs === undefined && /^%/m.test(text),
  // `a: {b}: c` and `a: b: c` have the same error. `yaml` reports only the second.
  ({ ours, theirs, text }) => ours === "yaml-unexpected" && theirs === undefined && /[\]}"']\s*:/.test(text),
  // A tab before a scalar that is not the first key of a mapping is not indentation.
  ({ ours, theirs, text }) =>
    ours === undefined && theirs === "TAB_AS_INDENT" && (!text.includes(":") || /-\s*\t/.test(text)),
  // A quote that closes in a later line, in the middle of a word: `yaml` skips the following text.
  ({ ours, theirs }) => ours === "yaml-unclosed-quote" && theirs === undefined,
  // The key is further from its colon than the specification allows. Our reader accepts it as a key.
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
      /after the dash|not a part of a definition|each line begins with|line breaks are written|conflict markers|JSON has no comments|must be a list of|is the value of `name`|quote the (whole )?value$/.test(
        message,
      ),
  );
  const documents = parseAllDocuments(text, { version: "1.2" });
  const errors = [documents.errors ?? [], ...Array.from(documents, (document) => document.errors)].flat();
  const theirs = documents.length > 1 ? "several documents" : errors[0]?.code;
  return { ours, theirs, text, repaired };
}

test("both readers accept and refuse the same texts", () => {
  const rounds = Number(process.env.ROUNDS ?? 3);
  const seed = Number(process.env.SEED ?? 1);
  let [tried, refused] = [0, 0];
  for (const [name, { yaml }] of Object.entries(readFamily("check"))) {
    if (APART.test(yaml)) continue;
    // The edits of a case depend on its name only: a new case does not change those of the others.
    const roll = dice([...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.codePointAt(0), seed));
    for (let round = 0; round < rounds; round += 1) {
      const text = edited(yaml, roll);
      if (APART.test(text)) continue;
      const found = verdicts(text);
      if (found.repaired) continue;
      tried += 1;
      refused += found.theirs ? 1 : 0;
      const same = (found.ours === undefined) === (found.theirs === undefined);
      if (!same && !EXCUSED.some((excuses) => excuses(found))) {
        assert.fail(
          `seed ${seed}, ${name}, round ${round}: ours ${found.ours ?? "accepts"}, npm yaml ${found.theirs ?? "accepts"}\n${JSON.stringify(text)}\n${text}`,
        );
      }
    }
  }
  assert.ok(refused > tried / 20 && refused < tried, `${refused} of ${tried} refused: the edits say little`);
});

// Every question of the language service after an edit of one character: 64 KB of each dialect, valid and broken. The
// edit counts. Each question follows an edit of its own, so that no answer is kept from the one before.

import { makeFlow } from "../lib/flows.mjs";
import { median } from "../lib/measure.mjs";
import { finish, packageUrl, quick, report } from "../lib/part.mjs";

const LIMIT_MS = 5;
// Two hundred cases of a few milliseconds each: a run takes less than a minute. The clock of the processor time is too
// coarse for one call, so that only an idle machine gives figures to quote.
const rounds = quick ? 10 : 40;
const warmUp = quick ? 4 : 16;

/** The text is changed at `at`; the edit adds a character there, the next one removes it. */
const texts = {
  valid: (text, line) => ({ text, at: text.indexOf("# one call, one reply", line.end) + 5 }),
  "renamed state": (text, line) => ({ text, at: line.end }),
  "half-typed key": (text, line, key) => {
    const typed = key.slice(0, key.length >> 1);
    const added = `${line.indent}${typed}\n`;
    const start = line.end + 1;
    return { text: text.slice(0, start) + added + text.slice(start), at: start + added.length - 1 };
  },
  "unclosed bracket": (text, line, key) => {
    const added = `${line.indent}${key}: [a, b\n`;
    const start = line.end + 1;
    return { text: text.slice(0, start) + added + text.slice(start), at: start + added.length - 1 };
  },
  "bad indentation": (text, line, key) => {
    const added = `${line.indent.slice(0, -1)}${key}: ab\n`;
    const start = line.end + 1;
    return { text: text.slice(0, start) + added + text.slice(start), at: start + added.length - 1 };
  },
};

/** Each question; the places are the name of a state, the edited place and an expression. */
const questions = {
  diagnostics: (flow) => flow.diagnostics(),
  graph: (flow) => flow.graph(),
  symbols: (flow) => flow.symbols(),
  folding: (flow) => flow.folding(),
  inlayHints: (flow) => flow.inlayHints(),
  semanticTokens: (flow) => flow.semanticTokens(),
  selectionRanges: (flow, { at }) => flow.selectionRanges(at),
  "completion, key": (flow, { at }) => flow.completion(at),
  "completion, target": (flow, { target }) => flow.completion(target),
  "completion, expression": (flow, { expression }) => flow.completion(expression),
  "hover, key": (flow, { at }) => flow.hover(at),
  "hover, state": (flow, { target }) => flow.hover(target),
  signatureHelp: (flow, { expression }) => flow.signatureHelp(expression),
  definition: (flow, { target }) => flow.definition(target),
  references: (flow, { target }) => flow.references(target),
  prepareRename: (flow, { target }) => flow.prepareRename(target),
  rename: (flow, { target }) => flow.rename(target, "another name"),
  codeActions: (flow, { target }) => flow.codeActions(target),
  format: (flow) => flow.format(),
  "format, sortKeys": (flow) => flow.format({ sortKeys: true }),
};

const dialects = {
  StateMachine: { name: "Name", key: "Description", target: "Default: ", expression: 'Condition: $Input.state == "' },
  flow: { name: "name", key: "timeoutSeconds", target: "goto: ", expression: "source: $input.order" },
};

/** A line of a state in the middle of the text: its indentation and its end. */
function middle(text, name) {
  const start = text.indexOf(`\n    ${name}: `, text.length >> 1) + 1;
  return { indent: "    ", end: text.indexOf("\n", start) };
}

if (!process.argv.includes("--peers")) {
  const { openFlow } = await import(new URL("editor.js", packageUrl));
  const raw = {};
  const found = Object.fromEntries(Object.keys(questions).map((question) => [question, []]));
  for (const [dialect, words] of Object.entries(dialects)) {
    const whole = makeFlow(dialect, { bytes: 65536 }).text;
    for (const [kind, make] of Object.entries(texts)) {
      const { text, at } = make(whole, middle(whole, words.name), words.key);
      const behind = (word) => text.indexOf(word, at) + word.length;
      const places = { at, target: behind(words.target) + 2, expression: behind(words.expression) };
      for (const [question, ask] of Object.entries(questions)) {
        const flow = openFlow(text);
        let typed = false;
        const once = () => {
          flow.edit(at, typed ? at + 1 : at, typed ? "" : "x");
          ask(flow, places);
          typed = !typed;
        };
        const measured = () => {
          const before = performance.now();
          once();
          return performance.now() - before;
        };
        for (let round = 0; round < warmUp; round += 1) once();
        const ms = Array.from({ length: rounds }, measured).sort((a, b) => a - b);
        flow.close();
        const row = { median: median(ms), p95: ms[Math.floor(rounds * 0.95)] };
        raw[`${question}, ${dialect}, ${kind}`] = row;
        found[question].push({ ...row, broken: kind !== "valid" });
      }
    }
  }
  for (const [question, rows] of Object.entries(found)) {
    const slowest = (broken, of) => Math.max(...rows.filter((row) => row.broken === broken).map((row) => row[of]));
    const shown = (broken) => `${slowest(broken, "median").toFixed(2)} (${slowest(broken, "p95").toFixed(2)}) ms`;
    report({
      what: `editor, ${question}, after an edit of one character at 64 KB: median (p95), the slower dialect`,
      ours: `valid ${shown(false)}; broken ${shown(true)}`,
      unit: "text",
      goal: `< ${LIMIT_MS} ms`,
      met: rows.every((row) => row.median < LIMIT_MS),
    });
  }
  finish(raw);
} else finish();

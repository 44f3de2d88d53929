// The logic of the editor of the console, without a page.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { foldable, getIndentation, IndentContext, indentUnit, StreamLanguage } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { flowGraph, validateFlow } from "../../pkg/dist/index.js";
import { checkText, equalGraphs, withGraph } from "../../www/console/editor/check.js";
import { compatibleFixes, repair } from "../../www/console/editor/fixes.js";
import { Versions } from "../../www/console/editor/versions.js";
import { columnOfNextLine, yaml, yamlStream } from "../../www/console/editor/yaml.js";
import { en } from "../../www/console/words/en.js";
import { zh } from "../../www/console/words/zh.js";
import { check, FLOW } from "./support/editor-flow.mjs";

const CASES = fileURLToPath(new URL("../cases/check/", import.meta.url));

async function casesOfChecks() {
  const files = await readdir(CASES, { recursive: true });
  const texts = files.filter((file) => file.endsWith(".yaml")).map((file) => readFile(CASES + file, "utf8"));
  return Promise.all(texts);
}

/** Applies changes of `compatibleFixes`. */
const apply = (text, changes) =>
  changes.reduceRight((rest, { from, to, insert }) => rest.slice(0, from) + insert + rest.slice(to), text);

test("one pass of the reader gives what validateFlow and flowGraph give, for every case", async () => {
  const texts = await casesOfChecks();
  assert.ok(texts.length > 300, `${texts.length} cases`);
  for (const text of texts) {
    const { dialect, valid, diagnostics } = validateFlow(text);
    const { nodes, edges } = flowGraph(text);
    assert.deepEqual(check(text), { text, dialect, valid, diagnostics, graph: { nodes, edges } }, text);
  }
});

test("a definition with states is read once", () => {
  const reader = { flowGraph, validateFlow: () => assert.fail("it is read again") };
  assert.equal(checkText(FLOW, reader).dialect, "StateMachine");
});

test("a graph stays the same object while its states and transitions stay the same", () => {
  const first = check(FLOW);
  const moved = withGraph(check(`# a comment\n${FLOW}`), first.graph);
  assert.equal(moved.graph, first.graph);
  assert.equal(moved.graph.nodes[1].range.start.line, 8);
  for (const [from, to] of [
    ["Next: Served", "End: true"],
    ["Type: Pass", "Type: Wait"],
    [/Boil/g, "Cook"],
  ]) {
    const changed = check(FLOW.replace(from, to));
    assert.equal(equalGraphs(first.graph, changed.graph), false, String(from));
    assert.equal(withGraph(changed, first.graph), changed);
  }
});

test("fixes that touch the same place are not applied together", () => {
  const fix = (...edits) => ({
    fix: { title: "", edits: edits.map(([from, to, newText]) => ({ range: rangeOf(from, to), newText })) },
  });
  const rangeOf = (from, to) => ({ start: { offset: from }, end: { offset: to } });
  const fixed = (...diagnostics) => {
    const { changes, fixed } = compatibleFixes(diagnostics);
    return [apply("0123456789", changes), fixed];
  };
  assert.deepEqual(fixed(fix([1, 2, "a"]), fix([5, 6, "b"])), ["0a234b6789", 2]);
  assert.deepEqual(fixed(fix([5, 6, "b"]), fix([1, 2, "a"])), ["0a234b6789", 2]);
  assert.deepEqual(fixed(fix([1, 4, "a"]), fix([2, 3, "b"])), ["0a456789", 1]);
  assert.deepEqual(fixed(fix([1, 4, "a"]), fix([4, 4, "b"])), ["0a456789", 1]);
  assert.deepEqual(fixed(fix([3, 3, "a"]), fix([3, 3, "b"])), ["012a3456789", 1]);
  // A fix is applied as a whole: its first edit would fit.
  assert.deepEqual(fixed(fix([0, 1, "a"]), fix([2, 3, "x"], [0, 1, "y"])), ["a123456789", 1]);
  assert.deepEqual(fixed({ fix: undefined }, fix()), ["0123456789", 0]);
});

test("repairing a case leaves no fix", async () => {
  let repaired = 0;
  for (const text of await casesOfChecks()) {
    const { diagnostics } = check(text);
    if (!diagnostics.some(({ fix }) => fix)) continue;
    let now = text;
    const { fixed } = await repair(
      diagnostics,
      (changes) => {
        now = apply(now, changes);
        return { step: changes, text: now };
      },
      async (changed) => check(changed),
    );
    assert.ok(fixed > 0);
    assert.deepEqual(
      check(now).diagnostics.flatMap(({ fix, message }) => (fix ? [message] : [])),
      [],
      `${text}\n---\n${now}`,
    );
    repaired += 1;
  }
  assert.ok(repaired > 50, `${repaired} cases`);
});

test("versions compose the changes since a text", () => {
  let state = EditorState.create({ doc: "abc" });
  const versions = new Versions("abc");
  const edit = (changes) => {
    const transaction = state.update({ changes });
    state = transaction.state;
    versions.add(state.doc.toString(), transaction.changes);
  };
  assert.equal(versions.since("abc"), null);
  edit({ from: 0, insert: "xx" });
  edit({ from: 1, to: 2 });
  assert.equal(versions.text, "xabc");
  assert.equal(versions.since("abc").mapPos(2), 3);
  edit({ from: 0, to: 1 });
  // The text is the first one again, so nothing has changed.
  assert.equal(versions.since("abc"), null);
  assert.equal(versions.since("xabc"), undefined);
  assert.equal(versions.since("never there"), undefined);
});

test("a new line gets the column that YAML needs", () => {
  const table = [
    ["States:", 2],
    ["  - Type: Task", 4],
    ["  - Type:", 6],
    ["    Parameters:", 6],
    ["    Parameters: # of the task", 6],
    ["    Cause: |", 6],
    ["    Cause: >-", 6],
    ["    Name: a:b", 4],
    ["    Errors: [", 6],
    ["    body: {", 6],
    ["  - one", 2],
    ["  - - one", 4],
    ['  - "a: b"', 2],
    ['  - "a": b', 4],
    ["  - {a: b}", 2],
    ["    url: http://example.com", 4],
    ["", 0],
    ["    ", 4],
    ["# States:", 0],
  ];
  for (const [line, column] of table) assert.equal(columnOfNextLine(line, 2), column, JSON.stringify(line));
  const state = EditorState.create({ doc: "a:\n  - b: c", extensions: [yaml, indentUnit.of("  ")] });
  assert.equal(getIndentation(new IndentContext(state, { simulateBreak: 11 }), 11), 4);
});

test("the parts of YAML are told apart", () => {
  const parts = (text) => {
    const found = [];
    const tree = StreamLanguage.define(yamlStream).parser.parse(text);
    tree.iterate({
      enter({ name, from, to }) {
        if (name !== "Document") found.push(`${name} ${text.slice(from, to)}`);
      },
    });
    return found.join("; ");
  };
  assert.equal(parts("a: 1"), "propertyName a; punctuation :; number 1");
  assert.equal(parts("- b: true # x"), "punctuation -; propertyName b; punctuation :; atom true; comment # x");
  assert.equal(parts("\"a b\": 'c: d'"), "propertyName \"a b\"; punctuation :; string 'c: d'");
  assert.equal(parts("a.$: $Input.x[0]"), "propertyName a.$; punctuation :; variableName $Input.x[0]");
  assert.equal(
    parts("a: |\n  b: c\n\n  # d\ne: f"),
    "propertyName a; punctuation :; punctuation |; string   b: c; string   # d; propertyName e; punctuation :",
  );
  assert.equal(
    parts("{a: b, c: [d]}"),
    "bracket {; propertyName a; punctuation :; punctuation ,; propertyName c; punctuation :; bracket [; bracket ]}",
  );
  assert.equal(parts("a: http://b#c"), "propertyName a; punctuation :");
  assert.equal(
    parts("a: &b !c d\n*e : 1"),
    "propertyName a; punctuation :; labelName &b; typeName !c; labelName *e; punctuation :; number 1",
  );
  assert.equal(parts('a: "b\n  c" # d'), 'propertyName a; punctuation :; string "b; string   c"; comment # d');
  assert.equal(parts("---\n%x"), "meta ---; meta %x");
});

test("lines fold with what is indented below them", () => {
  const doc = "States:\n- Type: Pass\n  Name: a\n\n- Type: Pass\nEnd: 1\n";
  const state = EditorState.create({ doc, extensions: yaml });
  const folded = (number) => {
    const { from, to } = state.doc.line(number);
    const range = foldable(state, from, to);
    return range && doc.slice(range.from, range.to);
  };
  assert.equal(folded(1), "\n- Type: Pass\n  Name: a\n\n- Type: Pass");
  assert.equal(folded(2), "\n  Name: a");
  assert.equal(folded(4), null);
  assert.equal(folded(5), null);
  assert.equal(folded(6), null);
  // The last line, without a line break behind it.
  const open = EditorState.create({ doc: "States:\n  - Name: a", extensions: yaml });
  assert.equal(foldable(open, open.doc.line(2).from, open.doc.line(2).to), null);
  assert.equal(foldable(EditorState.create({ doc: "a:", extensions: yaml }), 0, 2), null);
});

test("both dictionaries have the same words", () => {
  for (const section of ["definition", "editor"]) {
    const shape = (words) => Object.entries(words[section]).map(([key, value]) => `${key} ${typeof value}`);
    assert.deepEqual(shape(zh), shape(en));
  }
});

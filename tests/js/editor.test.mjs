// The entry `cloudflow-wasm/editor`: the handle, its offsets, its errors. The answers themselves are tested in
// crates/editor.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CloudFlowError, TOKEN_KINDS, openFlow } from "../../pkg/dist/editor.js";
import { flowGraph, validateFlow } from "../../pkg/dist/index.js";

const TEXT = `Type: StateMachine
SpecVersion: v1
Name: 订单🎈
StartAt: A
States:
  - Type: Pass
    Name: A
    # 🎈 A leads to B
    Next: B
  - Type: Succeed
    Name: B
`;

/** Applies edits, which refer to offsets of one text. */
const apply = (text, edits) =>
  edits.reduceRight(
    (text, { range, newText }) => text.slice(0, range.start.offset) + newText + text.slice(range.end.offset),
    text,
  );
const after = (text, part) => text.indexOf(part) + part.length;
const refused = (code) => (error) => error instanceof CloudFlowError && error.kind === "request" && error.code === code;

test("findings and graph are those of the other functions", () => {
  const text = TEXT.replace("Next: B", "Next: C");
  const flow = openFlow(text);
  assert.deepEqual(flow.diagnostics(), validateFlow(text).diagnostics);
  assert.deepEqual(flow.graph(), flowGraph(text));
  flow.close();
  const express = openFlow(TEXT.replace("Type: Pass", "Type: Wait\n    Seconds: 100"), { mode: "Express" });
  assert.ok(express.diagnostics().some(({ code }) => code === "out-of-range"));
  express.close();
});

test("edits in UTF-16 units keep the text of the editor", () => {
  const flow = openFlow(TEXT);
  let text = TEXT;
  let seed = 7;
  const random = (most) => (seed = (seed * 16807) % 2147483647) % most;
  const pieces = ["", "x", "🎈", "程", "\n", "\r\n", "  ", "- ", ": ", "Next: A\n", '"', "#"];
  for (let round = 0; round < 2000; round += 1) {
    const start = random(text.length + 1);
    const end = Math.min(text.length, start + random(12));
    const piece = pieces[random(pieces.length)];
    flow.edit(start, end, piece);
    // A lone surrogate is U+FFFD in the module.
    text = (text.slice(0, start) + piece + text.slice(end)).toWellFormed();
    assert.equal(flow.text(), text, `round ${round}`);
    const place = random(text.length + 1);
    // Not inside a pair.
    const offset = text.codePointAt(place - 1) > 0xffff ? place + 1 : place;
    const { range } = flow.completion(offset);
    assert.ok(range.start.offset <= offset && offset <= range.end.offset, `round ${round}`);
    if (text.length > 2000) {
      flow.edit(0, text.length, TEXT);
      text = TEXT;
    }
  }
  flow.close();
});

test("a target is completed, followed and renamed while the text is typed", () => {
  const flow = openFlow(TEXT);
  const place = after(TEXT, "Next: ");
  flow.edit(place, place + 1, "");
  const { items } = flow.completion(place);
  assert.deepEqual(
    items.map(({ label, kind, detail }) => [label, kind, detail]),
    [
      ["A", "state", "Pass"],
      ["B", "state", "Succeed"],
    ],
  );
  assert.match(items[0].page, /^https:/);
  flow.edit(place, place, items[1].insertText);
  assert.equal(flow.text(), TEXT);
  assert.equal(flow.definition(place).start.line, 11);
  assert.equal(flow.references(place).length, 2);
  assert.equal(flow.prepareRename(place).start.offset, place);
  const edits = flow.rename(place, "终点🎈");
  assert.equal(apply(TEXT, edits), TEXT.replace("Next: B", "Next: 终点🎈").replace("Name: B", "Name: 终点🎈"));
  flow.close();
});

test("words are in the text and in order", () => {
  const flow = openFlow(TEXT);
  const numbers = flow.semanticTokens();
  const words = [];
  for (let at = 0; at < numbers.length; at += 3)
    words.push([TOKEN_KINDS[numbers[at + 2]], TEXT.slice(numbers[at], numbers[at] + numbers[at + 1])]);
  assert.deepEqual(words.slice(4, 6), [
    ["key", "Name"],
    ["state", "订单🎈"],
  ]);
  assert.deepEqual(
    words.filter(([kind]) => kind === "comment" || kind === "target"),
    [
      ["target", "A"],
      ["comment", "# 🎈 A leads to B"],
      ["target", "B"],
    ],
  );
  flow.close();
});

test("every function answers", () => {
  const flow = openFlow(TEXT);
  assert.deepEqual(
    flow.symbols().map(({ name, type, children }) => [name, type, children]),
    [
      ["A", "Pass", []],
      ["B", "Succeed", []],
    ],
  );
  assert.equal(flow.folding().length, 3);
  assert.equal(flow.selectionRanges(0).at(-1).end.offset, TEXT.length);
  assert.match(flow.hover(1).documentation, /language/);
  assert.equal(flow.hover(TEXT.length), null);
  assert.equal(flow.signatureHelp(0), null);
  assert.deepEqual(
    flow.inlayHints().map(({ label, position }) => [label, position.line]),
    [["→ end", 11]],
  );
  assert.deepEqual(flow.codeActions(after(TEXT, "Name: A")), []);
  assert.deepEqual(flow.format(), { edits: [], diagnostics: [] });
  flow.edit(after(TEXT, "SpecVersion:"), after(TEXT, "SpecVersion:"), " [");
  const { edits, diagnostics } = flow.format({ sortKeys: true });
  assert.deepEqual(edits, []);
  assert.ok(diagnostics.length > 0);
  flow.close();
});

test("wrong arguments and closed flows give an error", () => {
  assert.throws(() => openFlow(1), refused("not-a-text"));
  assert.throws(() => openFlow("", { mod: "Express" }), refused("unknown-option"));
  assert.throws(() => openFlow("x".repeat(16 * 1024 * 1024 + 1)), refused("out-of-range"));
  const flow = openFlow(TEXT);
  for (const offset of [-1, 1.5, NaN, "1", undefined, null, {}])
    assert.throws(() => flow.completion(offset), refused("out-of-range"), String(offset));
  for (const name of [undefined, null, 1]) assert.throws(() => flow.rename(0, name), refused("not-a-text"));
  assert.throws(() => flow.edit(0, 0, undefined), refused("not-a-text"));
  assert.throws(() => flow.edit(0, 0, "x".repeat(17 * 1024 * 1024)), refused("out-of-range"));
  assert.throws(() => flow.rename(0, "x"), refused("rename-refused"));
  assert.throws(() => flow.rename(after(TEXT, "Next: "), "A"), refused("rename-refused"));
  assert.throws(() => flow.format({ sortKey: true }), refused("wrong-options"));
  assert.throws(() => flow.format({ sortKeys: 1 }), refused("wrong-options"));
  assert.equal(flow.text(), TEXT);
  flow.close();
  flow.close();
  for (const name of Object.keys(flow).filter((name) => name !== "close"))
    assert.throws(() => flow[name](0, 0, ""), refused("flow-closed"), name);
});

test("many flows are open at a time", () => {
  const flows = Array.from({ length: 50 }, (_, index) => openFlow(`type: flow\nname: f${index}\n`));
  for (const [index, flow] of flows.entries()) {
    flow.edit(0, 0, `# ${index}\n`);
    assert.equal(flow.text(), `# ${index}\ntype: flow\nname: f${index}\n`);
  }
  for (const flow of flows) flow.close();
});

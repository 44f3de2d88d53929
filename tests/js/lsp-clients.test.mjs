// The command `lsp` with clients of different abilities and manners.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as lsp from "vscode-languageserver-protocol/node";

import { FLOW, longFlow } from "./support/adapter-page.mjs";
import { WRONG, after, edited, start } from "./support/language-client.mjs";

const LONG = longFlow(65_536);
/** A place in the middle whose target is being written. */
const TYPED = LONG.replace("Next: S750\n", "Next: S75\n");
const RANGE = { start: after(TYPED, "Name: S749\n    Next: "), end: after(TYPED, "Name: S749\n    Next: S75") };

test("a long list is cut to what fits, and asked for again", { timeout: 60_000 }, async (t) => {
  const server = await start(t, { capabilities: {} });
  await server.open(TYPED);
  const { isIncomplete, items, itemDefaults } = await server.ask(lsp.CompletionRequest, { position: RANGE.end });
  assert.equal(isIncomplete, true);
  assert.equal(itemDefaults, undefined);
  const labels = items.map(({ label }) => label);
  assert.deepEqual(labels.slice(0, 3), ["S75", "S750", "S751"]);
  // Labels with the characters in their order follow, as editors filter: S705 has S, 7 and 5.
  assert.ok(labels.includes("S705"), String(labels));
  assert.ok(labels.every((label) => /S.*7.*5/.test(label)) && labels.length <= 200);
  assert.deepEqual(items[1].textEdit, { range: RANGE, newText: "S750" });
  assert.deepEqual(
    items.map(({ sortText }) => sortText),
    items.map(({ sortText }) => sortText).sort(),
  );
  // At the start of the word, everything fits.
  const all = await server.ask(lsp.CompletionRequest, { position: RANGE.start });
  assert.deepEqual([all.isIncomplete, all.items.length], [true, 200]);
  // A short list is complete.
  await server.change({ text: FLOW });
  const short = await server.ask(lsp.CompletionRequest, { position: after(FLOW, "Next: Ser") });
  assert.deepEqual([short.isIncomplete, short.items.length], [false, 3]);
});

test("a client that shares a range gets it once, and an item is resolved after further keys", {
  timeout: 60_000,
}, async (t) => {
  const completion = { completionList: { itemDefaults: ["commitCharacters", "editRange", "data"] } };
  const hover = { contentFormat: ["markdown"] };
  const server = await start(t, { capabilities: { textDocument: { completion, hover } } });
  await server.open(TYPED);
  const list = await server.ask(lsp.CompletionRequest, { position: RANGE.end });
  assert.deepEqual(list.itemDefaults.editRange, RANGE);
  assert.deepEqual(list.items[1], { label: "S750", kind: 18, detail: "Pass", sortText: "00001" });
  assert.ok(JSON.stringify(list).length < 20_000, `${JSON.stringify(list).length}`);
  await server.change({ range: { start: RANGE.end, end: RANGE.end }, text: "0" });
  const resolve = (item) => server.client.sendRequest(lsp.CompletionResolveRequest.type, item);
  const resolved = await resolve({ ...list.items[1], data: list.itemDefaults.data });
  assert.match(resolved.documentation.value, /https:\/\//);
  // What cannot be resolved stays as it is.
  for (const item of [
    { ...list.items[1], label: "gone", data: list.itemDefaults.data },
    { label: "a", data: { uri: "file:///none", offset: 0 } },
    { label: "a", data: { ...list.itemDefaults.data, offset: -1 } },
    { label: "a", data: null },
    { label: "a" },
  ])
    assert.deepEqual(await resolve(item), item);
});

test("the encoding of positions is UTF-16 whatever the client prefers", { timeout: 60_000 }, async (t) => {
  const general = { positionEncodings: ["utf-8", "utf-32", "utf-16"] };
  const server = await start(t, { capabilities: { general } });
  assert.equal(server.initialized.capabilities.positionEncoding, "utf-16");
  // 🍵 has two units of UTF-16, four bytes of UTF-8, and is one character.
  const text = WRONG.replaceAll("Servex", "🍵🍵x");
  await server.open(text);
  const [found] = await server.report();
  assert.deepEqual([found.range.start.character, found.range.end.character], [10, 15]);
  // The halves of a pair are separated, and joined again.
  const at = (character) => ({ start: { line: 7, character }, end: { line: 7, character } });
  await server.change({ range: at(11), text: "a" });
  assert.deepEqual(
    (await server.report()).map(({ code }) => code),
    ["bad-encoding"],
  );
  await server.change({ range: { ...at(11), end: { line: 7, character: 12 } }, text: "" });
  assert.deepEqual(await server.report(), [found]);
  await server.change({ range: { start: { line: 7, character: 10 }, end: { line: 7, character: 15 } }, text: "Serve" });
  assert.deepEqual(await server.report(), []);
});

test("requests that are cancelled are answered, and the server goes on", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  await server.open(LONG);
  const position = after(LONG, "Next: S7");
  const asked = Array.from({ length: 50 }, () => {
    const source = new lsp.CancellationTokenSource();
    const params = { textDocument: { uri: "file:///flows/tea.yaml" }, position };
    const answer = server.client.sendRequest(lsp.CompletionRequest.type, params, source.token);
    source.cancel();
    return answer.then(
      () => "answered",
      (error) => error.code,
    );
  });
  for (const how of await Promise.all(asked))
    assert.ok(how === "answered" || how === lsp.LSPErrorCodes.RequestCancelled, String(how));
  await server.client.sendNotification("$/cancelRequest", { id: 9999 });
  await server.client.sendNotification("$/cancelRequest", null);
  assert.ok((await server.ask(lsp.DocumentSymbolRequest, {})).length > 1000);
});

test("abilities that are `null` are those that the client lacks", { timeout: 60_000 }, async (t) => {
  for (const capabilities of [null, { textDocument: null, workspace: null }, { textDocument: { completion: null } }]) {
    const server = await start(t, { capabilities, initializationOptions: null });
    await server.open(FLOW);
    const position = after(FLOW, "Next: Ser");
    const renamed = await server.ask(lsp.RenameRequest, { position, newName: "Pour" });
    assert.equal(edited(FLOW, Object.values(renamed.changes)[0]), FLOW.replaceAll("Serve", "Pour"));
    assert.deepEqual(server.logged, []);
  }
});

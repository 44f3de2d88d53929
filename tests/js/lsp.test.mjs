// The command `lsp`, driven by the protocol library of VS Code.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as nodePath from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import * as lsp from "vscode-languageserver-protocol/node";

import { FLOW } from "./support/adapter-page.mjs";
import { RUNTIMES } from "./support/command.mjs";
import { URI, WRONG, after, edited, start } from "./support/language-client.mjs";

for (const [runtime, command] of RUNTIMES)
  test(`${runtime}: a session from the first mistake to the exit`, { timeout: 60_000 }, async (t) => {
    const server = await start(t, { command });
    assert.equal(server.initialized.serverInfo.name, "cloudflow-wasm");
    await server.open(WRONG);
    const [found, ...others] = await server.report();
    assert.deepEqual(others, []);
    assert.equal(found.code, "unknown-target");
    assert.equal(found.severity, lsp.DiagnosticSeverity.Error);
    assert.deepEqual(found.range, { start: after(WRONG, "Next: "), end: after(WRONG, "Next: Servex") });
    const actions = await server.ask(lsp.CodeActionRequest, {
      range: found.range,
      context: { diagnostics: [found], only: ["quickfix"] },
    });
    const [fix] = actions;
    assert.equal(fix.kind, "quickfix");
    assert.deepEqual(fix.diagnostics, [found]);
    const [{ textDocument, edits }] = fix.edit.documentChanges;
    assert.deepEqual(textDocument, { uri: URI, version: 1 });
    assert.equal(edited(WRONG, edits), FLOW);
    await server.change(...edits.map(({ range, newText }) => ({ range, text: newText })));
    assert.deepEqual(await server.report(), []);
    assert.equal(await server.client.sendRequest(lsp.ShutdownRequest.type), null);
    await server.client.sendNotification(lsp.ExitNotification.type);
    assert.deepEqual(await server.exited, { code: 0, said: "" });
  });

test("every answer belongs to the text after incremental edits", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  await server.open(FLOW);
  const position = after(FLOW, "Next: Ser");
  const word = { start: after(FLOW, "Next: "), end: after(FLOW, "Next: Serve") };
  const definition = { start: after(FLOW, "Pass\n    Name: "), end: after(FLOW, "Pass\n    Name: ") };

  const { range } = await server.ask(lsp.DefinitionRequest, { position });
  assert.deepEqual(range, { start: { line: 9, character: 10 }, end: { line: 9, character: 15 } });
  assert.equal(definition.start.character, 10);
  const everywhere = await server.ask(lsp.ReferencesRequest, { position, context: { includeDeclaration: true } });
  assert.deepEqual(
    everywhere.map(({ range }) => range.start.line),
    [7, 9],
  );
  const uses = await server.ask(lsp.ReferencesRequest, { position, context: { includeDeclaration: false } });
  assert.deepEqual(
    uses.map(({ range }) => range.start.line),
    [7],
  );
  assert.equal((await server.ask(lsp.DocumentHighlightRequest, { position })).length, 2);

  assert.deepEqual(await server.ask(lsp.PrepareRenameRequest, { position }), { range: word, placeholder: "Serve" });
  assert.equal(await server.ask(lsp.PrepareRenameRequest, { position: { line: 0, character: 1 } }), null);
  const renamed = await server.ask(lsp.RenameRequest, { position, newName: "Pour" });
  assert.equal(edited(FLOW, renamed.documentChanges[0].edits), FLOW.replaceAll("Serve", "Pour"));
  await assert.rejects(
    server.ask(lsp.RenameRequest, { position, newName: "Boil" }),
    (error) => error.code === lsp.LSPErrorCodes.RequestFailed && /`Boil`/.test(error.message),
  );

  const hover = await server.ask(lsp.HoverRequest, { position: { line: 3, character: 2 } });
  assert.equal(hover.contents.kind, "markdown");
  assert.match(hover.contents.value, /StartAt[\s\S]*https:\/\//);

  const symbols = await server.ask(lsp.DocumentSymbolRequest, {});
  assert.deepEqual(
    symbols.map(({ name }) => name),
    ["Boil", "Serve", "Done"],
  );
  const contains = (outer, inner) =>
    [outer.start.line * 1e4 + outer.start.character, outer.end.line * 1e4 + outer.end.character].every((at, i) =>
      i === 0 ? at <= inner.start.line * 1e4 + inner.start.character : at >= inner.end.line * 1e4 + inner.end.character,
    );
  for (const { range, selectionRange } of symbols) assert.ok(contains(range, selectionRange));

  const folds = await server.ask(lsp.FoldingRangeRequest, {});
  assert.ok(
    folds.some(({ startLine, endLine }) => startLine === 5 && endLine === 7),
    JSON.stringify(folds),
  );
  for (const { startLine, endLine } of folds) assert.ok(endLine > startLine && endLine <= 13);

  const [selection] = await server.ask(lsp.SelectionRangeRequest, { positions: [position] });
  assert.deepEqual(selection.range, word);
  for (let at = selection; at.parent; at = at.parent) assert.ok(contains(at.parent.range, at.range));

  const { data } = await server.ask(lsp.SemanticTokensRequest, {});
  const { tokenTypes } = server.initialized.capabilities.semanticTokensProvider.legend;
  assert.deepEqual([data[0], data[1], data[2], tokenTypes[data[3]]], [0, 0, 4, "keyword"]);
  const lines = FLOW.split("\n");
  let [line, character] = [0, 0];
  const words = [];
  for (let i = 0; i < data.length; i += 5) {
    character = data[i] === 0 ? character + data[i + 1] : data[i + 1];
    line += data[i];
    words.push([lines[line].slice(character, character + data[i + 2]), tokenTypes[data[i + 3]], data[i + 4]]);
  }
  assert.ok(words.some(([word, type, modifiers]) => word === "Serve" && type === "class" && modifiers === 1));
  assert.ok(words.some(([word, type, modifiers]) => word === "Serve" && type === "class" && modifiers === 0));

  // Typing, also behind characters of two units, with several changes in one notification.
  await server.change(
    { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: "# 🍵\n" },
    { range: { start: { line: 0, character: 2 }, end: { line: 0, character: 4 } }, text: "🫖🫖" },
    { range: { start: { line: 8, character: 10 }, end: { line: 8, character: 15 } }, text: "" },
  );
  const text = `# 🫖🫖\n${FLOW.replace("Next: Serve", "Next: ")}`;
  const list = await server.ask(lsp.CompletionRequest, { position: after(text, "Next: ") });
  const item = list.items.find(({ label }) => label === "Serve");
  assert.equal(edited(text, [item.textEdit]), `# 🫖🫖\n${FLOW}`);
  const keys = await server.ask(lsp.CompletionRequest, { position: { line: 8, character: 4 } });
  const documented = keys.items.find(({ data }) => data);
  assert.equal(documented.documentation, undefined);
  const resolved = await server.client.sendRequest(lsp.CompletionResolveRequest.type, documented);
  assert.match(resolved.documentation.value, /https:\/\//);
  // A space in the indentation opens no list.
  const context = { triggerKind: lsp.CompletionTriggerKind.TriggerCharacter, triggerCharacter: " " };
  assert.equal(await server.ask(lsp.CompletionRequest, { position: { line: 8, character: 3 }, context }), null);

  // A whole text, also a broken one.
  await server.change({ text: "Type: StateMachine\nStates: [" });
  assert.ok((await server.report()).length > 0);
  assert.deepEqual(
    await server.ask(lsp.DocumentFormattingRequest, { options: { tabSize: 2, insertSpaces: true } }),
    [],
  );
});

test("formatting, hints, signatures, and the conversion to the other dialect", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  const crooked = FLOW.replaceAll("    ", "      ").replaceAll("  - Type", "  -   Type");
  await server.open(crooked);
  const edits = await server.ask(lsp.DocumentFormattingRequest, { options: { tabSize: 8, insertSpaces: false } });
  assert.equal(edited(crooked, edits), FLOW);

  const short = FLOW.replace("    Next: Serve\n", "").replace(
    "Type: Pass\n",
    "Type: Pass\n    Result.$: hash($Input.a, \n",
  );
  await server.change({ text: short });
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const hints = await server.ask(lsp.InlayHintRequest, { range });
  assert.ok(
    hints.every(({ label }) => label.startsWith("→ ")),
    JSON.stringify(hints),
  );
  const old = "version: v1\ntype: flow\nsteps:\n  - type: pass\n    name: a\n";
  await server.change({ text: old });
  const found = await server.ask(lsp.InlayHintRequest, { range });
  assert.ok(found.length > 0);
  const none = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  assert.deepEqual(await server.ask(lsp.InlayHintRequest, { range: none }), []);
  const actions = await server.ask(lsp.CodeActionRequest, {
    range: none,
    context: { diagnostics: [], only: ["refactor"] },
  });
  const convert = actions.find(({ data }) => data);
  assert.equal(convert?.edit, undefined);
  const { edit } = await server.client.sendRequest(lsp.CodeActionResolveRequest.type, convert);
  assert.match(edit.documentChanges[0].edits[0].newText, /Type: StateMachine/);

  await server.change({
    text: FLOW.replace("Type: Pass\n", "Type: Pass\n    OutputConstructor:\n      a.$: hash($Input.a, )\n"),
  });
  const position = { line: 7, character: 26 };
  const help = await server.ask(lsp.SignatureHelpRequest, { position });
  assert.equal(help?.activeParameter, 1, JSON.stringify(help));
  assert.match(help.signatures[0].label, /^hash\(/);
});

test("places of CR LF, CR and lines that do not exist", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  for (const newline of ["\r\n", "\r", "\n"]) {
    const text = WRONG.replaceAll("\n", newline);
    await server.open(text);
    const [found] = await server.report();
    assert.deepEqual(found.range, { start: after(text, "Next: "), end: after(text, "Next: Servex") });
    // A place past the end of the line is its end: the line break stays.
    await server.change({
      range: { start: { line: 7, character: 15 }, end: { line: 7, character: 900 } },
      text: "",
    });
    assert.deepEqual(await server.report(), [], JSON.stringify(newline));
    await server.client.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri: URI } });
    await server.ask(lsp.FoldingRangeRequest, {});
    assert.deepEqual(server.reports.at(-1), { uri: URI, diagnostics: [] });
    server.reports.length = 0;
  }
  // The edits separate and join the two characters of a line break.
  await server.open("Type: StateMachine\r\na: b\r\n");
  await server.change({ range: { start: { line: 0, character: 18 }, end: { line: 1, character: 0 } }, text: "\r" });
  await server.change({ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: "\n" });
  await server.change({
    range: { start: { line: 99, character: 0 }, end: { line: 99, character: 0 } },
    text: "Next: 1",
  });
  const symbols = await server.ask(lsp.SelectionRangeRequest, { positions: [{ line: 2, character: 1 }] });
  assert.deepEqual(symbols[0].range.start, { line: 2, character: 0 });
});

test("only definitions are served, unless the client wants all", { timeout: 60_000 }, async (t) => {
  const compose = "services:\n  web:\n    image: nginx\n";
  const server = await start(t);
  await server.open(compose, { uri: "file:///compose.yaml" });
  await server.open("jobs:\n  steps:\n    type: flow\n", { uri: "file:///other.yaml" });
  await server.open("StartAt: a\n", { uri: "file:///other.asl.yaml" });
  await server.open('{"Type": "StateMachine"}', { uri: "file:///a.json", languageId: "json" });
  assert.ok((await server.report("file:///a.json")).length > 0);
  await server.open("", { uri: "file:///new.flow.yaml" });
  await server.report("file:///new.flow.yaml");
  assert.deepEqual([...new Set(server.reports.map(({ uri }) => uri))].sort(), [
    "file:///a.json",
    "file:///new.flow.yaml",
  ]);
  const textDocument = { uri: "file:///compose.yaml" };
  assert.equal(await server.client.sendRequest(lsp.DocumentSymbolRequest.type, { textDocument }), null);
  // It becomes one, and stays one.
  await server.open(compose);
  await server.change({ range: { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } }, text: FLOW });
  assert.deepEqual(await server.report(), []);
  await server.change({ range: { start: { line: 0, character: 0 }, end: { line: 4, character: 0 } }, text: "" });
  assert.ok((await server.report()).length > 0);

  const all = await start(t, { initializationOptions: { documents: "all", mode: "fast", other: 1 } });
  await all.open(compose);
  assert.ok((await all.report()).length > 0);
  assert.equal(all.logged.length, 2, String(all.logged));
});

test("the configuration of the opened folder applies", { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(nodePath.join(tmpdir(), "cloudflow-lsp-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const rootUri = pathToFileURL(folder).href;
  const unreached = FLOW.replace("Next: Serve", "Next: Done");
  const levels = async (config) => {
    await writeFile(nodePath.join(folder, "cloudflow.json"), config);
    const server = await start(t, { rootUri });
    await server.open(unreached);
    return [(await server.report()).map(({ code, severity }) => `${code} ${severity}`), server.logged];
  };
  const [usual] = await levels("{}");
  assert.equal(usual.length, 1, String(usual));
  const [code] = usual[0].split(" ");
  assert.deepEqual(await levels(JSON.stringify({ rules: { [code]: "off" } })), [[], []]);
  assert.deepEqual(await levels(JSON.stringify({ rules: { [code]: "error" } })), [[`${code} 1`], []]);
  const [unchanged, [logged]] = await levels("{");
  assert.deepEqual(unchanged, usual);
  assert.match(logged, /cloudflow\.json is not valid JSON/);

  // The mode: of the file, then of the name, then of the client.
  const slow = FLOW.replace("Type: Pass\n", "Type: Wait\n    Seconds: 60\n");
  const findings = async (config, name, initializationOptions) => {
    await writeFile(nodePath.join(folder, "cloudflow.json"), JSON.stringify(config));
    const server = await start(t, { rootUri, initializationOptions });
    const uri = `${rootUri}/${name}`;
    await server.open(slow, { uri });
    return (await server.report(uri)).length;
  };
  assert.equal(await findings({}, "a.yaml"), 0);
  assert.equal(await findings({ mode: "Express" }, "a.yaml"), 1);
  assert.equal(await findings({ mode: "Standard" }, "a.express.yaml"), 1);
  assert.equal(await findings({ mode: "Express" }, "a.express.yaml", { mode: "Standard" }), 0);
});

test("answers are in the language of the client", { timeout: 60_000 }, async (t) => {
  const position = after(FLOW, "Next: Ser");
  const answers = async (options) => {
    const server = await start(t, options);
    await server.open(WRONG);
    const [{ message }] = await server.report();
    const { contents } = await server.ask(lsp.HoverRequest, { position: after(WRONG, "StartA") });
    const { message: refusal } = await server
      .ask(lsp.RenameRequest, { position, newName: " " })
      .catch((error) => error);
    return [message, contents.value, refusal, server.logged];
  };
  for (const options of [{ locale: "zh-cn" }, { locale: "en", initializationOptions: { locale: "zh" } }]) {
    const [message, hover, refusal, logged] = await answers(options);
    assert.match(message, /^此列表中没有状态 `Servex`：是否应为 `Serve`？$/);
    assert.match(hover, /最先运行的状态的名称/);
    assert.match(refusal, /[\u4e00-\u9fff]/);
    assert.deepEqual(logged, []);
  }
  for (const options of [{}, { locale: "de" }, { locale: "zh-cn", initializationOptions: { locale: "en" } }])
    assert.match((await answers(options))[0], /^unknown state `Servex` in this list/);
  const [, , , logged] = await answers({ initializationOptions: { locale: 3 } });
  assert.deepEqual(logged, ["the option `locale` must be `en` or `zh`"]);
  // Mistakes in the options, before the language is known.
  const wrong = { mode: "Fast", documents: "some", other: 1 };
  const [, , , chinese] = await answers({ locale: "zh-cn", initializationOptions: wrong });
  assert.deepEqual(chinese, [
    "选项 `mode` 必须是 `Standard` 或 `Express`",
    "选项 `documents` 必须是 `flows` 或 `all`",
    "`other` 不是选项：可用的有 `mode`、`documents` 和 `locale`",
  ]);
});

test("a client without optional abilities gets the older forms", { timeout: 60_000 }, async (t) => {
  const server = await start(t, { capabilities: {} });
  await server.open(FLOW);
  const position = after(FLOW, "Next: Ser");
  const renamed = await server.ask(lsp.RenameRequest, { position, newName: "Pour" });
  assert.deepEqual(Object.keys(renamed.changes), [URI]);
  assert.equal((await server.ask(lsp.HoverRequest, { position })).contents.kind, "plaintext");
  const [symbol] = await server.ask(lsp.DocumentSymbolRequest, {});
  assert.equal(symbol.location.uri, URI);
});

test("unknown methods and wrong parameters are refused, and the server goes on", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  await server.open(FLOW);
  const send = (method, params) => server.client.sendRequest(method, params);
  const textDocument = { uri: URI };
  for (const [method, params, code] of [
    ["textDocument/moniker", {}, -32601],
    ["constructor", {}, -32601],
    ["initialize", {}, -32600],
    ["textDocument/hover", {}, -32602],
    ["textDocument/hover", { textDocument }, -32602],
    ["textDocument/hover", { textDocument, position: { line: -1, character: 0 } }, -32602],
    ["textDocument/hover", { textDocument, position: { line: "1", character: 0 } }, -32602],
    ["textDocument/rename", { textDocument, position: { line: 7, character: 12 } }, -32602],
  ])
    await assert.rejects(send(method, params), (error) => error.code === code, `${method} ${JSON.stringify(params)}`);
  await server.client.sendNotification("$/unknown", {});
  await server.client.sendNotification("textDocument/didChange", { textDocument: { uri: "file:///none" } });
  await server.client.sendNotification("textDocument/didOpen", {});
  assert.equal(await send("textDocument/hover", { textDocument: { uri: "file:///none" }, position: {} }), null);
  assert.equal((await server.ask(lsp.DocumentSymbolRequest, {})).length, 3);
  assert.equal(server.logged.length, 2, String(server.logged));
  await send("shutdown");
  await assert.rejects(server.ask(lsp.DocumentSymbolRequest, {}), (error) => error.code === -32600);
});

test("a thousand edits and a long text are answered in time", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  const state = (at) => `  - Type: Pass\n    Name: S${at}\n    Next: S${at + 1}\n`;
  const text = `Type: StateMachine\nName: long\nSpecVersion: v1\nStartAt: S0\nStates:\n${Array.from({ length: 1500 }, (_, at) => state(at)).join("")}  - Type: Succeed\n    Name: S1500\n`;
  assert.ok(text.length > 65_536);
  await server.open(text);
  const began = performance.now();
  for (let i = 0; i < 1000; i += 1)
    server.change({ range: { start: { line: i, character: 0 }, end: { line: i, character: 0 } }, text: "# a\n" });
  assert.equal((await server.ask(lsp.DocumentSymbolRequest, {})).length, 1501);
  assert.deepEqual(await server.report(), []);
  const ms = performance.now() - began;
  assert.ok(ms < 10_000, `${ms} ms`);
  // Random edits leave the server with the text of the client.
  let seed = 11;
  const random = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  let current = "Type: StateMachine\r\n";
  await server.change({ text: current });
  for (let i = 0; i < 500; i += 1) {
    const starts = [0, ...[...current.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
    const place = () => {
      const line = random(starts.length);
      const rest = current.slice(starts[line], starts[line + 1] ?? current.length).replace(/[\r\n]+$/, "");
      return { line, character: random(rest.length + 1) };
    };
    const offset = ({ line, character }) => starts[line] + character;
    const [start, end] = [place(), place()].sort((a, b) => offset(a) - offset(b));
    const limited = offset(end) - offset(start) > 8 ? start : end;
    const inserted = ["", "\r", "\n", "\r\n", "a: b", "🍵", "- ", "é"][random(8)];
    current = edited(current, [{ range: { start, end: limited }, newText: inserted }]);
    server.change({ range: { start, end: limited }, text: inserted });
  }
  const [all] = await server.ask(lsp.SelectionRangeRequest, { positions: [{ line: 0, character: 0 }] });
  let root = all;
  while (root.parent) root = root.parent;
  const lines = current.split(/\r\n|\r|\n/);
  assert.deepEqual(root.range.end, { line: lines.length - 1, character: lines.at(-1).length });
});

test("a text that is too long is reported, and served again when it is short", { timeout: 60_000 }, async (t) => {
  const server = await start(t);
  const long = `${FLOW}# ${"x".repeat(17 * 1024 * 1024)}`;
  await server.open(long);
  assert.equal(await server.ask(lsp.DocumentSymbolRequest, {}), null);
  assert.match(server.logged[0], /at most 16777216 characters/);
  await server.change({ text: WRONG });
  assert.equal((await server.report()).length, 1);
  await server.change({ text: `${FLOW}# ${"x".repeat(49 * 1024 * 1024)}` });
  assert.equal(await server.ask(lsp.DocumentSymbolRequest, {}), null);
  await server.change({ text: FLOW });
  assert.deepEqual(await server.report(), []);
});

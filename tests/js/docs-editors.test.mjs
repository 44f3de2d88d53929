// The examples of docs/editors.md. Those for CodeMirror and Monaco run in editor-*.test.mjs, the recipes for Neovim and Emacs
// in lsp-editors.test.mjs if these editors are installed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import * as nodePath from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { formatWithOptions } from "node:util";
import * as lsp from "vscode-languageserver-protocol/node";

import { WRONG } from "./support/language-client.mjs";
import { examples, languages, project } from "./support/recipes.mjs";

test("each example has a test", () => {
  // Add the test of a new example before its language is added here.
  assert.deepEqual(languages, ["js", "sh", "js", "js", "json", "js", "lua", "elisp", "toml", "json"]);
});

test("the example of the language service prints what its comments state", async (t) => {
  const [code] = examples("Flow definitions in editors", "js");
  const folder = await project(t, {});
  const file = nodePath.join(folder, "example.mjs");
  await writeFile(file, code);
  const printed = [];
  t.mock.method(console, "log", (...words) => printed.push(formatWithOptions({ breakLength: Infinity }, ...words)));
  await import(pathToFileURL(file));
  const wanted = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  assert.ok(wanted.length > 0);
  assert.deepEqual(printed, wanted);
});

/** Starts a server in a project as an editor does, and lets it report on a definition. */
async function serves(folder, program, args) {
  const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const client = lsp.createProtocolConnection(
    new lsp.StreamMessageReader(child.stdout),
    new lsp.StreamMessageWriter(child.stdin),
  );
  const reported = new Promise((resolve) =>
    client.onNotification(lsp.PublishDiagnosticsNotification.type, ({ diagnostics }) => resolve(diagnostics)),
  );
  client.listen();
  await client.sendRequest("initialize", { processId: null, rootUri: pathToFileURL(folder).href, capabilities: {} });
  const textDocument = { uri: "file:///tea.yaml", languageId: "yaml", version: 1, text: WRONG };
  await client.sendNotification("textDocument/didOpen", { textDocument });
  const [found] = await reported;
  assert.equal(found.code, "unknown-target");
  await client.sendRequest("shutdown");
  await client.sendNotification("exit");
  assert.deepEqual(await exited, [0, null]);
  client.dispose();
}

test("the command of the recipes is a server", { timeout: 60_000 }, async (t) => {
  const helix = examples("Helix", "toml")[0];
  const { path, arguments: zed } = JSON.parse(examples("Zed", "json")[0]).lsp["yaml-language-server"].binary;
  const commands = [
    JSON.parse(`[${/cmd = \{(.*)\}/.exec(examples("Neovim", "lua")[0])[1]}]`),
    JSON.parse(`[${/\("npx".*?\)/.exec(examples("Emacs", "elisp")[0])[0].slice(1, -1).replaceAll(" ", ",")}]`),
    [/^command = "(.*)"$/m.exec(helix)[1], ...JSON.parse(/^args = (.*)$/m.exec(helix)[1])],
    [path, ...zed],
  ];
  for (const command of commands) assert.deepEqual(command, commands[0]);
  const [program, ...args] = commands[0];
  await serves(await project(t, {}), program, args);
});

test("the extension for VS Code starts the server", { timeout: 60_000 }, async (t) => {
  const manifest = JSON.parse(examples("VS Code", "json")[0]);
  assert.deepEqual(Object.keys(manifest.dependencies), ["cloudflow-wasm", "vscode-languageclient"]);
  // A double of the library: it starts a module of Node as the library does.
  const started = [];
  class LanguageClient {
    constructor(...all) {
      started.push(all);
    }
    start() {}
    stop() {}
  }
  const load = (name) => (name === "node:path" ? nodePath : { LanguageClient, TransportKind: { stdio: 0 } });
  const exported = {};
  const folder = await project(t, {});
  new Function("require", "exports", "__dirname", examples("VS Code", "js")[0])(load, exported, folder);
  exported.activate();
  exported.deactivate();
  const [[, , { module, args }, { documentSelector }]] = started;
  assert.equal(documentSelector.length, 2);
  await serves(folder, process.execPath, [module, ...args, "--stdio", "--clientProcessId=1"]);
});

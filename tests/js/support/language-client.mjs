// A client of the language server: the protocol library of VS Code.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as lsp from "vscode-languageserver-protocol/node";

import { FLOW } from "./adapter-page.mjs";
import { BIN, RUNTIMES } from "./command.mjs";

export const URI = "file:///flows/tea.yaml";
export const WRONG = FLOW.replace("Next: Serve", "Next: Servex");

/** What VS Code says it can do, as far as the server asks. */
const CAPABILITIES = {
  workspace: { workspaceEdit: { documentChanges: true } },
  textDocument: {
    hover: { contentFormat: ["markdown", "plaintext"] },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    publishDiagnostics: { relatedInformation: true },
    codeAction: { resolveSupport: { properties: ["edit"] } },
  },
};

/** Starts the server and a client. */
export async function start(
  t,
  { command = RUNTIMES[0][1], capabilities = CAPABILITIES, initializationOptions, rootUri = null, locale } = {},
) {
  const [program, ...before] = command;
  const child = spawn(program, [...before, BIN, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const exited = once(child, "exit").then(([code]) => ({ code, said }));
  const reader = new lsp.StreamMessageReader(child.stdout);
  const client = lsp.createProtocolConnection(reader, new lsp.StreamMessageWriter(child.stdin));
  t.after(() => client.dispose());
  const reports = [];
  const waiting = [];
  client.onNotification(lsp.PublishDiagnosticsNotification.type, (report) => {
    reports.push(report);
    for (const wake of waiting.splice(0)) wake();
  });
  const logged = [];
  client.onNotification(lsp.LogMessageNotification.type, ({ message }) => logged.push(message));
  client.listen();
  const initialized = await client.sendRequest(lsp.InitializeRequest.type, {
    processId: null,
    rootUri,
    capabilities,
    ...(initializationOptions === undefined ? {} : { initializationOptions }),
    ...(locale === undefined ? {} : { locale }),
  });
  await client.sendNotification(lsp.InitializedNotification.type, {});
  let version = 0;
  return {
    child,
    client,
    exited,
    initialized,
    reports,
    logged,
    open: (text, { uri = URI, languageId = "yaml" } = {}) =>
      client.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version: (version = 1), text },
      }),
    change: (...contentChanges) =>
      client.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
        textDocument: { uri: URI, version: (version += 1) },
        contentChanges,
      }),
    /** The report for the version that was sent last. */
    async report(uri = URI) {
      for (;;) {
        const found = reports.findLast((report) => report.uri === uri && report.version === version);
        if (found) return found.diagnostics;
        await new Promise((resolve) => waiting.push(resolve));
      }
    },
    ask: (request, params) => client.sendRequest(request.type, { textDocument: { uri: URI }, ...params }),
  };
}

/** The place after a part of the text. */
export function after(text, part) {
  const at = text.indexOf(part);
  assert.ok(at >= 0, part);
  const lines = text.slice(0, at + part.length).split(/\r\n|\r|\n/);
  return { line: lines.length - 1, character: lines.at(-1).length };
}

/** The text after edits, by the protocol's rules. */
export function edited(text, edits) {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
  const offset = ({ line, character }) => starts[line] + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (text, { range, newText }) => text.slice(0, offset(range.start)) + newText + text.slice(offset(range.end)),
      text,
    );
}

// The command `lsp` with broken input, byte by byte.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { BIN, RUNTIMES } from "./support/command.mjs";
import { URI, WRONG } from "./support/language-client.mjs";

/** Sends bytes, then ends the input. Returns the messages and the exit code. */
async function raw(parts, { end = true } = {}) {
  const [program, ...before] = RUNTIMES[0][1];
  const child = spawn(program, [...before, BIN, "lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  let out = Buffer.alloc(0);
  child.stdout.on("data", (part) => (out = Buffer.concat([out, part])));
  child.stdin.on("error", () => {});
  for (const part of parts) {
    child.stdin.write(part);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (end) child.stdin.end();
  const [code] = await once(child, "exit");
  const messages = [];
  for (let at = 0; at < out.length; ) {
    const [header, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(out.subarray(at, at + 60).toString("latin1"));
    at += header.length + Number(length);
    messages.push(JSON.parse(out.subarray(at - Number(length), at).toString("utf8")));
  }
  return { code, messages };
}
const body = (text) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const call = (method, params = {}, id = undefined) => body(JSON.stringify({ jsonrpc: "2.0", id, method, params }));

test("broken frames are reported, and what follows is read", { timeout: 60_000 }, async () => {
  const begin = call("initialize", { capabilities: {} }, 1);
  const { code, messages } = await raw([
    call("textDocument/hover", {}, "early"),
    ...Buffer.from(`Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:${begin.slice(15)}`)
      .toString("latin1")
      .match(/[\s\S]{1,40}/g),
    "noise without a header\r\n\r\n",
    body("{not JSON"),
    body(""),
    body("[]"),
    body("null"),
    body('{"jsonrpc":"2.0","id":2}'),
    body('{"jsonrpc":"2.0","id":{},"method":"shutdown"}'),
    body('{"jsonrpc":"2.0","id":9,"result":null}'),
    `noise before ${call("shutdown", {}, "é🍵")}`,
    "x".repeat(10_000),
    `\r\n${call("shutdown", {}, 4)}${call("exit")}`,
  ]);
  assert.deepEqual(
    messages.map(({ id, result, error }) => [id, error?.code ?? (result === null ? null : "result")]),
    [
      ["early", -32002],
      [1, "result"],
      [null, -32700],
      [null, -32700],
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [2, -32600],
      [null, -32600],
      ["é🍵", null],
      [null, -32700],
      [4, -32600],
    ],
  );
  assert.equal(code, 0);
});

test("the exit code says whether the client has ended the server properly", { timeout: 60_000 }, async () => {
  const begin = call("initialize", { capabilities: {} }, 1);
  const open = call("textDocument/didOpen", {
    textDocument: { uri: URI, languageId: "yaml", version: 1, text: WRONG },
  });
  assert.equal((await raw([begin, call("exit")], { end: false })).code, 1);
  assert.equal((await raw([begin, open])).code, 1);
  assert.equal((await raw([begin, call("shutdown", {}, 2)])).code, 0);
  assert.equal((await raw([])).code, 1);
  const huge = await raw([begin, "Content-Length: 999999999999\r\n\r\n", "{}"]);
  assert.equal(huge.messages.at(-1).error.code, -32700);
});

test("a wrong length costs the messages that it covers, and no others", { timeout: 60_000 }, async () => {
  const begin = call("initialize", { capabilities: {} }, 1);
  const wrong = (by, id) => {
    const text = JSON.stringify({ jsonrpc: "2.0", id, method: "shutdown", params: {} });
    return `Content-Length: ${text.length + by}\r\n\r\n${text}`;
  };
  const short = await raw([begin, wrong(-5, 2), call("shutdown", {}, 3), call("exit")]);
  assert.deepEqual(
    short.messages.map(({ id, error }) => [id, error?.code]),
    [
      [1, undefined],
      [null, -32700],
      [3, undefined],
    ],
  );
  assert.equal(short.code, 0);
  const long = await raw([
    begin,
    wrong(30, 2),
    call("textDocument/hover", {}, 3),
    call("shutdown", {}, 4),
    call("exit"),
  ]);
  assert.deepEqual(
    [long.messages[0].id, long.messages[1].error.code, long.messages.at(-1).id, long.code],
    [1, -32700, 4, 0],
    JSON.stringify(long.messages.map(({ id, error }) => [id, error])),
  );
  for (const header of ["Content-Length: -1", "Content-Length: 1e9", "Content-Length: ", "Content-Length: 0x10"]) {
    const { code, messages } = await raw([begin, `${header}\r\n\r\n`, call("shutdown", {}, 5), call("exit")]);
    assert.deepEqual([messages.at(-1).id, code], [5, 0], header);
    assert.ok(messages.some(({ error }) => error?.code === -32700));
  }
});

test("a message of 32 MB is read, one of more than 128 MB is skipped", { timeout: 120_000 }, async () => {
  const begin = call("initialize", { capabilities: {} }, 1);
  const big = call("textDocument/hover", { textDocument: { uri: URI }, position: "x".repeat(32 * 1024 * 1024) }, 2);
  const size = 129 * 1024 * 1024;
  const { code, messages } = await raw([
    begin,
    big,
    `Content-Length: ${size}\r\n\r\n`,
    Buffer.alloc(size, "x"),
    call("shutdown", {}, 3),
    call("exit"),
  ]);
  assert.deepEqual(
    messages.map(({ id, error }) => [id, error?.code]),
    [
      [1, undefined],
      [2, undefined],
      [null, -32700],
      [null, -32700],
      [3, undefined],
    ],
  );
  assert.equal(code, 0);
});

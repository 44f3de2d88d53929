// In Chinese, the command prints no English sentences: its help, its results and its errors, in one process.

import assert from "node:assert/strict";
import process from "node:process";
import { Readable } from "node:stream";
import { before, test } from "node:test";
import { COMMANDS, main } from "../../pkg/dist/cli/cli.js";
import { signRequest } from "../../pkg/dist/local.js";
import { sections } from "../../pkg/cli/codes.js";
import { sentencesIn } from "./support/chinese.mjs";
import { ASKED, CASES, FILES, REPEATED, WATCHED } from "./support/chinese-commands.mjs";
import { temporary } from "./support/command.mjs";

const { folder } = temporary("chinese");
const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "emulator", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulator-secret" };

let cwd;
before(async () => {
  cwd = await folder(FILES);
  process.chdir(cwd);
  // The servers read the environment of the process.
  for (const name of ["LC_ALL", "LC_MESSAGES"]) delete process.env[name];
  Object.assign(process.env, { LANG: "zh_CN.UTF-8", HOME: cwd, CLOUDFLOW_KEY: "emulator:emulator-secret" });
});

/**
 * Starts the command in this process. `until`: words after which it is stopped.
 */
function started(args, { env = {}, input = "", until, columns } = {}) {
  let text = "";
  let out = "";
  let stop;
  let hear;
  const stopped = new Promise((resolve) => (stop = resolve));
  const said = new Promise((resolve) => (hear = resolve));
  const add = (more) => {
    text += more;
    if (until?.test(text)) hear();
  };
  const write = async (more) => {
    out += more;
    add(more);
  };
  const line = (more) => add(`${more}\n`);
  const io = {
    out: write,
    err: async (more) => add(more),
    stdin: Readable.from([Buffer.from(input)]),
    env: { LANG: "zh_CN.UTF-8", HOME: cwd, ...env },
    color: false,
    outIsTerminal: columns !== undefined,
    errIsTerminal: columns !== undefined,
    columns: columns ?? 100,
    stopped,
  };
  const ended = main(args, { out: line, complain: line, io, stopped });
  return { ended, text: () => text, out: () => out, stop, said };
}

async function run(args, options) {
  const command = started(args, options);
  if (options?.until) {
    await Promise.race([command.said, command.ended]);
    command.stop();
  }
  const code = await command.ended;
  return { code, text: command.text(), out: command.out() };
}

/** The English sentences that a run prints, with its arguments. */
async function english(args, options) {
  const { code, text, out } = await run(args, options);
  assert.ok([0, 1, 2, 3, 4, 5, 130].includes(code), `${args.join(" ")}: ${code}`);
  assert.notEqual(text, "", args.join(" "));
  // What these commands write is code.
  const said =
    ["format", "graph", "migrate", "completion"].includes(args[0]) && code < 2 ? text.replace(out, "") : text;
  return sentencesIn(said).map((line) => `cloudflow-wasm ${args.join(" ")}: ${line}`);
}

test("the rule finds sentences, and leaves names and code", () => {
  const found = [
    "未知的选项：the value is missing",
    "错误: the file does not exist",
    "选项 (choices: `a`, default value is b)",
    "Option '--port' argument is ambiguous.",
    "小睡 │██│ 1.0 s, failed after 3 attempts",
    "状态 3 attempts",
  ];
  for (const line of found) assert.deepEqual(sentencesIn(line), [line], line);
  const left = [
    "",
    "配置 `the file is here` 不存在",
    '"the value is missing" 无效',
    "cloudflow-wasm check --fix order.yaml  # 修正",
    " 4 |   - {type: pass, name: a, note: this is the text of the user}",
    "文件 /a/the/path of.yaml 不存在",
    "状态 Succeeded",
    "可用的有 text、json、sarif",
    "2026-11-26T22:43:30.319Z ListExecutions none 404 FlowNotExists 1 ms",
  ];
  for (const line of left) assert.deepEqual(sentencesIn(line), [], line);
});

test("the help of every command", async () => {
  const found = [];
  for (const name of ["", ...COMMANDS.map(({ name }) => name)])
    for (const columns of [undefined, 60])
      found.push(...(await english([name, "--help"].filter(Boolean), { columns })));
  assert.deepEqual(found, []);
});

test("results and errors", { timeout: 60_000 }, async () => {
  const found = [];
  for (const args of CASES) found.push(...(await english(args)));
  for (const args of REPEATED) found.push(...(await english(args)), ...(await english(args)));
  for (const [args, until] of WATCHED) found.push(...(await english(args, { until })));
  assert.deepEqual(found, []);
});

test("the scripts of the shells describe commands and options in Chinese", async () => {
  for (const [shell, pattern] of [
    ["fish", /-d '(.*?)'$/gm],
    ["zsh", /\[([^[\]]*)\](?=[:'])/g],
  ]) {
    const { out } = await run(["completion", shell]);
    const texts = [...out.matchAll(pattern)].map(([, text]) => text).filter(Boolean);
    assert.ok(texts.length > 80, `${shell}: ${texts.length}`);
    assert.deepEqual(texts.flatMap(sentencesIn), [], shell);
  }
});

test("the codes are explained", async () => {
  const found = [];
  // Four blanks are before examples.
  for (const name of ["diagnostics", "errors"])
    for (const code of sections(name, "zh").keys())
      found.push(...(await english(["explain", code])).filter((line) => !/: {5}/.test(line)));
  assert.deepEqual(found, []);
});

test("what the commands of the service print, and the log of the server", { timeout: 60_000 }, async () => {
  const server = started(["local", "--flows", "flows", "--port", "0"], { until: /密钥/ });
  await Promise.race([server.said, server.ended]);
  const endpoint = /http:\S+\d/.exec(server.text())?.[0];
  assert.ok(endpoint, server.text());
  const call = async (action, parameters) => fetch(await signRequest(action, parameters, { endpoint }));
  for (const FlowName of ["good", "choice", "retried", "late", "slow"])
    await call("StartExecution", { FlowName, ExecutionName: "one", Input: '{"a": 0}' });
  await call("CreateFlow", { Name: "wrong", Definition: FILES["wrong.yaml"], Type: "FDL", Description: "x" });
  const found = [];
  const ask = async (args, env) => found.push(...(await english([...args, "--endpoint", endpoint], { env })));
  for (const args of ASKED) await ask(args, KEYS);
  await ask(["describe", "good", "one"], { ...KEYS, ALIBABA_CLOUD_ACCESS_KEY_SECRET: "x" });
  found.push(...(await english(["executions", "good"], { env: KEYS })));
  found.push(...(await english(["describe", "f", "e", "--endpoint", "http://127.0.0.1:1"], { env: KEYS })));
  found.push(...(await english(["describe", "f", "e", "--endpoint", "gateway"], { env: KEYS })));
  server.stop();
  assert.equal(await server.ended, 0);
  found.push(...sentencesIn(server.text()));
  assert.deepEqual(found, []);
});

// Every exit code of every command has a case: the codes that the help lists, and no other ones.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { before, test } from "node:test";
import { COMMANDS } from "../../pkg/cli/cli.js";
import { BIN, BROKEN, FIRST, GOOD, WARNED, WRONG, command, temporary } from "./support/command.mjs";
import { start } from "./support/local-server.mjs";

const { folder } = temporary("exit");
const LATE = "version: v1\ntype: flow\ntimeoutSeconds: 1\nsteps:\n  - {type: wait, name: nap, duration: 86400}\n";
const SLOW = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 86400}\n";
const FAILS = "version: v1\ntype: flow\nsteps:\n  - {type: fail, name: refuse, error: E, cause: c}\n";
const PASSING = "flow: good.yaml\ntests:\n  - name: ends\n    status: Succeeded\n";
const FILES = {
  "good.yaml": GOOD,
  "wrong.yaml": WRONG,
  "warned.yaml": WARNED,
  "broken.yaml": BROKEN,
  "late.yaml": LATE,
  "slow.yaml": SLOW,
  "fails.yaml": FAILS,
  "indented.yaml": GOOD.replace("  - {", "    - {"),
  "good.flowtest.yaml": PASSING,
  "fails.flowtest.yaml": PASSING.replace("good.yaml", "fails.yaml"),
  "broken.flowtest.yaml": "flow: none.yaml\ntests: []\n",
  "branches.yaml":
    "version: v1\ntype: flow\nsteps:\n  - {type: choice, name: c, inputMappings: [{target: a, source: $input.a}], choices: [{condition: $.a > 0, goto: x}], default: {goto: y}}\n  - {type: succeed, name: x}\n  - {type: succeed, name: y}\n",
  "low.flowtest.yaml": "flow: branches.yaml\ntests:\n  - {name: one, input: {a: 1}, status: Succeeded}\n",
  "changing/good.yaml": GOOD,
  "state/other": "",
  "gateway.mjs":
    'export default { upstream: () => ({ region: "cn-hangzhou", credentials: { accessKeyId: "a", accessKeySecret: "b" } }), authorize: () => true };\n',
  "flows/good.yaml": GOOD,
  "flows/fails.yaml": FAILS,
  "flows/late.yaml": LATE,
  "flows/slow.yaml": SLOW,
};

/** A language client that ends without, or after, a shutdown. */
const frame = (message) => {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};
const INITIALIZE = frame({ id: 1, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
const SHUTDOWN = `${frame({ id: 2, method: "shutdown" })}${frame({ method: "exit" })}`;

/**
 * The code, the arguments, and what else a case needs. `stop`: a signal is sent after an output that has these words,
 * or, for true, when the command waits for its input. `change`: after these words, the folder of the state is removed and a flow
 * changes. `service`: the
 * emulator is the endpoint; `silent`: a server that does not respond.
 */
const CASES = {
  check: [
    [0, ["good.yaml"]],
    [1, ["wrong.yaml"]],
    [1, ["warned.yaml"]],
    [1, ["broken.yaml"]],
    [2, ["none.yaml"]],
    [2, ["--nonsense"]],
    [130, ["-"], { stop: true }],
  ],
  format: [
    [0, ["good.yaml"]],
    [0, ["--check", "good.yaml"]],
    [1, ["--check", "indented.yaml"]],
    [1, ["broken.yaml"]],
    [2, ["none.yaml"]],
    [130, ["-"], { stop: true }],
  ],
  explain: [
    [0, []],
    [0, ["unknown-target"]],
    [2, ["nonsense"]],
  ],
  graph: [
    [0, ["good.yaml"]],
    [1, ["wrong.yaml"]],
    [2, ["none.yaml"]],
    [130, ["-"], { stop: true }],
  ],
  migrate: [
    [0, ["good.yaml"]],
    [1, ["broken.yaml"]],
    [2, ["none.yaml"]],
    [130, ["-"], { stop: true }],
  ],
  run: [
    [0, ["good.yaml"]],
    [0, ["slow.yaml"]],
    [1, ["fails.yaml"]],
    [1, ["wrong.yaml"]],
    [2, ["none.yaml"]],
    [2, ["good.yaml", "--input", "{"]],
    [3, ["late.yaml"]],
    [130, ["-"], { stop: true }],
    [130, ["slow.yaml", "--speed", "1"], { stop: /nap/ }],
  ],
  init: [
    [0, ["new"]],
    [2, ["good.yaml"]],
  ],
  test: [
    [0, ["good.flowtest.yaml"]],
    [1, ["fails.flowtest.yaml"]],
    [0, ["--min-coverage", "50", "low.flowtest.yaml"]],
    [1, ["--min-coverage", "100", "low.flowtest.yaml"]],
    [2, ["broken.flowtest.yaml"]],
    [2, ["flows"]],
    [130, ["--watch", "good.flowtest.yaml"], { stop: /waiting/ }],
  ],
  describe: [
    [0, ["good", "one"], { service: true }],
    [0, ["fails", "one"], { service: true }],
    [2, ["good", "none"], { service: true }],
    [2, ["good", "one"]],
    [130, ["slow", "one"], { silent: true, stop: true }],
  ],
  watch: [
    [0, ["good", "one"], { service: true }],
    [1, ["fails", "one"], { service: true }],
    [2, ["none", "one"], { service: true }],
    [3, ["late", "one"], { service: true }],
    [4, ["slow", "stopped"], { service: true }],
    [5, ["slow", "one", "--timeout", "1"], { service: true }],
    [130, ["slow", "one"], { service: true, stop: /Running|Starting/ }],
  ],
  history: [
    [0, ["good", "one"], { service: true }],
    [2, ["good", "none"], { service: true }],
    [130, ["slow", "one", "--follow"], { service: true, stop: /nap/ }],
  ],
  executions: [
    [0, ["good"], { service: true }],
    [0, ["good", "--status", "Failed"], { service: true }],
    [2, ["good"]],
    [130, ["slow"], { silent: true, stop: true }],
  ],
  lsp: [
    [0, ["--stdio"], { input: `${INITIALIZE}${SHUTDOWN}` }],
    [0, ["--stdio"], { stop: true }],
    [1, ["--stdio"], { input: INITIALIZE }],
    [1, ["--stdio"], { input: frame({ method: "exit" }) }],
    [2, ["--socket", "1"]],
  ],
  local: [
    [0, ["--port", "0"], { stop: /^key /m }],
    [
      1,
      ["--port", "0", "--state", "state/file", "--flows", "changing"],
      { stop: /cannot be written/, change: /^key /m },
    ],
    [2, ["--port", "many"]],
    [2, ["--flows", "none"]],
  ],
  gateway: [
    [0, ["--port", "0"], { stop: /^gateway /m }],
    [0, ["init", "worker"]],
    [2, ["--port", "many"]],
    [2, ["--config", "none.mjs"]],
    [2, ["init", "good.yaml"]],
  ],
  completion: [
    [0, ["bash"]],
    [2, ["tcsh"]],
  ],
};

const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "emulator", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulator-secret" };

let cwd;
before(async () => (cwd = await folder(FILES)));

/** Runs a command until its output has `words`, or until it waits, and sends SIGINT. */
function stopped(args, { stop: words, change }, options, waitMs = 1000) {
  const [program, ...first] = FIRST;
  const child = spawn(program, [...first, BIN, ...args], {
    ...options,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let sent = false;
  const send = () => {
    if (sent) return;
    sent = true;
    child.kill("SIGINT");
  };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      out += text;
      if (change?.test(out)) {
        change = undefined;
        // In one step: the server may write a file into the folder while its files are removed.
        renameSync(join(cwd, "state"), join(cwd, "removed"));
        writeFileSync(join(cwd, "changing", "good.yaml"), SLOW);
      }
      if (words !== true && words.test(out)) setTimeout(send, 100);
    });
  // A command that has not started yet ends by the signal, and is tried again with more time.
  const timer = setTimeout(send, words === true ? waitMs : 30_000);
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const isEarly = words === true && signal === "SIGINT" && waitMs < 20_000;
      resolve(isEarly ? stopped(args, { stop: words }, options, 2 * waitMs) : { code: code ?? signal, out, err: "" });
    });
  });
}

test("the table has the codes that the help of each command lists", async () => {
  assert.deepEqual(Object.keys(CASES).sort(), COMMANDS.map(({ name }) => name).sort());
  for (const { name, load, server } of COMMANDS) {
    const codes = load ? (await load()).definition.exitCodes : (await server()).EXIT_CODES;
    const tested = new Set(CASES[name].map(([code]) => code));
    assert.deepEqual(
      codes.map(([code]) => code),
      [...tested].sort((a, b) => a - b),
      name,
    );
    const { out } = await command([name, "--help"]);
    for (const [code, meaning] of codes) assert.ok(out.includes(`\n  ${String(code).padEnd(3)}  ${meaning}`), name);
  }
});

test("an exit code for every result of every command", { timeout: 600_000 }, async (t) => {
  const server = await start(t, [process.execPath], ["local", "--flows", join(cwd, "flows"), "--port", "0", "--quiet"]);
  for (const [flow, name] of ["good", "fails", "late", "slow"]
    .map((flow) => [flow, "one"])
    .concat([["slow", "stopped"]]))
    assert.equal((await server.ask("StartExecution", { FlowName: flow, ExecutionName: name })).status, 200);
  await server.ask("StopExecution", { FlowName: "slow", ExecutionName: "stopped" });
  // A service that never responds.
  const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  t.after(() => silent.close());

  const one = async (name, [code, args, more = {}]) => {
    const url = more.service ? server.url : more.silent ? `http://127.0.0.1:${silent.address().port}` : undefined;
    const all = [name, ...args, ...(url === undefined ? [] : ["--endpoint", url])];
    const env = url === undefined ? { HOME: cwd, CLOUDFLOW_KEY: "a:b" } : { HOME: cwd, ...KEYS };
    const options = { cwd, env, input: more.input };
    const got = more.stop === undefined ? await command(all, options) : await stopped(all, more, options);
    assert.equal(got.code, code, `${all.join(" ")}: ${got.out}${got.err}`);
    assert.ok(!/\n +at /.test(got.out + got.err), got.out + got.err);
  };
  const queue = Object.entries(CASES).flatMap(([name, cases]) => cases.map((its) => [name, its]));
  const failures = [];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await one(...next).catch((error) => failures.push(error.message));
  };
  await Promise.all([work(), work(), work(), work()]);
  assert.deepEqual(failures, []);
  server.child.kill("SIGTERM");
});

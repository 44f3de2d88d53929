// Starts `cloudflow-wasm local` as a process, for the tests of the command.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { signRequest } from "../../../pkg/dist/local.js";

export const BIN = fileURLToPath(new URL("../../../pkg/dist/bin/cloudflow-wasm.js", import.meta.url));

/** The default key of `signRequest`, for the environment of a server. */
export const KEY = { CLOUDFLOW_KEY: "emulator:emulator-secret" };

const { DENO, BUN, COMMAND_RUNTIME, COMMAND_NODE = process.execPath } = process.env;

/**
 * Names and commands of the runtimes: Node, and the other ones if the environment names them, as `cargo xtask test` does.
 * With COMMAND_RUNTIME, all tests of the command run in this one: `node`, `deno` or `bun`. COMMAND_NODE is another Node.
 */
export const RUNTIMES = Object.entries({
  node: [COMMAND_NODE],
  deno: DENO && [DENO, "run", "--allow-all", "--quiet", "--no-lock"],
  bun: BUN && [BUN, "run"],
}).filter(([name, command]) => command && (COMMAND_RUNTIME === undefined || name === COMMAND_RUNTIME));
if (RUNTIMES.length === 0) throw new Error(`COMMAND_RUNTIME: the program of \`${COMMAND_RUNTIME}\` is not known`);

export function run(t, [program, ...before], args, env = KEY) {
  const { CLOUDFLOW_KEY: _, ...rest } = process.env;
  const child = spawn(program, [...before, BIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...rest, ...env },
  });
  let output = "";
  const heard = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      for (const hear of heard) hear();
    });
  }
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  t.after(() => child.kill("SIGKILL"));
  const until = async (words, ms = 30_000) => {
    const end = Date.now() + ms;
    while (!words.test(output)) {
      assert.ok(Date.now() < end && child.exitCode === null, `${words} was not said:\n${output}`);
      await Promise.race([new Promise((resolve) => heard.add(resolve)), pause(200)]);
      heard.clear();
    }
  };
  return { child, ended, until, output: () => output };
}

export async function start(t, command, args, env = KEY) {
  const server = run(t, command, args, env);
  await server.until(/^key .*$/m);
  const url = /^endpoint +(\S+)$/m.exec(server.output())[1];
  const ask = async (action, parameters, signing) => {
    const response = await fetch(await signRequest(action, parameters, { endpoint: url, ...signing }));
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  return { ...server, url, ask };
}

/** Sends raw bytes. Returns head and body of the response. */
export function raw(url, text) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""), () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8").setTimeout(10_000, () => socket.destroy(new Error(`no end: ${answer}`)));
    const parts = () => {
      const [head, body = ""] = answer.split("\r\n\r\n", 2);
      return { status: Number(/^HTTP\/1\.\d (\d+)/.exec(head)?.[1]), head, body };
    };
    socket.on("data", (chunk) => {
      answer += chunk;
      const { head, body } = parts();
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? NaN);
      if (answer.includes("\r\n\r\n") && Buffer.byteLength(body) >= length) socket.end();
    });
    socket.on("close", () => resolve(parts()));
    socket.on("error", reject);
  });
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Runs the command as a process.

import { spawn } from "node:child_process";
import process from "node:process";
import { BIN, RUNTIMES } from "./local-server.mjs";

export { BIN, RUNTIMES };

const NODE = RUNTIMES[0][1];

/**
 * Returns the exit code, or the signal, and both outputs.
 *
 * @param {string[]} args
 * @param {{ command?: string[], cwd?: string, env?: object, input?: string | Buffer, uid?: number }} [options]
 */
export function command(args, { command: [program, ...before] = NODE, cwd, env, input = "", uid } = {}) {
  const { NO_COLOR, FORCE_COLOR, ...rest } = process.env;
  const child = spawn(program, [...before, BIN, ...args], {
    cwd,
    env: { ...rest, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const texts = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (texts.err += text));
  child.stdin.on("error", () => {}).end(input);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code: code ?? signal, ...texts }));
  });
}

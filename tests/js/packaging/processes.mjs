// Programs that end by themselves, and servers that are ended by the tests.

import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The environment of the programs, without the variables of the tests. */
export const { CHROMIUM, DENO, BUN, ...environment } = process.env;

/**
 * Runs a program and returns its output. The error of a failed program contains the output.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions & { withErrors?: boolean }} [options] `withErrors` returns what it
 *   writes to standard error, too
 */
export async function run(program, args, { withErrors = false, ...options } = {}) {
  try {
    const { stdout, stderr } = await execute(program, args, {
      maxBuffer: 1e8,
      timeout: 240_000,
      env: environment,
      ...options,
    });
    return (withErrors ? stdout + stderr : stdout).trim();
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout ?? ""}`);
  }
}

/** Starts Node as `start` does. */
export const startNode = (args, options) => start(process.execPath, args, options);

/**
 * Starts a program. `until` waits for its output; `stop` ends the process and its children.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(program, args, options) {
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal));
    child.once("error", (error) => {
      output += String(error);
      resolve(-1);
    });
  });
  return {
    output: () => output,
    async until(words, wait = 60_000) {
      const deadline = Date.now() + wait;
      for (;;) {
        const found = words.exec(output);
        if (found) return found;
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${words} was not printed:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    end(signal) {
      child.kill(signal);
      return ended;
    },
    async stop() {
      for (const signal of ["SIGTERM", "SIGKILL"]) {
        try {
          process.kill(-child.pid, signal);
        } catch {
          return; // the process group has ended
        }
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
      }
    },
  };
}

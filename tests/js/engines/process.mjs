// Programs that belong to a browser: found on the PATH, started as process groups, and ended with this process.

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The file of a program on the PATH. */
export function which(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not in this folder
    }
  }
}

/** The output of a program that ends by itself. */
export function output(program, args, input = "") {
  const { error, status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8", timeout: 20_000 });
  if (error) throw new Error(`cannot start ${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} has ended (${status}):\n${stderr}`);
  return stdout;
}

const groups = new Set();

function endAll() {
  for (const group of groups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // it has ended
    }
  }
}
process.on("exit", endAll);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
])
  process.once(signal, () => process.exit(code));

/**
 * Starts a program as a process group. `hear` is called with each line of its output.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, hear?: (line: string) => void }} options
 */
export function group(program, args, { env = {}, hear = () => {} } = {}) {
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text) => {
      tail = (tail + text).slice(-4000);
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) hear(line);
    });
  }
  if (child.pid !== undefined) groups.add(child.pid);
  let failure;
  const ended = new Promise((resolve) => {
    child.once("error", (error) => {
      failure = error;
      resolve();
    });
    child.once("exit", () => resolve());
  });
  return {
    ended,
    /** Throws if the program has ended, with what it has written. */
    check() {
      if (failure) throw new Error(`cannot start ${program}: ${failure.message}`);
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${program} has ended (${child.exitCode ?? child.signalCode}):\n${tail}`);
    },
    said: () => tail,
    async stop() {
      for (const signal of ["SIGTERM", "SIGKILL"]) {
        try {
          process.kill(-child.pid, signal);
        } catch {
          break; // the group has ended
        }
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
      }
      groups.delete(child.pid);
    },
  };
}

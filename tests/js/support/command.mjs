// Runs the command as a process.

import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after } from "node:test";
import { BIN, RUNTIMES } from "./local-server.mjs";

export { BIN, RUNTIMES };

/** The runtime of the tests that do not name one. */
export const [[, FIRST]] = RUNTIMES;

/** Maximum time of a command. */
const LIMIT_MS = 150_000;

/**
 * Returns the exit code, or the signal, and both outputs.
 *
 * @param {string[]} args
 * @param {{ command?: string[], cwd?: string, env?: object, input?: string | Buffer, uid?: number }} [options]
 */
export function command(args, { command: [program, ...before] = FIRST, cwd, env, input = "", uid } = {}) {
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
  // A command that hangs fails its test, and does not keep the process of the test alive.
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, ...texts });
    });
  });
}

export const GOOD = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n";
export const WRONG = "version: v1\ntype: flow\nsteps:\n  - {type: wiat, name: a, duration: 3}\n";
export const WARNED = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a, outputMapping: []}\n";
export const BROKEN = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a\n";

/** A folder that is removed after the tests, and a function that makes a folder with files in it. */
export function temporary(name) {
  const root = mkdtempSync(join(tmpdir(), `cloudflow-${name}-`));
  after(() => rm(root, { recursive: true, force: true }));
  const folder = async (files = {}) => {
    const place = await mkdtemp(join(root, "f-"));
    await chmod(place, 0o755);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(place, file)), { recursive: true });
      await writeFile(join(place, file), text);
    }
    return place;
  };
  return { root, folder };
}

export const lines = (text) => text.split("\n").filter(Boolean);

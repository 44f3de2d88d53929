// A gateway as a process that can be killed and started again.

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { connect } from "node:net";
import { family, pause } from "../measure.mjs";

/** Maximum time until a started gateway accepts a connection, in ms. */
const START_MS = 60_000;

/**
 * Starts a program that listens on a port. Its output goes to a file.
 *
 * @param {{ command: string[], port: number, log: string, cwd?: string, env?: Record<string, string> }} options
 */
export async function startProcess({ command: [program, ...args], port, log, cwd, env = {} }) {
  let child;
  const start = async () => {
    const file = createWriteStream(log, { flags: "a" });
    child = spawn(program, args, {
      cwd,
      env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that its children end with it.
      detached: true,
    });
    child.stdout.pipe(file);
    child.stderr.pipe(file);
    const end = Date.now() + START_MS;
    while (!(await accepts(port))) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`${program} does not listen: see ${log}`);
      await pause(50);
    }
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  await start();
  const killAtExit = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.once("exit", killAtExit);
  return {
    url: `http://127.0.0.1:${port}`,
    pids: () => family(child.pid),
    /** Ends the process at once, as a crash does. */
    kill,
    restart: start,
    async close() {
      await kill();
      process.off("exit", killAtExit);
    },
  };
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

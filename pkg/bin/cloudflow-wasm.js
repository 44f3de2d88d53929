#!/usr/bin/env node
// The command `cloudflow-wasm`, for Node, Deno and Bun.

import process from "node:process";
import { main } from "../cli/cli.js";

/**
 * Resolves at the first signal.
 *
 * @type {Promise<void>}
 */
const stopped = new Promise((resolve) => {
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      asked += 1;
      // The second signal terminates the process.
      if (asked > 1) process.kill(process.pid, "SIGKILL");
      resolve();
    });
  }
});

const code = await main(process.argv.slice(2), { stopped });
// In some runtimes `exit` waits for threads, and a thread in an endless loop does not end.
if (code === undefined) process.kill(process.pid, "SIGKILL");
process.exit(code ?? 1);

#!/usr/bin/env node
// The command of the package. It runs in Node, Deno and Bun.

import process from "node:process";
import { main } from "../cli/cli.js";

/** @type {Promise<void>} */
const stopped = new Promise((resolve) => {
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      asked += 1;
      // Whoever asks twice does not want to wait.
      if (asked > 1) process.kill(process.pid, "SIGKILL");
      resolve();
    });
  }
});

const code = await main(process.argv.slice(2), { stopped });
// An exit waits for threads in some runtimes; a thread in a loop without end does not end.
if (code === undefined) process.kill(process.pid, "SIGKILL");
process.exit(code ?? 1);

// The gateway of the command `cloudflow-wasm gateway`: one process of Node, the hub in memory.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BIN } from "../../js/support/local-server.mjs";
import { freePort } from "../../js/support/ports.mjs";
import { startProcess } from "./process.mjs";

/** @param {{ upstream: string, out: string }} options */
export async function startNode({ upstream, out }) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const port = await freePort();
  const config = fileURLToPath(new URL("../worker/memory.js", import.meta.url));
  return startProcess({
    command: [process.execPath, BIN, "gateway", "--config", config, "--port", String(port)],
    port,
    log: join(out, "log.txt"),
    env: { ENDPOINT: upstream },
  });
}

// The gateway in `wrangler dev`: its proxy and a workerd. The proxy needs two files per watcher.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "./bundle.mjs";
import { freePort } from "../../js/support/ports.mjs";
import { startProcess } from "./process.mjs";
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from "./workerd.mjs";

const WRANGLER = fileURLToPath(new URL("../../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

/** @param {{ upstream: string, out: string }} options */
export async function startWrangler({ upstream, out }) {
  rmSync(out, { recursive: true, force: true });
  // wrangler watches the folder of the Worker: the log and the storage are elsewhere.
  const folder = join(out, "worker");
  mkdirSync(folder, { recursive: true });
  const { main } = await bundleWorker(fileURLToPath(new URL("../worker/gateway.js", import.meta.url)), folder);
  const port = await freePort();
  const bindings = [
    { name: "HUB", class_name: "ExecutionHub" },
    { name: "BUDGET", class_name: "AccountBudget" },
  ];
  const config = {
    name: "load",
    main,
    compatibility_date: COMPATIBILITY_DATE,
    compatibility_flags: COMPATIBILITY_FLAGS,
    vars: { ENDPOINT: upstream },
    durable_objects: { bindings },
    migrations: [{ tag: "v1", new_sqlite_classes: bindings.map(({ class_name }) => class_name) }],
  };
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
  return startProcess({
    command: [
      process.execPath,
      WRANGLER,
      "dev",
      "--port",
      String(port),
      "--ip",
      "127.0.0.1",
      "--persist-to",
      "storage",
    ],
    cwd: folder,
    port,
    log: join(out, "log.txt"),
    env: { WRANGLER_HIDE_BANNER: "true", CI: "true" },
  });
}

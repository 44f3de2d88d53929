// The gateway in `workerd serve`: one process, Durable Objects with SQLite in a folder.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "./bundle.mjs";
import { freePort } from "../../js/support/ports.mjs";
import { startProcess } from "./process.mjs";

export const COMPATIBILITY_DATE = "2026-04-01";

/** `enable_request_signal`: a Worker notices that its caller has disconnected. */
export const COMPATIBILITY_FLAGS = ["enable_request_signal"];

/** @param {{ upstream: string, out: string, worker?: string, objects?: boolean }} options */
export async function startWorkerd({ upstream, out, worker = "gateway", objects = true }) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "storage"), { recursive: true });
  const entry = fileURLToPath(new URL(`../worker/${worker}.js`, import.meta.url));
  const { main, wasm } = await bundleWorker(entry, out);
  const port = await freePort();
  // The counters find the object by the asynchronous context.
  const flags = [...COMPATIBILITY_FLAGS, ...(worker === "counted" ? ["nodejs_als"] : [])];
  writeFileSync(join(out, "gateway.capnp"), config({ main, wasm, port, upstream, objects, flags }));
  const { default: binary } = createRequire(import.meta.url)("workerd");
  return startProcess({
    command: [binary, "serve", "gateway.capnp"],
    cwd: out,
    port,
    log: join(out, "log.txt"),
  });
}

function config({ main, wasm, port, upstream, objects, flags }) {
  const text = (value) => JSON.stringify(value);
  const modules = [
    `(name = ${text(main)}, esModule = embed ${text(main)})`,
    ...wasm.map((name) => `(name = ${text(name)}, wasm = embed ${text(name)})`),
  ];
  const bindings = [`(name = "ENDPOINT", text = ${text(upstream)})`];
  const classes = objects ? { HUB: "ExecutionHub", BUDGET: "AccountBudget" } : {};
  for (const [name, of] of Object.entries(classes))
    bindings.push(`(name = ${text(name)}, durableObjectNamespace = ${text(of)})`);
  const namespaces = Object.values(classes).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(`load-${name}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "storage", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
  compatibilityFlags = [${flags.map(text).join(", ")}],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
);
`;
}

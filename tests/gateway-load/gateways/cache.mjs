// The peer with caches.default, in Miniflare, which implements the cache. It runs in a process of its own, so that its
// memory is measured apart from that of the generator.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "./bundle.mjs";
import { freePort } from "../../js/support/ports.mjs";
import { startProcess } from "./process.mjs";

const HERE = fileURLToPath(import.meta.url);

/** @param {{ upstream: string, out: string, ttl: number }} options */
export async function startCache({ upstream, out, ttl }) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { wasm } = await bundleWorker(fileURLToPath(new URL("../peers/cache.js", import.meta.url)), out);
  const port = await freePort();
  return startProcess({
    command: [process.execPath, HERE, JSON.stringify({ out, wasm, port, upstream, ttl })],
    port,
    log: join(out, "log.txt"),
  });
}

if (process.argv[1] === HERE) {
  const { out, wasm, port, upstream, ttl } = JSON.parse(process.argv[2]);
  const { Miniflare } = await import("miniflare");
  const { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } = await import("./workerd.mjs");
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port,
    modules: [
      { type: "ESModule", path: "worker.js", contents: readFileSync(join(out, "worker.js"), "utf8") },
      ...wasm.map((name) => ({ type: "CompiledWasm", path: name, contents: readFileSync(join(out, name)) })),
    ],
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    bindings: { ENDPOINT: upstream, TTL: String(ttl) },
    cf: false,
  });
  await miniflare.ready;
}

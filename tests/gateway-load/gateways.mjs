// Starts a gateway under test.

import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const TARGET = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));

/**
 * Returns the gateway: `{ url, pids(), kill(), restart(), close() }`.
 *
 * @param {{ gateway: string, ttl: number }} options
 * @param {string} upstream
 * @param {{ worker?: string }} [more]
 */
export async function startGateway({ gateway, ttl }, upstream, { worker } = {}) {
  const out = join(TARGET, "load-gateway", worker ?? gateway);
  switch (gateway) {
    case "workerd":
      return (await import("./gateways/workerd.mjs")).startWorkerd({ upstream, out, worker });
    case "single":
      return (await import("./gateways/workerd.mjs")).startWorkerd({ upstream, out, worker: "single", objects: false });
    case "wrangler":
      return (await import("./gateways/wrangler.mjs")).startWrangler({ upstream, out });
    case "node":
      return (await import("./gateways/node.mjs")).startNode({ upstream, out });
    default:
      return (await import("./gateways/cache.mjs")).startCache({ upstream, out, ttl });
  }
}

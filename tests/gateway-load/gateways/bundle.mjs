// Bundles a Worker as a user's tool does, with the package of pkg/dist.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { build } from "esbuild";
import { resolve } from "../../js/prepare.mjs";

/**
 * Writes `worker.js` and its WebAssembly modules into a folder.
 *
 * @param {string} entry file of the Worker
 * @param {string} out
 * @returns {Promise<{ main: string, wasm: string[] }>} names of files in the folder
 */
export async function bundleWorker(entry, out) {
  mkdirSync(out, { recursive: true });
  const wasm = new Set();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: ["workerd"],
    external: ["cloudflare:*", "node:*"],
    plugins: [
      {
        name: "package and modules",
        setup({ onResolve }) {
          onResolve({ filter: /^cloudflow-wasm(\/|$)/ }, ({ path }) => ({
            path: resolve(`.${path.slice("cloudflow-wasm".length)}`, "workerd"),
          }));
          // Workers do not compile bytes at run time: a .wasm file is a separate module.
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const name = basename(path);
            copyFileSync(isAbsolute(path) ? path : join(resolveDir, path), join(out, name));
            wasm.add(name);
            return { path: `./${name}`, external: true };
          });
        },
      },
    ],
    write: false,
    logLevel: "error",
  });
  writeFileSync(join(out, "worker.js"), outputFiles[0].text);
  return { main: "worker.js", wasm: [...wasm] };
}

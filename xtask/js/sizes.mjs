// Prints the size of each part of the package: name, raw, gzip -9 and brotli 11, separated by tabs.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const pkg = process.argv[2];
const file = (name) => join(pkg, name);
const weigh = (bytes) => [
  bytes.length,
  gzipSync(bytes, { level: 9 }).length,
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length,
];
const print = (name, sizes) => console.log([name, ...sizes].join("\t"));

// As a bundler with default settings.
async function bundle(entry) {
  if (!existsSync(file(entry))) return undefined;
  const { outputFiles } = await build({
    entryPoints: [file(entry)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return weigh(outputFiles[0].contents);
}

for (const name of ["core", "local"]) {
  print(`${name}.wasm`, weigh(readFileSync(file(`wasm/${name}.wasm`))));
  print(`${name}.js (the glue), minified`, await bundle(`wasm/${name}.js`));
}
const core = weigh(readFileSync(file("wasm/core.wasm")));
for (const [entry, name] of [
  ["slim.js", "slim (core.wasm + entry, minified)"],
  ["index.js", "default entry, minified"],
  ["local.js", "local entry, minified"],
  ["graph.js", "graph entry, minified"],
]) {
  const sizes = await bundle(entry);
  if (sizes) print(name, entry === "slim.js" ? sizes.map((size, i) => size + core[i]) : sizes);
}

// Prints the size of each part of the package: name, raw, gzip -9 and brotli 11, separated by tabs.
//
//     node sizes.mjs <pkg> <module>...

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const [pkg, ...modules] = process.argv.slice(2);
const wasm = (name) => readFileSync(join(pkg, "wasm", `${name}.wasm`));

/** Prints the sum of files that are compressed separately. */
function print(name, ...files) {
  const sizes = files.map((bytes) => [
    bytes.length,
    gzipSync(bytes, { level: 9 }).length,
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }).length,
  ]);
  const sums = sizes.reduce((sum, size) => sum.map((bytes, i) => bytes + size[i]));
  console.log([name, ...sums].join("\t"));
}

/** A program that is bundled and minified for a page, or for a Worker by the settings of wrangler, which does not minify. */
async function bundle(program, worker = false) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(pkg, "dist"), loader: "js" },
    bundle: true,
    minify: !worker,
    format: "esm",
    platform: "browser",
    conditions: worker ? ["workerd"] : [],
    external: worker ? ["*.wasm"] : [],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

for (const name of modules) {
  print(`${name}.wasm`, wasm(name));
  print(`${name}.js (the glue), minified`, await bundle(`export * from "../wasm/${name}.js";`));
}
for (const name of ["CloudFlowError", "describeExecution", "validateFlow"])
  print(`import { ${name} }`, await bundle(`export { ${name} } from "./index.js";`));
print("everything", await bundle('export * from "./index.js";'));
print("slim (modules + entry)", wasm("ask"), wasm("language"), await bundle('export * from "./slim.js";'));
print("local entry", await bundle('export * from "./local.js";'));
print("graph entry", await bundle('export * from "./graph.js";'));
print("gateway Worker", wasm("gateway"), await bundle('export * from "./gateway.workerd.js";', true));
print(
  "gateway Worker with jwt",
  wasm("gateway"),
  await bundle('export * from "./gateway.workerd.js"; export { jwt } from "./gateway/auth.js";', true),
);
print("import { bearer }", await bundle('export { bearer } from "./gateway/auth.js";'));
print("import { jwt }, with jose", await bundle('export { jwt } from "./gateway/auth.js";'));

// The page of the console: what its HTML file links to, and what it loads on demand.
const page = join(pkg, "console", "page");
if (existsSync(join(page, "index.html"))) {
  const read = (name) => readFileSync(join(page, name));
  const linked = [
    ...read("index.html")
      .toString()
      .matchAll(/(?:src|href)="([^":,]+)"/g),
  ].map(([, name]) => name);
  const first = ["index.html", ...linked];
  const later = readdirSync(page).filter((name) => !first.includes(name) && !name.endsWith(".txt"));
  print("console, first load", ...first.map(read));
  if (later.length > 0) print("console, on demand", ...later.map(read));
}

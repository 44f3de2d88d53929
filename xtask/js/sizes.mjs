// Prints the size of each part of the package: name, raw, gzip -9 and brotli 11, separated by tabs.
//
//     node sizes.mjs [--without-brotli] <pkg> <module>...
//
// brotli takes most of the time. Budgets do not need it: `--without-brotli` prints 0 for it.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const withoutBrotli = process.argv[2] === "--without-brotli";
const [pkg, ...modules] = process.argv.slice(withoutBrotli ? 3 : 2);
const wasm = (name) => readFileSync(join(pkg, "wasm", `${name}.wasm`));

function brotli(bytes) {
  if (withoutBrotli) return 0;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}

/** Prints the sum of files that are compressed separately. */
function print(name, ...files) {
  const sizes = files.map((bytes) => [bytes.length, gzipSync(bytes, { level: 9 }).length, brotli(bytes)]);
  const sums = sizes.reduce((sum, size) => sum.map((bytes, i) => bytes + size[i]));
  console.log([name, ...sums].join("\t"));
}

/** A program that is bundled and minified for a page, or for a Worker with the settings of `gateway init`. */
async function bundle(program, worker = false, external = []) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(pkg, "dist"), loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: worker ? ["workerd"] : [],
    external: worker ? ["*.wasm"] : external,
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** What a file of the package contains beside the packages of the program and the entries that it uses. */
const own = (file) =>
  bundle(`export * from "./${file}";`, false, [
    "@codemirror/*",
    "node:*",
    "*/editor.js",
    "*/local.js",
    "*/shared.js",
    "*/zh.js",
  ]);

for (const name of modules) {
  print(`${name}.wasm`, wasm(name));
  print(`${name}.js (the glue), minified`, await bundle(`export * from "../wasm/${name}.js";`));
}
for (const name of ["CloudFlowError", "describeExecution", "validateFlow"])
  print(`import { ${name} }`, await bundle(`export { ${name} } from "./index.js";`));
print("everything", await bundle('export * from "./index.js";'));
print("slim (modules + entry)", wasm("ask"), wasm("language"), await bundle('export * from "./slim.js";'));
print("editor entry", await bundle('export * from "./editor.js";'));
print("editor/codemirror, own code", await own("editor/codemirror.js"));
print("editor/monaco, own code", await own("editor/monaco.js"));
print("command lsp, own code", await own("cli/commands/lsp.js"));
print("import { signRequest }", await bundle('export { signRequest } from "./local.js";'));
print("local entry", await bundle('export * from "./local.js";'));
print("graph entry", await bundle('export * from "./graph.js";'));
print("zh entry", await bundle('export * from "./zh.js";'));
print("gateway Worker", wasm("gateway"), await bundle('export * from "./gateway.workerd.js";', true));
print(
  "gateway Worker with jwt",
  wasm("gateway"),
  await bundle('export * from "./gateway.workerd.js"; export { jwt } from "./gateway/auth.js";', true),
);
print("import { bearer }", await bundle('export { bearer } from "./gateway/auth.js";'));
print("import { jwt }, with jose", await bundle('export { jwt } from "./gateway/auth.js";'));

// The page of the console.
const page = join(pkg, "console", "page");
if (existsSync(join(page, "index.html"))) {
  const read = (name) => readFileSync(join(page, name));
  const linked = [
    ...read("index.html")
      .toString()
      .matchAll(/(?:src|href)="([^":,]+)"/g),
  ].map(([, name]) => name);
  const names = readdirSync(page).filter((name) => !name.endsWith(".txt"));
  /** Files with those that they import, except what they import when it is needed. */
  const whole = (...queue) => {
    const found = new Set(queue);
    for (const name of found)
      if (name.endsWith(".js"))
        for (const [, other] of read(name)
          .toString()
          .matchAll(/(?:from|import)"\.\/([^"]+)"/g))
          found.add(other);
    return [...found];
  };
  const named = (...starts) =>
    starts.map((start) => {
      const [name, extension] = start.split(".");
      const isIt = new RegExp(`^${name}-[0-9A-Z]{8}\\.${extension}$`);
      const found = names.filter((candidate) => isIt.test(candidate));
      if (found.length !== 1) throw new Error(`the console has ${found.length} files ${start}`);
      return found[0];
    });
  // With the words of one language, of which Chinese is the larger one.
  const usable = ["index.html", ...linked, ...named("zh.js")];
  // The graph of the definition, and the list of executions.
  const view = [...usable, ...named("graph.js", "language.js", "language.wasm", "ask.wasm")];
  const editor = [...view, ...named("definition.js", "editor.js")];
  print("console, usable", ...whole(...usable).map(read));
  print("console, first view", ...whole(...view).map(read));
  const service = [...editor, ...named("service.js", "editor.wasm")];
  print("console, first view and editor", ...whole(...editor).map(read));
  print("console, the same and its service", ...whole(...service).map(read));
  print("console, everything", ...names.map(read));
}

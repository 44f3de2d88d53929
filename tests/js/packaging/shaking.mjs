// A bundle contains only the WebAssembly modules of the imported functions.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundlers } from "./bundlers.mjs";

/** The modules, with the file that contains the text of each. */
const MODULES = {
  ask: "ask.js",
  editor: "editor.js",
  gateway: "gateway.js",
  language: "language.js",
  local: "local.js",
  sign: "local.js",
};

/** Parcel keeps the file of an entry from which a program imports only what the file re-exports. */
const WITH_ENTRY = ["Parcel"];

/**
 * What a program imports, the modules that it uses, the maximum of the other code in it, in bytes after gzip, whether it
 * reads histories page by page, a text that it must not contain, and the bundlers that keep more.
 */
const PROGRAMS = [
  { imports: "describeExecution", from: "cloudflow-wasm", uses: ["ask"], other: 10_000 },
  { imports: "executionEvents", from: "cloudflow-wasm", uses: ["ask"], other: 15_500, iterates: true },
  { imports: "createClient", from: "cloudflow-wasm", uses: ["ask"], other: 16_500, iterates: true },
  { imports: "validateFlow", from: "cloudflow-wasm", uses: ["language"], other: 6_000, lacks: "BranchEntered" },
  { imports: "replayExecution", from: "cloudflow-wasm", uses: ["language"], other: 12_000 },
  { imports: "validateExecution", from: "cloudflow-wasm", uses: ["ask", "language"], other: 12_000 },
  { imports: "openFlow", from: "cloudflow-wasm/editor", uses: ["editor"], other: 6_000 },
  { imports: "CloudFlowError", from: "cloudflow-wasm", uses: [], other: 1_000 },
  { imports: "createGateway", from: "cloudflow-wasm/gateway", uses: ["gateway"], other: 28_500, iterates: true },
  { imports: "signRequest", from: "cloudflow-wasm/local", uses: ["sign"], other: 6_000 },
  { imports: "migrateFlow", from: "cloudflow-wasm/local", uses: ["local"], other: 18_000 },
  { imports: "CloudFlowError", from: "cloudflow-wasm/editor", uses: [], other: 1_000, except: WITH_ENTRY },
  { imports: "CloudFlowError", from: "cloudflow-wasm/local", uses: [], other: 1_000, except: WITH_ENTRY },
  { imports: "CloudFlowError", from: "cloudflow-wasm/slim", uses: [], other: 1_000, except: WITH_ENTRY },
];

/**
 * Tests of the package that is installed in a folder: one function per bundler, which gets a copy of the folder.
 *
 * @param {string} installed
 */
export function shakingTests(installed) {
  const folder = join(installed, "node_modules", "cloudflow-wasm");
  const modules = Object.entries(MODULES).map(([name, file]) => ({
    name,
    text: textOf(readFileSync(join(folder, file), "utf8"), name),
    gzip: gzipSync(readFileSync(join(folder, `${name}.wasm`)), { level: 9 }).length,
  }));
  for (const module of modules) module.mark = markOf(module, modules);
  const test = (bundler, bundle) => async (dir) => {
    for (const [number, { imports, from, uses, other, lacks, iterates = false, except }] of PROGRAMS.entries()) {
      if (except?.includes(bundler)) continue;
      const folder = join(dir, `program-${number}`);
      mkdirSync(folder);
      cpSync(join(dir, "package.json"), join(folder, "package.json"));
      writeFileSync(
        join(folder, "main.js"),
        `import { ${imports} } from "${from}";\nglobalThis.imported = ${imports};\n`,
      );
      const code = await bundle(join(folder, "main.js"));
      const found = modules.filter(({ mark }) => code.includes(mark)).map(({ name }) => name);
      if (found.join() !== uses.join()) {
        throw new Error(`${imports}: expected the modules [${uses}], found [${found}]`);
      }
      const bytes = gzipSync(code, { level: 9 }).length;
      const most = modules.reduce((sum, { name, gzip }) => sum + (uses.includes(name) ? gzip : 0), other);
      if (bytes > most) throw new Error(`${imports}: the bundle has ${bytes} bytes after gzip, more than ${most}`);
      if (lacks && code.includes(lacks)) throw new Error(`${imports}: the bundle contains \`${lacks}\``);
      // The text is also in the modules, which have no quotes around it.
      if (/["'`]response-too-large["'`]/.test(code) !== iterates) {
        throw new Error(`${imports}: the bundle ${iterates ? "does not contain" : "contains"} the iterators`);
      }
      if (!code.includes("imported")) throw new Error(`${imports}: the bundle does not contain the program`);
    }
  };
  return Object.fromEntries(
    Object.entries(bundlers).map(([name, bundle]) => [`${name} removes unused modules`, test(name, bundle)]),
  );
}

/** The text of a module: of the two in one file, the module `sign` is the smaller one. */
function textOf(code, name) {
  const texts = [...code.matchAll(/^var TEXT\d* = "(.*)";$/gm)].map(([, text]) => text);
  texts.sort((a, b) => a.length - b.length);
  return name === "sign" ? texts[0] : texts.at(-1);
}

/** A part of the text of a module that no minifier changes and no other module contains. */
function markOf({ name, text }, modules) {
  for (let at = Math.floor(text.length / 2); at < text.length - 64; at += 1) {
    const mark = text.slice(at, at + 64);
    if (!/['`$\\]/.test(mark) && modules.every((other) => other.name === name || !other.text.includes(mark)))
      return mark;
  }
  throw new Error(`the text of the module ${name} has no part without quotes`);
}

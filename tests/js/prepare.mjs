// Functions for the runners of the suites: the list of suites, the packed cases, and an entry module that imports them
// with the package as the runtime resolves it.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { readCases } from "./cases.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PKG = join(HERE, "..", "..", "pkg", "dist");

/** The entries of the package by their name in the environment. */
const ENTRIES = {
  cloudflow: ".",
  ask: "./ask",
  language: "./language",
  slim: "./slim",
  local: "./local",
  gateway: "./gateway",
  auth: "./gateway/auth",
  graph: "./graph",
  zh: "./zh",
};

/** The names of the suites. */
export const suiteFiles = () =>
  readdirSync(join(HERE, "suite"))
    .filter((name) => name.endsWith(".mjs"))
    .sort();

/**
 * Writes `<out>/suite-<runtime>.mjs`, whose `main(modules, report, host)` runs every suite, and returns its path.
 * The properties of `host` are added to the environment.
 */
export function writeEntry(out, runtime) {
  mkdirSync(out, { recursive: true });
  const suites = suiteFiles();
  if (suites.length === 0) throw new Error("tests/js/suite holds no suite");
  const from = (file) => JSON.stringify(pathToFileURL(file).href);
  const path = (file) => JSON.stringify(file);
  // A bundler expects paths, a runtime expects URLs.
  const bundled = runtime === "workerd" || runtime === "browser";
  const spell = bundled ? path : from;
  const lines = [
    `import { caseReaders, run } from ${spell(join(HERE, "harness.mjs"))};`,
    ...suites.map((name, i) => `import * as suite${i} from ${spell(join(HERE, "suite", name))};`),
    ...Object.entries(ENTRIES).map(([name, entry]) => `import * as ${name} from ${spell(resolve(entry, runtime))};`),
    `const CASES = ${JSON.stringify(JSON.stringify(readCases()))};`,
    `const SUITES = [${suites.map((name, i) => `[${JSON.stringify(name)}, suite${i}]`).join(", ")}];`,
    "export const main = (modules, report, host) => run(SUITES, {",
    `  runtime: ${JSON.stringify(runtime)}, modules, ${Object.keys(ENTRIES).join(", ")},`,
    "  createGateway: gateway.createGateway,",
    "  ...caseReaders(JSON.parse(CASES)),",
    "  ...host,",
    "}, report);",
  ];
  const entry = join(out, `suite-${runtime}.mjs`);
  writeFileSync(entry, `${lines.join("\n")}\n`);
  return entry;
}

/** Returns the file of an entry of the package, by its `exports`. */
export function resolve(entry, runtime) {
  const { exports } = JSON.parse(readFileSync(join(PKG, "package.json"), "utf8"));
  const found = exports[entry];
  const file = typeof found === "string" ? found : (runtime === "workerd" && found.workerd) || found.default;
  return join(PKG, file);
}

/** The names of the modules that `init` of the slim entry takes. */
export const MODULES = ["ask", "language"];

/** The bytes of a module, such as cloudflow-wasm/ask.wasm. */
export function moduleBytes(name) {
  return readFileSync(resolve(`./${name}.wasm`));
}

const outcomes = [];

/** Prints a failed test, and keeps the durations for `finish`. */
export function print(outcome) {
  outcomes.push(outcome);
  const { name, error } = outcome;
  if (error === undefined) return;
  const lines = error
    .split("\n")
    .slice(0, 20)
    .map((line) => (line.length > 400 ? `${line.slice(0, 400)} …` : line));
  console.log([`not ok  ${name}`, ...lines].join("\n        "));
}

/** Prints the slowest tests, then the line that xtask reads; returns the exit code. */
export function finish({ passed, failed }, filter = "") {
  const slowest = outcomes.toSorted((a, b) => b.ms - a.ms).slice(0, 10);
  if (slowest.length > 0) console.log("slowest:");
  for (const { name, ms } of slowest) console.log(`${ms.toFixed(0).padStart(8)} ms  ${name}`);
  if (passed + failed === 0) console.log(`no test has \`${filter}\` in its name`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

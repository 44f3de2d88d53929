// The reference of the API, from the declarations of the package.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = join(HERE, "../../pkg");

/**
 * Writes a page for each entry of the package.
 *
 * @param {string} out
 * @returns {string[]} the problems: an item without description, a `@link` that leads nowhere
 */
export function apiReference(out) {
  const require = createRequire(import.meta.url);
  const typedoc = join(dirname(require.resolve("typedoc/package.json")), "bin", "typedoc");
  const config = join(dirname(out), "typedoc.tsconfig.json");
  const files = entries();
  // The peers of the package are not installed here: their types are not described.
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: files.map((file) => join(PACKAGE, file)) }));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      typedoc,
      "--options",
      join(HERE, "typedoc.json"),
      "--tsconfig",
      config,
      "--basePath",
      PACKAGE,
      "--out",
      out,
      ...files.map((file) => join(PACKAGE, file)),
    ],
    { cwd: HERE, encoding: "utf8" },
  );
  // A part of a type without a name, such as `{ x: number }`, is described with the item that has the type.
  const problems = stripVTControlCharacters(`${stdout}${stderr}`)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/\.__type\b.* does not have any documentation/.test(line))
    .filter((line) => !/^\[warning\] Found \d+ errors/.test(line));
  if (status !== 0 && problems.length === 0 && !existsSync(join(out, "index.md")))
    problems.push("TypeDoc wrote no page");
  return problems.map((line) => line.replace(/^\[\w+\] /, ""));
}

/** The declarations that `exports` names, except those of modules as files and those that repeat another entry. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const files = Object.entries(exports).flatMap(([name, { types }]) =>
    types && !types.endsWith(".wasm.d.ts") && !name.startsWith("./inline") ? [types.replace("./", "")] : [],
  );
  return [...new Set(files)];
}

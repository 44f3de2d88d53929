// The files of tests/cases, as tests/README.md describes them: a case is a folder `<name>/` with one file per
// part, or files `<name>.<part>`.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CASES = fileURLToPath(new URL("../cases", import.meta.url));

/** Families with one folder per case. */
const FOLDERS = ["emulate", "migrate", "sign", "simulate"];

/** `{ family: { name: { part: text } } }`, sorted. Throws if a file is not a part of a case. */
export function readCases() {
  const packed = {};
  for (const family of readdirSync(CASES).sort()) packed[family] = readFamily(family);
  return packed;
}

/** The cases of a family: `{ name: { part: text } }`, sorted. */
export function readFamily(family) {
  const found = {};
  const files = filesOf(join(CASES, family));
  for (const file of files) {
    const [name, part] = FOLDERS.includes(family) ? inFolder(file, files) : inFile(file);
    if (!name || !part) throw new Error(`tests/cases/${family}/${file} is no part of a case`);
    (found[name] ??= {})[part] = readFileSync(join(CASES, family, file), "utf8");
  }
  const count = Object.values(found).reduce((sum, parts) => sum + Object.keys(parts).length, 0);
  if (count !== files.length) throw new Error(`tests/cases/${family}: ${files.length} files, but ${count} parts`);
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The paths of the files below a folder, with `/`. */
function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesOf(join(folder, entry.name)).map((file) => `${entry.name}/${file}`) : [entry.name],
  );
}

/** The outermost folder with a file is the case. Paths below it are parts. */
function inFolder(file, files) {
  const folders = file.split("/").slice(0, -1);
  for (let depth = 1; depth <= folders.length; depth += 1) {
    const name = folders.slice(0, depth).join("/");
    if (files.some((other) => other.startsWith(`${name}/`) && !other.slice(name.length + 1).includes("/")))
      return [name, file.slice(name.length + 1)];
  }
  return [];
}

/** The name ends at the first dot of the file. */
function inFile(file) {
  const start = file.lastIndexOf("/") + 1;
  const dot = file.indexOf(".", start);
  return dot > start ? [file.slice(0, dot), file.slice(dot + 1)] : [];
}

/** `[name, text, own]` of the definitions of tests/corpus, and of CLOUDFLOW_CORPUS in addition if it is set. */
export function definitions() {
  const other = process.env.CLOUDFLOW_CORPUS;
  if (!other) console.error("note: CLOUDFLOW_CORPUS is not set: tests read the definitions of tests/corpus only");
  const own = fileURLToPath(new URL("../corpus", import.meta.url));
  return [own, ...(other ? [other] : [])].flatMap((root) =>
    ["flow", "statemachine", "templated"].flatMap((folder) =>
      filesOf(join(root, folder)).map((file) => [
        `${folder}/${file}`,
        readFileSync(join(root, folder, file), "utf8"),
        root === own,
      ]),
    ),
  );
}

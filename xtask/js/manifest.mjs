// Completes the package.json of a copy of the package: its version, and the documents that were added to the copy. Checks
// that every exported file exists.
//
//     node manifest.mjs <folder> <version> <document>...

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [folder, version, ...documents] = process.argv.slice(2);
const file = join(folder, "package.json");
const manifest = JSON.parse(readFileSync(file, "utf8"));
manifest.version = version;
// npm adds a README and a licence by itself, and no other document.
manifest.files.push(...documents);
writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);

const named = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(named));

/** A path with a `*` must match at least one file. */
function isThere(path) {
  const [start, end] = path.split("*");
  if (end === undefined) return existsSync(join(folder, path));
  const dir = join(folder, dirname(`${start}x`));
  return existsSync(dir) && readdirSync(dir).some((name) => name.endsWith(end));
}

const missing = named(manifest.exports).filter((path) => !isThere(path));
if (missing.length > 0) {
  console.error(`package.json exports files that are not there: ${missing.join(", ")}`);
  process.exit(1);
}

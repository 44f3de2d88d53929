// Completes the package.json of a copy of the package, and looks whether every file it names is there.
//
//     node manifest.mjs <folder> <version>

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, version] = process.argv.slice(2);
const file = join(folder, "package.json");
const manifest = JSON.parse(readFileSync(file, "utf8"));
manifest.version = version;
writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);

const named = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(named));
const missing = named(manifest.exports).filter((path) => !existsSync(join(folder, path)));
if (missing.length > 0) {
  console.error(`package.json exports files that are not there: ${missing.join(", ")}`);
  process.exit(1);
}

// Bundles the console for the local server, or the playground for a static host, and prints the size of each file.
//
//     node console.mjs console <folder>
//     node console.mjs playground <folder>

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePage } from "./page.mjs";

const [kind, out] = process.argv.slice(2);
const www = fileURLToPath(new URL("../../www/", import.meta.url));
const html = join(www, "console", "index.html");
const main = kind === "playground" ? join(www, "playground", "main.js") : undefined;

const files = await bundlePage({ html, main, out });
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`.padStart(10);
const line = ({ name, raw, gzip }) => `  ${kib(raw)}  ${kib(gzip)}  ${name}`;
const sum = (list) => list.reduce(({ raw, gzip }, file) => ({ raw: raw + file.raw, gzip: gzip + file.gzip }));
const first = files.filter((file) => file.first);
const later = files.filter((file) => !file.first && file.name !== "THIRD-PARTY.txt");
console.log(`  ${"raw".padStart(10)}  ${"gzip -9".padStart(10)}  ${kind}`);
console.log(line({ ...sum(first), name: "linked:" }));
for (const file of first) console.log(`  ${line(file)}`);
if (later.length > 0) console.log(line({ ...sum(later), name: "on demand:" }));
for (const file of later) console.log(`  ${line(file)}`);

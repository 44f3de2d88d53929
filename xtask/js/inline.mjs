import { readFileSync, writeFileSync } from "node:fs";
const [, , from, to] = process.argv;
const text = readFileSync(from).toString("base64");
writeFileSync(to, `export function bytes() {\n  return Uint8Array.from(atob("${text}"), (c) => c.charCodeAt(0));\n}\n`);

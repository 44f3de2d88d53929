// The recipes of docs/integration.md, which the tests run.

import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../../docs/integration.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```(?:js|sh|json)\n(.*?)^```/gms)].map(([, code]) => code);

/** The only block of code that contains some words. */
export function block(words) {
  const found = blocks.filter((code) => code.includes(words));
  if (found.length !== 1) throw new Error(`docs/integration.md has ${found.length} blocks with ${words}`);
  return found[0];
}

/** The line of a bundler in the table. */
export function line(bundler) {
  const isOf = (row) =>
    row.startsWith("|") &&
    row
      .split("|")[1]
      .split(", ")
      .some((name) => name.trim() === bundler);
  const row = page.split("\n").find(isOf);
  if (row === undefined) throw new Error(`docs/integration.md has no row for ${bundler}`);
  return /`(.*)`/.exec(row.split("|")[2])[1];
}

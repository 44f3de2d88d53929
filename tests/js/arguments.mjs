// The arguments of a runner: a path, and a part of the names of the selected tests.

import { resolve } from "node:path";
import process from "node:process";

/** Reads `<path> [--filter NAME]`; the empty filter selects every test. */
export function readArguments(words) {
  const rest = [...words];
  let filter = "";
  const at = rest.indexOf("--filter");
  if (at >= 0) {
    [, filter = ""] = rest.splice(at, 2);
    if (filter === "") fail("`--filter` needs a part of a test's name");
  }
  const [out, extra] = rest;
  if (out === undefined) fail("the path is missing");
  if (extra !== undefined) fail(`\`${extra}\` is not an argument; \`--filter NAME\` is`);
  return { out: resolve(out), filter };
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

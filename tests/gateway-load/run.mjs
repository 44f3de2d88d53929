// The load test of the gateway: `cargo xtask load-gateway`. See `--help` and tests/README.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { checkLimits } from "./measure.mjs";
import { USAGE, readOptions } from "./options.mjs";
import { printReport } from "./report.mjs";

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
try {
  checkLimits(options);
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
const { run } = await import(`./scenarios/${options.scenario}.mjs`);
const report = await run(options, (line) => console.error(`  ${line}`));
printReport(report, console.log);
if (options.json) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
// Watchers that are left keep the process alive.
process.exit(report.failures.length === 0 ? 0 : 1);

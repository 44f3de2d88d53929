// The command `check` beside other commands that check files: over the definitions of CLOUDFLOW_CORPUS, and over 10,000
// generated files. One process for each sample; the contenders take turns. The table has the minimum of each, because other
// work on the machine only adds to it.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { writeFiles } from "../lib/files.mjs";
import { finish, loadOurs, packageUrl, quick, report } from "../lib/part.mjs";

const COUNT = quick ? 1000 : 10000;
/** Runs of each contender. The AWS service takes longer than all others together. */
const ROUNDS = { generated: quick ? 2 : 3, corpus: quick ? 3 : 9, aws: 1 };

const here = fileURLToPath(new URL("..", import.meta.url));
const program = (name) => createRequire(import.meta.url).resolve(name);
const ours = (await loadOurs()) !== null;
const schema = fileURLToPath(new URL("../../../pkg/schema/cloudflow.schema.json", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudflow-bench-"));
const raw = {};

/** How many files each reports, from its output. */
const FOUND = {
  ours: (out) => / in (\d+) of \d+ files/.exec(out)?.[1],
  "yaml-lint": (out) => (out.includes("YAML Lint successful") ? "0" : /failed for (\d+) file/.exec(out)?.[1]),
  "ajv-cli with our schema": (out) => String(out.match(/^\S+ invalid$/gm)?.length ?? 0),
  "AWS service": (out) => / in (\d+) of \d+ files/.exec(out)?.[1],
};

try {
  const corpus = corpusFolder();
  if (corpus) measureCorpus(corpus);
  measureGenerated();
} finally {
  fs.rmSync(folder, { recursive: true });
}
finish(raw);

/** The arguments of each contender for the files of a folder. */
function contenders(flows) {
  return {
    ...(ours && { ours: [fileURLToPath(new URL("bin/cloudflow-wasm.js", packageUrl)), "check", flows] }),
    "yaml-lint": [program("yaml-lint/dist/cli.js"), `${flows}/**/*.yaml`],
    "ajv-cli with our schema": [
      program("ajv-cli/dist/index.js"),
      ...["validate", "--spec=draft7", "--errors=line", "-s", schema, "-d", `${flows}/**/*.yaml`],
    ],
  };
}

/** @returns {{ wall: number, cpu: number, rss: number, found: string }} ms, ms, KiB */
function run(name, args) {
  const usage = path.join(folder, "usage.json");
  fs.rmSync(usage, { force: true });
  const start = performance.now();
  const { stdout, stderr, status, error } = spawnSync(
    process.execPath,
    ["--no-warnings", "-r", path.join(here, "lib/usage.cjs"), ...args],
    { encoding: "utf8", maxBuffer: 1 << 30, env: { ...process.env, BENCH_USAGE: usage, NO_COLOR: "1" } },
  );
  const wall = performance.now() - start;
  if (error || (status !== 0 && status !== 1)) throw new Error(`${name}: ${error?.message ?? stderr.slice(0, 2000)}`);
  const found = FOUND[name](stdout + stderr);
  if (found === undefined) throw new Error(`${name} prints no result: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  const { cpuMs, maxRSS } = JSON.parse(fs.readFileSync(usage, "utf8"));
  return { wall, cpu: cpuMs, rss: maxRSS, found };
}

function measureCorpus(corpus) {
  // Without the templates: their tags and placeholders end `ajv-cli`, as does a text that is not valid YAML.
  const flows = path.join(folder, "corpus");
  let files = 0;
  for (const kind of ["flow", "statemachine"])
    for (const name of fs.readdirSync(path.join(corpus, kind))) {
      fs.mkdirSync(path.join(flows, kind), { recursive: true });
      fs.copyFileSync(path.join(corpus, kind, name), path.join(flows, kind, name));
      files += 1;
    }
  const all = contenders(flows);
  // It ends at the first of the two files that are not valid YAML.
  delete all["ajv-cli with our schema"];
  const samples = sample(all, ROUNDS.corpus);
  rows(`check, ${files} definitions of projects`, samples, files);
}

function measureGenerated() {
  const made = writeFiles(folder, COUNT);
  const all = contenders(made.flows);
  const samples = sample(all, ROUNDS.generated);
  samples["AWS service"] = [];
  for (let round = 0; round < ROUNDS.aws; round += 1)
    samples["AWS service"].push(run("AWS service", [path.join(here, "lib/aws-check.mjs"), made.asl]));
  raw.made = made;
  const mib = (bytes) => (bytes / 1024 / 1024).toFixed(0);
  rows(`check, ${COUNT} files, ${mib(made.bytes)} MiB`, samples, COUNT);
  report({
    what: `check, ${COUNT} files: files with findings, of ${made.mistakes} with a mistake`,
    ours: samples.ours?.[0].found,
    unit: "text",
    peers: Object.fromEntries(peersOf(samples).map((name) => [name, samples[name][0].found])),
    goal: "all",
    met: samples.ours ? Number(samples.ours[0].found) === made.mistakes : null,
  });
}

function sample(all, rounds) {
  const names = Object.keys(all);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      samples[name].push(run(name, all[name]));
    }
  return samples;
}

function peersOf(samples) {
  return Object.keys(samples).filter((name) => name !== "ours");
}

function rows(what, samples, files) {
  raw[what] = samples;
  const least = (name, key) => Math.min(...samples[name].map((one) => one[key]));
  for (const [title, key, unit, scale] of [
    ["wall time", "wall", "us", 1000],
    ["CPU of all threads", "cpu", "us", 1000],
    ["peak memory", "rss", "memory", 1024],
  ]) {
    const mine = samples.ours && least("ours", key);
    const peers = Object.fromEntries(peersOf(samples).map((name) => [name, least(name, key)]));
    report({
      what: `${what}: ${title}, minimum`,
      ours: mine && mine * scale,
      unit,
      peers: Object.fromEntries(Object.entries(peers).map(([name, value]) => [name, value * scale])),
      times: mine && Object.fromEntries(Object.entries(peers).map(([name, value]) => [name, value / mine])),
      goal: "less than each peer",
      met: mine ? Object.values(peers).every((value) => mine < value) : null,
      note: key === "wall" && mine ? `${Math.round((files / mine) * 1000)} files/s` : "",
    });
  }
}

/** The folder of the corpus, if it is there. */
function corpusFolder() {
  const place = process.env.CLOUDFLOW_CORPUS ?? fileURLToPath(new URL("../../../../shared/corpus", import.meta.url));
  if (fs.existsSync(path.join(place, "flow"))) return place;
  console.error("no corpus: its rows are left out (CLOUDFLOW_CORPUS names its folder)");
  return undefined;
}

// A fresh process: import, then the first answer. One process per sample; contenders take turns.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeFlow } from "../lib/flows.mjs";
import { median } from "../lib/measure.mjs";
import { finish, loadOurs, packageUrl, quick, report } from "../lib/part.mjs";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudflow-bench-"));
const yaml = path.join(folder, "flow.yaml");
const json = path.join(folder, "flow.json");
fs.writeFileSync(yaml, makeFlow("StateMachine", { bytes: 1024 }).text);
fs.writeFileSync(json, makeFlow("asl", { bytes: 1024 }).text);

const contenders = {
  ...((await loadOurs()) && {
    ours: [
      `m = await import(${JSON.stringify(new URL("index.js", packageUrl).href)})`,
      `m.validateFlow(read(${JSON.stringify(yaml)}))`,
    ],
  }),
  "yaml + ajv + checks": ['m = await import("./lib/by-hand.mjs")', `m.checkByHand(read(${JSON.stringify(yaml)}))`],
  "asl-validator": ['m = (await import("asl-validator")).default', `m(JSON.parse(read(${JSON.stringify(json)})))`],
  "js-yaml alone": ['m = await import("js-yaml")', `m.load(read(${JSON.stringify(yaml)}))`],
};

// Main-thread time is what the page or the script waits for; `all` adds what other threads compile.
const script = (load, first) => `
  const fs = await import("node:fs");
  const { cpu } = await import("./lib/measure.mjs");
  const read = (file) => fs.readFileSync(file, "utf8");
  const all = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  let m;
  const start = [cpu(), all(), performance.now()];
  ${load};
  const loaded = [cpu(), all(), performance.now()];
  ${first};
  const end = [cpu(), all(), performance.now()];
  console.log(JSON.stringify({ load: loaded[0] - start[0], first: end[0] - loaded[0], main: end[0] - start[0], all: end[1] - start[1], wall: end[2] - start[2] }));
`;

const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round < (quick ? 4 : 16); round += 1) {
  for (const [name, [load, first]] of Object.entries(contenders)) {
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script(load, first)], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`${name}: ${run.stderr}`);
    // The first round warms the file cache.
    if (round > 0) samples[name].push(JSON.parse(run.stdout));
  }
}
fs.rmSync(folder, { recursive: true });

const of = (name, what) => median(samples[name].map((sample) => sample[what]));
const summary = Object.fromEntries(
  Object.keys(samples).map((name) => [
    name,
    Object.fromEntries(["load", "first", "main", "all", "wall"].map((what) => [what, of(name, what)])),
  ]),
);
const { ours: mine, ...peers } = summary;
report({
  what: "import + first validateFlow (1 KB), CPU of the main thread",
  ours: mine && mine.main * 1000,
  unit: "us",
  peers: Object.fromEntries(Object.entries(peers).map(([name, { main }]) => [name, main * 1000])),
  times: mine && Object.fromEntries(Object.entries(peers).map(([name, { main }]) => [name, main / mine.main])),
  goal: "<= 10 ms",
  met: mine ? mine.main <= 10 : null,
});
report({
  what: "the same, CPU of all threads",
  ours: mine && mine.all * 1000,
  unit: "us",
  peers: Object.fromEntries(Object.entries(peers).map(([name, { all }]) => [name, all * 1000])),
});
finish({ summary, samples });

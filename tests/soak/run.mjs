// The soak test: `cargo xtask soak`. Client, gateway and emulator server run for an hour, each in a process of its own, with
// faults between them. The gateway and the emulator are killed and started again. See tests/README.md.

import { fork } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { signRequest } from "../../pkg/dist/local.js";
import { startProcess } from "../gateway-load/gateways/process.mjs";
import { family, pause, round, usage } from "../gateway-load/measure.mjs";
import { randomOf } from "../gateway-load/options.mjs";
import { BIN } from "../js/support/local-server.mjs";
import { freePort } from "../js/support/ports.mjs";
import { startFaults } from "./faults.mjs";
import { flowsOf } from "./flows.mjs";
import { slopePerHour } from "./trend.mjs";

const USAGE = `node tests/soak/run.mjs [options]

  --minutes N      duration of the run (60)
  --executions N   executions that run at the same time (120); each has 8 to 9 watchers
  --seed N         seed of the faults and of the order of the flows (default: the time; printed)
  --json FILE      write the figures into a file
`;

/** Watchers of each execution. With 120 executions these are 1,000 and more. */
const WATCHERS = { direct: 1, stream: 4, streamEvents: 1, poll: 2 };

/** An execution in three has a further watcher of its events without the gateway. */
const WITH_EVENTS = { ...WATCHERS, directEvents: 1 };

/** Time until the flows of the next generation are used, and until a process is killed, in ms. */
const GENERATION_MS = 5 * 60_000;
const KILL_EMULATOR_MS = 7 * 60_000;
const KILL_GATEWAY_MS = 11 * 60_000;
const SAMPLE_MS = 10_000;

/** The start of a run does not count for the trend of the memory: caches and pools fill. */
const WARM_UP_SHARE = 0.25;

/** Maximum growth of a process in the rest of the run, in MiB per hour. A leak of 1 KiB per update is above it. */
const GROWTH_MB = 40;

/** A run with more problems ends. */
const MOST_PROBLEMS = 100;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    executions: { type: "string", default: "120" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    json: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [minutes, most, seed] = [values.minutes, values.executions, values.seed].map(Number);
if (![minutes, most, seed].every((number) => Number.isInteger(number) && number >= 1)) {
  console.error(`--minutes, --executions and --seed must be whole numbers from 1\n\n${USAGE}`);
  process.exit(2);
}
const say = (line) => console.error(`  ${line}`);
say(`seed ${seed}: \`cargo xtask soak --minutes ${minutes} --executions ${most} --seed ${seed}\` repeats this run`);

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const out = join(target, "soak");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const random = randomOf(seed);

// ---- Processes -----------------------------------------------------------------------------------

const ports = [await freePort(), await freePort()];
const emulator = await startProcess({
  command: [process.execPath, BIN, "local", "--state", join(out, "state"), "--port", String(ports[0]), "--quiet"],
  port: ports[0],
  log: join(out, "emulator.txt"),
  env: { CLOUDFLOW_KEY: "emulator:emulator-secret" },
});
const service = await startFaults({ target: () => emulator.url, random });
const gateway = await startProcess({
  command: [
    ...[process.execPath, BIN, "gateway", "--port", String(ports[1])],
    ...["--config", fileURLToPath(new URL("../gateway-load/worker/memory.js", import.meta.url))],
  ],
  port: ports[1],
  log: join(out, "gateway.txt"),
  env: { ENDPOINT: service.url },
});
const page = await startFaults({ target: () => gateway.url, random });
const client = fork(fileURLToPath(new URL("client.mjs", import.meta.url)), [service.url, page.url]);
await new Promise((resolve) => client.once("message", resolve));

// ---- Executions ----------------------------------------------------------------------------------

const counts = { executions: 0, done: 0, killsOfEmulator: 0, killsOfGateway: 0, deleted: 0 };
const problems = [];
/** Executions that run, by flow. */
const running = new Map();
const report = (text) => {
  problems.push(text);
  say(`problem: ${text}`);
};

/** Sends a request to the emulator, again while it does not answer. */
async function send(action, parameters, isRepeated = () => false) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(await signRequest(action, parameters, { endpoint: emulator.url }));
      const text = await response.text();
      // The answer of an earlier attempt can be lost with the process.
      if (response.ok || (attempt > 1 && isRepeated(text))) return;
      if (response.status < 500) throw new Error(`${action}: ${response.status} ${text}`);
    } catch (error) {
      if (error.cause === undefined || attempt > 300) throw error;
    }
    await pause(200);
  }
}

let flows = [];
let generation = 0;

async function nextGeneration() {
  generation += 1;
  const next = flowsOf(generation);
  for (const { name, definition } of next) {
    const flow = { Name: name, Definition: definition, Description: "soak", Type: "FDL" };
    await send("CreateFlow", flow, (text) => text.includes("FlowAlreadyExists"));
    running.set(name, new Set());
  }
  flows = next;
}

async function startOne() {
  const { name, expected, timeoutMs } = flows[Math.floor(random() * flows.length)];
  counts.executions += 1;
  const executionName = `run-${counts.executions}`;
  running.get(name).add(executionName);
  const reference = { FlowName: name, ExecutionName: executionName, Input: JSON.stringify({ n: counts.executions }) };
  await send("StartExecution", reference, (text) => text.includes("ExecutionAlreadyExists"));
  const watchers = counts.executions % 3 === 0 ? WITH_EVENTS : WATCHERS;
  client.send({ watch: { flowName: name, executionName, expected, timeoutMs, watchers } });
}

/** Deletes the flows of earlier generations whose executions have all ended. */
async function removeOld() {
  for (const [name, executions] of running) {
    if (executions.size > 0 || flows.some((flow) => flow.name === name)) continue;
    running.delete(name);
    await send("DeleteFlow", { Name: name }, (text) => text.includes("FlowNotExists"));
    counts.deleted += 1;
  }
}

let figures = {};
client.on("message", (message) => {
  if (message.figures) figures = message.figures;
  if (!message.done) return;
  counts.done += 1;
  for (const executions of running.values()) executions.delete(message.done);
  if (problems.length > MOST_PROBLEMS) return finish();
  for (const problem of message.problems) report(`${message.done}: ${problem}`);
});
client.once("exit", (code) => {
  report(`the client ended with ${code}`);
  finish();
});

// ---- The run -------------------------------------------------------------------------------------

const samples = [];
const began = Date.now();
const until = began + minutes * 60_000;
const due = { generation: began, emulator: began + KILL_EMULATOR_MS, gateway: began + KILL_GATEWAY_MS, sample: began };
const isDue = (what, every) => {
  if (Date.now() < due[what]) return false;
  due[what] += every;
  return true;
};

function sample() {
  client.send({ figures: true });
  const at = (Date.now() - began) / 60_000;
  const rss = (pids) => usage(pids).rssMb;
  samples.push({
    at,
    emulator: rss(emulator.pids()),
    gateway: rss(gateway.pids()),
    client: rss(family(client.pid)),
    heap: figures.heapMb ?? 0,
  });
  if (samples.length % 30 === 1) {
    const { emulator, gateway, client } = samples.at(-1);
    say(
      `${round(at)} min: ${counts.done} of ${counts.executions} executions ended, ${figures.watchers ?? 0} watchers; ` +
        `MiB: emulator ${round(emulator)}, gateway ${round(gateway)}, client ${round(client)}`,
    );
  }
}

while (Date.now() < until) {
  if (isDue("generation", GENERATION_MS)) await nextGeneration();
  if (isDue("emulator", KILL_EMULATOR_MS)) {
    counts.killsOfEmulator += 1;
    await emulator.kill();
    await emulator.restart();
  }
  if (isDue("gateway", KILL_GATEWAY_MS)) {
    counts.killsOfGateway += 1;
    await gateway.kill();
    await gateway.restart();
  }
  if (isDue("sample", SAMPLE_MS)) sample();
  // At the start, the executions begin over a minute.
  const wanted = Math.min(most, (most * (Date.now() - began)) / 60_000);
  while (counts.executions - counts.done < wanted) await startOne();
  await removeOld();
  await pause(200);
}
say("waiting for the last watchers");
const last = Date.now() + 8 * 60_000;
while (counts.done < counts.executions && Date.now() < last) await pause(500);
if (counts.done < counts.executions)
  report(`${counts.executions - counts.done} executions have watchers without the end`);
finish();

function finish() {
  const warm = samples.filter(({ at }) => at >= minutes * WARM_UP_SHARE && at <= minutes);
  const memory = {};
  for (const process of ["emulator", "gateway", "client", "heap"]) {
    const at = (share) => round(samples[Math.min(samples.length - 1, Math.floor(samples.length * share))][process]);
    const slope = slopePerHour(warm.map((one) => [one.at, one[process]]));
    memory[process] = { quarter: at(WARM_UP_SHARE), half: at(0.5), end: at(1), mibPerHour: round(slope) };
    // A short run does not show a trend.
    if (minutes >= 30 && slope > GROWTH_MB) report(`${process} grows by ${round(slope)} MiB per hour`);
  }
  const result = { seed, minutes, counts, figures, faults: { service: service.counts, gateway: page.counts }, memory };
  console.log(JSON.stringify({ ...result, problems: problems.length }, null, 2));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...result, problems, samples }, null, 2)}\n`);
  process.exit(problems.length === 0 ? 0 : 1);
}

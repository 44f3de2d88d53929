// The emulator under load, on a clock of its own: executions at once, their events, their history as a
// saved text, and long polls that are held and answered. Each size in a process of its own, for its memory.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cpu, median } from "../lib/measure.mjs";
import { finish, packageUrl, quick, report } from "../lib/part.mjs";

/** A wait, so that all are there at once, and 24 steps behind it: 102 events each. */
const STEPS = 24;
const EVENTS = 4 * (STEPS + 1) + 2;
const flow = `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: 10}
${Array.from({ length: STEPS }, (_, at) => `  - {type: pass, name: step${at}, outputMappings: [{target: n, source: $input.n}]}\n`).join("")}`;

if (process.argv.includes("--size")) {
  console.log(JSON.stringify(await measure(Number(process.argv[process.argv.indexOf("--size") + 1]))));
  process.exit(0);
}

const raw = {};
const sizes = quick ? [1000] : [1000, 10000];
for (const size of sizes) {
  const runs = Array.from({ length: quick ? 1 : 3 }, () => {
    const run = spawnSync(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), "--size", String(size)], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout);
  });
  raw[size] = Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]));
}

const show = (name, digits = 1) => sizes.map((size) => raw[size][name].toFixed(digits)).join(" -> ");
const linear = (name) => sizes.every((size) => raw[size][name] <= raw[sizes[0]][name] * 1.5);
const at = sizes.map((size) => `${size / 1000}k`).join(" -> ");
for (const [name, what, digits] of [
  ["start", "us to start one"],
  ["event", "us per event", 2],
  ["history", "us per event read, pages of 1,000", 2],
  ["save", "us to save one", 1],
  ["restore", "us to restore one, by running it again", 1],
  ["hold", "us to hold a long poll"],
  ["answer", "us to answer a long poll that was held"],
]) {
  report({
    what: `emulator, ${at} executions at once, ${what}`,
    ours: show(name, digits),
    unit: "text",
    goal: "linear: none costs over 1.5x one of the 1k",
    met: linear(name),
  });
}
report({
  what: `emulator, ${at} executions at once, ${EVENTS} events each: KiB of memory per execution`,
  ours: show("memory"),
  unit: "text",
  goal: "linear",
  met: linear("memory"),
});
report({
  what: `emulator, ${at} executions: KiB of saved text per execution`,
  ours: show("saved", 2),
  unit: "text",
  goal: "linear",
  met: linear("saved"),
});
finish(raw);

async function measure(size) {
  const { createEmulator, signRequest } = await import(new URL("local.js", packageUrl));
  let now = 1_700_000_000_000;
  let last = 0;
  const timers = new Map();
  const clock = {
    now: () => now,
    setTimeout(then, ms) {
      last += 1;
      timers.set(last, { then, at: now + ms });
      return last;
    },
    clearTimeout: (timer) => timers.delete(timer),
  };
  const emulator = createEmulator({ clock });
  const sign = (action, parameters) => signRequest(action, parameters, { now });
  /** Moves the clock to a time. The emulator works in slices, each of which sets a timer for the next one. */
  const until = async (time) => {
    now = time;
    for (let due; (due = [...timers].filter(([, { at }]) => at <= now)).length > 0; ) {
      for (const [timer, { then }] of due) if (timers.delete(timer)) then();
      await new Promise((next) => setImmediate(next));
    }
  };
  emulator.putFlow("f", flow);
  await emulator.fetch(await sign("ListFlows", {}));

  const names = Array.from({ length: size }, (_, at) => `e${at}`);
  // As many polls as executions, on one in a hundred of them.
  const starts = await Promise.all(
    names.map((name, n) =>
      sign("StartExecution", { FlowName: "f", ExecutionName: name, Input: JSON.stringify({ n }) }),
    ),
  );
  const polls = await Promise.all(
    names.map((_, at) =>
      sign("DescribeExecution", { FlowName: "f", ExecutionName: names[at - (at % 100)], WaitTimeSeconds: 60 }),
    ),
  );
  const pages = await Promise.all(
    names.map((name) => sign("GetExecutionHistory", { FlowName: "f", ExecutionName: name, Limit: 1000 })),
  );

  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let began = cpu();
  for (const request of starts) await emulator.fetch(request);
  const start = cpu() - began;

  began = cpu();
  const held = polls.map((request) => emulator.fetch(request));
  await new Promise((resolve) => setTimeout(resolve));
  await emulator.fetch(await sign("ListFlows", {}));
  const hold = cpu() - began;

  // Executions without a held request run in the same turn. Their cost is measured below.
  began = cpu();
  await until(now + 10_000);
  const answers = await Promise.all(held);
  const both = cpu() - began;
  const memory = (process.memoryUsage.rss() - before) / 1024 / size;
  for (const answer of answers)
    if ((await answer.json()).Status !== "Succeeded") throw new Error("an execution did not succeed");

  began = cpu();
  let events = 0;
  for (const request of pages) events += (await (await emulator.fetch(request)).json()).Events.length;
  const history = cpu() - began;
  if (events !== size * EVENTS) throw new Error(`${events} events instead of ${size * EVENTS}`);

  began = cpu();
  const text = emulator.save();
  const save = cpu() - began;
  const next = createEmulator({ clock });
  began = cpu();
  const { executions, problems } = next.restore(text);
  const restore = cpu() - began;
  if (executions !== size || problems.length > 0) throw new Error(`${executions} executions came back: ${problems}`);
  next.close();
  emulator.close();

  // The same without waiters.
  const alone = createEmulator({ clock });
  alone.putFlow("f", flow);
  const again = await Promise.all(
    names.map((name, n) =>
      sign("StartExecution", { FlowName: "f", ExecutionName: name, Input: JSON.stringify({ n }) }),
    ),
  );
  for (const request of again) await alone.fetch(request);
  began = cpu();
  await until(now + 10_000);
  const run = cpu() - began;
  const us = (ms, count) => (ms * 1000) / count;
  return {
    start: us(start, size),
    event: us(run, size * (EVENTS - 3)),
    hold: us(hold, size),
    answer: us(Math.max(both - run, 0), size),
    history: us(history, events),
    save: us(save, size),
    restore: us(restore, size),
    saved: text.length / 1024 / size,
    memory,
  };
}

// Every watcher sees the end of its execution.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { Crowd, latencies } from "../crowd.mjs";
import { startGateway } from "../gateways.mjs";
import { pause, round, usage } from "../measure.mjs";
import { WITH_HUB, randomOf } from "../options.mjs";
import { MAX_P99_MS, listed, times, upstreamOf } from "../report.mjs";
import { openUpstream } from "../service.mjs";

/** Maximum time from the last end until all watchers must have seen it, in ms. */
const PATIENCE_MS = 60_000;

/** Maximum time until a started gateway answers, in ms. */
const START_MS = 30_000;

/** Maximum time until a stored state is answered, in ms. */
const AGAIN_MS = 10_000;

/** Ended executions that are asked for again, to show that the answer is stored. */
const ASKED_AGAIN = 20;

export async function run(options, tell) {
  const { watchers, executions, late, hold, ends, rate, gateway: name } = options;
  const random = randomOf(options.seed);
  const upstream = await openUpstream();
  const gateway = await startGateway(options, upstream.url);
  const loop = monitorEventLoopDelay({ resolution: 10 });
  const crowd = new Crowd(gateway.url, { random });
  try {
    const names = Array.from({ length: executions }, (_, index) => `e${index}`);
    const early = names.slice(0, executions - late);
    await Promise.all(early.map((execution) => upstream.start(execution)));
    const plan = planOf(options, names);
    await warmUp(gateway.url);
    const before = usage(gateway.pids());
    loop.enable();

    tell(`${watchers} watchers of ${executions} executions join, ${rate} per second`);
    const isLate = new Set(names.slice(executions - late));
    await crowd.join(
      plan.filter(({ execution }) => !isLate.has(execution)),
      rate,
    );
    // The executions that start during the run, one after another within the first half of the hold.
    const starts = startLater(names.slice(executions - late), plan, (hold * 1000) / 2, { upstream, crowd, rate });
    await Promise.all([starts, pause(hold * 1000)]);
    const held = usage(gateway.pids());
    const open = crowd.open;
    tell(
      `held: ${held.rssMb.toFixed(0)} MB, ${upstreamOf(await upstream.record()).describe.calls} calls of the service`,
    );

    // Each execution ends at a random time of the interval.
    const ended = new Set();
    const began = Date.now();
    const due = names
      .map((execution) => ({ execution, at: began + random() * ends * 1000 }))
      .sort((a, b) => a.at - b.at);
    for (const { execution, at } of due) {
      await pause(at - Date.now());
      await upstream.end(execution);
      ended.add(execution);
    }
    await crowd.seenBy(ended, PATIENCE_MS);
    loop.disable();
    const after = usage(gateway.pids());
    const record = await upstream.record();
    const again = WITH_HUB.has(name) ? await askAgain(gateway.url, names.slice(0, ASKED_AGAIN), upstream) : undefined;

    const seen = latencies(crowd.watchers);
    const service = upstreamOf(record);
    const all = times(seen);
    const missing = crowd.missing(ended).length;
    const perWatcher = ((held.rssMb - before.rssMb) * 1024) / watchers;
    const { requests, streams, answers, duplicates, heartbeats, early: tooEarly, late: tooLate } = crowd.counts;
    const byKind = (kind) => times(latencies(crowd.watchers.filter((watcher) => watcher.kind === kind)));
    const row = ({ p50, p99, max }) => `${p50} / ${p99} / ${max}`;
    const failures = [];
    const must = (is, text) => is || failures.push(text);
    if (WITH_HUB.has(name)) {
      must(missing === 0, `${missing} watchers did not see the end`);
      must(all.p99 <= MAX_P99_MS, `p99 is ${all.p99} ms, more than ${MAX_P99_MS}`);
      must(service.refused === 0, `the service refused ${service.refused} calls`);
      must(service.describe.excess <= 0, `${service.describe.excess} calls beyond the quota`);
      must(duplicates === 0, `${duplicates} states were delivered twice`);
      must(Object.keys(crowd.errors).length === 0, `failed requests: ${listed(crowd.errors)}`);
      must(tooLate === 0, `${tooLate} held polls were answered late`);
      must(again.calls === 0, `${again.calls} calls of the service for final states`);
      must(again.answered === again.asked, `${again.asked - again.answered} final states were not answered`);
    }
    return {
      what: `${name}: ${watchers} watchers of ${executions} executions (${late} start during the run${options.hot ? `, ${options.hot} watchers of one` : ""})`,
      rows: [
        ["saw the end", `${seen.length} of ${watchers}`],
        ["end to seen, p50 / p99 / max ms", row(all)],
        ["  held polls", row(byKind(WITH_HUB.has(name) || name === "single" ? "poll" : "ask"))],
        ["  server-sent events", row(byKind("stream"))],
        ["calls of the service", `${service.describe.calls}, history ${service.history.calls}`],
        ["  refused with 429 / caller gone", `${service.refused} / ${service.gone}`],
        ["  most in 1 s / per second after the burst", `${service.describe.most} / ${service.describe.afterBurst}`],
        ["  beyond burst 50 and 5 per second", Math.max(0, service.describe.excess)],
        ["failed requests of watchers", listed(crowd.errors)],
        ["  503 before the first state of the execution", crowd.counts.unknown],
        ["requests / streams / states / heartbeats", `${requests} / ${streams} / ${answers} / ${heartbeats}`],
        [
          "delivered twice / polls answered early / late",
          `${duplicates} / ${tooEarly} / ${tooLate} (${crowd.latest} ms)`,
        ],
        ["open at the end of the hold", open],
        [
          "memory of the gateway, empty / held / after MB",
          [before, held, after].map(({ rssMb }) => round(rssMb, 0)).join(" / "),
        ],
        ["memory per watcher", `${round(perWatcher)} KiB`],
        [
          "processor time until held / after",
          `${round((held.cpuMs - before.cpuMs) / 1000)} / ${round((after.cpuMs - held.cpuMs) / 1000)} s`,
        ],
        ["most open files of a process", held.files],
        [
          "asked again after the end: answered / calls of the service",
          again ? `${again.answered} of ${again.asked} / ${again.calls}` : "-",
        ],
        ["most delay of the generator", `${round(loop.max / 1e6, 0)} ms`],
      ],
      failures,
      isPeer: !WITH_HUB.has(name),
    };
  } finally {
    crowd.close();
    await gateway.close();
    upstream.close();
  }
}

/** The watchers: kinds alternate, executions are taken in turn, the first `hot` watchers watch one execution. */
export function planOf({ watchers, hot = 0, waits, gateway, kind }, names) {
  const chosen = kind === "mixed" ? ["poll", "stream"] : [kind];
  const kinds = WITH_HUB.has(gateway) ? chosen : [gateway === "single" ? "poll" : "ask"];
  return Array.from({ length: watchers }, (_, index) => ({
    kind: kinds[index % kinds.length],
    execution: index < hot ? names[0] : names[Math.floor((index - hot) / kinds.length) % names.length],
    waits,
  }));
}

async function startLater(names, plan, ms, { upstream, crowd, rate }) {
  for (const execution of names) {
    await pause(ms / names.length);
    await upstream.start(execution);
    await crowd.join(
      plan.filter((watcher) => watcher.execution === execution),
      rate,
    );
  }
}

/** One request, so that the module is compiled before the memory is measured. A proxy may listen before its Worker. */
export async function warmUp(url) {
  const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=f&ExecutionName=absent";
  const until = Date.now() + START_MS;
  for (;;) {
    const status = await fetch(`${url}/?${query}`, { signal: AbortSignal.timeout(AGAIN_MS) }).then(
      async (response) => (await response.text(), response.status),
      () => 0,
    );
    if (status === 404) return;
    if (Date.now() > until) throw new Error(`the gateway answers ${status} for an execution that does not exist`);
    await pause(200);
  }
}

/** Asks for final states, which a gateway with the hub answers by itself. */
export async function askAgain(url, names, upstream) {
  const before = (await upstream.record()).length;
  const answers = await Promise.all(
    names.map(async (execution) => {
      const query = new URLSearchParams({ Action: "DescribeExecution", Version: "2019-03-15", FlowName: "f" });
      try {
        const signal = AbortSignal.timeout(AGAIN_MS);
        const response = await fetch(`${url}/?${query}&ExecutionName=${execution}`, { signal });
        return (await response.json()).Status === "Succeeded";
      } catch {
        return false;
      }
    }),
  );
  const calls = (await upstream.record()).length - before;
  return { asked: names.length, answered: answers.filter(Boolean).length, calls };
}

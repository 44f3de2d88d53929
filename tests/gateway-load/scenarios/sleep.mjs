// How long the object of a watched, quiet execution is awake: with streams only, and with streams and held polls.
//
// The clock of workerd stands still while a handler computes. The processor time of the whole process, which also serves
// all watchers, is the upper bound of that part.

import { Crowd, latencies } from "../crowd.mjs";
import { startGateway } from "../gateways.mjs";
import { pause, round, usage } from "../measure.mjs";
import { randomOf } from "../options.mjs";
import { listed, times, upstreamOf } from "../report.mjs";
import { openUpstream } from "../service.mjs";
import { warmUp } from "./ends.mjs";

/** Maximum share of the time for which the object may be awake. */
const MAX_AWAKE = 0.01;

/** Time until the first polls of the service have been answered, in ms. */
const SETTLE_MS = 10_000;

/** Maximum time until the end is seen, in ms. */
const PATIENCE_MS = 30_000;

/** Time without an event after which an object hibernates, with a reserve, in ms. */
const HIBERNATE_MS = 12_000;

export async function run(options, tell) {
  const { watchers, hold, rate, waits } = options;
  const upstream = await openUpstream();
  const gateway = await startGateway(options, upstream.url, { worker: "counted" });
  const crowd = new Crowd(gateway.url, { random: randomOf(options.seed) });
  const counts = async () => (await fetch(`${gateway.url}/counts`)).json();
  const executions = { streams: ["stream"], mixed: ["stream", "poll"] };
  try {
    await Promise.all(Object.keys(executions).map((execution) => upstream.start(execution)));
    await warmUp(gateway.url);
    const each = Math.ceil(watchers / 2);
    await crowd.join(
      Object.entries(executions).flatMap(([execution, kinds]) =>
        Array.from({ length: each }, (_, index) => ({ kind: kinds[index % kinds.length], execution, waits })),
      ),
      rate,
    );
    await pause(SETTLE_MS);
    tell(`${each} streams of one execution, ${each} streams and held polls of another: quiet for ${hold} s`);
    const [before, usedBefore, began] = [await counts(), usage(gateway.pids()), Date.now()];
    await pause(hold * 1000);
    const [after, usedAfter, elapsed] = [await counts(), usage(gateway.pids()), Date.now() - began];
    const objectOf = (execution) => Object.keys(after).find((name) => name.endsWith(`/${execution}`));
    const names = Object.fromEntries(Object.keys(executions).map((execution) => [execution, objectOf(execution)]));
    await pause(HIBERNATE_MS);
    for (const execution of Object.keys(executions)) await upstream.end(execution);
    await crowd.seenBy(new Set(Object.keys(executions)), PATIENCE_MS);
    const woken = await counts();

    const processor = (usedAfter.cpuMs - usedBefore.cpuMs) / elapsed;
    const missing = crowd.missing(new Set(Object.keys(executions))).length;
    const failures = [];
    const must = (is, text) => is || failures.push(text);
    const rows = [];
    for (const [execution, name] of Object.entries(names)) {
      must(name !== undefined, `there is no object of the execution \`${execution}\``);
      if (name === undefined) continue;
      const share = (after[name].awakeMs - before[name].awakeMs) / elapsed;
      const calls = Object.fromEntries(
        Object.entries(after[name].calls)
          .map(([what, count]) => [what, count - (before[name].calls[what] ?? 0)])
          .filter(([, count]) => count > 0),
      );
      must(
        share + processor < MAX_AWAKE,
        `${execution}: awake for ${percent(share)} and ${percent(processor)} of the time`,
      );
      must(after[name].pending.length === 0, `${execution}: ${after[name].pending.join(", ")} keeps it awake`);
      rows.push(
        [`${execution}: awake while quiet`, percent(share)],
        ["  wake-ups in this time", listed(calls)],
        ["  constructions before / in the quiet time / after the end", constructions(before, after, woken, name)],
      );
    }
    // Its watchers sent nothing: only an object that has hibernated is constructed again.
    const { streams } = names;
    if (streams) must(woken[streams].constructed > 1, "the object of the streams did not hibernate");
    must(missing === 0, `${missing} watchers did not see the end`);
    must(Object.keys(crowd.errors).length === 0, `failed requests: ${listed(crowd.errors)}`);
    const { p50, p99, max } = times(latencies(crowd.watchers));
    const service = upstreamOf(await upstream.record());
    rows.push(
      ["processor time of workerd while quiet, all of it", percent(processor)],
      ["end to seen, p50 / p99 / max ms", `${p50} / ${p99} / ${max}`],
      ["calls of the service", service.describe.calls],
      ["length of the quiet time", `${round(elapsed / 1000)} s`],
    );
    return {
      what: `workerd: how long the objects of quiet executions are awake, ${2 * each} watchers`,
      rows,
      failures,
    };
  } finally {
    crowd.close();
    await gateway.close();
    upstream.close();
  }
}

function percent(share) {
  return `${round(share * 100, 3)} %`;
}

function constructions(before, after, woken, name) {
  const of = (counts) => counts[name].constructed;
  return `${of(before)} / ${of(after) - of(before)} / ${of(woken) - of(after)}`;
}

// The gateway is killed in the middle and started again with its storage. No watcher that tries again is lost.
//
// The executions end in four groups: before the kill, while the gateway is down, after it has started again, and last
// those of which a final state was stored before the kill are asked for once more.

import { Crowd, latencies } from "../crowd.mjs";
import { startGateway } from "../gateways.mjs";
import { pause, round } from "../measure.mjs";
import { randomOf } from "../options.mjs";
import { listed, times, upstreamOf } from "../report.mjs";
import { openUpstream } from "../service.mjs";
import { askAgain, planOf, warmUp } from "./ends.mjs";

/** Time for which the gateway is down, in ms. */
const DOWN_MS = 3000;

/** Time for which watchers try again after the restart until their requests count as failed, in ms. */
const SETTLE_MS = 5000;

const PATIENCE_MS = 60_000;

export async function run(options, tell) {
  const { watchers, executions, rate, hold, gateway: name } = options;
  const upstream = await openUpstream();
  const gateway = await startGateway(options, upstream.url);
  const crowd = new Crowd(gateway.url, { random: randomOf(options.seed) });
  try {
    const names = Array.from({ length: executions }, (_, index) => `e${index}`);
    await Promise.all(names.map((execution) => upstream.start(execution)));
    await warmUp(gateway.url);
    tell(`${watchers} watchers of ${executions} executions join`);
    await crowd.join(planOf(options, names), rate);
    await pause(hold * 1000);

    const third = Math.ceil(executions / 3);
    const [first, second, last] = [names.slice(0, third), names.slice(third, 2 * third), names.slice(2 * third)];
    const end = async (group, ms) => {
      for (const execution of group) {
        await upstream.end(execution);
        await pause(ms / group.length);
      }
    };
    const seenBy = (group) => crowd.seenBy(new Set(group), PATIENCE_MS);
    await end(first, 2000);
    await seenBy(first);
    // What is broadcast is stored before: the output gate of the object.
    const callsBefore = (await upstream.record()).length;
    crowd.isDown = true;
    await gateway.kill();
    tell(`killed after ${first.length} ends, ${crowd.missing(new Set(first)).length} watchers of them did not see it`);
    await end(second, DOWN_MS);
    await gateway.restart();
    const back = Date.now();
    await warmUp(gateway.url);
    const again = await askAgain(gateway.url, first, upstream);
    tell(`started again; ${again.answered} of ${again.asked} final states are answered`);
    await pause(SETTLE_MS);
    crowd.isDown = false;
    await seenBy(second);
    const caughtUp = Date.now();
    await end(last, 2000);
    await seenBy(last);

    const record = await upstream.record();
    const service = upstreamOf(record);
    const finals = record.slice(callsBefore).filter(({ execution }) => first.includes(execution));
    const of = (group) => crowd.watchers.filter(({ execution }) => group.includes(execution));
    const row = (group) => {
      const { p50, p99, max } = times(latencies(of(group)));
      return `${p50} / ${p99} / ${max}`;
    };
    const missing = crowd.missing(new Set(names)).length;
    const { duplicates } = crowd.counts;
    const failures = [];
    const must = (is, text) => is || failures.push(text);
    must(missing === 0, `${missing} watchers did not see the end`);
    must(service.refused === 0, `the service refused ${service.refused} calls`);
    must(service.describe.excess <= 0, `${service.describe.excess} calls beyond the quota`);
    must(duplicates === 0, `${duplicates} states were delivered twice`);
    must(again.answered === again.asked, `${again.asked - again.answered} final states were not answered`);
    must(finals.length === 0, `${finals.length} calls of the service for final states that were stored`);
    must(Object.keys(crowd.errors).length === 0, `failed requests while the gateway was up: ${listed(crowd.errors)}`);
    return {
      what: `${name}: killed and started again, ${watchers} watchers of ${executions} executions`,
      rows: [
        ["saw the end", `${watchers - missing} of ${watchers}`],
        ["end to seen before the kill, p50 / p99 / max ms", row(first)],
        ["  ended while the gateway was down", row(second)],
        ["  ended after it was started again", row(last)],
        ["down until all had caught up", `${round((caughtUp - back) / 1000)} s after the start`],
        ["failed requests while it was down / up", `${crowd.whileDown} / ${listed(crowd.errors)}`],
        ["delivered twice", duplicates],
        [
          "final states answered after the kill / calls of the service for them",
          `${again.answered} of ${again.asked} / ${finals.length}`,
        ],
        ["calls of the service, refused", `${service.describe.calls}, ${service.refused}`],
        ["  most in 1 s / per second after the burst", `${service.describe.most} / ${service.describe.afterBurst}`],
        ["  beyond burst 50 and 5 per second", Math.max(0, service.describe.excess)],
      ],
      failures,
    };
  } finally {
    crowd.close();
    await gateway.close();
    upstream.close();
  }
}

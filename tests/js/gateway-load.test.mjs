// A small run of the load test of the gateway in workerd, and the checks of the load test itself.
// `cargo xtask load-gateway` runs it with any number of watchers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Crowd } from "../gateway-load/crowd.mjs";
import { againstQuota, percentile } from "../gateway-load/measure.mjs";
import { readOptions } from "../gateway-load/options.mjs";
import { run } from "../gateway-load/scenarios/kill.mjs";
import { openUpstream } from "../gateway-load/service.mjs";
import { options } from "../gateway-load/worker/options.js";
import { serveFetch } from "../../pkg/cli/serve.js";
import { createGateway } from "../../pkg/dist/gateway.js";

test("200 watchers see every end, although the gateway is killed and started again", async () => {
  const options = readOptions([
    ...["--watchers", "200", "--executions", "12", "--waits", "5-10"],
    ...["--rate", "200", "--hold", "4"],
  ]);
  const { failures } = await run(options, () => {});
  assert.deepEqual(failures, []);
});

test("the load test notices calls beyond the quota", () => {
  const every = (ms, count, from = 0) => Array.from({ length: count }, (_, index) => from + index * ms);
  assert.equal(againstQuota(every(200, 300)).excess <= 0, true);
  assert.equal(againstQuota([...every(0, 50), ...every(200, 100, 200)]).excess, 0);
  assert.equal(againstQuota([...every(0, 51)]).excess, 1);
  assert.ok(againstQuota([...every(0, 50), ...every(150, 100, 150)]).excess > 20);
  assert.ok(againstQuota([...every(0, 50), ...every(150, 100, 150)]).afterBurst > 6);
  assert.equal(percentile([3, 1, 2], 0.5), 2);
  assert.equal(percentile(every(1, 100), 0.99), 98);
});

test("the load test notices a state that is delivered twice, an early answer and an error", async (t) => {
  const running = JSON.stringify({ Status: "Running" });
  const final = JSON.stringify({ Status: "Succeeded", Output: '{"endedAt":1}' });
  const stream = (id, data) => `id: ${id}\nevent: execution\ndata: ${data}\n\n`;
  let polls = 0;
  const server = await serveFetch((request) => {
    if (new URL(request.url).pathname === "/events")
      return new Response(stream("1.0", running) + stream("1.0", running) + stream("2.0", final));
    polls += 1;
    if (polls === 1) return Response.json({ Code: "ResourceThrottled" }, { status: 429 });
    return new Response(polls === 2 ? running : final);
  });
  const crowd = new Crowd(server.url);
  t.after(async () => {
    crowd.close();
    await server.close();
  });
  crowd.add({ kind: "stream", execution: "e", waits: [5, 5] });
  crowd.add({ kind: "poll", execution: "e", waits: [5, 5] });
  while (crowd.missing(new Set(["e"])).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { duplicates, early } = crowd.counts;
  assert.deepEqual(
    { duplicates, early, errors: crowd.errors },
    { duplicates: 1, early: 1, errors: { "HTTP 429 ResourceThrottled": 1 } },
  );
});

test("the first caller of a gateway in memory does not wait for a timeout", async (t) => {
  const upstream = await openUpstream();
  t.after(() => upstream.close());
  await upstream.start("e");
  const gateway = createGateway({ ...options, hub: "memory" });
  const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=f&ExecutionName=e";
  const began = performance.now();
  const response = await gateway.fetch(new Request(`http://gateway.example/?${query}`), { ENDPOINT: upstream.url });
  assert.equal((await response.json()).Status, "Running");
  assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
  assert.equal((await upstream.record()).length, 1);
});

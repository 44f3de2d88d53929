// From `controller.abort()` to the rejection: while a long poll is held, and while the client waits
// before it asks again because it was throttled.

import { createRequire } from "node:module";
import { AwsClient } from "aws4fetch";
import { SFNClient, DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { median } from "../lib/measure.mjs";
import { openapiCore } from "../lib/official.mjs";
import { finish, loadOurs, quick, report } from "../lib/part.mjs";
import { service, throttled } from "../lib/service.mjs";
import { keyId, secret } from "../lib/signers.mjs";

const require = createRequire(import.meta.url);
require("@alicloud/openapi-core");
const ours = await loadOurs();
const raw = {};

const clients = (host) => {
  const aws = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, service: "states", region: "us-east-1" });
  const sfn = new SFNClient({
    region: "us-east-1",
    endpoint: `http://${host}`,
    maxAttempts: 5,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  const official = openapiCore(host);
  const request = { flowName: "orders", executionName: "order-000017", waitTimeSeconds: 20 };
  const credentials = { accessKeyId: keyId, accessKeySecret: secret };
  return {
    ...(ours && {
      ours: (signal) =>
        ours.describeExecution(request, {
          endpoint: `http://${host}`,
          credentials,
          signal,
          dangerouslyAllowBrowser: true,
        }),
    }),
    aws4fetch: (signal) => aws.fetch(`http://${host}/?FlowName=orders`, { signal }),
    "client-sfn": (signal) =>
      sfn.send(new DescribeExecutionCommand({ executionArn: "arn:aws:states:us-east-1:1:execution:a:b" }), {
        abortSignal: signal,
      }),
    "official openapi-core": () => official({ FlowName: "orders", ExecutionName: "order-000017", WaitTimeSeconds: 20 }),
  };
};

async function latency(call, abortAfterMs) {
  const controller = new AbortController();
  const ended = call(controller.signal).then(
    () => ({ ended: performance.now(), resolved: true }),
    (error) => ({ ended: performance.now(), error }),
  );
  const early = await Promise.race([ended, pause(abortAfterMs)]);
  if (early) return { gaveUp: early.error ? String(early.error.code ?? early.error.name) : "resolved" };
  const aborted = performance.now();
  controller.abort();
  const end = await Promise.race([ended, pause(4000)]);
  return end ? { ms: end.ended - aborted, resolved: end.resolved } : { ms: Infinity };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

for (const [what, answer, abortAfterMs] of [
  ["abort to rejection, during a long poll", () => {}, 60],
  ["abort to rejection, while backing off", throttled, 150],
]) {
  const shown = {};
  const samples = {};
  for (let round = 0; round < (quick ? 3 : 15); round += 1) {
    const { host, close } = await service(answer);
    for (const [name, call] of Object.entries(clients(host))) {
      // One that takes seconds or cannot be aborted needs no second sample.
      if (samples[name]?.some((sample) => !(sample.ms < 500))) continue;
      (samples[name] ??= []).push(await latency(call, abortAfterMs));
    }
    close();
  }
  for (const [name, list] of Object.entries(samples)) {
    const odd = list.find((sample) => sample.gaveUp);
    const ms = median(list.map((sample) => sample.ms ?? Infinity));
    const resolved = list.some((sample) => sample.resolved) ? ", and then resolves" : "";
    const deaf = name === "official openapi-core"; // its calls take no signal; they end when they end
    shown[name] = odd
      ? `does not wait: ${odd.gaveUp}`
      : deaf || ms === Infinity
        ? "cannot"
        : `${ms.toFixed(ms < 10 ? 2 : 0)} ms${resolved}`;
  }
  raw[what] = samples;
  const { ours: mine, ...peers } = shown;
  report({
    what,
    ours: mine,
    unit: "text",
    peers,
    goal: "<= 2 ms",
    met: ours
      ? samples.ours.every((sample) => sample.ms !== undefined) && median(samples.ours.map((sample) => sample.ms)) <= 2
      : null,
  });
}
finish(raw);

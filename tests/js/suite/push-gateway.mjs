// The client over the event streams of the gateway, with its objects in memory and the emulator behind it.

import { assert } from "../harness.mjs";
import { inMemoryTests, openHub } from "../support/hub.mjs";

const CALL = { flowName: "f", executionName: "e" };

/** What a watcher, a waiter and two followers of one execution see, and the requests that they send. */
async function followed(environment, transport, events = {}) {
  const hub = openHub(environment, { events });
  await hub.start("e", 3);
  const requests = [];
  const fetch = (url, init) => {
    const { pathname, searchParams } = new URL(url);
    requests.push(pathname === "/events" ? "stream" : searchParams.get("Action"));
    return hub.fetch(url, init);
  };
  const client = environment.cloudflow.createClient({ endpoint: "https://gateway.example/", fetch, transport });
  const began = Date.now();
  const retries = [];
  const onRetry = ({ error }) => void retries.push(error.message);
  const statuses = async () => {
    const seen = [];
    for await (const { status } of client.watchExecution(CALL, { onRetry })) seen.push(status);
    return seen;
  };
  const ids = async () => {
    const seen = [];
    for await (const { eventId, type } of client.executionEvents(CALL, { follow: true, onRetry }))
      seen.push([eventId, type]);
    return seen;
  };
  const [seen, first, second, { status, output }] = await Promise.all([
    statuses(),
    ids(),
    ids(),
    client.waitForExecution(CALL, { onRetry }),
  ]);
  const ms = Date.now() - began;
  const calls = hub.calls.map(({ action }) => action);
  hub.close();
  return { seen, first, second, end: [status, output], requests, calls, retries, ms };
}

export const tests = inMemoryTests({
  "push: all transports follow an execution through the gateway alike": async (environment) => {
    const [poll, sse, auto] = await Promise.all(
      ["poll", "sse", "auto"].map((transport) => followed(environment, transport)),
    );
    for (const [name, result] of Object.entries({ poll, sse, auto })) {
      assert.deepEqual(result.retries, [], name);
      assert.equal(result.seen.at(-1), "Succeeded", name);
      assert.deepEqual(result.first.at(-1)[1], "ExecutionSucceeded", name);
      assert.deepEqual([result.seen, result.first, result.end], [poll.seen, poll.first, poll.end], name);
      assert.deepEqual(result.second, result.first, name);
      assert.ok(result.ms < 8000, `${name}: ${result.ms} ms`);
    }
    const streams = ({ requests }) => requests.filter((kind) => kind === "stream").length;
    assert.equal(streams(poll), 0);
    for (const [name, result] of Object.entries({ sse, auto })) {
      assert.ok(streams(result) >= 1, name);
      // In a Worker, calls do not share a stream.
      assert.ok(streams(result) <= 2, `${name}: ${result.requests}`);
    }
  },

  "push: a stream that the gateway closes in time is continued": async (environment) => {
    const result = await followed(environment, "sse", { maxSeconds: 1, heartbeatSeconds: 1 });
    assert.deepEqual(result.retries, []);
    assert.equal(result.end[0], "Succeeded");
    assert.deepEqual(
      result.first.map(([id]) => id),
      result.first.map((_, i) => i + 1),
    );
    assert.ok(result.requests.filter((kind) => kind === "stream").length > 2, `${result.requests}`);
  },

  "push: a caller that is not authorized gets the error of a poll": async (environment) => {
    const hub = openHub(environment, { authorize: () => false });
    await hub.start("e", 30);
    for (const transport of ["sse", "poll"]) {
      const call = environment.cloudflow.waitForExecution(CALL, {
        endpoint: "https://gateway.example/",
        fetch: hub.fetch,
        transport,
      });
      await assert.rejects(call, ({ kind, code, status }) =>
        assert.deepEqual([kind, code, status], ["service", "AccessDenied", 403]),
      );
    }
    await hub.stop("e");
    hub.close();
  },

  "push: an execution that does not exist is an error": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 30);
    const options = { endpoint: "https://gateway.example/", fetch: hub.fetch };
    const codes = [];
    for (const transport of ["sse", "poll"]) {
      const call = environment.cloudflow.waitForExecution(
        { ...CALL, executionName: "none" },
        { ...options, transport },
      );
      await assert.rejects(call, ({ code, status }) => codes.push([code, status]), { withinMs: 20_000 });
    }
    assert.deepEqual(codes, [
      ["ExecutionNotExists", 404],
      ["ExecutionNotExists", 404],
    ]);
    await hub.stop("e");
    hub.close();
  },
});

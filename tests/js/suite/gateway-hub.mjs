// The gateway with its objects in memory: any number of watchers share one upstream poll. Workers have no memory in common:
// `gateway-objects.test.mjs` tests the gateway in workerd.

import { assert } from "../harness.mjs";
import { addressOf, allOf, eventsOf, inMemoryTests, openHub, pause } from "../support/hub.mjs";
import { readMetrics } from "../support/prometheus.mjs";

const inMemory = {
  "hub: a hundred watchers share one upstream poll": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 1);
    const answers = await Promise.all(Array.from({ length: 100 }, () => hub.describe("e", 20)));
    const bodies = await Promise.all(answers.map((response) => response.json()));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.deepEqual([...new Set(bodies.map(({ Status }) => Status))], ["Succeeded"]);
    assert.deepEqual(
      hub.calls.map(({ action, wait }) => [action, wait > 0]),
      [
        ["DescribeExecution", false],
        ["DescribeExecution", true],
      ],
    );
    hub.close();
  },

  "hub: a final state is answered without an upstream call": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 1);
    await hub.describe("e", 20);
    const before = hub.calls.length;
    for (const wait of [0, 20]) {
      const response = await hub.describe("e", wait);
      const body = await response.json();
      assert.equal(body.Status, "Succeeded");
      assert.equal(response.headers.get("x-acs-request-id"), body.RequestId);
    }
    const events = await allOf(await hub.stream("e"));
    assert.deepEqual(
      events.map(({ event }) => event),
      ["execution", "end"],
    );
    assert.equal(hub.calls.length, before);
    hub.close();
  },

  "hub: a held poll ends with the state at its deadline": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 30);
    const began = Date.now();
    const body = await (await hub.describe("e", 1)).json();
    const took = Date.now() - began;
    assert.equal(body.Status, "Running");
    assert.ok(took >= 900 && took < 20_000, `after a second, and before the execution ends, not ${took} ms`);
    await hub.stop("e");
    hub.close();
  },

  "hub: a state is known while a poll is held": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 30);
    const held = hub.describe("e", 20);
    await pause(1500);
    const before = hub.calls.length;
    for (let i = 0; i < 20; i += 1) assert.equal((await (await hub.describe("e")).json()).Status, "Running");
    assert.equal(hub.calls.length, before);
    await hub.stop("e");
    assert.equal((await (await held).json()).Status, "Stopped");
    hub.close();
  },

  "hub: a leader that leaves is followed by another watcher": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 2);
    const leaving = new AbortController();
    const first = hub.describe("e", 25, { signal: leaving.signal });
    await pause(200);
    const others = Array.from({ length: 5 }, () => hub.describe("e", 20));
    await pause(200);
    leaving.abort();
    await first;
    for (const response of await Promise.all(others)) assert.equal((await response.json()).Status, "Succeeded");
    hub.close();
  },

  "hub: a stream resumes by its last id, and nothing is told twice": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 2);
    const left = new AbortController();
    const seen = [];
    for await (const event of eventsOf(await hub.stream("e", { query: { history: 1 }, signal: left.signal }))) {
      // In any order: they are read at the same time.
      if (seen.push(event) === 2) break;
    }
    left.abort();
    const first = seen.at(-1);
    const [seq, last] = first.id.split(".").map(Number);
    const known = seen.flatMap(({ data }) => (data.Events ?? []).map(({ EventId }) => EventId));
    assert.equal(last, known.at(-1));
    const rest = await allOf(await hub.stream("e", { query: { history: 1 }, headers: { "last-event-id": first.id } }));
    assert.equal(rest.at(-1).event, "end");
    const told = rest.filter(({ event }) => event === "history").flatMap(({ data }) => data.Events);
    assert.deepEqual(
      [...known, ...told.map(({ EventId }) => EventId)],
      Array.from({ length: 6 }, (_, i) => i + 1),
    );
    assert.equal(rest.filter(({ data }) => data.Done === true).length, 1);
    const states = rest.filter(({ event }) => event === "execution");
    assert.deepEqual(
      states.map(({ data }) => data.Status),
      ["Succeeded"],
    );
    assert.ok(Number(states[0].id.split(".")[0]) > seq, "a later state");

    // A connection that was lost before the end: a browser connects again until it is told that nothing follows.
    for (const query of [{}, { history: 1 }]) {
      const headers = { "last-event-id": rest.findLast(({ id }) => id).id };
      const end = await allOf(await hub.stream("e", { query, headers }));
      assert.equal(end.at(-1)?.event, "end");
      for (const { event, data } of end.slice(0, -1))
        assert.deepEqual([event, data], ["history", { Events: [], Done: true }]);
    }
    hub.close();
  },

  "hub: pages of the history are read once": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 1);
    await (await hub.describe("e", 20)).json();
    const count = () => hub.calls.filter(({ action }) => action === "GetExecutionHistory").length;
    const ids = [];
    for (let NextToken; ; ) {
      const page = await (await hub.history("e", { Limit: 2, ...(NextToken && { NextToken }) })).json();
      ids.push(...page.Events.map(({ EventId }) => EventId));
      NextToken = page.NextToken;
      if (!NextToken) break;
      assert.ok(/^h1\.\d+$/.test(NextToken), NextToken);
    }
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6]);
    assert.equal(count(), 1);
    hub.close();
  },

  "hub: the history of a running execution grows": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 2);
    const before = await (await hub.history("e")).json();
    assert.equal(before.Events.length, 3);
    assert.equal((await (await hub.history("e")).json()).Events.length, 3);
    assert.equal(hub.calls.length, 1);
    await pause(2200);
    const after = await (await hub.history("e")).json();
    assert.equal(after.Events.length, 6);
    hub.close();
  },

  "hub: refusals of the service are those without a hub, and are not kept": async (environment) => {
    const fault = (status, Code) => () =>
      new Response(JSON.stringify({ RequestId: "r1", Code, Message: "no" }), { status });
    for (const [status, code] of [
      [403, "Forbidden"],
      [404, "FlowNotExists"],
      [400, "InvalidArgument"],
    ]) {
      const hub = openHub(environment, { respond: fault(status, code) });
      for (const wait of [0, 5]) {
        const answers = await Promise.all(Array.from({ length: 3 }, () => hub.describe("e", wait)));
        for (const response of answers) {
          assert.equal(response.status, status);
          assert.deepEqual(await response.json(), { RequestId: "r1", Code: code, Message: "no" });
        }
      }
      assert.ok(hub.calls.length >= 2, "the next caller tries again");
      const [, { event, data }] = [0, ...(await allOf(await hub.stream("e")))];
      assert.deepEqual([event, data.Code], ["error", code]);
      hub.close();
    }
  },

  "hub: a caller gets neither the 429 nor the transient faults of the service": async (environment) => {
    let left = 3;
    const respond = () => {
      left -= 1;
      if (left === 2) return new Response("{}", { status: 429, headers: { "x-acs-retry-after": "100" } });
      if (left === 1) return new Response("<html>", { status: 502 });
      return undefined;
    };
    const hub = openHub(environment, { respond });
    await hub.start("e", 1);
    const response = await hub.describe("e", 20);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).Status, "Succeeded");
    hub.close();
  },

  "hub: a service that is down is reported as 503": async (environment) => {
    const hub = openHub(environment, { respond: () => new Response("<html>", { status: 502 }) });
    const response = await hub.describe("e", 1);
    assert.equal(response.status, 503);
    assert.equal((await response.json()).Code, "ServiceUnavailable");
    hub.close();
  },

  "hub: a caller that has left is no failure": async (environment) => {
    const left = new AbortController();
    const respond = (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        setTimeout(() => left.abort(), 10);
      });
    const hub = openHub(environment, { respond });
    const address = addressOf("GetExecutionHistory", { FlowName: "f", ExecutionName: "e" });
    assert.equal((await hub.fetch(address, { signal: left.signal })).status, 499);
    const metrics = await (await hub.fetch("https://gateway.example/metrics")).text();
    assert.ok(metrics.includes('requests_total{endpoint="GetExecutionHistory",status="499"} 1'), metrics);
    hub.close();
  },

  "hub: `authorize` is asked for each caller": async (environment) => {
    const hub = openHub(environment, { authorize: (request) => request.headers.get("x-user") === "alice" });
    await hub.start("e", 1);
    const alice = { headers: { "x-user": "alice" } };
    assert.equal((await hub.describe("e", 20, alice)).status, 200);
    assert.equal((await hub.describe("e")).status, 403);
    assert.equal((await hub.stream("e")).status, 403);
    assert.equal((await hub.history("e")).status, 403);
    hub.close();
  },

  "hub: lists take a permit": async (environment) => {
    const hub = openHub(environment);
    await hub.start("e", 1);
    const response = await hub.fetch(addressOf("ListExecutions", { FlowName: "f" }));
    assert.equal(response.status, 200);
    assert.equal((await response.json()).Executions.length, 1);
    hub.close();
  },

  "hub: an object that cannot be reached is replaced by one poll per request": async (environment) => {
    const broken = {
      idFromName: (name) => name,
      get: () => ({ fetch: () => Promise.reject(new Error("overloaded")) }),
    };
    const lines = [];
    const { error } = console;
    console.error = (line) => lines.push(line);
    try {
      const hub = openHub(environment, { hub: () => ({ executions: broken, account: broken }) });
      await hub.start("e", 1);
      const response = await hub.describe("e", 20);
      assert.equal((await response.json()).Status, "Succeeded");
      assert.equal((await hub.history("e")).status, 200);
      assert.equal((await hub.history("e", { NextToken: "h1.3" })).status, 503);
      assert.equal((await hub.fetch(addressOf("ListExecutions", { FlowName: "f" }))).status, 200);
      hub.close();
    } finally {
      console.error = error;
    }
    assert.ok(
      lines.some((line) => line.includes("the hub cannot be reached")),
      lines.join("\n"),
    );
  },

  "hub: without a hub there is no stream and no header": async (environment) => {
    const hub = openHub(environment, { hub: undefined });
    await hub.start("e", 1);
    const stream = await hub.stream("e");
    assert.equal(stream.status, 404);
    assert.equal((await stream.json()).Code, "ActionNotSupported");
    const response = await hub.describe("e");
    assert.equal(response.headers.get("x-cloudflow-transports"), null);
    const off = openHub(environment, { events: false });
    assert.equal((await off.stream("e")).status, 404);
    hub.close();
    off.close();
  },

  "hub: a stream ends at its time, with a state to continue from": async (environment) => {
    const hub = openHub(environment, { events: { maxSeconds: 1, heartbeatSeconds: 1 } });
    await hub.start("e", 30);
    const events = await allOf(await hub.stream("e"));
    assert.deepEqual(
      events.map(({ event }) => event),
      ["execution"],
    );
    assert.ok(/^\d+\.0$/.test(events[0].id), events[0].id);
    await hub.stop("e");
    hub.close();
  },

  "hub: a ticket opens one stream": async (environment) => {
    const hub = openHub(environment, {
      authorize: (request) => request.headers.get("authorization") === "Bearer a",
      tickets: () => "a secret of at least 32 characters.",
    });
    await hub.start("e", 1);
    await hub.describe("e", 20, { headers: { authorization: "Bearer a" } });
    const asked = await hub.gateway.fetch(
      new Request("https://gateway.example/ticket", {
        method: "POST",
        headers: { authorization: "Bearer a" },
        body: JSON.stringify({ FlowName: "f", ExecutionName: "e" }),
      }),
      {},
    );
    const { Ticket: ticket, ExpiresIn } = await asked.json();
    assert.equal(ExpiresIn, 60);
    for (const [query, status] of [
      [{ ticket: `${ticket}x` }, 403],
      [{ ticket, ExecutionName: "other" }, 403],
      [{ ticket, history: 1 }, 200],
      [{ ticket }, 403],
    ]) {
      const stream = await hub.stream("e", { query });
      assert.equal(stream.status, status, JSON.stringify(query));
      await stream.text();
    }
    hub.close();
  },

  "hub: counters are shown to callers that `authorize` allows": async (environment) => {
    const hub = openHub(environment, { authorize: (_, { action }) => action !== "ListExecutions" });
    await hub.start("e", 1);
    await hub.describe("e", 20);
    const metrics = await hub.fetch("https://gateway.example/metrics");
    const text = await metrics.text();
    assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4");
    assert.ok(/^cloudflow_gateway_upstream_calls_total\{action="DescribeExecution",code="ok"\} 2$/m.test(text), text);

    // Answers at the deadline, streams and stored pages need no call, either.
    await hub.start("later", 5);
    const requests = [2, 1, 1].map(async (wait) => (await hub.describe("later", wait)).text());
    const left = new AbortController();
    requests.push(allOf(await hub.stream("later", { signal: left.signal })));
    await pause(2500);
    left.abort();
    await Promise.all(requests);
    for (let i = 0; i < 2; i += 1) await hub.history("e");
    const later = await (await hub.fetch("https://gateway.example/metrics")).text();
    const values = readMetrics(later);
    const coalesced = (action) => values.get(`cloudflow_gateway_coalesced_total{action="${action}"}`);
    assert.equal(coalesced("DescribeExecution"), 3);
    assert.equal(coalesced("GetExecutionHistory"), 1);
    const closed = openHub(environment, { authorize: () => false });
    assert.equal((await closed.fetch("https://gateway.example/metrics")).status, 403);
    hub.close();
    closed.close();
  },

  "hub: the calls of many executions stay below the rate limit": async (environment) => {
    const hub = openHub(environment, { quotas: true });
    const names = Array.from({ length: 30 }, (_, i) => `e${i}`);
    for (const name of names) await hub.start(name, 1);
    const answers = await Promise.all(names.map((name) => hub.describe(name, 25)));
    for (const response of answers) assert.equal((await response.json()).Status, "Succeeded");
    hub.close();
  },

  "hub: wrong options": ({ createGateway }) => {
    const given = { upstream: () => ({}), authorize: () => true };
    for (const wrong of [
      { hub: "disk" },
      { hub: {} },
      { events: true },
      { events: { maxSeconds: 0 } },
      { events: { heartbeatSeconds: 1.5 } },
      { events: { seconds: 1 } },
      { tickets: "secret" },
      { limit: 5 },
      { log: "file" },
    ]) {
      assert.throws(
        () => createGateway({ ...given, ...wrong }),
        (error) => assert.equal(error.code, "wrong-options", JSON.stringify(wrong)),
      );
    }
  },
};

export const tests = {
  ...inMemoryTests(inMemory),

  "hub: a Worker has no hub in memory": ({ createGateway, runtime }) => {
    const create = () => createGateway({ upstream: () => ({}), authorize: () => true, hub: "memory" });
    if (runtime === "workerd") assert.throws(create, (error) => assert.equal(error.code, "wrong-options"));
    else create();
  },
};

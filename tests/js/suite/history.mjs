// Histories and lists of executions: pages, iterators, followers, the gateway. In virtual time, partly with the emulator.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, DONE, KEYS, plain, rejection, RUNNING, scripted } from "../support/doubles.mjs";

const base = { endpoint: "https://service.example", dangerouslyAllowBrowser: true };

const NAP = `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: First
States:
  - Type: Wait
    Name: First
    Seconds.$: $Input.seconds
    Next: Second
  - Type: Wait
    Name: Second
    Seconds: 3
    End: true
`;

const page = (...events) => ({ RequestId: "r", Events: events });
const event = (EventId, Type = "StepEntered") => ({
  ...{ EventId, ScheduleEventId: EventId - 1, Type, StepName: "s" },
  ...{ Time: "2026-01-01T00:00:00.000Z", EventDetail: '{"input":{}}' },
});

async function all(iterator) {
  const values = [];
  for await (const value of iterator) values.push(value);
  return values;
}

export const tests = {
  "a page of the history has parsed details, unknown types and unknown keys": async ({ cloudflow }) => {
    const events = [
      event(1, "ExecutionStarted"),
      { ...event(2, "QuantumLeap"), Region: "cn", Detail: "mine", toString: "x" },
      { EventId: 3, Type: "A", EventDetail: "not JSON" },
      { EventId: 4, Type: "A", EventDetail: "[1]" },
      { EventId: 5, Type: "A", EventDetail: null, StepName: null },
      { EventId: 6, Type: "A", EventDetail: '{"n":12345678901234567890}' },
    ];
    const fetch = scripted(plain({ ...page(...events), NextToken: "6" }));
    const got = await cloudflow.getExecutionHistory({ ...CALL, limit: 5, nextToken: "1" }, { ...base, fetch });
    const rest = { scheduleEventId: 0, stepName: "", time: "" };
    const known = { stepName: "s", time: "2026-01-01T00:00:00.000Z", detail: { input: {} } };
    assert.deepEqual(got, {
      requestId: "r",
      events: [
        { eventId: 1, scheduleEventId: 0, type: "ExecutionStarted", ...known },
        { eventId: 2, scheduleEventId: 1, type: "QuantumLeap", ...known, region: "cn" },
        { eventId: 3, type: "A", ...rest, detail: {}, eventDetail: "not JSON" },
        { eventId: 4, type: "A", ...rest, detail: {}, eventDetail: "[1]" },
        { eventId: 5, type: "A", ...rest, detail: {} },
        {
          eventId: 6,
          type: "A",
          ...rest,
          detail: { n: 12345678901234567000 },
          eventDetail: '{"n":12345678901234567890}',
        },
      ],
      nextToken: "6",
    });
    const query = Object.fromEntries(fetch.seen[0].query);
    assert.deepEqual(query, {
      ...{ Action: "GetExecutionHistory", Version: "2019-03-15", FlowName: "f", ExecutionName: "e" },
      ...{ Limit: "5", NextToken: "1" },
    });
  },

  "a page of a list has executions, and all filters are sent": async ({ cloudflow }) => {
    const { RequestId: _, ...entry } = DONE;
    const short = { FlowName: "f", Name: "e2", Status: "Paused", StoppedTime: "1970-01-01T00:00:00Z" };
    const fetch = scripted(plain({ RequestId: "r", Executions: [entry, short], NextToken: "CAZ=" }));
    const filters = {
      ...{ flowName: "f", limit: 9, nextToken: "t", status: "Failed", executionNamePrefix: "p", qualifier: "1" },
      ...{ startedTimeBegin: "2026-01-01T00:00:00Z", startedTimeEnd: "2026-02-01T00:00:00Z" },
      ...{ mapRunName: "m", metadataOnly: true },
    };
    const got = await cloudflow.listExecutions(filters, { ...base, fetch });
    const { execution } = cloudflow.parseExecution(DONE);
    assert.deepEqual(got, {
      requestId: "r",
      executions: [
        execution,
        { requestId: "r", flowName: "f", name: "e2", status: "Paused", done: false, flowDefinition: "" },
      ],
      nextToken: "CAZ=",
    });
    const { Action, Version, ...sent } = Object.fromEntries(fetch.seen[0].query);
    assert.equal(Action, "ListExecutions");
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(filters).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), String(value)]),
      ),
      sent,
    );
  },

  "a response that is not a page is an error with the path of each finding": async ({ cloudflow }) => {
    for (const [body, path] of [
      [{}, ["Events"]],
      [DONE, undefined],
      [page({ EventId: 1, Type: "A" }, { EventId: "2", Type: "A" }), ["Events", 1, "EventId"]],
      [page({ EventId: 1 }), ["Events", 0, "Type"]],
      [page(null), ["Events", 0]],
      [page(5), ["Events", 0]],
      [{ RequestId: "r", Events: "x" }, ["Events"]],
    ]) {
      const call = cloudflow.getExecutionHistory(CALL, { ...base, fetch: scripted(plain(body)) });
      if (path === undefined) {
        // It has the id of a request: an empty list may be absent.
        assert.deepEqual((await call).events, []);
        continue;
      }
      const error = await rejection(call);
      assert.deepEqual(
        [error.name, error.kind, error.code, error.status, error.attempts],
        ["CloudFlowError", "response", "not-a-page", 200, 1],
        JSON.stringify(body),
      );
      assert.deepEqual(error.diagnostics[0].path, path, JSON.stringify(body));
    }
    for (const body of [[], 5, "<html>"]) {
      const error = await rejection(cloudflow.getExecutionHistory(CALL, { ...base, fetch: scripted(plain(body)) }));
      assert.deepEqual([error.kind, error.code], ["response", "not-json"]);
    }
    const error = await rejection(
      cloudflow.listExecutions(
        { flowName: "f" },
        { ...base, fetch: scripted(plain({ RequestId: "r", Executions: [{ Name: "e" }] })) },
      ),
    );
    assert.deepEqual(
      error.diagnostics.map(({ path }) => path.join(".")),
      ["Executions.0.FlowName", "Executions.0.Status"],
    );
  },

  "a wrong request is refused before anything is sent": async ({ cloudflow }) => {
    const fetch = scripted(plain(page()));
    const options = { ...base, fetch };
    for (const [name, request, code, field] of [
      ["getExecutionHistory", { flowName: "f" }, "missing-field", "executionName"],
      ["getExecutionHistory", { ...CALL, limit: 1001 }, "out-of-range", "limit"],
      ["getExecutionHistory", { ...CALL, nextToken: 5 }, "wrong-type", "nextToken"],
      ["getExecutionHistory", { ...CALL, waitTimeSeconds: 5 }, "unknown-option", "waitTimeSeconds"],
      ["listExecutions", {}, "missing-field", "flowName"],
      ["listExecutions", { flowName: "f", limit: 0 }, "out-of-range", "limit"],
      ["listExecutions", { flowName: "f", limit: 101 }, "out-of-range", "limit"],
      ["listExecutions", { flowName: "f", status: "Done" }, "unknown-value", "status"],
      ["listExecutions", { flowName: "f", startedTimeEnd: "today" }, "out-of-range", "startedTimeEnd"],
      ["listExecutions", { flowName: "f", metadataOnly: "yes" }, "wrong-type", "metadataOnly"],
      ["listExecutions", CALL, "unknown-option", "executionName"],
      ["listExecutions", 5, "wrong-type", undefined],
    ]) {
      const error = await rejection(cloudflow[name](request, options));
      assert.deepEqual([error.kind, error.code, error.diagnostics[0].path[0]], ["request", code, field], name);
    }
    const wrong = [
      [{ ...options, follow: 1 }, "wrong-options"],
      [{ ...options, follows: true }, "unknown-option"],
      [{ ...options, follow: true, onUpdate: 5 }, "wrong-type"],
      [{ ...options, follow: true, waitTimeSeconds: 61 }, "out-of-range"],
      [{ ...options, follow: true, signal: {} }, "wrong-type"],
      [{ ...options, timeoutMs: 0 }, "out-of-range"],
      [5, "wrong-type"],
    ];
    for (const [options, code] of wrong)
      assert.equal((await rejection(cloudflow.executionEvents(CALL, options).next())).code, code);
    for (const request of [5, {}, { ...CALL, executionName: 5 }])
      for (const follow of [false, true])
        assert.equal(
          (await rejection(cloudflow.executionEvents(request, { ...options, follow }).next())).kind,
          "request",
        );
    for (const request of [5, {}, { ...CALL }])
      assert.equal((await rejection(cloudflow.flowExecutions(request, options).next())).kind, "request");
    for (const follow of [false, true])
      for (const field of ["limit", "nextToken", "flowNames"]) {
        const { code } = await rejection(
          cloudflow.executionEvents({ ...CALL, [field]: 5 }, { ...options, follow }).next(),
        );
        assert.equal(code, "wrong-options", field);
      }
    assert.equal(fetch.seen.length, 0);
  },

  "a missing permission is named by the operation": async ({ cloudflow }) => {
    const fault = { Code: "AccessDenied", Message: "no", RequestId: "r" };
    const error = await rejection(
      cloudflow.getExecutionHistory(CALL, { ...base, fetch: scripted(plain(fault, 403)), credentials: KEYS }),
    );
    assert.ok(error.message.includes("fnf:GetExecutionHistory"), error.message);
  },

  "each operation has a rate limit of its own, and retries": ({ cloudflow }) =>
    virtually(async (time) => {
      const throttled = plain({ Code: "ResourceThrottled", Message: "slow" }, 429, { "x-acs-retry-after": "700" });
      const bodies = { GetExecutionHistory: page(), ListExecutions: { RequestId: "r" }, DescribeExecution: DONE };
      const at = { GetExecutionHistory: [], ListExecutions: [], DescribeExecution: [] };
      const fetch = (url) => {
        const action = new URL(url).searchParams.get("Action");
        at[action].push(time.now());
        return plain(bodies[action]);
      };
      const client = cloudflow.createClient({ ...base, fetch, credentials: KEYS });
      const many = (count, call) => Array.from({ length: count }, call);
      await time.until(
        Promise.all([
          ...many(50, () => client.getExecutionHistory(CALL)),
          ...many(45, () => client.describeExecution(CALL)),
          ...many(9, () => client.listExecutions({ flowName: "f" })),
        ]),
      );
      assert.equal(at.DescribeExecution.at(-1), 0, "45 at once");
      assert.equal(at.GetExecutionHistory.filter((at) => at === 0).length, 45);
      assert.ok(Math.abs(at.GetExecutionHistory.at(-1) - 1000) < 20, "then 5 per second");
      assert.equal(at.ListExecutions.filter((at) => at === 0).length, 5);
      assert.ok(Math.abs(at.ListExecutions.at(-1) - 2000) < 20, "then 2 per second");

      const again = scripted(throttled, plain(page(event(1))));
      const began = time.now();
      const got = await time.until(cloudflow.getExecutionHistory(CALL, { ...base, fetch: again, credentials: KEYS }));
      assert.equal(got.events.length, 1);
      assert.ok(time.now() - began >= 700);
      assert.ok(again.seen[1].query.get("Signature"));
    }),

  "events of all pages, with one request per page and only on demand": async ({ cloudflow }) => {
    const answer = (url) => {
      const query = new URL(url).searchParams;
      const from = Number(query.get("NextToken") ?? 1);
      assert.equal(query.get("Limit"), "1000");
      return plain({ ...page(event(from), event(from + 1)), ...(from < 5 && { NextToken: String(from + 2) }) });
    };
    const fetch = scripted(answer);
    const events = await all(cloudflow.executionEvents(CALL, { ...base, fetch }));
    assert.deepEqual(
      events.map(({ eventId }) => eventId),
      [1, 2, 3, 4, 5, 6],
    );
    assert.equal(fetch.seen.length, 3);

    const lazy = scripted(answer);
    for await (const { eventId } of cloudflow.executionEvents(CALL, { ...base, fetch: lazy })) if (eventId === 2) break;
    assert.equal(lazy.seen.length, 1);
    // A token that does not change is the last one.
    const stuck = scripted(plain({ ...page(event(1)), NextToken: "t" }), plain({ ...page(event(2)), NextToken: "t" }));
    assert.equal((await all(cloudflow.executionEvents(CALL, { ...base, fetch: stuck }))).length, 2);
    assert.equal(stuck.seen.length, 2);
  },

  "a page that is too large is requested again in parts": async ({ cloudflow }) => {
    const large = "x".repeat(9 * 1024 * 1024);
    const limits = [];
    const fetch = (url) => {
      const query = new URL(url).searchParams;
      const limit = Number(query.get("Limit"));
      const from = Number(query.get("NextToken") ?? 1);
      limits.push(limit);
      if (limit > 100) return plain(large);
      const events = Array.from({ length: Math.min(limit, 101 - from) }, (_, i) => event(from + i));
      return plain({ ...page(...events), ...(from + limit <= 100 && { NextToken: String(from + limit) }) });
    };
    const events = await all(cloudflow.executionEvents(CALL, { ...base, fetch }));
    assert.deepEqual(limits, [1000, 250, 62, 62]);
    assert.equal(events.length, 100);
  },

  "an iterator over executions reads all pages of the emulator": async ({ cloudflow, local }) => {
    const { options, send, close } = await emulated(local);
    for (let i = 0; i < 7; i += 1) await send("StartExecution", { FlowName: "f", ExecutionName: `e${i}`, Input: "{}" });
    const client = cloudflow.createClient(options);
    const names = (await all(client.flowExecutions({ flowName: "f", limit: 3 }))).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["e0", "e1", "e2", "e3", "e4", "e5", "e6"]);
    const some = await client.listExecutions({ flowName: "f", executionNamePrefix: "e3", metadataOnly: true });
    assert.deepEqual(
      some.executions.map(({ name, flowDefinition }) => [name, flowDefinition]),
      [["e3", ""]],
    );
    const error = await rejection(all(client.flowExecutions({ flowName: "other" })));
    assert.equal(error.code, "FlowNotExists");
    close();
  },

  "a follower gets every event of the emulator once, soon, and the end": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const { options, seen, send, close } = await emulated(local, time);
      await send("StartExecution", { FlowName: "f", ExecutionName: "e", Input: '{"seconds":30}' });
      const client = cloudflow.createClient(options);
      const updates = [];
      const arrived = [];
      const follow = async (more = {}) => {
        const events = [];
        for await (const event of client.executionEvents(CALL, { follow: true, ...more })) {
          events.push(event);
          arrived.push([Date.now() - Date.parse(event.time), event.eventId]);
        }
        return events;
      };
      const many = Array.from({ length: 20 }, () => follow());
      const first = follow({ onUpdate: ({ status }) => updates.push(status) });
      const [events, ...others] = await time.until(Promise.all([first, ...many]));
      for (const other of others) assert.deepEqual(other, events);
      assert.deepEqual(
        events.map(({ eventId }) => eventId),
        events.map((_, i) => i + 1),
      );
      assert.deepEqual([events[0].type, events.at(-1).type], ["ExecutionStarted", "ExecutionSucceeded"]);
      assert.ok(
        arrived.every(([late]) => late <= 2100),
        `${Math.max(...arrived.map(([late]) => late))} ms late`,
      );
      assert.equal(updates.at(-1), "Succeeded");
      const count = (action) => seen.filter((url) => url.includes(`Action=${action}`)).length;
      assert.ok(count("GetExecutionHistory") <= 20, `${count("GetExecutionHistory")} requests for 33 s`);
      assert.ok(count("DescribeExecution") <= 4, `${count("DescribeExecution")} long polls`);
      assert.equal(time.timers(), 0);

      // The same after the end, with and without `follow`.
      const later = await time.until(all(client.executionEvents(CALL)));
      assert.deepEqual(later, events);
      assert.deepEqual(await time.until(all(client.executionEvents(CALL, { follow: true }))), events);
      close();
    }),

  "one follower leaves, is aborted or fails, and the others continue": ({ cloudflow }) =>
    virtually(async (time) => {
      const began = time.now();
      const fetch = serviceOf(time, began, 20_000);
      const client = cloudflow.createClient({ ...base, fetch });
      const follow = (more) => client.executionEvents(CALL, { follow: true, ...more });
      const stays = all(follow());
      const controller = new AbortController();
      const aborted = rejection(all(follow({ signal: controller.signal })));
      const mine = new Error("mine");
      const failing = rejection(
        all(
          follow({
            onUpdate() {
              throw mine;
            },
          }),
        ),
      );
      const leaves = follow();
      await time.until(leaves.next());
      const pending = [leaves.next(), leaves.next(), leaves.next(), leaves.next()];
      await time.pass(1000);
      assert.deepEqual(await leaves.return("x"), { value: "x", done: true });
      await time.until(Promise.all(pending), 10);
      assert.equal((await leaves.next()).done, true);
      assert.equal(await time.until(failing, 10), mine);
      controller.abort("enough");
      assert.equal(await time.until(aborted, 10), "enough");
      const events = await time.until(stays);
      assert.equal(events.at(-1).type, "ExecutionSucceeded");
      assert.equal(new Set(events.map(({ eventId }) => eventId)).size, events.length);
      assert.equal(time.timers(), 0);

      // Without followers, the requests in flight are aborted.
      const alone = serviceOf(time, time.now(), 20_000);
      const iterator = cloudflow.executionEvents(CALL, { ...base, fetch: alone, follow: true });
      await time.until(iterator.next());
      await time.pass(500);
      const open = alone.seen.at(-1).signal;
      await iterator.return();
      await time.settle();
      assert.equal(open.aborted, true);
      assert.equal(time.timers(), 0);
      const count = alone.seen.length;
      await time.pass(60_000);
      assert.equal(alone.seen.length, count);
      // A signal that was aborted before.
      const early = { ...base, fetch: alone, follow: true, signal: AbortSignal.abort("before") };
      assert.equal(await rejection(cloudflow.executionEvents(CALL, early).next()), "before");
      assert.equal(alone.seen.length, count);
    }),

  "an outage does not end a follower; a permanent error and the timeout do": ({ cloudflow }) =>
    virtually(async (time) => {
      const began = time.now();
      const service = serviceOf(time, began, 200_000);
      const isDown = () => time.now() - began > 5000 && time.now() - began < 180_000;
      const fetch = (url, init) => (isDown() ? Promise.reject(new TypeError("down")) : service(url, init));
      const retries = [];
      const options = { ...base, fetch, follow: true, onRetry: (retry) => retries.push(retry) };
      const events = await time.until(all(cloudflow.executionEvents(CALL, options)));
      assert.equal(events.at(-1).type, "ExecutionSucceeded");
      assert.ok(retries.length > 0 && retries.every(({ error }) => error.kind === "network"));

      const slow = { ...base, fetch: serviceOf(time, time.now(), 200_000), follow: true, timeoutMs: 7000 };
      const start = time.now();
      const late = await time.until(rejection(all(cloudflow.executionEvents(CALL, slow))));
      assert.equal(late.kind, "timeout");
      assert.ok(Math.abs(time.now() - start - 7000) < 100, `${time.now() - start} ms`);

      const gone = plain({ Code: "FlowNotExists", Message: "gone" }, 404);
      const error = await time.until(
        rejection(all(cloudflow.executionEvents(CALL, { ...base, fetch: scripted(gone), follow: true }))),
      );
      assert.equal(error.code, "FlowNotExists");
      assert.equal(time.timers(), 0);
    }),

  "a follower waits for a history that lags behind the end of the execution": ({ cloudflow }) =>
    virtually(async (time) => {
      const known = [event(1, "ExecutionStarted"), event(2)];
      const end = event(3, "ExecutionSucceeded");
      for (const [lagMs, expected] of [
        [3000, 3],
        // A history that never has its last event does not hold its follower for ever.
        [Number.POSITIVE_INFINITY, 2],
      ]) {
        const began = time.now();
        const fetch = async (url) => {
          if (url.includes("Action=DescribeExecution")) return plain(DONE);
          return plain(page(...known, ...(time.now() - began >= lagMs ? [end] : [])));
        };
        const events = await time.until(all(cloudflow.executionEvents(CALL, { ...base, fetch, follow: true })));
        assert.equal(events.length, expected, `${lagMs} ms`);
        assert.ok(time.now() - began < 10_000, `${time.now() - began} ms`);
      }
      assert.equal(time.timers(), 0);
    }),

  "known events of a long last page are not read again and again": ({ cloudflow }) =>
    virtually(async (time) => {
      const began = time.now();
      const fetch = serviceOf(time, began, 600_000, 100);
      const events = await time.until(all(cloudflow.executionEvents(CALL, { ...base, fetch, follow: true })));
      assert.ok(events.length >= 6000, `${events.length}`);
      assert.equal(new Set(events.map(({ eventId }) => eventId)).size, events.length);
      assert.ok(fetch.sent < 10 * events.length, `${fetch.sent} events were sent for ${events.length}`);
    }),

  "the gateway forwards histories and lists if its actions have them": async ({ createGateway, cloudflow }) => {
    const { RequestId: _, ...entry } = { ...DONE, Input: "", StartedTime: "", StoppedTime: "" };
    const history = { ...page({ ...event(1), Extra: 1 }), NextToken: "2" };
    const list = { RequestId: "r", NextToken: "n", Executions: [entry] };
    const seen = [];
    const upstream = async (url) => {
      const query = new URL(url).searchParams;
      seen.push(Object.fromEntries(query));
      return plain(query.get("Action") === "ListExecutions" ? list : history);
    };
    const calls = [];
    const authorize = (_, call) => calls.push(call) > 0;
    const all = ["DescribeExecution", "GetExecutionHistory", "ListExecutions"];
    const gateway = (options) =>
      createGateway({
        upstream: () => ({ region: "cn-hangzhou", fetch: upstream, credentials: KEYS }),
        authorize,
        ...options,
      });
    const through = (actions) => ({
      ...{ endpoint: "https://gateway.example/api", retry: false },
      fetch: (url, init) => gateway(actions && { actions }).fetch(new Request(url, { method: init.method }), {}),
    });
    for (const actions of [undefined, ["DescribeExecution"], ["DescribeExecution", "ListExecutions"]]) {
      const error = await rejection(cloudflow.getExecutionHistory(CALL, through(actions)));
      assert.equal(error.code, "ActionNotSupported");
    }
    assert.equal(seen.length + calls.length, 0);

    const got = await cloudflow.getExecutionHistory({ ...CALL, limit: 7, nextToken: "1" }, through(all));
    const direct = await cloudflow.getExecutionHistory(CALL, { ...base, fetch: scripted(plain(history)) });
    assert.deepEqual(got, direct);
    assert.deepEqual([seen[0].Limit, seen[0].NextToken, seen[0].Action], ["7", "1", "GetExecutionHistory"]);
    assert.ok(seen[0].Signature);
    const filters = { flowName: "f", status: "Failed", metadataOnly: false, startedTimeBegin: "2026-01-01T00:00:00Z" };
    const listed = await cloudflow.listExecutions(filters, through(all));
    assert.deepEqual(
      listed,
      await cloudflow.listExecutions({ flowName: "f" }, { ...base, fetch: scripted(plain(list)) }),
    );
    assert.deepEqual([seen[1].Status, seen[1].MetadataOnly], ["Failed", "false"]);
    assert.deepEqual(calls, [
      { ...CALL, action: "GetExecutionHistory" },
      { flowName: "f", executionName: "", action: "ListExecutions" },
    ]);

    const raw = async (query) => {
      const response = await gateway({ actions: all }).fetch(
        new Request(`https://gateway.example/?Version=2019-03-15&${query}`),
        {},
      );
      return [response.status, (await response.json()).Code];
    };
    const ofHistory = "Action=GetExecutionHistory&FlowName=f&ExecutionName=e";
    for (const [query, code] of [
      [`${ofHistory}&Limit=x`, "InvalidArgument"],
      [`${ofHistory}&Limit=1001`, "InvalidArgument"],
      ["Action=GetExecutionHistory&FlowName=f", "MissingRequiredParams"],
      ["Action=ListExecutions", "MissingRequiredParams"],
      ["Action=ListExecutions&FlowName=f&MetadataOnly=1", "InvalidArgument"],
      ["Action=ListExecutions&FlowName=f&Status=Done", "InvalidArgument"],
      ["Action=StopExecution&FlowName=f&ExecutionName=e", "ActionNotSupported"],
      ["Action=toString&FlowName=f&ExecutionName=e", "ActionNotSupported"],
    ])
      assert.deepEqual(await raw(query), [400, code], query);
    for (const actions of ["ListExecutions", [5], ["StopExecution"], [""]])
      assert.throws(
        () => gateway({ actions }),
        (error) => error.code === "wrong-options",
      );
  },
};

/** A service with one execution, which runs for a time and has an event every `every` ms. `sent` counts the events. */
function serviceOf(time, began, ms, every = 1000) {
  const fetch = async (url, init) => {
    const query = new URL(url).searchParams;
    fetch.seen.push({ url, signal: init.signal });
    const left = began + ms - time.now();
    if (query.get("Action") === "DescribeExecution") {
      const wait = Math.min(left, Number(query.get("WaitTimeSeconds") ?? 0) * 1000);
      if (wait > 0) await sleep(wait, init.signal);
      return plain(time.now() >= began + ms ? DONE : RUNNING);
    }
    const count = 1 + Math.floor(Math.min(time.now() - began, ms) / every) + (left <= 0 ? 1 : 0);
    const from = Number(query.get("NextToken") ?? 1);
    const events = [];
    for (let id = from; id <= count && events.length < Number(query.get("Limit")); id += 1)
      events.push(event(id, left <= 0 && id === count ? "ExecutionSucceeded" : "StepEntered"));
    fetch.sent += events.length;
    const next = from + events.length;
    return plain({ ...page(...events), ...(next <= count && { NextToken: String(next) }) });
  };
  fetch.seen = [];
  fetch.sent = 0;
  return fetch;
}

const sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** An emulator with a flow, and the options of a client for it. */
async function emulated(local) {
  const emulator = local.createEmulator();
  const send = async (action, parameters) => {
    const response = await emulator.fetch(await local.signRequest(action, parameters, { now: Date.now() }));
    if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
  };
  await send("CreateFlow", { Name: "f", Definition: NAP, Description: "naps", Type: "FDL" });
  const seen = [];
  const options = {
    endpoint: "http://localhost",
    credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
    fetch: (url, init) => {
      seen.push(url);
      return emulator.fetch(url, init);
    },
  };
  return { options, seen, send, close: () => emulator.close() };
}

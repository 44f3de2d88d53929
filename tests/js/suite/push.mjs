// Changes by the event stream of a gateway, in virtual time. The gateway: ../support/push.mjs.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, KEYS, rejection } from "../support/doubles.mjs";
import { EVENTS, STATES, idsOf, message, pushGateway, streamed, watched } from "../support/push.mjs";

const base = { endpoint: "https://gateway.example/api" };

/** Deterministic random numbers. */
function randoms(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const tests = {
  "a watcher sees changes at once over one stream": async ({ cloudflow }) => {
    for (const transport of ["auto", "sse", undefined])
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES });
        const { seen, ended } = watched(
          time,
          cloudflow.watchExecution(CALL, { ...base, fetch: gateway.fetch, transport }),
        );
        await time.until(ended, 100_000);
        assert.deepEqual(seen, [
          ["Starting", 0],
          ["Running", 5000],
          ["Succeeded", 90_000],
        ]);
        assert.deepEqual(gateway.kinds(), ["now", "stream"]);
        const [, { query, headers }] = gateway.seen;
        assert.deepEqual(Object.fromEntries(query), { FlowName: "f", ExecutionName: "e" });
        assert.deepEqual([headers.get("accept"), headers.get("last-event-id")], ["text/event-stream", null]);
        assert.deepEqual([gateway.open, time.timers()], [0, 0]);
      });
  },

  "without the header, or with `poll`, there are polls only": async ({ cloudflow }) => {
    for (const [transport, offers] of [
      ["auto", false],
      [undefined, false],
      ["poll", true],
    ])
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES, events: EVENTS, offers });
        const options = { ...base, fetch: gateway.fetch, transport };
        const { seen, ended } = watched(time, cloudflow.watchExecution(CALL, options));
        const ids = idsOf(cloudflow.executionEvents(CALL, { ...options, follow: true }));
        await time.until(Promise.all([ended, ids]), 100_000);
        assert.deepEqual(seen.at(-1), ["Succeeded", 90_000]);
        assert.deepEqual(await ids, [1, 2, 3, 4, 5]);
        assert.equal(gateway.of("stream").length, 0);
      });
  },

  "`waitForExecution` uses the stream after its first poll, and from the start with `sse`": async ({ cloudflow }) => {
    for (const [transport, kinds] of [
      ["auto", ["poll", "stream"]],
      ["sse", ["stream"]],
    ])
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES });
        const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch: gateway.fetch, transport });
        assert.equal((await time.until(waiting, 100_000)).status, "Succeeded");
        assert.equal(time.now(), 90_000);
        assert.deepEqual(gateway.kinds(), kinds);
        assert.equal(gateway.open, 0);
      });
  },

  "a stream that ends in time continues with the id of its last event, without an error": ({ cloudflow }) =>
    virtually(async (time) => {
      const gateway = pushGateway({ states: STATES, events: EVENTS, maxMs: 20_000 });
      const onRetry = () => assert.ok(false, "no retry");
      const options = { ...base, fetch: gateway.fetch, transport: "sse", onRetry };
      const { seen, ended } = watched(time, cloudflow.watchExecution(CALL, options));
      await time.until(ended, 120_000);
      assert.deepEqual(
        seen.map(([status]) => status),
        ["Starting", "Running", "Succeeded"],
      );
      const ids = gateway.of("stream").map(({ headers }) => headers.get("last-event-id"));
      assert.deepEqual(ids, [null, "2.0", "2.0", "2.0", "2.0"]);
      // `retry` of the server, with jitter.
      const [, { at }] = gateway.of("stream");
      assert.ok(at >= 20_500 && at <= 21_001, `${at} ms`);

      const again = pushGateway({ states: STATES, events: EVENTS, maxMs: 20_000 });
      const got = idsOf(cloudflow.executionEvents(CALL, { ...options, fetch: again.fetch, follow: true }));
      assert.deepEqual(await time.until(got, 120_000), [1, 2, 3, 4, 5]);
      const last = again.of("stream").map(({ headers }) => headers.get("last-event-id"));
      assert.deepEqual(last, [null, "2.3", "2.4", "2.4", "2.4"]);
    }),

  "an event with an id that is known is dropped": ({ cloudflow }) =>
    virtually(async (time) => {
      const body = (Status) => ({ RequestId: "r", FlowName: "f", Name: "e", Status, FlowDefinition: "x" });
      const event = (EventId, Type = "A") => ({ EventId, Type });
      const gateway = pushGateway({
        states: [[0, "Starting"]],
        events: [[0, "A"]],
        onStream: (number, { init }) =>
          streamed(
            (send, close) => {
              if (number === 1) {
                send(message("execution", "4.0", body("Running")));
                send(message("history", "4.2", { Events: [event(1), event(2), event(2)], Done: false }));
                // Another order, repeated.
                send(message("execution", "3.2", body("Starting")));
                send(message("execution", "4.2", body("Stopped")));
                send(message("history", "4.2", { Events: [event(1), event(2), event(3)], Done: false }));
                setTimeout(close, 30_000);
              } else {
                send(message("execution", "4.3", body("Running")));
                send(message("history", "4.4", { Events: [event(3), event(4)], Done: false }));
                setTimeout(() => {
                  send(message("execution", "5.4", body("Succeeded")));
                  send(message("history", "5.5", { Events: [event(4), event(5, "ExecutionSucceeded")], Done: true }));
                  send(message("end", "5.5", {}));
                  close();
                }, 30_000);
              }
            },
            { signal: init.signal },
          ),
      });
      const updates = [];
      const onUpdate = ({ status }) => void updates.push(status);
      const options = { ...base, fetch: gateway.fetch, transport: "sse", follow: true, onUpdate };
      const ids = await time.until(idsOf(cloudflow.executionEvents(CALL, options)), 100_000);
      assert.deepEqual(ids, [1, 2, 3, 4, 5]);
      assert.deepEqual(updates, ["Starting", "Running", "Succeeded"]);
      assert.deepEqual(
        gateway.of("stream").map(({ headers }) => headers.get("last-event-id")),
        [null, "4.3"],
      );
    }),

  "a gateway that has lost its memory counts from 1 again": ({ cloudflow }) =>
    virtually(async (time) => {
      const body = (Status) => ({ RequestId: "r", FlowName: "f", Name: "e", Status, FlowDefinition: "x" });
      const gateway = pushGateway({
        states: [[0, "Starting"]],
        onStream: (number, { init }) =>
          streamed(
            (send, close) => {
              if (number === 1) send(message("execution", "40.0", body("Running")));
              else {
                send(message("execution", "1.0", body("Running")));
                setTimeout(() => send(message("execution", "2.0", body("Succeeded"))), 5000);
              }
              setTimeout(close, 10_000);
            },
            { signal: init.signal },
          ),
      });
      const { seen, ended } = watched(
        time,
        cloudflow.watchExecution(CALL, { ...base, fetch: gateway.fetch, transport: "sse" }),
      );
      await time.until(ended, 60_000);
      assert.deepEqual(
        seen.map(([status]) => status),
        ["Starting", "Running", "Succeeded"],
      );
    }),

  "an end soon after another change is seen at once": ({ cloudflow }) =>
    virtually(async (time) => {
      const states = [
        [0, "Starting"],
        [300, "Running"],
        [2500, "Succeeded"],
      ];
      const gateway = pushGateway({ states });
      const options = { ...base, fetch: gateway.fetch, transport: "sse" };
      const { seen, ended } = watched(time, cloudflow.watchExecution(CALL, options));
      await time.until(ended, 10_000);
      assert.deepEqual(seen, [
        ["Starting", 0],
        ["Running", 1000],
        ["Succeeded", 2500],
      ]);
    }),

  "an abort, a `return` and an exception of a callback close the stream": async ({ cloudflow }) => {
    const mine = new Error("mine");
    const ways = {
      async abort(client, time) {
        const controller = new AbortController();
        const waiting = rejection(client.waitForExecution(CALL, { signal: controller.signal }));
        await time.pass(30_000);
        controller.abort(mine);
        assert.equal(await time.until(waiting, 0), mine);
      },
      async timeout(client, time) {
        const failed = await time.until(rejection(client.waitForExecution(CALL, { timeoutMs: 30_000 })), 31_000);
        assert.equal(failed.kind, "timeout");
      },
      async return(client, time) {
        const iterator = client.watchExecution(CALL);
        await time.until(iterator.next(), 0);
        await time.pass(30_000);
        await iterator.return();
      },
      async callback(client, time) {
        const onUpdate = ({ status }) => {
          if (status === "Running") throw mine;
        };
        assert.equal(await time.until(rejection(client.waitForExecution(CALL, { onUpdate })), 10_000), mine);
      },
      async follower(client, time) {
        const iterator = client.executionEvents(CALL, { follow: true });
        await time.until(iterator.next(), 0);
        await time.pass(30_000);
        await iterator.return();
      },
    };
    for (const [name, way] of Object.entries(ways))
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES, events: EVENTS });
        await way(cloudflow.createClient({ ...base, fetch: gateway.fetch, transport: "sse" }), time);
        await time.settle();
        assert.deepEqual([gateway.of("stream").length, gateway.open, gateway.cancelled], [1, 0, 1], name);
        assert.equal(time.timers(), 0, name);
      });
  },

  "the calls of a client share one stream, which ends with the last one": ({ cloudflow, runtime }) =>
    virtually(async (time) => {
      const gateway = pushGateway({ states: STATES, events: EVENTS });
      const client = cloudflow.createClient({ ...base, fetch: gateway.fetch, transport: "sse" });
      const first = watched(time, client.watchExecution(CALL));
      await time.pass(10_000);
      const controller = new AbortController();
      const second = rejection(client.waitForExecution(CALL, { signal: controller.signal }));
      const third = client.waitForExecution(CALL);
      await time.pass(10_000);
      // In a Worker, a connection belongs to one request.
      const isShared = runtime !== "workerd";
      assert.equal(gateway.open, isShared ? 1 : 3);
      // The history is a part of the stream from now on.
      const ids = idsOf(client.executionEvents(CALL, { follow: true }));
      await time.pass(10_000);
      if (isShared) {
        assert.deepEqual([gateway.of("stream").length, gateway.open], [2, 1]);
        assert.equal(gateway.seen.at(-1).headers.get("last-event-id"), "2.0");
        assert.equal(gateway.seen.at(-1).query.get("history"), "1");
      }
      controller.abort("enough");
      assert.equal(await time.until(second, 0), "enough");
      assert.equal(gateway.open, isShared ? 1 : 3);
      await time.until(Promise.all([first.ended, third, ids]), 100_000);
      assert.deepEqual(
        first.seen.map(([status]) => status),
        ["Starting", "Running", "Succeeded"],
      );
      assert.deepEqual(await ids, [1, 2, 3, 4, 5]);
      assert.deepEqual([gateway.open, time.timers()], [0, 0]);
      // Calls of another token share nothing with it.
      const other = pushGateway({ states: STATES });
      const mine = cloudflow.createClient({ ...base, fetch: other.fetch, transport: "sse" });
      const both = ["a", "b"].map((token) =>
        mine.waitForExecution(CALL, { headers: { authorization: `Bearer ${token}` } }),
      );
      await time.until(Promise.all(both), 100_000);
      assert.deepEqual(
        other.of("stream").map(({ headers }) => headers.get("authorization")),
        ["Bearer a", "Bearer b"],
      );
    }),

  "a follower gets its events by the stream, and few requests are sent": async ({ cloudflow }) => {
    const events = [
      [0, "A"],
      [0, "B"],
      [0, "C"],
      [6000, "D"],
      [6100, "E"],
      [6200, "F"],
      [90_000, "ExecutionSucceeded"],
    ];
    for (const transport of ["auto", "sse"])
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES, events });
        const at = [];
        for await (const { eventId } of {
          [Symbol.asyncIterator]() {
            const iterator = cloudflow.executionEvents(CALL, {
              ...base,
              fetch: gateway.fetch,
              transport,
              follow: true,
            });
            return { next: () => time.until(iterator.next(), 100_000) };
          },
        })
          at.push([eventId, Math.round(time.now())]);
        assert.deepEqual(
          at,
          events.map(([ms], i) => [i + 1, ms]),
        );
        assert.deepEqual(gateway.of("stream").length, 1);
        assert.equal(gateway.of("history").length, transport === "auto" ? 1 : 0);
        assert.deepEqual([gateway.open, time.timers()], [0, 0]);
      });
  },

  "calls with credentials are polls; `sse` with them, and another transport, are refused": async ({ cloudflow }) => {
    await virtually(async (time) => {
      const gateway = pushGateway({ states: STATES });
      const signed = { ...base, fetch: gateway.fetch, credentials: KEYS };
      assert.equal((await time.until(cloudflow.waitForExecution(CALL, signed), 100_000)).status, "Succeeded");
      assert.equal(gateway.of("stream").length, 0);
    });
    const fetch = () => assert.ok(false, "nothing is sent");
    for (const [options, code, words] of [
      [{ transport: "sse", credentials: KEYS }, "wrong-options", "`credentials`"],
      [{ transport: "sse", credentials: () => KEYS }, "wrong-options", "`credentials`"],
      [{ transport: "SSE" }, "wrong-options", "`sse`, `poll` or `auto`, not `SSE`"],
      [{ transport: "" }, "wrong-options", "`transport`"],
      [{ transport: 5 }, "wrong-type", "`transport` must be a text"],
      [{ transport: ["sse"] }, "wrong-type", "`transport` must be a text"],
    ]) {
      const all = { ...base, fetch, ...options };
      const client = cloudflow.createClient(all);
      for (const [name, call] of Object.entries({
        wait: () => cloudflow.waitForExecution(CALL, all),
        watch: () => cloudflow.watchExecution(CALL, all).next(),
        events: () => cloudflow.executionEvents(CALL, { ...all, follow: true }).next(),
        client: () => client.watchExecution(CALL).next(),
      })) {
        const error = await rejection(call());
        assert.ok(error instanceof cloudflow.CloudFlowError, name);
        assert.deepEqual([error.kind, error.code], ["request", code], `${name}: ${error.message}`);
        assert.ok(error.message.includes(words), `${name}: ${error.message}`);
      }
    }
    // Other calls of such a client have no stream.
    const done = pushGateway({ states: [[0, "Succeeded"]], events: EVENTS.slice(0, 1) });
    const client = cloudflow.createClient({ ...base, fetch: done.fetch, transport: "sse" });
    assert.equal((await client.describeExecution(CALL)).done, true);
    assert.equal((await client.getExecutionHistory(CALL)).events.length, 1);
    assert.equal((await client.executionEvents(CALL).next()).value.eventId, 1);
    assert.equal(done.of("stream").length, 0);
  },

  "a client has a maximum number of streams, and polls the other executions": ({ cloudflow, runtime }) =>
    virtually(async (time) => {
      const most = runtime === "browser" ? 4 : 50;
      const gateway = pushGateway({ states: STATES });
      const client = cloudflow.createClient({ ...base, fetch: gateway.fetch, transport: "sse" });
      const all = Array.from({ length: most + 3 }, (_, i) =>
        client.waitForExecution({ flowName: "f", executionName: `e${i}` }),
      );
      await time.pass(30_000);
      if (runtime !== "workerd") assert.equal(gateway.open, most);
      const ended = await time.until(Promise.all(all), 100_000);
      assert.ok(ended.every(({ status }) => status === "Succeeded"));
      assert.equal(gateway.open, 0);
    }),

  "bytes may arrive in any parts": ({ cloudflow }) =>
    virtually(async (time) => {
      const encoder = new TextEncoder();
      const chunk = (text) => Array.from(encoder.encode(text), (_, i) => encoder.encode(text).subarray(i, i + 1));
      const gateway = pushGateway({ states: STATES, events: EVENTS, chunk });
      const ids = idsOf(
        cloudflow.executionEvents(CALL, { ...base, fetch: gateway.fetch, transport: "sse", follow: true }),
      );
      assert.deepEqual(await time.until(ids, 100_000), [1, 2, 3, 4, 5]);
    }),

  "all transports give the same updates and the same events": async ({ cloudflow }) => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const random = randoms(seed);
      let at = 0;
      const states = [[0, "Starting"]];
      // A poll may pause for five seconds between two changes.
      for (let i = random(4); i > 0; i -= 1)
        states.push([(at += 6000 + random(60_000)), i % 2 ? "Running" : "Starting"]);
      states.push([(at += 6000 + random(60_000)), ["Succeeded", "Failed", "TimedOut", "Stopped"][random(4)]]);
      const types = ["StepEntered", "StepExited", "TaskScheduled"];
      const times = Array.from({ length: random(80) }, () => random(at)).sort((a, b) => a - b);
      const last = { Succeeded: "ExecutionSucceeded", Failed: "ExecutionFailed" }[states.at(-1)[1]];
      const events = [[0, "ExecutionStarted"], ...times.map((ms) => [ms, types[random(3)]])];
      events.push([at, last ?? "Ended"]);
      const maxMs = random(2) === 0 ? Number.POSITIVE_INFINITY : 5000 + random(20_000);

      const results = {};
      for (const transport of ["poll", "sse", "auto"])
        await virtually(async (time) => {
          const gateway = pushGateway({ states, events, maxMs });
          const options = { ...base, fetch: gateway.fetch, transport };
          const isClient = seed % 2 === 0;
          const calls = isClient ? cloudflow.createClient(options) : cloudflow;
          const { seen, ended } = watched(time, calls.watchExecution(CALL, isClient ? {} : options));
          const updates = [];
          const onUpdate = ({ status }) => void updates.push(status);
          const more = { follow: true, onUpdate };
          const ids = idsOf(calls.executionEvents(CALL, isClient ? more : { ...options, ...more }));
          await time.until(Promise.all([ended, ids]), at + 60_000);
          results[transport] = { seen: seen.map(([status]) => status), updates, ids: await ids };
          await time.settle();
          assert.deepEqual([gateway.open, time.timers()], [0, 0], `seed ${seed}, ${transport}`);
          if (transport !== "poll") assert.ok(gateway.of("stream").length > 0, `seed ${seed}`);
          if (transport === "sse") assert.equal(gateway.of("poll").length, 0, `seed ${seed}`);
        });
      const what = `seed ${seed}`;
      assert.deepEqual(
        results.poll.ids,
        events.map((_, i) => i + 1),
        what,
      );
      assert.deepEqual(
        results.poll.seen.filter((status, i, all) => status !== all[i - 1]),
        states.map(([, status]) => status).filter((status, i, all) => status !== all[i - 1]),
        what,
      );
      assert.deepEqual(results.sse, results.poll, `${what}: sse`);
      assert.deepEqual(results.auto, results.poll, `${what}: auto`);
    }
  },
};

// Changes by the event stream of a gateway, in virtual time. The gateway: ../support/push.mjs.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, KEYS, rejection } from "../support/doubles.mjs";
import { message, pushGateway, streamed } from "../support/push.mjs";

const base = { endpoint: "https://gateway.example/api" };

/** An execution that runs at 5 s and ends at 90 s. */
const STATES = [
  [0, "Starting"],
  [5000, "Running"],
  [90_000, "Succeeded"],
];

const EVENTS = [
  [0, "ExecutionStarted"],
  [6000, "StepEntered"],
  [6100, "StepExited"],
  [40_000, "StepEntered"],
  [90_000, "ExecutionSucceeded"],
];

/** What a watcher sees: [status, ms], and how it ends. */
function watched(time, iterator, more) {
  const seen = [];
  const ended = (async () => {
    for await (const { status } of iterator) {
      seen.push([status, Math.round(time.now())]);
      more?.(status);
    }
  })();
  ended.catch(() => {});
  return { seen, ended };
}

/** What a follower sees: the ids of the events. */
async function idsOf(iterator) {
  const ids = [];
  for await (const { eventId } of iterator) ids.push(eventId);
  return ids;
}

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

  "an error event is the error of the call": async ({ cloudflow }) => {
    for (const [error, status, code] of [
      [{ Code: "AccessDenied", Message: "no" }, 403, "AccessDenied"],
      [{ Code: "FlowNotExists", Message: "Flow f does not exist." }, 404, "FlowNotExists"],
      [{ Code: "Novel", Message: "no", HttpStatus: 418 }, 418, "Novel"],
      [{ Code: "Novel", Message: "no" }, 400, "Novel"],
    ])
      await virtually(async (time) => {
        const onStream = (_, { init }) =>
          streamed((send) => setTimeout(() => send(message("error", "1.0", error)), 3000), { signal: init.signal });
        for (const follow of [false, true]) {
          const gateway = pushGateway({ states: STATES, onStream });
          const options = { ...base, fetch: gateway.fetch, transport: "sse" };
          const call = follow
            ? cloudflow.executionEvents(CALL, { ...options, follow }).next()
            : cloudflow.waitForExecution(CALL, options);
          const failed = await time.until(rejection(call), 10_000);
          assert.deepEqual([failed.kind, failed.code, failed.status], ["service", code, status]);
          assert.equal(gateway.of("stream").length, 1);
          await time.settle();
          assert.deepEqual([gateway.open, time.timers()], [0, 0]);
        }
      });
  },

  "a transient error event is retried": ({ cloudflow }) =>
    virtually(async (time) => {
      const gateway = pushGateway({
        states: STATES,
        onStream: (number, { init }) =>
          number === 1
            ? streamed((send) => send(message("error", "1.0", { Code: "ServiceUnavailable", Message: "x" })), {
                signal: init.signal,
              })
            : undefined,
      });
      const codes = [];
      const onRetry = ({ error }) => void codes.push(error.code);
      const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch: gateway.fetch, transport: "sse", onRetry });
      assert.equal((await time.until(waiting, 100_000)).status, "Succeeded");
      assert.deepEqual([codes, time.now()], [["ServiceUnavailable"], 90_000]);
    }),

  "a broken stream is an error of the network, and the next one continues": ({ cloudflow }) =>
    virtually(async (time) => {
      const broken = pushGateway({ states: STATES, events: EVENTS });
      const gateway = pushGateway({
        states: STATES,
        events: EVENTS,
        onStream(number, { url, init }) {
          if (number > 2) return undefined;
          if (number === 2) return Promise.reject(new TypeError("fetch failed"));
          return streamed(
            (send, close) => {
              const reading = broken.fetch(url, init).then(async ({ body }) => {
                const reader = body.getReader();
                const decoder = new TextDecoder();
                for (;;) {
                  const { done, value } = await reader.read();
                  if (done) return;
                  send(decoder.decode(value));
                }
              });
              reading.catch(() => {});
              setTimeout(() => close(new TypeError("the connection was reset")), 42_000);
            },
            { signal: init.signal },
          );
        },
      });
      const retries = [];
      const onRetry = ({ attempt, error }) => void retries.push([attempt, error.kind, error.code]);
      const ids = idsOf(
        cloudflow.executionEvents(CALL, { ...base, fetch: gateway.fetch, transport: "sse", follow: true, onRetry }),
      );
      assert.deepEqual(await time.until(ids, 120_000), [1, 2, 3, 4, 5]);
      assert.deepEqual(
        gateway.of("stream").map(({ headers }) => headers.get("last-event-id")),
        [null, "2.4", "2.4"],
      );
      assert.deepEqual(retries[0], [1, "network", "network"]);
      // The wait and the reader of the history retry on their own; one of them opens the stream.
      assert.ok(retries.length <= 2, `${retries.length} retries`);
    }),

  "a proxy that collects responses: polls for some minutes, then a stream again": ({ cloudflow, runtime }) =>
    virtually(async (time) => {
      const states = [
        [0, "Running"],
        [700_000, "Succeeded"],
      ];
      let collects = true;
      const collected = [];
      const gateway = pushGateway({
        states,
        onStream(_, { init }) {
          if (!collects) return undefined;
          // Headers and body arrive at the end.
          return new Promise((_, reject) => {
            init.signal.addEventListener("abort", () => {
              collected.push(Math.round(time.now()));
              reject(init.signal.reason);
            });
          });
        },
      });
      const client = cloudflow.createClient({ ...base, fetch: gateway.fetch });
      const onRetry = () => assert.ok(false, "no retry");
      const { seen, ended } = watched(time, client.watchExecution(CALL, { onRetry }));
      await time.pass(60_000);
      assert.deepEqual(collected, [5000]);
      assert.deepEqual(gateway.kinds().slice(0, 4), ["now", "stream", "poll", "poll"]);
      // In a Worker, calls share nothing.
      const waiting = runtime === "workerd" ? undefined : client.waitForExecution(CALL);
      await time.pass(200_000);
      assert.equal(gateway.of("stream").length, 1);
      collects = false;
      await time.until(Promise.all([ended, waiting]), 600_000);
      assert.deepEqual(seen, [
        ["Running", 0],
        ["Succeeded", 700_000],
      ]);
      assert.equal(gateway.of("stream").length, 2);
      assert.equal(gateway.open, 0);
    }),

  "an endpoint without streams: polls, however it says so": async ({ cloudflow }) => {
    const answers = {
      404: () => new Response('{"Code":"ActionNotSupported","Message":"x"}', { status: 404 }),
      405: () => new Response("", { status: 405 }),
      400: () => new Response('{"Code":"MissingRequiredParams","Message":"x"}', { status: 400 }),
      403: () => new Response("<html>", { status: 403 }),
      501: () => new Response("", { status: 501 }),
      "a redirect": () => new Response("", { status: 302, headers: { location: "https://other.example/" } }),
      "no content": () => new Response(null, { status: 204 }),
      "a page": () => new Response("<html></html>", { headers: { "content-type": "text/html" } }),
      "JSON as a stream": (signal) => streamed((send) => send("{}"), { signal, type: "application/json" }),
      "another object": () => ({ status: 200, headers: new Headers({ "content-type": "text/event-stream" }), text: 1 }),
      "headers without a body": (signal) => streamed(() => {}, { signal }),
      "an event without an end": (signal) =>
        streamed((send) => send(`data: ${"x".repeat(9 * 1024 * 1024)}`), { signal }),
    };
    for (const [name, answer] of Object.entries(answers))
      await virtually(async (time) => {
        const gateway = pushGateway({ states: STATES, events: EVENTS, onStream: (_, { init }) => answer(init.signal) });
        const onRetry = () => assert.ok(false, `${name}: no retry`);
        const client = cloudflow.createClient({ ...base, fetch: gateway.fetch, transport: "sse" });
        const { seen, ended } = watched(time, client.watchExecution(CALL, { onRetry }));
        const ids = idsOf(client.executionEvents(CALL, { follow: true, onRetry }));
        assert.deepEqual(await time.until(ids, 100_000), [1, 2, 3, 4, 5], name);
        await time.until(ended, 100_000);
        assert.deepEqual(seen.at(-1), ["Succeeded", 90_000], name);
        assert.ok(gateway.of("stream").length <= 2, `${name}: ${gateway.of("stream").length} streams`);
        assert.equal(time.timers(), 0, name);
      });
  },

  "a gateway that is not available is retried, and streams are used afterwards": async ({ cloudflow }) => {
    for (const outage of [
      () => Promise.reject(new TypeError("fetch failed")),
      () => new Response('{"Code":"ServiceUnavailable","Message":"x"}', { status: 503 }),
      () => new Response("", { status: 522 }),
    ])
      await virtually(async (time) => {
        const isDown = () => time.now() > 20_000 && time.now() < 60_000;
        const inner = pushGateway({
          states: [
            [0, "Running"],
            [200_000, "Succeeded"],
          ],
          maxMs: 21_000,
        });
        const seen = [];
        const fetch = (url, init) => {
          if (!isDown()) return inner.fetch(url, init);
          seen.push(Math.round(time.now()));
          return outage();
        };
        const retries = [];
        const onRetry = ({ error }) => void retries.push(error.code);
        const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch, transport: "sse", onRetry });
        assert.equal((await time.until(waiting, 250_000)).status, "Succeeded");
        assert.ok(retries.length > 2 && retries.length === seen.length, `${retries.length} of ${seen.length}`);
        assert.equal(inner.seen.at(-1).kind, "stream");
        assert.equal(inner.of("poll").length, 1);
      });
  },

  "streams that fail where polls work are replaced by polls": ({ cloudflow }) =>
    virtually(async (time) => {
      const gateway = pushGateway({ states: STATES, onStream: () => Promise.reject(new TypeError("reset")) });
      const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch: gateway.fetch, transport: "sse" });
      assert.equal((await time.until(waiting, 120_000)).status, "Succeeded");
      assert.equal(time.now(), 90_000);
      assert.deepEqual(
        gateway.kinds().filter((kind) => kind === "stream"),
        ["stream", "stream", "stream", "stream"],
      );
    }),

  "a stream that the server closes at once is not opened in a loop": ({ cloudflow }) =>
    virtually(async (time) => {
      const onStream = (_, { init }) =>
        streamed(
          (send, close) => {
            send("retry: 0\n\n");
            close();
          },
          { signal: init.signal },
        );
      const gateway = pushGateway({ states: STATES, onStream });
      const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch: gateway.fetch, transport: "sse" });
      assert.equal((await time.until(waiting, 120_000)).status, "Succeeded");
      assert.ok(gateway.of("stream").length <= 4, `${gateway.of("stream").length} streams`);
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

  "a stream that breaks again and again, with news each time, is used on": ({ cloudflow }) =>
    virtually(async (time) => {
      const states = Array.from({ length: 20 }, (_, i) => [i * 10_000, i % 2 ? "Running" : "Starting"]);
      const inner = pushGateway({ states: [...states, [200_000, "Succeeded"]], maxMs: 15_000 });
      const fetch = async (url, init) => {
        const response = await inner.fetch(url, init);
        if (!url.includes("/events")) return response;
        // The end of the stream is a failure.
        const reader = response.body.getReader();
        const body = new ReadableStream({
          async pull(controller) {
            const { done, value } = await reader.read();
            if (done) controller.error(new TypeError("the connection was reset"));
            else controller.enqueue(value);
          },
          cancel: () => reader.cancel(),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch, transport: "sse" });
      await time.until(waiting, 250_000);
      assert.ok(inner.of("stream").length > 8, `${inner.of("stream").length} streams`);
      assert.equal(inner.of("poll").length, 0);
    }),

  "a stream without a heartbeat is broken": ({ cloudflow }) =>
    virtually(async (time) => {
      const gateway = pushGateway({
        states: [
          [0, "Running"],
          [600_000, "Succeeded"],
        ],
        onStream: (number, { init }) =>
          number > 2
            ? undefined
            : streamed(
                (send) => {
                  send(": silent from now on\n\n");
                  if (number === 2)
                    send(
                      'id: 1.0\nevent: execution\ndata: {"Status":"Running","RequestId":"r","FlowName":"f","Name":"e","FlowDefinition":"x"}\n\n',
                    );
                },
                { signal: init.signal },
              ),
      });
      const retries = [];
      const onRetry = ({ error }) => void retries.push([error.kind, error.message.includes("silent")]);
      const { seen, ended } = watched(
        time,
        cloudflow.watchExecution(CALL, { ...base, fetch: gateway.fetch, onRetry, transport: "sse" }),
      );
      await time.until(ended, 700_000);
      assert.equal(gateway.of("stream").length, 3);
      assert.deepEqual(seen.at(-1), ["Succeeded", 600_000]);
      // Without a first state, the time of the attempt is over before.
      assert.deepEqual(retries, [
        ["timeout", false],
        ["network", true],
      ]);
    }),

  "after a sleep of the machine, the stream is a new one": ({ cloudflow }) =>
    virtually(async (time) => {
      for (const steady of [false, true]) {
        const gateway = pushGateway({ states: [...STATES.slice(0, 2), [4_000_000, "Succeeded"]] });
        const onRetry = () => assert.ok(false, "no retry");
        const { seen, ended } = watched(
          time,
          cloudflow.watchExecution(CALL, { ...base, fetch: gateway.fetch, onRetry }),
        );
        await time.pass(31_000);
        await time.suspend(3_600_000, { steady });
        await time.pass(20_000);
        assert.deepEqual(gateway.kinds(), ["now", "stream", "stream"]);
        assert.deepEqual([gateway.open, gateway.cancelled], [1, 1]);
        assert.equal(gateway.seen.at(-1).headers.get("last-event-id"), "2.0");
        await time.until(ended, 4_000_000);
        assert.equal(seen.length, 3);
      }
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

  "a stream that does not complete the history is left for the pages": ({ cloudflow }) =>
    virtually(async (time) => {
      const body = { RequestId: "r", FlowName: "f", Name: "e", Status: "Succeeded", FlowDefinition: "x" };
      const gateway = pushGateway({
        states: [
          [0, "Running"],
          [1000, "Succeeded"],
        ],
        events: [
          [0, "A"],
          [0, "B"],
          [0, "C"],
        ],
        onStream: (_, { init }) =>
          streamed(
            (send) => {
              const beat = () => {
                send(": heartbeat\n\n");
                setTimeout(beat, 15_000);
              };
              send(message("execution", "2.0", body));
              send(message("history", "2.1", { Events: [{ EventId: 1, Type: "A" }], Done: false }));
              setTimeout(beat, 15_000);
            },
            { signal: init.signal },
          ),
      });
      const ids = idsOf(
        cloudflow.executionEvents(CALL, { ...base, fetch: gateway.fetch, transport: "sse", follow: true }),
      );
      assert.deepEqual(await time.until(ids, 60_000), [1, 2, 3]);
    }),

  "a history or an execution that cannot be read is the error that it is in a poll": async ({ cloudflow }) => {
    for (const [type, data, code] of [
      ["history", '{"Events":[{"EventId":"1","Type":"A"}]}', "not-a-page"],
      ["history", '{"Events":5}', "not-a-page"],
      ["history", "<html>", "not-json"],
      ["execution", '{"RequestId":"r"}', "not-an-execution"],
      ["execution", "[]", "not-json"],
    ])
      await virtually(async (time) => {
        const gateway = pushGateway({
          states: STATES,
          onStream: (_, { init }) =>
            streamed((send) => send(`id: 1.1\nevent: ${type}\ndata: ${data}\n\n`), { signal: init.signal }),
        });
        const options = { ...base, fetch: gateway.fetch, transport: "sse" };
        const call =
          type === "history"
            ? cloudflow.executionEvents(CALL, { ...options, follow: true }).next()
            : cloudflow.waitForExecution(CALL, options);
        const failed = await time.until(rejection(call), 100_000);
        assert.deepEqual([failed.kind, failed.code], ["response", code], data);
        assert.equal(gateway.open, 0);
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

// Event streams that fail: broken connections, proxies, endpoints without streams, errors. In virtual time.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, rejection } from "../support/doubles.mjs";
import { EVENTS, STATES, idsOf, message, pushGateway, streamed, watched } from "../support/push.mjs";

const base = { endpoint: "https://gateway.example/api" };

export const tests = {
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
};

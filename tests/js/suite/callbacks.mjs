// Async callbacks: their error ends the call, as an exception of another callback does. And options without a value.

import { assert } from "../harness.mjs";
import { CALL, DONE, KEYS, RUNNING, never, pause, plain, rejection, scripted } from "../support/doubles.mjs";

const base = (fetch, more) => ({ endpoint: "https://gateway.example", fetch, retry: false, ...more });

/** A long poll that ends only with an abort. */
const held = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

/** The functions that call `onUpdate` until an execution ends. */
const ways = (cloudflow) => ({
  waitForExecution: (options) => cloudflow.waitForExecution(CALL, options),
  watchExecution: async (options) => {
    for await (const _ of cloudflow.watchExecution(CALL, options));
  },
  "createClient, wait": (options) => cloudflow.createClient(options).waitForExecution(CALL),
});

export const tests = {
  "an async callback that rejects ends the call with its error": async ({ cloudflow }) => {
    for (const [name, call] of Object.entries(ways(cloudflow))) {
      for (const thrown of [new Error("mine"), undefined, "text"]) {
        for (const after of [0, 5]) {
          const fetch = scripted(plain(RUNNING), held);
          const onUpdate = async () => {
            if (after > 0) await pause(after);
            throw thrown;
          };
          const error = await rejection(call(base(fetch, { onUpdate })));
          assert.equal(error, thrown, name);
          // The request in flight is aborted.
          for (const { signal } of fetch.seen.slice(1)) assert.ok(signal.aborted, name);
        }
      }
    }
  },

  "an async callback that rejects at any time ends the call at once": async ({ cloudflow }) => {
    const mine = new Error("mine");
    for (let turns = 0; turns < 20; turns += 1) {
      const onUpdate = async () => {
        for (let turn = 0; turn < turns; turn += 1) await undefined;
        throw mine;
      };
      // The function `credentials` is called between the two requests.
      let calls = 0;
      const credentials = async () => {
        calls += 1;
        const expiration = new Date(Date.now() + (calls > 1 ? 3_600_000 : 1)).toISOString();
        return { ...KEYS, expiration };
      };
      const began = performance.now();
      const fetch = scripted(plain(RUNNING), held);
      const error = await rejection(cloudflow.waitForExecution(CALL, base(fetch, { onUpdate, credentials })));
      assert.equal(error, mine);
      assert.ok(performance.now() - began < 5000, `after ${turns} turns`);
    }
  },

  "an async callback of the last change is awaited": async ({ cloudflow }) => {
    const mine = new Error("mine");
    for (const [name, call] of Object.entries(ways(cloudflow))) {
      const onUpdate = async () => {
        await pause(5);
        throw mine;
      };
      assert.equal(await rejection(call(base(scripted(plain(DONE)), { onUpdate }))), mine, name);
      let written = 0;
      const write = async () => {
        await pause(5);
        written += 1;
      };
      await call(base(scripted(plain(RUNNING), plain(DONE)), { onUpdate: write }));
      assert.equal(written, 2, name);
      // An abort ends the wait for a callback that does not finish.
      const controller = new AbortController();
      const waiting = rejection(call(base(scripted(plain(DONE)), { onUpdate: never, signal: controller.signal })));
      await pause(5);
      controller.abort(mine);
      assert.equal(await waiting, mine, name);
    }
  },

  "the error of a call precedes that of a callback that has not finished": async ({ cloudflow }) => {
    const fetch = scripted(plain(RUNNING), plain({ Code: "FlowNotExists", Message: "gone" }, 404));
    const onUpdate = async () => {
      await pause(20);
      throw new Error("late");
    };
    const error = await rejection(cloudflow.waitForExecution(CALL, base(fetch, { onUpdate })));
    assert.equal(error.code, "FlowNotExists");
    // The late error is not an unhandled rejection, which would end the run.
    await pause(30);
  },

  "an async onRetry that rejects ends the call with its error": async ({ cloudflow }) => {
    const mine = new Error("mine");
    const fetch = scripted(plain({ Code: "InternalServerError", Message: "later" }, 500));
    const onRetry = async () => {
      await pause(1);
      throw mine;
    };
    const options = { ...base(fetch, { onRetry }), retry: { baseDelayMs: 5000, maxDelayMs: 5000 } };
    assert.equal(await rejection(cloudflow.waitForExecution(CALL, options)), mine);
    assert.equal(fetch.seen.length, 1);
  },

  "an async callback that rejects ends its follower of the events": async ({ cloudflow }) => {
    const mine = new Error("mine");
    for (const status of ["Running", "Succeeded"]) {
      const events = [
        { EventId: 1, ScheduleEventId: 0, Type: "ExecutionStarted", StepName: "", Time: "", EventDetail: "{}" },
      ];
      if (status !== "Running") events.push({ ...events[0], EventId: 2, Type: "ExecutionSucceeded" });
      let polls = 0;
      const fetch = (url, init) => {
        const isHistory = new URL(url).searchParams.get("Action") === "GetExecutionHistory";
        if (isHistory) return plain({ RequestId: "r", Events: events });
        polls += 1;
        return polls > 1 && status === "Running" ? held(url, init) : plain({ ...RUNNING, Status: status });
      };
      const onUpdate = async () => {
        await pause(5);
        throw mine;
      };
      const follow = async () => {
        for await (const _ of cloudflow.executionEvents(CALL, base(fetch, { follow: true, onUpdate })));
      };
      assert.equal(await rejection(follow()), mine, status);
    }
  },

  "an option without a value is absent": async ({ cloudflow, local, createGateway }) => {
    const nothing = { nameOfNoOption: undefined };
    const names = ["region", "credentials", "signature", "headers", "retry", "signal", "timeoutMs", "waitTimeSeconds"];
    const none = Object.fromEntries(
      [...names, "onUpdate", "onRetry", "follow", "limit"].map((name) => [name, undefined]),
    );
    const fetch = scripted(plain(DONE));
    const options = { ...none, ...nothing, endpoint: "https://gateway.example", fetch };
    const request = { ...CALL, ...nothing, limit: undefined };
    assert.equal((await cloudflow.describeExecution(request, options)).name, "e");
    assert.equal((await cloudflow.waitForExecution(request, options)).name, "e");
    assert.equal((await cloudflow.watchExecution(request, options).next()).value.name, "e");
    // The option of the client counts.
    const client = cloudflow.createClient({
      ...options,
      headers: { "x-mine": "1", "x-none": undefined },
      retry: false,
    });
    let headers;
    const fetchOnce = (_, init) => {
      headers = new Headers(init.headers);
      return plain(DONE);
    };
    await client.describeExecution(CALL, { ...none, fetch: fetchOnce });
    assert.equal(headers.get("x-mine"), "1");
    assert.equal(headers.get("x-none"), null);
    const refused = await rejection(
      client.describeExecution(CALL, { fetch: () => plain("", 503), ...none, ...nothing }),
    );
    assert.equal(refused.attempts, 1);

    assert.ok(
      cloudflow.validateFlow("type: flow\nversion: v1\nsteps:\n- type: succeed\n  name: a\n", {
        mode: undefined,
        ...nothing,
      }).valid,
    );
    const emulator = local.createEmulator({ speed: undefined, faults: { status: undefined, ...nothing }, ...nothing });
    assert.ok(emulator.save({ journal: undefined, ...nothing }).length > 0);
    emulator.close();
    const flow =
      "Type: StateMachine\nName: f\nSpecVersion: v1\nStartAt: a\nStates: [{Type: Pass, Name: a, End: true}]\n";
    assert.equal(
      (await local.simulateFlow(flow, { input: undefined, mode: undefined, ...nothing })).status,
      "Succeeded",
    );
    await local.signRequest("ListFlows", {}, { now: undefined, ...nothing });
    createGateway({ authorize: () => true, upstream: () => ({}), origins: undefined, ...nothing });
    // A name that has a value is reported.
    const error = await rejection(cloudflow.describeExecution(CALL, { ...options, nameOfNoOption: 1 }));
    assert.equal(error.code, "unknown-option");
  },
};

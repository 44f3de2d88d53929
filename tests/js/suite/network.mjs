// The client with network faults and hostile callers: aborts at every moment and with every reason, arbitrary `fetch`
// functions, invalid responses. In virtual time.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import {
  CALL,
  countingSignal,
  DONE,
  KEYS,
  never,
  pause,
  plain,
  rejection,
  RUNNING,
  scripted,
} from "../support/doubles.mjs";

const options = (fetch, more) => ({
  endpoint: "https://service.example",
  fetch,
  dangerouslyAllowBrowser: true,
  ...more,
});

/** Reasons of all types. The host replaces `undefined` by an error. */
const reasons = (runtime) => [
  "user left",
  "",
  0,
  null,
  undefined,
  false,
  Symbol("mine"),
  { kind: "mine", code: 5 },
  Object.freeze(new Error("frozen")),
  Object.freeze({ kind: "service", code: "x", message: "not one of ours", retryable: false, attempts: 1 }),
  ["an array"],
  () => {},
  // A promise reads the property `then` of its value, and workerd reads properties of an abort reason.
  ...(runtime === "workerd"
    ? []
    : [
        new Proxy(
          {},
          {
            get(_, name) {
              if (name !== "then") throw new Error("do not look");
            },
          },
        ),
      ]),
];

/** The phases of a call in which its caller may abort, with the options that keep the call in the phase. */
const MOMENTS = {
  "while credentials are fetched": () => ({ fetch: scripted(never), credentials: never }),
  "while sending": () => ({ fetch: scripted(never) }),
  "while the body is read": () => ({ fetch: scripted(() => ({ ...plain(""), text: never })) }),
  "while backing off": () => ({ fetch: scripted(() => plain("", 503, { "retry-after": "3600" }), never), until: 1000 }),
  "while slowing down": () => ({ fetch: scripted(plain(RUNNING)), onUpdate() {}, until: 2500 }),
};

export const tests = {
  "an abort at any moment rejects at once, with the reason itself": ({ cloudflow, runtime }) =>
    virtually(async (time) => {
      for (const [moment, prepare] of Object.entries(MOMENTS)) {
        for (const reason of reasons(runtime)) {
          const { fetch, until = 0, ...more } = prepare();
          const signal = countingSignal();
          const call = cloudflow.waitForExecution(CALL, options(fetch, { signal, ...more }));
          const ended = rejection(call);
          await time.pass(until);
          const sent = fetch.seen.length;
          assert.equal(sent > 0, moment !== "while credentials are fetched", moment);
          const before = time.now();
          signal.abort(reason);
          assert.equal(await time.until(ended, 0), signal.reason, moment);
          if (reason !== undefined) assert.equal(signal.reason, reason);
          assert.equal(time.now(), before, moment);
          assert.equal(signal.listening, 0, `${moment}: listeners`);
          const under = moment === "while sending" || moment === "while the body is read";
          if (under) assert.ok(fetch.seen.at(-1).signal.aborted, `${moment}: the request is given up`);
          await time.pass(3_700_000);
          assert.equal(fetch.seen.length, sent, `${moment}: nothing is sent afterwards`);
          assert.equal(time.timers(), 0, `${moment}: timers`);
        }
      }
    }),

  "a call with an aborted signal sends nothing": async ({ cloudflow, runtime }) => {
    for (const reason of reasons(runtime)) {
      const signal = countingSignal();
      signal.abort(reason);
      const fetch = scripted(plain(DONE));
      const credentials = () => {
        throw new Error("nobody needs them");
      };
      for (const ask of [cloudflow.describeExecution, cloudflow.waitForExecution]) {
        assert.equal(await rejection(ask(CALL, options(fetch, { signal, credentials }))), signal.reason);
      }
      assert.equal(await rejection(cloudflow.watchExecution(CALL, options(fetch, { signal })).next()), signal.reason);
      assert.equal(fetch.seen.length, 0);
      assert.equal(signal.listening, 0);
    }
  },

  "an aborted call leaves the queue of the rate limit": ({ cloudflow }) =>
    virtually(async (time) => {
      const fetch = scripted(never);
      const client = cloudflow.createClient(options(fetch, { credentials: KEYS }));
      const signals = Array.from({ length: 60 }, countingSignal);
      const ends = signals.map((signal) => rejection(client.describeExecution(CALL, { signal })));
      await time.settle();
      const sent = fetch.seen.length;
      assert.ok(sent >= 40 && sent <= 50, `a burst, not ${sent}`);
      for (const signal of signals.slice(sent, 59)) signal.abort("enough");
      for (const end of ends.slice(sent, 59)) assert.equal(await time.until(end, 0), "enough");
      // The remaining call is the next one.
      await time.pass(2500);
      assert.equal(fetch.seen.length, sent + 1);
      for (const signal of signals) signal.abort("all");
      for (const end of ends) await time.until(end, 0);
      assert.deepEqual(
        signals.filter(({ listening }) => listening !== 0),
        [],
      );
      assert.equal(time.timers(), 0);
    }),

  "an invalid fetch function is a network error or an invalid response": ({ cloudflow }) =>
    virtually(async (time) => {
      const thrower = (thrown) => () => {
        throw thrown;
      };
      const rejecter = (reason) => () => Promise.reject(reason);
      const circular = { message: "in a circle" };
      circular.cause = circular;
      const hostile = {
        get message() {
          throw new Error("no");
        },
        get cause() {
          throw new Error("no");
        },
      };
      const thrown = [
        new TypeError("mine"),
        "mine",
        undefined,
        null,
        5,
        Symbol("mine"),
        circular,
        hostile,
        Object.freeze(new Error("frozen")),
      ];
      const network = [
        ...thrown.map(thrower),
        ...thrown.map(rejecter),
        () => ({
          then() {
            throw new Error("a bad thenable");
          },
        }),
        () => ({
          then(_, reject) {
            reject("no");
            reject("twice");
            throw new Error("and more");
          },
        }),
        ...thrown.map((reason) => () => ({ ...plain(""), text: rejecter(reason) })),
        ...thrown.map((reason) => () => ({ ...plain(""), text: thrower(reason) })),
      ];
      const response = [
        undefined,
        null,
        5,
        "text",
        [],
        {},
        { status: 200 },
        { status: 200, text: "no" },
        { status: "200", text: () => "{}" },
        () => {},
        {
          get status() {
            throw new Error("no");
          },
        },
        {
          status: 200,
          get text() {
            throw new Error("no");
          },
        },
      ].map((value) => () => Promise.resolve(value));
      for (const [kind, code, fetches] of [
        ["network", "network", network],
        ["response", "not-a-response", response],
      ]) {
        for (const [at, double] of fetches.entries()) {
          const fetch = scripted(double);
          const retry = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 };
          const error = await time.until(rejection(cloudflow.describeExecution(CALL, options(fetch, { retry }))));
          assert.deepEqual([error.name, error.kind, error.code], ["CloudFlowError", kind, code], `${kind} ${at}`);
          assert.equal(error.attempts, kind === "network" ? 2 : 1, `${kind} ${at}`);
          assert.equal(fetch.seen.length, error.attempts);
        }
      }
      assert.equal(time.timers(), 0);
    }),

  "unusual but valid responses of a fetch function are accepted": async ({ cloudflow }) => {
    const body = JSON.stringify(DONE);
    const answers = {
      "not a promise": () => plain(DONE),
      "a thenable": () => ({ then: (resolve) => resolve(plain(DONE)) }),
      "a thenable that calls back twice": () => ({
        then: (resolve, reject) => {
          resolve(plain(DONE));
          reject(new Error("late"));
        },
      }),
      "a frozen answer": () => Object.freeze({ status: 200, text: () => body }),
      "a body that is not a promise": () => ({ status: 200, text: () => body }),
      "a body that is a thenable": () => ({ status: 200, text: () => ({ then: (resolve) => resolve(body) }) }),
      "no headers": () => ({ status: 200, headers: undefined, text: () => body }),
      "headers of another kind": () => ({ status: 200, headers: { date: "never" }, text: () => body }),
      "a real Response": () => new Response(body),
    };
    for (const [name, fetch] of Object.entries(answers)) {
      const execution = await cloudflow.waitForExecution(CALL, options(fetch, { retry: false }));
      assert.equal(execution.status, "Succeeded", name);
    }
  },

  "unreadable headers count as absent": ({ cloudflow }) =>
    virtually(async (time) => {
      const odd = [
        () => {
          throw new Error("no");
        },
        () => 5,
        () => null,
        () => undefined,
        () => ({}),
        () => "soon",
        () => "-5",
        () => "1e99",
      ];
      for (const get of odd) {
        const fetch = scripted({ ...plain("", 503), headers: { get } }, plain(DONE));
        const execution = await time.until(cloudflow.waitForExecution(CALL, options(fetch)), 60_000);
        assert.equal(execution.done, true);
      }
    }),

  "a body that is not a text is an invalid response, with any status": ({ cloudflow }) =>
    virtually(async (time) => {
      for (const text of [undefined, null, 5, {}, [], true]) {
        for (const status of [200, 404, 0, 700, -1, 200.5, Number.NaN, Number.MAX_VALUE]) {
          const fetch = scripted({ ...plain(""), status, text: () => text });
          const error = await time.until(
            rejection(cloudflow.describeExecution(CALL, options(fetch, { retry: false }))),
          );
          assert.deepEqual([error.name, error.kind], ["CloudFlowError", "response"], `${status} ${text}`);
        }
      }
    }),

  "a byte order mark is removed at the beginning of a body, and is a character elsewhere": async ({ cloudflow }) => {
    const body = JSON.stringify({
      ...RUNNING,
      Status: "Succeeded",
      Output: "a\ufeff\ufeffb",
      FlowDefinition: "\ufeffx",
    });
    for (const [mark, size] of ["", "\ufeff"].flatMap((mark) => [1, 2, 3, 5, 7, 1000].map((size) => [mark, size]))) {
      const bytes = new TextEncoder().encode(`${mark}${body}`);
      let at = 0;
      const stream = new ReadableStream({
        pull(controller) {
          controller.enqueue(bytes.subarray(at, at + size));
          at += size;
          if (at >= bytes.length) controller.close();
        },
      });
      const fetch = () => Promise.resolve(new Response(stream));
      const options = { endpoint: "https://gateway.example", fetch };
      const { output, flowDefinition } = await cloudflow.describeExecution(
        { flowName: "f", executionName: "e" },
        options,
      );
      assert.deepEqual([output, flowDefinition], ["a\ufeff\ufeffb", "\ufeffx"], `parts of ${size} bytes`);
    }
  },

  "a response is read up to 8 MiB, regardless of its headers, and the rest is cancelled": async ({
    cloudflow,
    createGateway,
  }) => {
    const chunk = new TextEncoder().encode(" ".repeat(65_536));
    const endless = (status, headers) => {
      const state = { sent: 0, cancelled: false };
      const stream = new ReadableStream({
        pull(controller) {
          state.sent += chunk.length;
          controller.enqueue(chunk);
        },
        cancel() {
          state.cancelled = true;
        },
      });
      return { state, respond: () => new Response(stream, { status, headers }) };
    };
    for (const [status, headers] of [
      [200, {}],
      [200, { "content-length": "10" }],
      [500, {}],
      [404, { "content-length": "999999999" }],
    ]) {
      const { state, respond } = endless(status, headers);
      const fetch = scripted(respond);
      const error = await rejection(cloudflow.describeExecution(CALL, options(fetch)));
      assert.deepEqual(
        [error.name, error.kind, error.code, error.status],
        ["CloudFlowError", "response", "response-too-large", status],
      );
      assert.equal(fetch.seen.length, 1);
      assert.ok(state.cancelled && state.sent <= 9 * 1024 * 1024, `${state.sent} bytes`);
    }
    // A test double without a stream has read the body already.
    const long = () => ({ ...plain(""), text: async () => " ".repeat(9_000_000) });
    assert.equal(
      (await rejection(cloudflow.describeExecution(CALL, options(scripted(long))))).code,
      "response-too-large",
    );
    // Below the limit, in many parts, also parts of characters.
    const Output = JSON.stringify("鍋🫖".repeat(300_000));
    const body = new TextEncoder().encode(JSON.stringify({ ...DONE, Output }));
    const parts = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 9973) controller.enqueue(body.slice(at, at + 9973));
        controller.close();
      },
    });
    const execution = await cloudflow.describeExecution(CALL, options(scripted(() => new Response(parts))));
    assert.ok(execution.output === Output, "the whole text");

    const { state, respond } = endless(200, {});
    const gateway = createGateway({ upstream: () => options(async () => respond()), authorize: () => true });
    const url = "https://g.example/?Action=DescribeExecution&Version=2019-03-15&ExecutionName=e&FlowName=f";
    const response = await gateway.fetch({ method: "GET", url, headers: new Headers() }, {});
    assert.deepEqual(
      [response.status, (await response.json()).Code, state.cancelled],
      [503, "ServiceUnavailable", true],
    );
  },

  "a slow body ends with the timeout or with the abort": async ({ cloudflow }) => {
    for (const how of ["time", "abort"]) {
      let cancelled = false;
      let timer;
      const stream = new ReadableStream({
        start(controller) {
          timer = setInterval(() => controller.enqueue(new Uint8Array([32])), 5);
        },
        cancel() {
          cancelled = true;
          clearInterval(timer);
        },
      });
      const controller = new AbortController();
      const more = how === "time" ? { timeoutMs: 100, retry: false } : { signal: controller.signal };
      if (how === "abort") setTimeout(() => controller.abort("left"), 50);
      const error = await rejection(
        cloudflow.describeExecution(
          CALL,
          options(
            scripted(() => new Response(stream)),
            more,
          ),
        ),
      );
      if (how === "abort") assert.equal(error, "left");
      else assert.equal(error.kind, "timeout");
      await pause(20);
      clearInterval(timer);
      assert.ok(cancelled, `${how}: the body is cancelled`);
    }
  },

  "a fetch that never settles ends with the timeout, and its signal is aborted": ({ cloudflow }) =>
    virtually(async (time) => {
      for (const double of [never, () => ({ ...plain(""), text: never }), () => ({ then() {} })]) {
        for (const ask of [cloudflow.describeExecution, cloudflow.waitForExecution]) {
          const fetch = scripted(double);
          const error = await time.until(rejection(ask(CALL, options(fetch, { timeoutMs: 5000, retry: false }))), 5100);
          assert.deepEqual([error.kind, error.code], ["timeout", "timeout"]);
          assert.ok(fetch.seen.every(({ signal }) => signal.aborted));
          assert.equal(time.timers(), 0);
        }
      }
    }),

  "transient errors are retried; permanent errors are not": ({ cloudflow }) =>
    virtually(async (time) => {
      const fault = (Code, status, headers) => plain({ Code, Message: "m", RequestId: "r" }, status, headers);
      const page = (status) => plain(`<html><title>${status}</title></html>`, status, { "content-type": "text/html" });
      const passing = [
        fault("ResourceThrottled", 429),
        fault("Throttling", 400),
        fault("Throttling.User", 400),
        fault("Throttling.Api", 400),
        fault("ServiceUnavailable", 503),
        fault("InternalServerError", 500),
        fault("Unheard.Of", 500),
        fault("Unheard.Of", 429),
        page(502),
        page(503),
        page(504),
        plain("", 502),
        plain("", 429),
        plain("", 408),
        plain(JSON.stringify(RUNNING).slice(0, 40)),
        plain(""),
        () => Promise.reject(new TypeError("fetch failed")),
      ];
      for (const [at, first] of passing.entries()) {
        const fetch = scripted(first, first, plain(DONE));
        const execution = await time.until(cloudflow.describeExecution(CALL, options(fetch)), 60_000);
        assert.deepEqual([execution.status, fetch.seen.length], ["Succeeded", 3], `${at}`);
      }
      const final = [
        fault("FlowNotExists", 404),
        fault("InvalidArgument", 400),
        fault("AccessDenied", 403),
        fault("SignatureNotMatch", 403),
        fault("InvalidAccessKeyID", 403),
        fault("Unheard.Of", 400),
        fault("Unheard.Of", 200),
        page(200),
        page(404),
        plain("", 400),
        plain("[]"),
        plain({ FlowName: "f" }),
        plain("", 301),
      ];
      for (const [at, first] of final.entries()) {
        const fetch = scripted(first, plain(DONE));
        const error = await time.until(
          rejection(cloudflow.waitForExecution(CALL, options(fetch, { credentials: KEYS }))),
          60_000,
        );
        assert.deepEqual(
          [error.name, error.retryable, error.attempts, fetch.seen.length],
          ["CloudFlowError", false, 1, 1],
          `${at}: ${error}`,
        );
      }
    }),

  "no request is sent before the delay that the service requests": ({ cloudflow }) =>
    virtually(async (time) => {
      const busy = (headers, status = 429) => plain({ Code: "ResourceThrottled", Message: "m" }, status, headers);
      for (const [headers, least] of [
        [{ "x-acs-retry-after": "7000" }, 7000],
        [{ "retry-after": "12" }, 12_000],
        [{ "x-acs-retry-after": "90", "retry-after": "60" }, 90],
      ]) {
        const fetch = scripted(busy(headers), plain(DONE));
        await time.until(
          cloudflow.describeExecution(CALL, options(fetch, { credentials: KEYS, retry: { baseDelayMs: 1 } })),
        );
        const [first, second] = fetch.seen;
        assert.ok(second.at - first.at >= least, `${second.at - first.at} ms instead of ${least}`);
      }
      // A throttled response delays all calls of the client.
      const fetch = scripted(busy({ "x-acs-retry-after": "5000" }), plain(DONE));
      const client = cloudflow.createClient(options(fetch, { credentials: KEYS }));
      const first = client.describeExecution(CALL);
      await time.settle();
      const others = [client.describeExecution(CALL), client.describeExecution({ ...CALL, executionName: "g" })];
      await time.until(Promise.all([first, ...others]));
      const [begin, ...after] = fetch.seen.map(({ at }) => at);
      assert.ok(after.length === 3 && after.every((at) => at - begin >= 5000), `${after.map((at) => at - begin)}`);
    }),

  "a timeout reports the preceding error": ({ cloudflow }) =>
    virtually(async (time) => {
      const fetch = scripted(() => Promise.reject(new TypeError("the line is dead")));
      const more = { timeoutMs: 20_000, retry: { maxAttempts: 100, baseDelayMs: 1000, maxDelayMs: 4000 } };
      const error = await time.until(rejection(cloudflow.waitForExecution(CALL, options(fetch, more))), 20_100);
      assert.ok(/the line is dead/.test(error.message), error.message);
      assert.ok(error.retryable && error.attempts > 3, `${error.attempts} attempts`);
    }),
};

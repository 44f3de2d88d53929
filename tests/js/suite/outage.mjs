// A gateway that is unavailable for a while, and caches between the client and the gateway.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";
import { CALL, DONE, plain, rejection, RUNNING, scripted } from "../support/doubles.mjs";

const base = { endpoint: "https://gateway.example/api" };

/** Ways to be unavailable. */
const OUTAGES = {
  "no connection": () => Promise.reject(new TypeError("fetch failed")),
  "502 without a body": () => plain("", 502),
  "503 with a page": () => plain("<html><title>Deploying</title></html>", 503),
  "504 with a text": () => plain("upstream timed out", 504),
  "521 of a content delivery network": () => plain("error code: 521", 521),
  "522 of a content delivery network": () => plain("error code: 522", 522),
  "530 of a content delivery network": () => plain("error code: 1016", 530),
  "an empty 200": () => plain("", 200),
  "a 200 that is cut off": () => plain('{"RequestId":"r","FlowName":"', 200),
  "a 503 of the service": () => plain({ Code: "ServiceUnavailable", Message: "x" }, 503),
  "a throttled account": () => plain({ Code: "ResourceThrottled", Message: "x" }, 429),
};

/** A gateway that holds responses for 20 s, and is unavailable from second 30 on. */
function gateway(time, { outage, seconds = 120, end = 30 + seconds + 60 }) {
  const isDown = () => time.now() >= 30_000 && time.now() < (30 + seconds) * 1000;
  return scripted(async (url, init) => {
    if (isDown()) return outage();
    const wait = Number(new URL(url).searchParams.get("WaitTimeSeconds") ?? 0);
    for (let second = 0; second < wait && time.now() < end * 1000 && !isDown(); second += 1)
      await new Promise((resolve) => setTimeout(resolve, 1000));
    if (init.signal.aborted) throw init.signal.reason;
    if (isDown()) return outage();
    return plain(time.now() >= end * 1000 ? DONE : RUNNING);
  });
}

export const tests = {
  "a wait survives a gateway that is unavailable for two minutes, however": async ({ cloudflow }) => {
    let tried = 0;
    for (const [name, outage] of Object.entries(OUTAGES))
      for (const seconds of [6, 120, 600])
        await virtually(async (time) => {
          const fetch = gateway(time, { outage, seconds });
          const retries = [];
          const onRetry = (retry) => retries.push(retry);
          const waiting = cloudflow.waitForExecution(CALL, { ...base, fetch, onRetry });
          const execution = await time.until(waiting, (30 + seconds + 200) * 1000);
          assert.equal(execution.done, true, `${name}, ${seconds} s`);
          assert.ok(retries.length > 0, name);
          assert.deepEqual(
            retries.map(({ attempt }) => attempt),
            retries.map((_, at) => at + 1),
            `${name}: the attempts are counted`,
          );
          for (const { attempt, delayMs, error } of retries) {
            assert.ok(delayMs >= 0 && delayMs <= Math.min(500 * 2 ** (attempt - 1), 30_000), `${name}: ${delayMs} ms`);
            assert.ok(error instanceof cloudflow.CloudFlowError && error.message !== "", name);
            assert.equal(error.attempts, attempt);
          }
          // At most one attempt for each pause of half the maximum on average.
          assert.ok(retries.length < 10 + seconds / 5, `${name}: ${retries.length} attempts in ${seconds} s`);
          tried += 1;
        });
    assert.equal(tried, 33);
  },

  "a watcher survives the outage too, and its iterator ends with the execution": ({ cloudflow }) =>
    virtually(async (time) => {
      const fetch = gateway(time, { outage: OUTAGES["no connection"] });
      const statuses = [];
      let reported = 0;
      const onRetry = () => (reported += 1);
      const ended = (async () => {
        for await (const { status } of cloudflow.watchExecution(CALL, { ...base, fetch, onRetry }))
          statuses.push(status);
      })();
      await time.until(ended, 400_000);
      assert.deepEqual(statuses, ["Running", "Succeeded"]);
      assert.ok(reported > 5);
    }),

  "a wait that begins during the outage survives it": ({ cloudflow }) =>
    virtually(async (time) => {
      await time.pass(31_000);
      const fetch = gateway(time, { outage: OUTAGES["no connection"] });
      const execution = await time.until(cloudflow.waitForExecution(CALL, { ...base, fetch }), 400_000);
      assert.equal(execution.done, true);
    }),

  "only timeoutMs, the signal, a permanent refusal or maxAttempts ends a wait": async ({ cloudflow }) => {
    const outage = OUTAGES["no connection"];
    await virtually(async (time) => {
      const fetch = gateway(time, { outage, seconds: 10_000 });
      const ended = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, timeoutMs: 90_000 }));
      const error = await time.until(ended, 100_000);
      assert.equal(error.kind, "network");
      assert.ok(time.now() > 88_000, `the time is used: ${time.now()} ms`);
    });
    await virtually(async (time) => {
      const fetch = gateway(time, { outage, seconds: 10_000 });
      const controller = new AbortController();
      const ended = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, signal: controller.signal }));
      await time.pass(5_000_000);
      controller.abort("enough");
      assert.equal(await time.until(ended, 0), "enough");
    });
    await virtually(async (time) => {
      let left = 5;
      const fetch = scripted(() => ((left -= 1) >= 0 ? outage() : plain({ Code: "AccessDenied", Message: "no" }, 403)));
      const error = await time.until(rejection(cloudflow.waitForExecution(CALL, { ...base, fetch })), 100_000);
      assert.equal(error.code, "AccessDenied");
    });
    await virtually(async (time) => {
      const retry = { maxAttempts: 3 };
      const fetch = gateway(time, { outage, seconds: 10_000 });
      const error = await time.until(rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, retry })), 100_000);
      assert.deepEqual([error.kind, error.attempts], ["network", 3]);
    });
    await virtually(async (time) => {
      const fetch = scripted(outage);
      const error = await time.until(rejection(cloudflow.describeExecution(CALL, { ...base, fetch })), 100_000);
      assert.deepEqual([error.kind, error.attempts], ["network", 5]);
    });
  },

  "an exception of onRetry ends the call; another type is refused": ({ cloudflow }) =>
    virtually(async (time) => {
      const mine = new Error("mine");
      const fetch = scripted(OUTAGES["no connection"]);
      const onRetry = () => {
        throw mine;
      };
      assert.equal(
        await time.until(rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, onRetry })), 1000),
        mine,
      );
      for (const wrong of [1, "x", {}, true]) {
        const error = await rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, onRetry: wrong }));
        assert.deepEqual([error.kind, error.code], ["request", "wrong-type"]);
      }
      const error = await rejection(cloudflow.describeExecution(CALL, { ...base, fetch, onRetry() {} }));
      assert.equal(error.code, "unknown-option");
    }),

  "an abort in onRetry ends the call with its reason": ({ cloudflow }) =>
    virtually(async (time) => {
      const controller = new AbortController();
      const { signal } = controller;
      const fetch = scripted(OUTAGES["no connection"]);
      const onRetry = () => controller.abort("left");
      const ended = rejection(cloudflow.waitForExecution(CALL, { ...base, fetch, signal, onRetry }));
      assert.equal(await time.until(ended, 1000), "left");
    }),

  "every request is sent with `no-store`, where the host accepts it": async ({ cloudflow }) => {
    const accepts = acceptsCache();
    const { Request } = globalThis;
    /** A host that throws on the option, as Workers before 2024-11-11. */
    class Old extends Request {
      constructor(input, init) {
        if (init?.cache !== undefined)
          throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.");
        super(input, init);
      }
    }
    for (const [host, expected] of [
      [Request, accepts],
      [Old, false],
      [undefined, false],
      [Request, accepts],
    ]) {
      globalThis.Request = host;
      try {
        const fetch = scripted(plain(RUNNING), plain(DONE));
        const inits = [];
        const seen = (url, init) => {
          inits.push(init);
          return fetch(url, init);
        };
        await cloudflow.describeExecution(CALL, { ...base, fetch: seen });
        await cloudflow.waitForExecution(CALL, { ...base, fetch: seen });
        assert.equal(inits.length, 2);
        for (const init of inits) assert.equal(init.cache, expected ? "no-store" : undefined);
      } finally {
        globalThis.Request = Request;
      }
    }
  },

  "a wait ends behind a cache that keeps every GET unless told otherwise": async ({ cloudflow }) => {
    // As the patched `fetch` of Next.js 13 and 14: the URL to a gateway is the same for each poll.
    const kept = new Map();
    let asked = 0;
    const service = () => plain((asked += 1) < 3 ? RUNNING : DONE);
    const fetch = async (url, init) => {
      if (init.cache === "no-store") return service();
      if (!kept.has(url)) kept.set(url, service());
      return kept.get(url);
    };
    if (!acceptsCache()) return;
    await virtually(async (time) => {
      const execution = await time.until(cloudflow.waitForExecution(CALL, { ...base, fetch }), 30_000);
      assert.equal(execution.done, true);
    });
  },
};

/** Whether `fetch` of this host accepts the option `cache`. */
function acceptsCache() {
  try {
    return new Request("http://localhost/", { cache: "no-store" }).cache !== undefined;
  } catch {
    return false;
  }
}

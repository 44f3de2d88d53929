// describeExecution and waitForExecution with a `fetch` of the test: requests, responses and errors. No network, so
// that all runtimes behave the same.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";

const CALL = { flowName: "f", executionName: "e" };
const KEYS = { accessKeyId: "testid", accessKeySecret: "very-secret", securityToken: "very-token" };
const RUNNING = {
  RequestId: "r",
  FlowName: "f",
  Name: "e",
  Status: "Running",
  FlowDefinition: "type: flow\n",
  Output: "",
};

const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const options = (fetch, more) => ({ endpoint: "https://service.example", fetch, ...more });

/** Returns the rejection reason of a promise. Fails if the promise resolves. */
async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it did not reject but gave ${JSON.stringify(value)}`);
}

export const tests = {
  "a missing permission names the resource, with the region of the endpoint and the account": async ({ cloudflow }) => {
    let tried = 0;
    for (const [endpoint, region] of [
      ["https://cn-hangzhou.fnf.aliyuncs.com", "cn-hangzhou"],
      ["https://us-west-1-internal.fnf.aliyuncs.com", "us-west-1"],
      ["https://cn-beijing-classic.fnf.aliyuncs.com", "cn-beijing"],
      ["https://1234.cn-shanghai.fnf.aliyuncs.com", "cn-shanghai"],
      ["https://gateway.example", "*"],
    ])
      for (const Code of ["AccessDenied", "NoPermission", "Forbidden.RAM", "Forbidden"])
        for (const [AccessDeniedDetail, account] of [
          [undefined, "*"],
          [{ AuthAction: "fnf:DescribeExecution", AuthPrincipalOwnerId: "1987654321" }, "1987654321"],
        ])
          for (const [Message, isNamed] of [
            ["The resources doesn't belong to you.", false],
            [`not authorized on resource 'acs:fnf:cn-hangzhou:5:flow/f'`, true],
            ["FnF service is not enabled for current user.", undefined],
          ]) {
            const fetch = () => json({ RequestId: "r", Code, Message, AccessDeniedDetail }, 403);
            const { message } = await rejection(cloudflow.describeExecution(CALL, { endpoint, fetch }));
            const resource = `; the resource is \`acs:fnf:${region}:${account}:flow/f\``;
            assert.equal(message.includes(resource), isNamed === false, message);
            assert.equal(message.includes("RAM policy that allows"), isNamed !== undefined, message);
            assert.equal(message.includes("activate CloudFlow"), isNamed === undefined, message);
            tried += 1;
          }
    assert.equal(tried, 120);
  },

  "every fault becomes one CloudFlowError": async ({ cloudflow, cases }) => {
    for (const { name, files } of cases("fault")) {
      const [status, ...rest] = files["answer.txt"].split("\n\n");
      const fetch = () => ({ status: Number(status), text: () => rest.join("\n\n") });
      const asked = cloudflow.describeExecution(CALL, options(fetch, { retry: false }));
      if (files.out === "none\n") {
        assert.equal((await asked).done, true, name);
        continue;
      }
      const error = await rejection(asked);
      const expected = Object.fromEntries(
        files.out
          .trimEnd()
          .split("\n")
          .map((line) => {
            const at = line.indexOf(":");
            return [line.slice(0, at), line.slice(at + 1).trim()];
          }),
      );
      assert.ok(error instanceof cloudflow.CloudFlowError, name);
      assert.equal(error.kind, expected.kind, name);
      assert.equal(error.code, expected.code, name);
      assert.ok(error.message.startsWith(expected.message), `${name}: ${error.message}`);
      assert.equal(error.requestId ?? "", expected.requestId, name);
      assert.equal(error.retryable, !["Never", "NotYetVisible"].includes(expected.retry), name);
      assert.equal(error.attempts, 1, name);
    }
  },

  "an injected fetch receives the signed URL and the options, without `this`": async ({ cloudflow }) => {
    let seen;
    const fetch = async function (url, init) {
      "use strict";
      seen = { self: this, url, init };
      return json(RUNNING);
    };
    await cloudflow.describeExecution(
      { ...CALL, waitTimeSeconds: 20 },
      options(fetch, { credentials: KEYS, headers: { "x-more": "1" } }),
    );
    assert.equal(seen.self, undefined);
    assert.ok(
      /^https:\/\/service\.example\/\?AccessKeyId=testid&Action=DescribeExecution&.*&WaitTimeSeconds=20&Signature=[^&]+$/.test(
        seen.url,
      ),
      seen.url,
    );
    assert.equal(seen.init.method, "GET");
    assert.equal(seen.init.redirect, "manual");
    assert.equal(new Headers(seen.init.headers).get("x-more"), "1");
    assert.ok(seen.init.signal instanceof AbortSignal, "a signal of our own");
  },

  "every attempt has a new time and a new signature": async ({ cloudflow }) => {
    const nonces = new Set();
    const fetch = (url) => {
      nonces.add(new URL(url).searchParams.get("SignatureNonce"));
      return json({ Code: "ResourceThrottled", Message: "x" }, 429, { "x-acs-retry-after": "5" });
    };
    const retry = { maxAttempts: 4, baseDelayMs: 1 };
    const error = await rejection(cloudflow.describeExecution(CALL, options(fetch, { credentials: KEYS, retry })));
    assert.equal(error.code, "ResourceThrottled");
    assert.equal(error.attempts, 4);
    assert.equal(nonces.size, 4);
  },

  "an abort rejects immediately with its reason, of any type": async ({ cloudflow }) => {
    const hangs = () => new Promise(() => {});
    const fails = () => Promise.reject(new TypeError("no network"));
    for (const reason of ["user left", { kind: "mine" }, new Error("mine"), 0]) {
      for (const fetch of [hangs, fails]) {
        await virtually(async (time) => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(reason), 20);
          const more = { signal: controller.signal, retry: { baseDelayMs: 60000, maxDelayMs: 60000 } };
          const error = await time.until(rejection(cloudflow.waitForExecution(CALL, options(fetch, more))));
          assert.equal(error, reason);
          assert.equal(time.now(), 20, "the call ends with the abort");
        });
      }
    }
    const error = new Error("before");
    assert.equal(
      await rejection(cloudflow.describeExecution(CALL, options(hangs, { signal: AbortSignal.abort(error) }))),
      error,
    );
    assert.equal(
      (
        await cloudflow.describeExecution(
          CALL,
          options(() => json(RUNNING)),
        )
      ).name,
      "e",
    );
  },

  "no listener remains on the caller's signal": async ({ cloudflow }) => {
    const { signal } = new AbortController();
    let listening = 0;
    const counting = {
      get aborted() {
        return signal.aborted;
      },
      get reason() {
        return signal.reason;
      },
      addEventListener(...rest) {
        listening += 1;
        signal.addEventListener(...rest);
      },
      removeEventListener(...rest) {
        listening -= 1;
        signal.removeEventListener(...rest);
      },
    };
    for (let i = 0; i < 5; i += 1)
      await cloudflow.describeExecution(
        CALL,
        options(() => json(RUNNING), { signal: counting }),
      );
    assert.equal(listening, 0);
  },

  "a timeout ends a fetch that ignores its signal": async ({ cloudflow }) => {
    const error = await rejection(
      cloudflow.describeExecution(
        CALL,
        options(() => new Promise(() => {}), { timeoutMs: 100 }),
      ),
    );
    assert.equal(error.kind, "timeout");
  },

  "a wait reports each change once and ends with the execution": async ({ cloudflow }) => {
    const told = [];
    let calls = 0;
    const fetch = () => {
      calls += 1;
      return json(calls < 2 ? { ...RUNNING, RequestId: String(calls) } : { ...RUNNING, Status: "TimedOut" });
    };
    const execution = await cloudflow.waitForExecution(
      CALL,
      options(fetch, { onUpdate: ({ status }) => told.push(status) }),
    );
    assert.equal(execution.done, true);
    assert.deepEqual(told, ["Running", "TimedOut"]);
  },

  "an expired token is refreshed once": async ({ cloudflow }) => {
    let given = 0;
    const credentials = async () => ({ ...KEYS, securityToken: `token-${(given += 1)}` });
    const old = { Code: "InvalidSecurityToken.Expired", Message: "old" };
    const first = (url) => (url.includes("token-1") ? json(old, 400) : json(RUNNING));
    assert.equal((await cloudflow.describeExecution(CALL, options(first, { credentials }))).status, "Running");
    assert.equal(given, 2);
    const error = await rejection(
      cloudflow.describeExecution(
        CALL,
        options(() => json(old, 400), { credentials }),
      ),
    );
    assert.equal(error.kind, "credentials");
    assert.equal(given, 4);
  },

  "a wrong clock is corrected once from the response": async ({ cloudflow }) => {
    const there = () => Date.now() + 3600000;
    const fetch = (url) => {
      const said = Date.parse(new URL(url).searchParams.get("Timestamp"));
      const near = Math.abs(said - there()) < 60000;
      return near
        ? json(RUNNING)
        : json({ Code: "RequestTimeTooSkewed", Message: "x" }, 403, { date: new Date(there()).toUTCString() });
    };
    assert.equal((await cloudflow.describeExecution(CALL, options(fetch, { credentials: KEYS }))).status, "Running");
  },

  "no error contains a secret": async ({ cloudflow }) => {
    const fetches = [
      (url) => Promise.reject(new Error(`cannot load ${url}`, { cause: new Error(`at ${url}`) })),
      (url) =>
        json(
          { Code: "SignatureDoesNotMatch", Message: `server string to sign is:GET&%2F&${encodeURIComponent(url)}` },
          400,
        ),
      (url) => new Response(`<p>${url} very-token very-secret</p>`, { status: 502 }),
    ];
    for (const fetch of fetches) {
      const error = await rejection(
        cloudflow.describeExecution(CALL, options(fetch, { credentials: KEYS, retry: false })),
      );
      const shown = `${error} ${error.stack} ${JSON.stringify(error)} ${error.cause} ${error.cause?.message}`;
      for (const secret of ["very-secret", "very-token", "testid"]) assert.ok(!shown.includes(secret), shown);
    }
  },

  "a callback that throws ends the wait with its error": async ({ cloudflow }) => {
    const mine = new Error("mine");
    const onUpdate = () => {
      throw mine;
    };
    assert.equal(
      await rejection(
        cloudflow.waitForExecution(
          CALL,
          options(() => json(RUNNING), { onUpdate }),
        ),
      ),
      mine,
    );
  },

  "the calls of one client fetch their credentials once": async ({ cloudflow }) => {
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      await new Promise((done) => setTimeout(done, 20));
      return { ...KEYS, securityToken: `token-${asked}` };
    };
    const old = { Code: "InvalidSecurityToken.Expired", Message: "old" };
    let expired = false;
    const fetch = (url) => (expired && url.includes("token-1") ? json(old, 400) : json(RUNNING));
    const client = cloudflow.createClient(options(fetch, { credentials }));
    const ten = () => Promise.all(Array.from({ length: 10 }, () => client.describeExecution(CALL)));
    assert.equal((await ten()).length, 10);
    assert.equal(asked, 1);
    expired = true;
    await ten();
    assert.equal(asked, 2);
    await cloudflow.createClient(options(fetch, { credentials })).describeExecution(CALL);
    assert.equal(asked, 3, "another client has its own");
  },

  "a failed credentials function fails all waiting calls, and the next call runs it again": async ({ cloudflow }) => {
    const mine = new Error("no credentials today");
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return asked === 1 ? Promise.reject(mine) : KEYS;
    };
    const client = cloudflow.createClient(options(() => json(RUNNING), { credentials }));
    const both = await Promise.all([
      rejection(client.describeExecution(CALL)),
      rejection(client.describeExecution(CALL)),
    ]);
    for (const error of both) assert.equal(error.cause, mine);
    assert.equal((await client.describeExecution(CALL)).status, "Running");
    assert.equal(asked, 2);
  },

  "a client keeps the clock offset from a header or a message of the service": async ({ cloudflow }) => {
    const there = () => new Date(Date.now() - 7200000);
    for (const told of ["header", "message"]) {
      let refused = 0;
      const fetch = (url) => {
        if (Math.abs(Date.parse(new URL(url).searchParams.get("Timestamp")) - there()) < 60000) return json(RUNNING);
        refused += 1;
        const message =
          told === "message"
            ? `The difference between the request time 2019-01-01T00:00:00Z and the current time ${there().toISOString()} is too large.`
            : "x";
        const headers = told === "header" ? { date: there().toUTCString() } : {};
        return json({ Code: "RequestTimeTooSkewed", Message: message }, 403, headers);
      };
      const client = cloudflow.createClient(options(fetch, { credentials: KEYS }));
      await Promise.all([client.describeExecution(CALL), client.describeExecution(CALL)]);
      assert.equal(refused, 2, told);
      await client.describeExecution(CALL);
      assert.equal(refused, 2, told);
    }
  },

  "the calls of one client stay within the account's quota; another client has its own quota": async ({
    cloudflow,
  }) => {
    let calls = 0;
    const fetch = () => {
      calls += 1;
      return json(RUNNING);
    };
    const client = cloudflow.createClient(options(fetch, { credentials: KEYS }));
    const controller = new AbortController();
    const ask = () => client.describeExecution(CALL, { signal: controller.signal }).catch((reason) => reason);
    const all = Promise.all(Array.from({ length: 100 }, ask));
    await new Promise((done) => setTimeout(done, 100));
    assert.ok(calls >= 45 && calls <= 50, `${calls} calls at once`);
    controller.abort("enough");
    assert.equal((await all).filter((one) => one === "enough").length, 100 - calls);
    await Promise.all(
      Array.from({ length: 60 }, () => cloudflow.describeExecution(CALL, options(fetch, { credentials: KEYS }))),
    );
    const gateway = cloudflow.createClient(options(fetch));
    await Promise.all(Array.from({ length: 60 }, () => gateway.describeExecution(CALL)));
  },

  "the secret in the error of a credentials function is redacted": async ({ cloudflow }) => {
    const shows = new Error("cannot load https://sts.example/?SecurityToken=very-token&Signature=very-secret");
    const credentials = () => Promise.reject(shows);
    const error = await rejection(
      cloudflow.describeExecution(
        CALL,
        options(() => json(RUNNING), { credentials }),
      ),
    );
    assert.equal(error.code, "credentials-failed");
    for (const text of [error.message, error.cause.message, String(error.cause.stack)]) {
      assert.ok(!/very-(token|secret)/.test(text), text);
    }
  },

  "an error states the endpoint, the missing permission and the clock difference": async ({ cloudflow }) => {
    const fails = async (body, status, headers) =>
      (
        await rejection(
          cloudflow.describeExecution(
            CALL,
            options(() => json(body, status, headers), { credentials: KEYS }),
          ),
        )
      ).message;
    assert.ok(
      (await fails({ Code: "FlowNotExists", Message: "x" }, 404)).includes(
        "; the endpoint is `https://service.example",
      ),
    );
    assert.ok((await fails({ Code: "AccessDenied", Message: "x" }, 403)).includes("`fnf:DescribeExecution`"));
    const date = new Date(Date.now() + 7230000).toUTCString();
    const message = await fails({ Code: "InvalidTimeStamp.Expired", Message: "x" }, 400, { date });
    assert.ok(message.endsWith("it is 120 minutes behind the service's"), message);
  },
};

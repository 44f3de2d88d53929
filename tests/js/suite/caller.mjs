// Calls with hostile values: options that throw, options in `Object.prototype`, lone surrogates, very long texts, one
// signal for hundreds of calls.

import { assert } from "../harness.mjs";
import { CALL, DONE, KEYS, never, plain, rejection, scripted } from "../support/doubles.mjs";

const ENDPOINT = "https://service.example";
const LONG_LIVED = { accessKeyId: "testid", accessKeySecret: "very-secret" };
const base = (fetch, more) => ({ endpoint: ENDPOINT, fetch, dangerouslyAllowBrowser: true, retry: false, ...more });

/** The functions that request an execution. Each returns a promise of it. */
const ways = (cloudflow) => ({
  describeExecution: (request, options) => cloudflow.describeExecution(request, options),
  waitForExecution: (request, options) => cloudflow.waitForExecution(request, options),
  watchExecution: async (request, options) => (await cloudflow.watchExecution(request, options).next()).value,
  "createClient, options of the client": (request, options) =>
    cloudflow.createClient(options).describeExecution(request),
  "createClient, options of the call": (request, options) =>
    cloudflow.createClient({}).describeExecution(request, options),
  "createClient, watch": async (request, options) =>
    (await cloudflow.createClient(options).watchExecution(request).next()).value,
});

/** Adds properties to `Object.prototype` while `body` runs. */
async function polluted(properties, body) {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
  }
  try {
    return await body();
  } finally {
    for (const name of Object.keys(properties)) delete Object.prototype[name];
  }
}

export const tests = {
  "a long-lived secret is sent over plain http to this machine only": async ({ cloudflow }) => {
    const outside = [
      "http://service.example",
      "HTTP://Service.Example/",
      "http://127.0.0.1.evil.com",
      "http://localhost.evil.com",
      "http://evillocalhost",
      "http://2130706433",
      "http://0x7f000001",
      "http://0x7f.1",
      "http://127.1",
      "http://0127.0.0.1",
      "http://127.0.0.256",
      "http://127.0.0.1.",
      "http://[::2]",
      "http://[::ffff:127.0.0.1]",
      "http://10.0.0.1:80",
      "http://service.example:8080/localhost",
    ];
    for (const [name, ask] of Object.entries(ways(cloudflow))) {
      for (const endpoint of outside) {
        for (const credentials of [LONG_LIVED, () => LONG_LIVED, async () => LONG_LIVED]) {
          const fetch = scripted(plain(DONE));
          const error = await rejection(ask(CALL, base(fetch, { endpoint, credentials })));
          assert.deepEqual(
            [error.name, error.kind, error.code],
            ["CloudFlowError", "credentials", "insecure-endpoint"],
            `${name} ${endpoint}`,
          );
          assert.equal(fetch.seen.length, 0, endpoint);
        }
      }
    }
    const inside = [
      "http://localhost",
      "http://localhost:8791/x",
      "http://app.localhost",
      "http://127.0.0.1:1",
      "http://127.1.2.3",
      "http://[::1]:8080",
      "http://LOCALHOST",
    ];
    for (const endpoint of inside) {
      assert.equal(
        (await cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { endpoint, credentials: LONG_LIVED })))
          .done,
        true,
        endpoint,
      );
    }
    const endpoint = "http://service.example";
    for (const more of [{ credentials: LONG_LIVED, allowInsecureHttp: true }, { credentials: KEYS }, {}]) {
      assert.equal(
        (await cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { endpoint, ...more }))).done,
        true,
      );
    }
    for (const wrong of [
      "http://127.0.0.1@evil.com",
      "http://localhost\\@evil.com",
      "http://evil.com#.localhost",
      "http://evil.com?.localhost",
      "http://evil%2ecom",
    ]) {
      const error = await rejection(
        cloudflow.describeExecution(CALL, base(never, { endpoint: wrong, credentials: LONG_LIVED })),
      );
      assert.equal(error.code, "bad-endpoint", wrong);
    }
  },

  "an error of a getter or a proxy is thrown, and no request is sent": async ({ cloudflow }) => {
    const names = [
      "region",
      "endpoint",
      "credentials",
      "signature",
      "fetch",
      "headers",
      "retry",
      "dangerouslyAllowBrowser",
      "allowInsecureHttp",
      "signal",
      "timeoutMs",
      "waitTimeSeconds",
      "onUpdate",
      "unknown",
    ];
    for (const mine of [
      new Error("mine"),
      "mine",
      undefined,
      { kind: "service", code: "x", message: "y" },
      Object.freeze(["a"]),
    ]) {
      const thrower = (name) => ({
        get [name]() {
          throw mine;
        },
      });
      const throwing = (...traps) =>
        new Proxy(
          {},
          Object.fromEntries(
            traps.map((trap) => [
              trap,
              () => {
                throw mine;
              },
            ]),
          ),
        );
      const fetch = scripted(plain(DONE));
      const own = (more) =>
        Object.defineProperties(base(fetch, { credentials: KEYS }), Object.getOwnPropertyDescriptors(more));
      const classy = (name) =>
        Object.assign(
          Object.create({
            ...thrower,
            __proto__: Object.defineProperty({}, name, {
              get() {
                throw mine;
              },
            }),
          }),
          { fetch },
        );
      const options = [
        ...names.map((name) => own(thrower(name))),
        ...names
          .slice(0, -1)
          .filter((name) => name !== "fetch")
          .map(classy),
        ...["accessKeyId", "accessKeySecret", "securityToken", "expiration"].map((name) =>
          own({ credentials: Object.defineProperties({ ...KEYS }, Object.getOwnPropertyDescriptors(thrower(name))) }),
        ),
        ...["maxAttempts", "baseDelayMs", "maxDelayMs"].map((name) => own({ retry: thrower(name) })),
        own({ headers: thrower("x-a") }),
        own({
          signal: {
            addEventListener() {},
            removeEventListener() {},
            get aborted() {
              throw mine;
            },
          },
        }),
        throwing("ownKeys"),
        own({ headers: throwing("ownKeys") }),
        own({ credentials: throwing("ownKeys") }),
        own({ retry: throwing("getPrototypeOf") }),
        new Proxy(
          { region: "cn-hangzhou" },
          {
            get() {
              throw mine;
            },
          },
        ),
      ];
      for (const [way, ask] of Object.entries(ways(cloudflow))) {
        for (const [at, given] of options.entries()) {
          const error = await rejection(ask(CALL, given));
          assert.ok(Object.is(error, mine), `${way} ${at}: ${String(error)}`);
        }
        for (const request of [
          thrower("flowName"),
          { ...CALL, ...{}, ...{}, __proto__: thrower("waitTimeSeconds") },
          throwing("ownKeys"),
        ]) {
          assert.ok(Object.is(await rejection(ask(request, base(fetch))), mine), `${way}: request`);
        }
        for (const name of ["accessKeyId", "securityToken"]) {
          const credentials = async () =>
            Object.defineProperties({ ...KEYS }, Object.getOwnPropertyDescriptors(thrower(name)));
          assert.ok(
            Object.is(await rejection(ask(CALL, base(fetch, { credentials }))), mine),
            `${way}: credentials that were given`,
          );
        }
      }
      assert.equal(fetch.seen.length, 0);
      let thrown = [];
      try {
        cloudflow.validateFlow("type: flow", thrower("mode"));
      } catch (error) {
        thrown = [error];
      }
      assert.ok(thrown.length === 1 && Object.is(thrown[0], mine), "validateFlow");
    }
    // None of these values reaches the module.
    const inFlight = cloudflow.describeExecution(
      CALL,
      base(() => new Promise((resolve) => setTimeout(() => resolve(plain(DONE)), 20))),
    );
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable([], {});
      revoke();
      return proxy;
    };
    for (const hostile of [
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no");
          },
        },
      ),
      new Proxy(
        {},
        {
          get() {
            throw new Error("no");
          },
        },
      ),
      revoked(),
      { Environment: revoked() },
    ]) {
      for (const name of ["parseExecution", "validateExecution"]) {
        assert.ok(Array.isArray(cloudflow[name](hostile).diagnostics ?? cloudflow[name](hostile)), name);
      }
    }
    for (const name of ["parseFlow", "validateFlow", "flowGraph", "flowToMermaid", "replayExecution"]) {
      assert.throws(
        () => cloudflow[name](revoked()),
        (error) => assert.equal(error.kind, "request", name),
      );
    }
    assert.equal((await inFlight).done, true, "the call in flight");
  },

  "options come from the object and its class, never from Object.prototype": async ({
    cloudflow,
    runtime,
    createGateway,
  }) => {
    const evil = {
      endpoint: "http://evil.example",
      region: "cn-evil",
      credentials: LONG_LIVED,
      headers: { "x-evil": "1" },
      retry: { maxAttempts: 9 },
      signature: "none",
      dangerouslyAllowBrowser: 5,
      allowInsecureHttp: true,
      timeoutMs: -1,
      waitTimeSeconds: 99,
      onUpdate: 5,
      signal: 5,
      accessKeyId: "evil",
      accessKeySecret: "evil",
      securityToken: "evil",
      expiration: "evil",
      maxAttempts: 99,
      baseDelayMs: -1,
      maxDelayMs: -1,
      flowName: "evil",
      executionName: "evil",
      mode: "evil",
      "x-evil": "1",
      authorize: () => true,
      origins: 5,
      maxWaitSeconds: 99,
      upstream: 5,
    };
    // The `addEventListener` of Deno reads `signal` of `Object.prototype` itself, and throws.
    if (runtime === "deno") delete evil.signal;
    for (const [way, ask] of Object.entries(ways(cloudflow))) {
      const fetch = scripted((url, init) => (assert.equal(new Headers(init.headers).get("x-evil"), null), plain(DONE)));
      await polluted(evil, async () => {
        const execution = await ask(CALL, {
          endpoint: ENDPOINT,
          fetch,
          credentials: { ...KEYS },
          headers: {},
          retry: {},
        });
        assert.equal(execution.done, true, way);
        const insecure = await rejection(
          ask(CALL, {
            endpoint: "http://service.example",
            fetch,
            credentials: { accessKeyId: "a", accessKeySecret: "b" },
          }),
        );
        assert.ok(["insecure-endpoint", "secret-in-page"].includes(insecure.code), `${way}: ${insecure}`);
        assert.equal(
          (await rejection(ask({}, { endpoint: ENDPOINT, fetch }))).code,
          "missing-field",
          `${way}: request`,
        );
        assert.equal((await rejection(ask(CALL, { fetch }))).code, "missing-field", `${way}: endpoint`);
        assert.equal(
          (await rejection(ask(CALL, { endpoint: ENDPOINT, fetch, credentials: () => ({}) }))).code,
          "bad-credentials",
          way,
        );
        const { kind, cause, status } = await rejection(ask(CALL, { endpoint: "nowhere", fetch }));
        assert.deepEqual([kind, cause, status], ["request", undefined, undefined]);
      });
      const [first] = fetch.seen;
      assert.equal(first.url.startsWith(`${ENDPOINT}/?AccessKeyId=testid&`), true, first.url);
      assert.equal(first.query.get("SecurityToken"), "very-token");
      assert.equal(fetch.seen.length, 1, way);
    }
    await polluted(evil, () => {
      assert.equal(cloudflow.validateFlow("type: flow", {}).dialect, "flow");
      for (const wrong of [{}, { upstream: () => ({}) }]) assert.throws(() => createGateway(wrong));
    });
    class Options {
      #key = { ...KEYS };
      get endpoint() {
        return ENDPOINT;
      }
      get credentials() {
        return this.#key;
      }
      get headers() {
        return new (class {
          constructor() {
            this["x-more"] = "1";
          }
        })();
      }
      get waitTimeSeconds() {
        return 7;
      }
      get retry() {
        return new (class {
          get maxAttempts() {
            return 2;
          }
        })();
      }
      fetch(url, init) {
        return (
          seen.push([url, init]),
          Promise.resolve(plain(seen.length % 2 ? { Code: "ServiceUnavailable" } : DONE, seen.length % 2 ? 503 : 200))
        );
      }
      unrelated() {
        throw new Error("nobody asked");
      }
      get alsoUnrelated() {
        throw new Error("nobody asked");
      }
      get dangerouslyAllowBrowser() {
        return true;
      }
    }
    class Derived extends Options {}
    class Request {
      get flowName() {
        return "f";
      }
      get executionName() {
        return "e";
      }
    }
    const seen = [];
    for (const [way, given] of [
      ["wait", new Derived()],
      ["wait", Object.create(new Options(), { waitTimeSeconds: { value: 7 }, credentials: { value: KEYS } })],
    ]) {
      seen.length = 0;
      assert.equal((await cloudflow.createClient(given).waitForExecution(new Request())).done, true, way);
      assert.equal(seen.length, 2);
      const [url, init] = seen[1];
      assert.ok(url.includes("&WaitTimeSeconds=7&") && url.startsWith(`${ENDPOINT}/?AccessKeyId=testid&`), url);
      assert.equal(init.headers.get("x-more"), "1");
    }
    const bare = Object.assign(Object.create(null), { endpoint: ENDPOINT, fetch: scripted(plain(DONE)) });
    assert.equal((await cloudflow.describeExecution(Object.assign(Object.create(null), CALL), bare)).done, true);
    // An endless prototype chain.
    const endless = () => new Proxy({}, { getPrototypeOf: endless, get: () => undefined });
    assert.equal((await rejection(cloudflow.describeExecution(CALL, endless()))).code, "missing-field");
    if (runtime === "node") {
      const { runInNewContext } = await import("node:vm");
      const realm = runInNewContext("Object.prototype.endpoint = 'http://evil.example'; ({})");
      assert.equal((await rejection(cloudflow.describeExecution(CALL, realm))).code, "missing-field", "another realm");
    }
  },

  "a lone surrogate is refused by every function with the same code": async ({ cloudflow, local, createGateway }) => {
    for (const half of ["\ud800", "a\udc00b", "\udfff\ud800", "\ufffd\ud83c"]) {
      const fetch = scripted(plain(DONE));
      const options = [
        { region: half, endpoint: undefined },
        { endpoint: half },
        { endpoint: `https://x/${half}` },
        { signature: half },
        { headers: { "x-a": half } },
        { headers: { [half]: "a" } },
        ...Object.keys(KEYS).flatMap((name) => [
          { credentials: { ...KEYS, [name]: half } },
          { credentials: async () => ({ ...KEYS, [name]: half }) },
        ]),
      ];
      for (const [way, ask] of Object.entries(ways(cloudflow))) {
        for (const more of options) {
          const error = await rejection(ask(CALL, base(fetch, more)));
          assert.deepEqual(
            [error.name, error.code],
            ["CloudFlowError", "out-of-range"],
            `${way} ${JSON.stringify(more)}: ${error}`,
          );
          assert.equal(error.kind, more.credentials ? "credentials" : "request");
        }
        for (const request of [
          { ...CALL, flowName: half },
          { ...CALL, executionName: half },
        ]) {
          const error = await rejection(ask(request, base(fetch)));
          assert.deepEqual([error.name, error.kind, error.code], ["CloudFlowError", "request", "out-of-range"], way);
        }
        assert.equal((await rejection(ask(CALL, base(fetch, { [half]: 1 })))).code, "unknown-option", way);
      }
      assert.equal(fetch.seen.length, 0);
      const signed = [
        [half, {}],
        ["CreateFlow", { Name: half }],
        ["CreateFlow", { [half]: "a" }],
        ...["accessKeyId", "accessKeySecret", "securityToken"].map((name) => ["CreateFlow", {}, { [name]: half }]),
      ];
      for (const args of signed) {
        const error = await rejection(local.signRequest(...args));
        assert.deepEqual(
          [error.name, error.kind, error.code],
          ["CloudFlowError", "request", "out-of-range"],
          JSON.stringify(args),
        );
      }
    }
    // The replacement character is a valid character.
    const fetch = scripted(plain(DONE));
    await cloudflow.describeExecution({ flowName: "\ufffd", executionName: "🫖" }, base(fetch));
    assert.equal(fetch.seen[0].query.get("FlowName"), "\ufffd");

    const asked = [];
    const authorize = (_, call) => (asked.push(call), true);
    const gateway = createGateway({ upstream: () => base(scripted(plain(DONE))), authorize });
    const query = (flow) => ({
      method: "GET",
      headers: new Headers(),
      url: `https://g.example/?Action=DescribeExecution&Version=2019-03-15&ExecutionName=e&FlowName=${flow}`,
    });
    for (const flow of ["%ED%A0%80", "%FF", "a%C3", "%80b", "\ud800"]) {
      const response = await gateway.fetch(query(flow), {});
      assert.deepEqual([response.status, (await response.json()).Code], [400, "InvalidArgument"], flow);
    }
    assert.equal(asked.length, 0);
    assert.equal((await gateway.fetch(query("%EF%BF%BD"), {})).status, 200);
    assert.equal(asked[0].flowName, "\ufffd");
  },

  "a text that is too long is refused without being read": async ({ cloudflow, local }) => {
    const long = "x: 1 #".repeat(3_000_000);
    const begin = performance.now();
    for (const name of ["parseFlow", "validateFlow", "flowGraph"]) {
      const { diagnostics, ...rest } = cloudflow[name](long);
      assert.deepEqual(
        diagnostics.map(({ code, severity }) => [code, severity]),
        [["yaml-limit", "error"]],
        name,
      );
      assert.deepEqual(
        rest,
        {
          parseFlow: { dialect: null, flow: null },
          validateFlow: { dialect: null, valid: false },
          flowGraph: { nodes: [], edges: [] },
        }[name],
      );
    }
    assert.equal(cloudflow.flowToMermaid(long), "");
    assert.deepEqual([local.migrateFlow(long).text, local.migrateFlow(long).diagnostics[0].code], [null, "yaml-limit"]);
    const bodies = [
      JSON.stringify({ ...DONE, Output: long }),
      new Uint8Array(9_000_000),
      new ArrayBuffer(9_000_000),
      "[".repeat(9_000_000),
      { ...DONE, FlowDefinition: long },
      { ...DONE, Status: long },
      { Code: long },
      { ...DONE, StartedTime: long },
    ];
    for (const body of bodies) {
      const { execution, diagnostics } = cloudflow.parseExecution(body);
      assert.deepEqual([execution, diagnostics.map(({ code }) => code)], [null, ["too-large"]]);
      assert.deepEqual(cloudflow.validateExecution(body), diagnostics);
    }
    const fetch = scripted(plain(DONE));
    for (const more of [
      { endpoint: long },
      { region: long, endpoint: undefined },
      { signature: long },
      { headers: { a: long } },
      { headers: { [long]: "a" } },
      { credentials: { ...KEYS, securityToken: long } },
    ]) {
      const error = await rejection(cloudflow.describeExecution(CALL, base(fetch, more)));
      assert.ok(
        error.name === "CloudFlowError" && error.code === "out-of-range" && error.message.length < 1000,
        `${String(error).slice(0, 200)}`,
      );
    }
    for (const request of [
      { ...CALL, flowName: long },
      { ...CALL, executionName: long },
      { ...CALL, [long]: 1 },
    ]) {
      const error = await rejection(cloudflow.describeExecution(request, base(fetch)));
      assert.ok(error.kind === "request" && error.message.length < 1000);
    }
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, 1]));
    assert.equal((await rejection(cloudflow.describeExecution(CALL, base(fetch, many)))).code, "unknown-option");
    assert.equal(fetch.seen.length, 0);
    assert.ok(performance.now() - begin < 10_000, `${performance.now() - begin} ms`);
  },
};

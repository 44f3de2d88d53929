// The gateway with a test double of the service, which can return any response. `demo.test.mjs` tests the gateway in a
// Worker with the emulator.

import { assert } from "../harness.mjs";

const KEY = { accessKeyId: "LTAIexample", accessKeySecret: "secret/of+the=gateway", securityToken: "token+of/sts==" };
const BASE = "https://console.example.com/api/";
const PAGE = "https://app.example.com";

export const tests = {
  "forwards DescribeExecution, signed, and returns the JSON of the service": async ({ createGateway }) => {
    const service = double(() => json(200, { ...finished, HostId: "cn-hangzhou.fnf.aliyuncs.com", Secret: "x" }));
    const gateway = gatewayTo(createGateway, service);
    const response = await gateway.fetch(ask({ WaitTimeSeconds: "20" }), {});
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-acs-request-id"), finished.RequestId);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.deepEqual(await response.json(), finished);

    assert.equal(service.seen.length, 1);
    const sent = service.seen[0].searchParams;
    assert.equal(sent.get("Action"), "DescribeExecution");
    assert.equal(sent.get("FlowName"), "orders");
    assert.equal(sent.get("ExecutionName"), "run:1");
    assert.equal(sent.get("WaitTimeSeconds"), "20");
    assert.equal(sent.get("AccessKeyId"), KEY.accessKeyId);
    assert.ok(sent.get("Signature"), "a signature");
  },

  "keeps absent fields and unknown statuses of the service": async ({ createGateway }) => {
    const running = { RequestId: "r", FlowName: "orders", Name: "run:1", Status: "Paused", FlowDefinition: "a: 1\n" };
    const gateway = gatewayTo(
      createGateway,
      double(() => json(200, running)),
    );
    const body = await (await gateway.fetch(ask(), {})).json();
    assert.deepEqual(body, { ...running, StartedTime: "", StoppedTime: "", Input: "", Output: "" });
  },

  "gives a time zero of the service as absent": async ({ createGateway }) => {
    for (const zero of ["1970-01-01T00:00:00Z", "1970-01-01T08:00:00.000+08:00", "0001-01-01T00:00:00Z"]) {
      const gateway = gatewayTo(
        createGateway,
        double(() => json(200, { ...finished, Status: "Running", StoppedTime: zero })),
      );
      const body = await (await gateway.fetch(ask(), {})).json();
      assert.equal(body.StoppedTime, "");
    }
  },

  "does not change large texts": async ({ createGateway }) => {
    const Output = JSON.stringify({ text: '鍋 \u2028 🫖 \\ " '.repeat(5000) });
    const gateway = gatewayTo(
      createGateway,
      double(() => json(200, { ...finished, Output })),
    );
    const body = await (await gateway.fetch(ask(), {})).json();
    assert.equal(body.Output, Output);
  },

  "forwards DescribeExecution by GET only": async ({ createGateway }) => {
    const service = double(() => json(200, finished));
    const gateway = gatewayTo(createGateway, service);
    const refused = async (request, status, code) => {
      const response = await gateway.fetch(request, {});
      const body = await response.json();
      assert.equal(response.status, status);
      assert.equal(body.Code, code);
      assert.ok(body.Message, "a message");
      assert.equal(body.RequestId, response.headers.get("x-acs-request-id"));
    };
    await refused(ask({ Action: "StopExecution" }), 400, "ActionNotSupported");
    await refused(ask({ Action: undefined }), 400, "MissingRequiredParams");
    await refused(ask({ Version: undefined }), 400, "MissingRequiredParams");
    await refused(ask({ Version: "2018-01-01" }), 400, "APIVersionNotSupported");
    await refused(ask({ FlowName: undefined }), 400, "MissingRequiredParams");
    await refused(ask({ ExecutionName: "" }), 400, "MissingRequiredParams");
    for (const wait of ["-1", "61", "1.5", "1e1", "x", "999999999999"]) {
      await refused(ask({ WaitTimeSeconds: wait }), 400, "InvalidArgument");
    }
    await refused(new Request(`${ask().url}&FlowName=other`), 400, "InvalidArgument");
    await refused(new Request(ask().url, { method: "POST", body: "Action=DeleteFlow" }), 405, "UnsupportedHTTPMethod");
    assert.equal(service.seen.length, 0);
  },

  "calls `authorize` first and requires the result `true`": async ({ createGateway }) => {
    const service = double(() => json(200, finished));
    const calls = [];
    for (const answer of [false, undefined, 1, "yes", {}, Promise.resolve(false)]) {
      const authorize = (request, call, env) => {
        calls.push([call, env, request.headers.get("cookie")]);
        return answer;
      };
      const response = await gatewayTo(createGateway, service, { authorize }).fetch(ask(), { user: "env" });
      assert.equal(response.status, 403);
      assert.equal((await response.json()).Code, "AccessDenied");
    }
    assert.deepEqual(calls[0].slice(0, 2), [
      { flowName: "orders", executionName: "run:1", action: "DescribeExecution" },
      { user: "env" },
    ]);
    assert.equal(service.seen.length, 0);
    const open = gatewayTo(createGateway, service, { authorize: async () => true });
    assert.equal((await open.fetch(ask(), {})).status, 200);
  },

  "limits the wait to its maximum": async ({ createGateway }) => {
    for (const [options, asked, sent] of [
      [{}, "60", "25"],
      [{ maxWaitSeconds: 40 }, "60", "40"],
      [{ maxWaitSeconds: 0 }, "5", "0"],
    ]) {
      const service = double(() => json(200, finished));
      await gatewayTo(createGateway, service, options).fetch(ask({ WaitTimeSeconds: asked }), {});
      assert.equal(service.seen[0].searchParams.get("WaitTimeSeconds") ?? "0", sent);
    }
  },

  "forwards an error of the service without further data": async ({ createGateway }) => {
    const fault = {
      RequestId: "b1",
      Code: "ExecutionNotExists",
      Message: "Execution run:1 for flow orders does not exist.",
    };
    const service = double(() =>
      json(404, { ...fault, HostId: "host", Recommend: "https://x" }, { "x-debug": "string to sign" }),
    );
    const response = await gatewayTo(createGateway, service).fetch(ask(), {});
    assert.equal(response.status, 404);
    assert.deepEqual(await response.json(), fault);
    assert.equal(response.headers.get("x-debug"), null);
    assert.equal(response.headers.get("x-acs-request-id"), "b1");
    assert.equal(service.seen.length, 1);
  },

  "does not retry, because the client retries": async ({ createGateway }) => {
    const fault = {
      RequestId: "b1",
      Code: "ResourceThrottled",
      Message: "The request is throttled. Please try again later.",
    };
    const service = double(() => json(429, fault, { "x-acs-retry-after": "1500" }));
    const response = await gatewayTo(createGateway, service).fetch(ask(), {});
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("x-acs-retry-after"), "1500");
    assert.deepEqual(await response.json(), fault);
    assert.equal(service.seen.length, 1);
  },

  "never returns its key": async ({ createGateway }) => {
    const messages = [
      `The AccessKey ID ${KEY.accessKeyId} is invalid.`,
      `Specified signature is not matched with our calculation. server string to sign is:GET&%2F&AccessKeyId%3D${KEY.accessKeyId}%26SecurityToken%3D${encodeURIComponent(encodeURIComponent(KEY.securityToken))}`,
      `no ${KEY.securityToken} and no ${encodeURIComponent(KEY.securityToken)}`,
    ];
    for (const credentials of [KEY, async () => KEY]) {
      for (const Message of messages) {
        const service = double(() => json(403, { RequestId: "b2", Code: "SignatureNotMatch", Message }));
        const response = await gatewayTo(createGateway, service, { credentials }).fetch(ask(), {});
        assert.equal(response.status, 403);
        const text = await response.text();
        assert.equal(JSON.parse(text).Code, "SignatureNotMatch");
        assert.equal(JSON.parse(text).RequestId, "b2");
        keyless(text);
      }
      const fields = { RequestId: `r-${KEY.accessKeyId}`, Code: KEY.accessKeyId, Message: "no" };
      const echo = double(() => json(403, fields));
      const response = await gatewayTo(createGateway, echo, { credentials }).fetch(ask(), {});
      assert.equal(response.status, 403);
      for (const [, value] of response.headers) keyless(value);
      keyless(await response.text());
    }
  },

  "reports its own errors by a message without details": async ({ createGateway }) => {
    const cases = [
      [double(() => Promise.reject(new TypeError(`connect ${KEY.accessKeySecret}`))), {}, 503, "ServiceUnavailable"],
      [double(() => new Response("<html>bad gateway</html>", { status: 200 })), {}, 503, "ServiceUnavailable"],
      [double(() => new Response("", { status: 200 })), {}, 503, "ServiceUnavailable"],
      [double(() => new Response("<html>bad gateway</html>", { status: 502 })), {}, 503, "ServiceUnavailable"],
      [double(() => json(200, finished)), { call: { FlowName: "x".repeat(300) } }, 400, "InvalidArgument"],
      [
        double(() => json(200, finished)),
        { region: `no such region ${KEY.accessKeySecret}` },
        500,
        "InternalServerError",
      ],
      [double(() => json(200, finished)), { authorize: () => thrown(KEY.accessKeySecret) }, 500, "InternalServerError"],
      [double(() => json(200, finished)), { upstream: () => thrown(KEY.accessKeySecret) }, 500, "InternalServerError"],
      [
        double(() => json(200, finished)),
        { credentials: () => thrown(KEY.accessKeySecret) },
        500,
        "InternalServerError",
      ],
    ];
    await quietly(async () => {
      for (const [service, { call, ...options }, status, code] of cases) {
        const response = await gatewayTo(createGateway, service, options).fetch(ask(call), {});
        const text = await response.text();
        assert.equal(response.status, status, text);
        assert.equal(JSON.parse(text).Code, code);
        keyless(text);
      }
    });
  },

  "aborts the upstream poll when the client disconnects": async ({ createGateway }) => {
    let ended = false;
    const service = double(
      (url, init) =>
        new Promise((_, reject) => {
          init.signal.addEventListener("abort", () => {
            ended = true;
            reject(init.signal.reason ?? new Error("aborted"));
          });
        }),
    );
    const leaving = new AbortController();
    const answer = gatewayTo(createGateway, service).fetch(ask({ WaitTimeSeconds: "20" }, {}, leaving.signal), {});
    await until(() => service.seen.length === 1);
    leaving.abort();
    await answer;
    assert.equal(ended, true);
  },

  "answers a preflight of a listed origin only": async ({ createGateway }) => {
    const gateway = gatewayTo(
      createGateway,
      double(() => json(200, finished)),
      { origins: [PAGE] },
    );
    const preflight = (origin) =>
      gateway.fetch(
        asSeen(new Request(BASE, { method: "OPTIONS" }), {
          origin,
          "access-control-request-method": "GET",
          "access-control-request-headers": "authorization",
        }),
        {},
      );
    const yes = await preflight(PAGE);
    assert.equal(yes.status, 204);
    assert.equal(yes.headers.get("access-control-allow-origin"), PAGE);
    assert.equal(yes.headers.get("access-control-allow-methods"), "GET");
    assert.equal(yes.headers.get("access-control-allow-headers"), "authorization");
    assert.ok(yes.headers.get("vary").includes("Origin"), "Vary");
    for (const origin of ["https://evil.example.com", `${PAGE}.evil.com`, "null", "http://app.example.com"]) {
      const no = await preflight(origin);
      assert.equal(no.status, 403);
      assert.equal(no.headers.get("access-control-allow-origin"), null);
      assert.ok(no.headers.get("vary").includes("Origin"), "Vary");
    }
  },

  "sends CORS headers to listed origins, and forwards no request of others": async ({ createGateway }) => {
    const service = double(() => json(200, finished));
    const gateway = gatewayTo(createGateway, service, { origins: [PAGE] });
    const listed = await gateway.fetch(ask({}, { origin: PAGE }), {});
    assert.equal(listed.status, 200);
    assert.equal(listed.headers.get("access-control-allow-origin"), PAGE);
    assert.equal(listed.headers.get("access-control-expose-headers"), "x-acs-request-id, x-acs-retry-after, date");
    const refused = await gateway.fetch(ask({ Action: "No" }, { origin: PAGE }), {});
    assert.equal(refused.headers.get("access-control-allow-origin"), PAGE);
    const own = await gateway.fetch(ask({}, { origin: new URL(BASE).origin }), {});
    assert.equal(own.status, 200);
    const foreign = await gateway.fetch(ask({}, { origin: "https://evil.example.com" }), {});
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
    assert.equal(service.seen.length, 2);
  },

  "refuses wrong options": ({ createGateway }) => {
    const upstream = () => ({});
    const authorize = () => true;
    const wrong = [
      undefined,
      {},
      { upstream },
      { authorize },
      { upstream, authorize, origins: ["*"] },
      { upstream, authorize, origins: [`${PAGE}/`] },
      { upstream, authorize, origins: PAGE },
      { upstream, authorize, maxWaitSeconds: 61 },
      { upstream, authorize, maxWaitSeconds: 2.5 },
      { upstream, authorize, origin: [PAGE] },
      { upstream, authorize, origins: [Symbol("a")] },
      "options",
      [upstream, authorize],
    ];
    for (const options of wrong) {
      let error;
      try {
        createGateway(options);
      } catch (caught) {
        error = caught;
      }
      assert.equal(error.name, "CloudFlowError", JSON.stringify(options));
      assert.equal(error.code, "wrong-options");
    }
  },
};

const finished = {
  RequestId: "52ef0076-da4e-0c2c-f434-5f0cfbb2f193",
  FlowName: "orders",
  Name: "run:1",
  Status: "Succeeded",
  StartedTime: "2019-01-01T01:01:01.001Z",
  StoppedTime: "2019-01-01T01:01:02.345Z",
  Input: '{"key": "value"}',
  Output: "{}",
  FlowDefinition: "Type: StateMachine\n",
  Environment: { Variables: [{ Name: "STAGE", Value: "test" }] },
};

function ask(change = {}, headers = {}, signal = undefined) {
  const query = {
    Action: "DescribeExecution",
    Version: "2019-03-15",
    FlowName: "orders",
    ExecutionName: "run:1",
    ...change,
  };
  const url = new URL(BASE);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return asSeen(new Request(url, { signal }), headers);
}

/** A Request with an `Origin`. Some runtimes do not allow a script to set it. */
function asSeen(request, headers) {
  const all = new Headers(headers);
  return { method: request.method, url: request.url, signal: request.signal, headers: all };
}

function gatewayTo(createGateway, service, { credentials = KEY, region = "cn-hangzhou", ...options } = {}) {
  return createGateway({
    upstream: () => ({ region, fetch: service.fetch, credentials }),
    authorize: () => true,
    log: false,
    ...options,
  });
}

function double(respond) {
  const seen = [];
  return {
    seen,
    fetch: async (url, init) => {
      seen.push(new URL(url));
      return respond(url, init);
    },
  };
}

function json(status, body, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

function thrown(text) {
  throw new Error(text);
}

function keyless(text) {
  for (const part of Object.values(KEY)) {
    for (const form of [part, encodeURIComponent(part), encodeURIComponent(encodeURIComponent(part))]) {
      assert.ok(!text.includes(form), `no key in: ${text}`);
    }
  }
}

/** Suppresses the log of the gateway. */
async function quietly(run) {
  const { error } = console;
  console.error = () => {};
  try {
    await run();
  } finally {
    console.error = error;
  }
}

async function until(condition) {
  for (let i = 0; i < 200 && !condition(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(condition(), "it happens within a second");
}

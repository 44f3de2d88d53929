// Attacks on a gateway. Each of them fails: the service is not called, or with exactly what `authorize` has allowed.

import { assert } from "../harness.mjs";
import { BASE, KEY, addressOf, gatewayTo, json, finished, quietly, seenAs, serviceOf } from "../support/gateway.mjs";
import { bytes, hmacSigned, keyPair, part, pem, signed, unsigned } from "../support/tokens.mjs";

const ACTIONS = ["DescribeExecution", "GetExecutionHistory", "ListExecutions"];
const PAGE = "https://app.example.com";

export const tests = {
  "attack: other actions": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service, { actions: ACTIONS });
    for (const Action of [
      ...["StopExecution", "StartExecution", "StartSyncExecution", "DeleteFlow", "UpdateFlow", "DescribeFlow"],
      ...[
        "describeexecution",
        "DescribeExecution ",
        " DescribeExecution",
        "DescribeExecution\0",
        "DescribeExecution,StopExecution",
      ],
      ...["__proto__", "constructor", "toString", "Metrics", "ticket", "\r\nStopExecution"],
    ]) {
      const response = await fetch(seenAs(addressOf({ Action })));
      assert.equal(response.status, 400, Action);
      assert.equal((await response.json()).Code, "ActionNotSupported", Action);
    }
    for (const name of ["action", "ACTION", "Action ", "Action[]", "x-acs-action"]) {
      const response = await fetch(
        seenAs(`${addressOf({ Action: undefined })}&${encodeURIComponent(name)}=StopExecution`),
      );
      assert.equal((await response.json()).Code, "MissingRequiredParams", name);
    }
    // A header of the other signature, and of method overrides.
    const headers = {
      "x-acs-action": "StopExecution",
      "x-http-method-override": "POST",
      "x-acs-version": "2018-01-01",
    };
    await fetch(seenAs(addressOf(), { headers }));
    assert.deepEqual(
      authorized.map(({ action }) => action),
      ["DescribeExecution"],
    );
    assert.deepEqual(
      service.seen.map(({ searchParams }) => searchParams.getAll("Action")),
      [["DescribeExecution"]],
    );
  },

  "attack: actions that are not listed": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch } = gatewayTo(createGateway, service);
    for (const Action of ["GetExecutionHistory", "ListExecutions"]) {
      assert.equal((await fetch(seenAs(addressOf({ Action })))).status, 400, Action);
    }
    assert.equal(service.seen.length, 0);
  },

  "attack: other flows, by names that resemble the allowed one": async ({ createGateway }) => {
    const service = serviceOf();
    const authorize = (_request, { flowName }) => flowName === "orders";
    const { fetch } = gatewayTo(createGateway, service, { authorize, actions: ACTIONS });
    for (const FlowName of [
      ...[
        "salaries",
        "Orders",
        "ORDERS",
        "orders ",
        " orders",
        "orders\0",
        "orders/",
        "orders/../salaries",
        "./orders",
      ],
      ...[
        "orders%2F..%2Fsalaries",
        "orders%00",
        "ｏrders",
        "orders\u200b",
        "or\u00adders",
        "orders\r\n",
        "orders,salaries",
      ],
      ...["orders&FlowName=salaries", "orders;FlowName=salaries", "orders#", "orders?", "[orders]", "orders\ufeff"],
    ]) {
      for (const Action of ACTIONS) {
        const response = await fetch(seenAs(addressOf({ Action, FlowName })));
        assert.equal(response.status, 403, JSON.stringify(FlowName));
      }
    }
    assert.equal(service.seen.length, 0);
  },

  "attack: encoded names reach the service as `authorize` has seen them": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service, { actions: ACTIONS });
    const names = [
      ...[
        "a/b",
        "a%2Fb",
        "a%252Fb",
        "../a",
        "a+b",
        "a b",
        "a&Action=StopExecution",
        "a=b",
        "a#b",
        "a?b",
        "a;b",
        "%",
        "%41",
      ],
      ...[
        "é",
        "e\u0301",
        "ﬁ",
        "fi",
        "İ",
        "ß",
        "鍋",
        "🫖",
        "\ufffd",
        "\ufeffa",
        "a\u202eb",
        "A",
        "a",
        "a\0b",
        "a\r\nb",
        "'",
        '"',
        "\\",
      ],
    ];
    for (const FlowName of names) {
      for (const ExecutionName of ["run:1", FlowName]) {
        authorized.length = 0;
        service.seen.length = 0;
        const response = await fetch(seenAs(addressOf({ FlowName, ExecutionName })));
        assert.ok([200, 400].includes(response.status), `${response.status}`);
        assert.deepEqual(authorized, [
          { flowName: FlowName, executionName: ExecutionName, action: "DescribeExecution" },
        ]);
        // A name that the rules of names exclude is not sent.
        assert.equal(service.seen.length, response.status === 200 ? 1 : 0);
        for (const { searchParams } of service.seen) {
          assert.deepEqual(searchParams.getAll("FlowName"), [FlowName]);
          assert.deepEqual(searchParams.getAll("ExecutionName"), [ExecutionName]);
          assert.deepEqual(searchParams.getAll("Action"), ["DescribeExecution"]);
        }
      }
    }
  },

  "attack: invalid UTF-8 and invalid percent-encoding": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service);
    const head = addressOf({ FlowName: undefined });
    for (const name of [
      // Overlong forms of `/`, `.`, NUL and `o`; a surrogate; above U+10FFFF; cut sequences.
      ...["%C0%AF", "%E0%80%AF", "%F0%80%80%AF", "%C0%AE%C0%AE", "%C0%80", "%C1%AFrders", "%ED%A0%80", "%F4%90%80%80"],
      ...["%FF", "%FE", "a%E9", "%C3", "%E9%8D", "%80", "%", "%2", "%zz", "%u0041", "orders%"],
    ]) {
      const response = await fetch(seenAs(`${head}&FlowName=${name}`));
      assert.equal(response.status, 400, name);
      assert.equal((await response.json()).Code, "InvalidArgument", name);
      assert.equal((await fetch(seenAs(`${addressOf()}&${name}=1`))).status, 400, `as a parameter: ${name}`);
    }
    for (const name of ["\ud800", "a\udc00", "\udc00\ud800"]) {
      assert.equal((await fetch(seenAs(`${head}&FlowName=${name}`))).status, 400);
    }
    assert.deepEqual([service.seen.length, authorized.length], [0, 0]);
  },

  "attack: a parameter twice, in any spelling": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service, { actions: ACTIONS });
    for (const more of [
      ...[
        "FlowName=salaries",
        "FlowName=orders",
        "FlowName=",
        "FlowName",
        "Flow%4Eame=salaries",
        "%46lowName=salaries",
      ],
      ...["Action=ListExecutions", "ExecutionName=run:2", "Version=2018-01-01", "Version=2019-03-15"],
      ...["x=1&x=2", "&&FlowName=salaries"],
    ]) {
      for (const url of [`${addressOf()}&${more}`, addressOf().replace("?", `?${more}&`)]) {
        const response = await fetch(seenAs(url));
        assert.equal(response.status, 400, more);
        assert.equal((await response.json()).Code, "InvalidArgument", more);
      }
    }
    assert.deepEqual([service.seen.length, authorized.length], [0, 0]);
  },

  "attack: parameters of the service that callers do not set": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service);
    const more = {
      ...{
        AccessKeyId: "LTAIevil",
        Signature: "x",
        SignatureNonce: "1",
        SignatureMethod: "none",
        SignatureVersion: "9",
      },
      ...{
        SecurityToken: "x",
        Timestamp: "2000-01-01T00:00:00Z",
        Format: "XML",
        RegionId: "us-west-1",
        endpoint: "https://evil",
      },
      ...{ flowName: "salaries", FLOWNAME: "salaries", "FlowName[]": "salaries", "FlowName.1": "salaries" },
      ...{ __proto__x: "1", constructor: "1", toString: "1", flow_name: "salaries", waitTimeSeconds: "60" },
    };
    const extra = Object.entries(more).map(
      ([name, value]) => `&${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    );
    const response = await fetch(seenAs(`${addressOf()}${extra.join("")}&__proto__=x`));
    assert.equal(response.status, 200);
    assert.equal(authorized[0].flowName, "orders");
    const [{ hostname, searchParams }] = service.seen;
    assert.equal(hostname, "cn-hangzhou.fnf.aliyuncs.com");
    assert.deepEqual(searchParams.getAll("AccessKeyId"), [KEY.accessKeyId]);
    assert.deepEqual(searchParams.getAll("SecurityToken"), [KEY.securityToken]);
    for (const name of ["RegionId", "endpoint", "flowName", "FLOWNAME", "constructor", "__proto__"]) {
      assert.equal(searchParams.has(name), false, name);
    }
    for (const name of searchParams.keys()) assert.equal(searchParams.getAll(name).length, 1, name);
    assert.equal(searchParams.get("Format"), "json");
  },

  "attack: bodies are not read": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch } = gatewayTo(createGateway, service, { actions: ACTIONS });
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "get", "QUERY", "OPTIONS"]) {
      let isRead = false;
      const body = new ReadableStream(
        {
          // Without end, and slow.
          pull: () => {
            isRead = true;
            return new Promise(() => {});
          },
        },
        { highWaterMark: 0 },
      );
      const request = seenAs(addressOf({ Action: method === "GET" ? "DescribeExecution" : "ListExecutions" }), {
        method,
        body,
      });
      for (const name of ["text", "json", "formData", "arrayBuffer", "blob", "bytes"]) {
        request[name] = () => {
          throw new Error("the body is read");
        };
      }
      const { status } = await fetch(request);
      assert.equal(status, method === "GET" ? 200 : method === "OPTIONS" ? 403 : 405, method);
      assert.equal(isRead, false, method);
      assert.equal(body.locked, false, method);
    }
    assert.equal(service.seen.length, 1);
  },

  "attack: parameters in the body": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch } = gatewayTo(createGateway, service, { actions: ACTIONS });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const [url, body] of [
      [addressOf(), "FlowName=salaries"],
      [BASE, new URL(addressOf()).search.slice(1)],
    ]) {
      const response = await fetch(new Request(url, { method: "POST", body, headers: form }));
      assert.equal(response.status, 405);
    }
    assert.equal(service.seen.length, 0);
  },

  "attack: large requests": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch } = gatewayTo(createGateway, service);
    const began = Date.now();
    const long = "x".repeat(200_000);
    for (const [url, status] of [
      [addressOf({ FlowName: long }), 400],
      [addressOf({ Action: long }), 400],
      [addressOf({ WaitTimeSeconds: "0".repeat(200_000) }), 400],
      [`${addressOf()}&${long}=${long}`, 200],
      [`${addressOf()}&${Array.from({ length: 20_000 }, (_, i) => `p${i}=1`).join("&")}`, 200],
      [`${addressOf()}${"&".repeat(200_000)}`, 200],
    ]) {
      const response = await fetch(seenAs(url));
      assert.equal(response.status, status, url.slice(0, 120));
      assert.ok((await response.text()).length < 300_000);
    }
    assert.ok(Date.now() - began < 30_000, `${Date.now() - began} ms`);
    assert.equal(service.seen.length, 3);
    for (const { search } of service.seen) assert.ok(search.length < 2000, "other parameters are not forwarded");
  },

  "attack: a response of the service without end": async ({ createGateway }) => {
    let sent = 0;
    const service = serviceOf(() => {
      const chunk = new Uint8Array(256 * 1024).fill(32);
      const body = new ReadableStream({
        pull: (controller) => {
          sent += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return new Response(body, { headers: { "content-type": "application/json" } });
    });
    const { fetch } = gatewayTo(createGateway, service);
    await quietly(async () => assert.equal((await fetch(seenAs(addressOf()))).status, 503));
    assert.ok(sent < 12 * 1024 * 1024, `${sent} bytes`);
  },

  "attack: header injection by the service": async ({ createGateway }) => {
    for (const RequestId of [
      "a\r\nset-cookie: s=1",
      "a\nb",
      "\r\n\r\n<script>",
      "é\u2028",
      "x".repeat(10_000),
      "",
      5,
      null,
      ["a\r\nb"],
    ]) {
      for (const status of [200, 404]) {
        const service = serviceOf((url) =>
          json(status, {
            ...(status === 200 ? finished(url.searchParams) : { Code: "ExecutionNotExists", Message: "no" }),
            RequestId,
          }),
        );
        const { fetch } = gatewayTo(createGateway, service);
        const response = await quietly(() => fetch(seenAs(addressOf())));
        assert.equal(response.status, status, JSON.stringify(RequestId));
        onlyKnownHeaders(response);
        const id = response.headers.get("x-acs-request-id");
        assert.ok(id === null || /^[\x21-\x7e]{1,128}$/.test(id), `${id}`);
      }
    }
    for (const pause of ["1500", "-5", "1e9", "abc", "1,2", "0x10", " 7 ", "99999999999999999999", "<script>"]) {
      const service = serviceOf(() =>
        json(
          429,
          { RequestId: "r", Code: "ResourceThrottled", Message: "x" },
          { "x-acs-retry-after": pause, "set-cookie": "s=1" },
        ),
      );
      const response = await gatewayTo(createGateway, service).fetch(seenAs(addressOf()));
      onlyKnownHeaders(response);
      const given = response.headers.get("x-acs-retry-after");
      assert.ok(given === null || /^\d{1,10}$/.test(given), `${pause}: ${given}`);
    }
  },

  "attack: header and markup injection by the caller": async ({ createGateway }) => {
    const evil = "evil\r\nset-cookie: s=1\r\n\r\n<script>alert(1)</script>";
    const service = serviceOf();
    const { fetch } = gatewayTo(createGateway, service, {
      origins: [PAGE],
      authorize: (_, { flowName }) => flowName === evil,
    });
    for (const name of ["Action", "Version", "FlowName", "ExecutionName", "WaitTimeSeconds", "other"]) {
      for (const origin of [undefined, PAGE]) {
        const response = await fetch(seenAs(addressOf({ [name]: evil }), { headers: { origin } }));
        onlyKnownHeaders(response);
        assert.equal(response.headers.get("content-type"), "application/json;charset=utf-8");
        assert.equal(response.headers.get("x-content-type-options"), "nosniff");
        JSON.parse(await response.text());
      }
    }
    assert.equal(service.seen.length, 0, "names with line breaks are not sent");
  },

  "attack: look-alike origins and null": async ({ createGateway }) => {
    const service = serviceOf();
    const { fetch, authorized } = gatewayTo(createGateway, service, { origins: [PAGE] });
    for (const origin of [
      ...[
        "null",
        "https://evil.example.com",
        `${PAGE}.evil.com`,
        `${PAGE}:8443`,
        `${PAGE}:443`,
        `${PAGE}/`,
        `${PAGE}@evil.com`,
      ],
      ...[
        "http://app.example.com",
        "https://xapp.example.com",
        "https://example.com",
        "HTTPS://APP.EXAMPLE.COM",
        "https://app.example.com.",
      ],
      ...[
        `${PAGE} https://evil.com`,
        `${PAGE}, https://evil.com`,
        `https://evil.com#${PAGE}`,
        `https://evil.com/?${PAGE}`,
      ],
      ...[
        "https://app-example.com",
        "https://appxexample.com",
        "https://app.example.co",
        "file://",
        "*",
        "undefined",
        "https://",
      ],
    ]) {
      for (const method of ["GET", "OPTIONS", "POST"]) {
        const headers = {
          origin,
          "access-control-request-method": "GET",
          "access-control-request-headers": "authorization",
        };
        const response = await fetch(seenAs(addressOf(), { method, headers }));
        assert.equal(response.status, 403, `${method} ${origin}`);
        for (const [name] of response.headers) assert.ok(!name.startsWith("access-control-"), `${origin}: ${name}`);
        assert.ok(response.headers.get("vary").includes("Origin"), origin);
      }
    }
    assert.deepEqual([service.seen.length, authorized.length], [0, 0]);
  },

  "attack: forged tokens at the gateway": async ({ createGateway, auth }) => {
    const [key, other] = [await keyPair("RS256", "k1"), await keyPair("RS256", "k1")];
    const service = serviceOf();
    const authorize = auth.jwt({
      jwks: { keys: [key.jwk] },
      issuer: "https://login.example.com",
      audience: "cloudflow",
      allow: ({ flows }, { flowName }) => Array.isArray(flows) && flows.includes(flowName),
    });
    const { fetch } = gatewayTo(createGateway, service, { authorize });
    const asked = async (token, change) =>
      (await fetch(seenAs(addressOf(change), { headers: { authorization: `Bearer ${token}` } }))).status;
    const claims = {
      iss: "https://login.example.com",
      aud: "cloudflow",
      exp: Date.now() / 1000 + 600,
      flows: ["orders"],
    };
    const good = await signed(key, claims);
    assert.equal(await asked(good), 200);
    assert.equal(await asked(good, { FlowName: "salaries" }), 403);
    const [head, , signature] = good.split(".");
    for (const token of [
      unsigned(claims),
      await signed(other, claims),
      await signed(key, { ...claims, exp: 1 }),
      await signed(key, { ...claims, aud: "billing" }),
      await signed(key, { ...claims, iss: "https://evil.example.com" }),
      await hmacSigned(bytes(pem(key.spki)), claims, { kid: "k1" }),
      `${head}.${part({ ...claims, flows: ["salaries"] })}.${signature}`,
    ]) {
      for (const FlowName of ["orders", "salaries"]) assert.equal(await asked(token, { FlowName }), 403);
    }
    // Tokens elsewhere in a request have no effect.
    assert.equal((await fetch(seenAs(`${addressOf()}&access_token=${good}`))).status, 403);
    assert.equal((await fetch(seenAs(addressOf(), { headers: { cookie: `authorization=${good}` } }))).status, 403);
    assert.equal(service.seen.length, 1);
  },

  "attack: cache probing between two callers": async ({ createGateway }) => {
    const service = serviceOf();
    const authorize = (request, { flowName }) => request.headers.get("authorization") === `Bearer ${flowName}`;
    const { fetch } = gatewayTo(createGateway, service, { authorize });
    const alice = { authorization: "Bearer orders" };
    const response = await fetch(seenAs(addressOf(), { headers: alice }));
    assert.equal(response.status, 200);
    const probes = [];
    for (const ExecutionName of ["run:1", "run:2"]) {
      for (const more of [
        {},
        { "if-none-match": "*" },
        { range: "bytes=0-1" },
        { "cache-control": "only-if-cached" },
      ]) {
        const probe = await fetch(
          seenAs(addressOf({ ExecutionName }), { headers: { authorization: "Bearer salaries", ...more } }),
        );
        const { RequestId, ...body } = await probe.json();
        const headers = [...probe.headers].filter(([name]) => name !== "x-acs-request-id");
        assert.ok(RequestId.length > 10);
        probes.push(JSON.stringify([probe.status, body, headers]));
      }
    }
    assert.equal(new Set(probes).size, 1, "a refusal does not show whether the execution was read before");
    assert.ok(probes[0].startsWith("[403,"), probes[0]);
    const again = await fetch(seenAs(addressOf(), { headers: alice }));
    for (const { headers } of [response, again]) assert.equal(headers.get("cache-control"), "no-store");
    for (const name of ["etag", "last-modified", "age", "cf-cache-status"])
      assert.equal(response.headers.has(name), false);
    assert.equal(service.seen.length, 2);
  },

  "attack: upgrades to a WebSocket": async ({ createGateway, runtime }) => {
    const service = serviceOf();
    const upgrade = {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-version": "13",
    };
    for (const authorize of [() => false, () => true]) {
      for (const hub of runtime === "workerd" ? [undefined] : [undefined, "memory"]) {
        const { fetch } = gatewayTo(createGateway, service, { authorize, hub });
        for (const address of [
          addressOf(),
          `${BASE}join?v=1&kind=poll`,
          `${BASE}events?FlowName=orders&ExecutionName=e`,
        ]) {
          const response = await fetch(seenAs(address, { headers: upgrade }));
          assert.equal(response.status, 400);
          assert.ok(!response.webSocket, "no socket");
        }
      }
    }
    assert.equal(service.seen.length, 0);
  },
};

const HEADERS = new Set([
  ...[
    "content-type",
    "x-content-type-options",
    "cache-control",
    "vary",
    "x-acs-request-id",
    "x-acs-retry-after",
    "allow",
  ],
  ...["access-control-allow-origin", "access-control-expose-headers", "x-cloudflow-transports"],
]);

function onlyKnownHeaders(response) {
  for (const [name, value] of response.headers) {
    assert.ok(HEADERS.has(name), `${name}: ${value}`);
    assert.ok(/^[\x20-\x7e]*$/.test(value), `${name}: ${value}`);
  }
}

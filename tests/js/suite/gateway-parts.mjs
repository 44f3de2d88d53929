// Parts of the gateway by themselves: tickets, rate limit, metrics, the log of calls.

import { createNonces } from "../../../pkg/gateway/hub/nonces.js";
import { createLimit, addressKey } from "../../../pkg/gateway/limit.js";
import { callLogger } from "../../../pkg/gateway/log.js";
import { METRICS, createMetrics } from "../../../pkg/gateway/metrics.js";
import { createTickets, readTicketRequest, serveTicket } from "../../../pkg/gateway/ticket.js";
import { assert } from "../harness.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const RUN = { flowName: "orders", executionName: "run:1" };
const DESCRIBE = "DescribeExecution";
const HISTORY = "GetExecutionHistory";

export const tests = {
  "a ticket is for one execution and its actions": async () => {
    const tickets = createTickets(() => SECRET);
    const { Ticket: ticket, ExpiresIn } = await tickets.issue({}, RUN, [DESCRIBE]);
    assert.equal(ExpiresIn, 60);
    assert.ok(/^[\w.-]{90,200}$/.test(ticket), `a ticket that an address can contain: ${ticket}`);
    const { nonce, expires, actions } = await tickets.verify({}, ticket, RUN, DESCRIBE);
    assert.equal(nonce.length, 22);
    assert.ok(expires > Date.now() + 55_000 && expires <= Date.now() + 60_000);
    assert.deepEqual(actions, [DESCRIBE]);
    for (const [reference, action] of [
      [{ ...RUN, executionName: "run:2" }, DESCRIBE],
      [{ ...RUN, flowName: "salaries" }, DESCRIBE],
      [{ flowName: "run:1", executionName: "orders" }, DESCRIBE],
      [{ flowName: 'orders","run:1', executionName: "" }, DESCRIBE],
      [{ flowName: "ordersrun", executionName: ":1" }, DESCRIBE],
      [{ ...RUN, flowName: "ORDERS" }, DESCRIBE],
      [RUN, HISTORY],
      [RUN, "Metrics"],
      [RUN, ""],
    ]) {
      assert.equal(await tickets.verify({}, ticket, reference, action), undefined, JSON.stringify([reference, action]));
    }
    const both = (await tickets.issue({}, RUN, [DESCRIBE, HISTORY])).Ticket;
    for (const action of [DESCRIBE, HISTORY]) assert.ok(await tickets.verify({}, both, RUN, action));
  },

  "a ticket is refused if any character differs": async () => {
    const tickets = createTickets(() => SECRET);
    const { Ticket: ticket } = await tickets.issue({}, RUN, [DESCRIBE]);
    const allowed = async (text) => (await tickets.verify({}, text, RUN, DESCRIBE)) !== undefined;
    assert.equal(await allowed(ticket), true);
    for (let i = 0; i < ticket.length; i += 1) {
      for (const other of ["A", "B", "0", "9", ".", "-", "=", "é"]) {
        if (other !== ticket[i])
          assert.equal(await allowed(ticket.slice(0, i) + other + ticket.slice(i + 1)), false, `${i} ${other}`);
      }
      assert.equal(await allowed(ticket.slice(0, i) + ticket.slice(i + 1)), false, `without ${i}`);
    }
    // The last character has bits that are not part of the signature.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const last of alphabet) assert.equal(await allowed(ticket.slice(0, -1) + last), last === ticket.at(-1));
    const [version, expiry, nonce, actions, signature] = ticket.split(".");
    for (const forged of [
      "",
      "null",
      `${ticket}\n`,
      ` ${ticket}`,
      [version, String(Number(expiry) + 3_600_000), nonce, actions, signature].join("."),
      [version, `0${expiry}`, nonce, actions, signature].join("."),
      [version, expiry, nonce, `${actions}-${HISTORY}`, signature].join("."),
      ["2", expiry, nonce, actions, signature].join("."),
      [version, expiry, nonce, actions, ""].join("."),
      [version, "9".repeat(400), nonce, actions, signature].join("."),
      "1.".repeat(50_000),
    ]) {
      assert.equal(await allowed(forged), false, forged.slice(0, 150));
    }
    assert.equal((await createTickets(() => `${SECRET}x`).verify({}, ticket, RUN, DESCRIBE)) === undefined, true);
  },

  "a ticket expires": async () => {
    let now = 1_700_000_000_000;
    const tickets = createTickets(() => SECRET, { now: () => now });
    const { Ticket: ticket } = await tickets.issue({}, RUN, [DESCRIBE]);
    now += 59_999;
    assert.ok(await tickets.verify({}, ticket, RUN, DESCRIBE));
    now += 1;
    assert.equal(await tickets.verify({}, ticket, RUN, DESCRIBE), undefined);
  },

  "the memory of spent tickets is bounded, and refuses when it is full": () => {
    const nonces = createNonces(3);
    const use = (now) => (nonce) => nonces.use(nonce, now + 1000, now);
    assert.deepEqual(["a", "b", "c", "d", "a"].map(use(0)), [true, true, true, false, false]);
    assert.deepEqual(["a", "d"].map(use(999)), [false, false]);
    assert.deepEqual(["d", "d"].map(use(1000)), [true, false]);
  },

  "the secret of tickets: at least 32 characters, several for a rotation": async () => {
    for (const wrong of [undefined, null, "", "short", SECRET.slice(1), [], 1, {}, [SECRET, "short"]]) {
      const tickets = createTickets(() => wrong);
      for (const run of [() => tickets.issue({}, RUN, [DESCRIBE]), () => tickets.verify({}, "x", RUN, DESCRIBE)]) {
        await assert.rejects(run(), ({ code, message }) => {
          assert.equal(code, "wrong-options");
          assert.ok(message.includes("`tickets`") && !message.includes("short"), message);
        });
      }
    }
    const old = await createTickets(() => SECRET).issue({}, RUN, [DESCRIBE]);
    const rotated = createTickets(async (env) => [env.NEW, env.OLD]);
    const env = { NEW: "another secret, of the next month!!", OLD: SECRET };
    assert.ok(await rotated.verify(env, old.Ticket, RUN, DESCRIBE));
    const { Ticket } = await rotated.issue(env, RUN, [DESCRIBE]);
    assert.equal(await createTickets(() => SECRET).verify({}, Ticket, RUN, DESCRIBE), undefined);
  },

  "names of all characters have their own tickets": async () => {
    const tickets = createTickets(() => SECRET);
    const names = [
      "a",
      "A",
      "a%2Fb",
      "a/b",
      "a\u0000",
      "a\u0000b",
      "é",
      "e\u0301",
      "鍋",
      "🫖",
      '"',
      "\\",
      "a,b",
      "",
      "\ud800",
      "\ufffd",
    ];
    const { Ticket } = await tickets.issue({}, { flowName: "\ufffd", executionName: "a" }, [DESCRIBE]);
    for (const flowName of names) {
      const found = await tickets.verify({}, Ticket, { flowName, executionName: "a" }, DESCRIBE);
      assert.equal(found !== undefined, flowName === "\ufffd", JSON.stringify(flowName));
    }
  },

  "the request for a ticket is read strictly": async () => {
    const good = { FlowName: "orders", ExecutionName: "run:1" };
    assert.deepEqual((await readTicketRequest(post(JSON.stringify(good)))).reference, RUN);
    assert.deepEqual(
      (await readTicketRequest(post(JSON.stringify({ FlowName: "鍋🫖", ExecutionName: "x" })))).reference,
      {
        flowName: "鍋🫖",
        executionName: "x",
      },
    );
    for (const [request, status, code] of [
      [{ ...post(""), method: "GET" }, 405, "UnsupportedHTTPMethod"],
      [post(JSON.stringify(good), { url: "https://g.example.com/ticket?FlowName=other" }), 400, "InvalidArgument"],
      [post(JSON.stringify(good), { url: "https://g.example.com/ticket?" }), 200],
      [post(""), 400, "InvalidArgument"],
      [{ ...post(""), body: null }, 400, "InvalidArgument"],
      [post("{"), 400, "InvalidArgument"],
      [post("[]"), 400, "InvalidArgument"],
      [post("null"), 400, "InvalidArgument"],
      [post("FlowName=orders&ExecutionName=run:1"), 400, "InvalidArgument"],
      [post("{}"), 400, "MissingRequiredParams"],
      [post(JSON.stringify({ ...good, FlowName: "" })), 400, "MissingRequiredParams"],
      [post(JSON.stringify({ ...good, FlowName: ["orders"] })), 400, "InvalidArgument"],
      [post(JSON.stringify({ ...good, FlowName: null })), 400, "InvalidArgument"],
      [post(JSON.stringify({ ...good, flowName: "other" })), 400, "InvalidArgument"],
      [post(JSON.stringify({ ...good, Action: "StopExecution" })), 400, "InvalidArgument"],
      [post('{"__proto__":{},"FlowName":"a","ExecutionName":"b"}'), 400, "InvalidArgument"],
      [post('{"FlowName":"a\\ud800","ExecutionName":"b"}'), 400, "InvalidArgument"],
      [post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400, "InvalidArgument"],
      // The overlong form of `/`.
      [
        post(new Uint8Array([...ascii('{"FlowName":"a'), 0xc0, 0xaf, ...ascii('","ExecutionName":"b"}')])),
        400,
        "InvalidArgument",
      ],
      [post(JSON.stringify({ ...good, FlowName: "x".repeat(600) })), 400, "InvalidArgument"],
      [post(`${" ".repeat(5000)}${JSON.stringify(good)}`), 413, "InvalidArgument"],
      [post("{}", { headers: { "content-length": "999999999999" } }), 413, "InvalidArgument"],
    ]) {
      const { refused } = await readTicketRequest(request);
      assert.equal(refused?.status ?? 200, status, refused?.message);
      assert.equal(refused?.code, code);
    }
  },

  "a ticket allows what `authorize` allows": async () => {
    const tickets = createTickets(() => SECRET);
    const asked = async (isAllowed, actions = [DESCRIBE, HISTORY], from = tickets) => {
      const request = post(JSON.stringify({ FlowName: "orders", ExecutionName: "run:1" }));
      const { body, refused } = await serveTicket(request, {}, from, new Set(actions), isAllowed);
      return refused ? `${refused.status} ${refused.code}` : body.Ticket.split(".")[3];
    };
    const seen = [];
    assert.equal(await asked(async (call) => seen.push(call) > 0), `${DESCRIBE}-${HISTORY}`);
    assert.deepEqual(seen, [
      { ...RUN, action: DESCRIBE },
      { ...RUN, action: HISTORY },
    ]);
    assert.equal(await asked(async () => true, [DESCRIBE]), DESCRIBE);
    assert.equal(await asked(async ({ action }) => action === DESCRIBE), DESCRIBE);
    assert.equal(await asked(async ({ action }) => action === HISTORY), "403 AccessDenied");
    assert.equal(await asked(async () => false), "403 AccessDenied");
    assert.equal(await asked(async () => true, ["ListExecutions"]), "404 ActionNotSupported");
    assert.equal(await asked(async () => true, [DESCRIBE], null), "404 ActionNotSupported");
    const request = { ...post(""), method: "GET" };
    const fails = async () => {
      throw new Error("called");
    };
    assert.equal((await serveTicket(request, {}, tickets, new Set([DESCRIBE]), fails)).refused.status, 405);
  },

  "a body without end is read up to its limit only": async () => {
    let sent = 0;
    let isCancelled = false;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1000).fill(32));
      },
      cancel() {
        isCancelled = true;
      },
    });
    const { refused } = await readTicketRequest({ ...post(""), body });
    assert.equal(refused.status, 413);
    assert.ok(sent < 10, `${sent} parts`);
    assert.ok(isCancelled, "cancelled");
  },

  "a body that never arrives is given up": async () => {
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const { refused } = await readTicketRequest({ ...post(""), body }, { maxMs: 50 });
    assert.equal(refused.status, 408);
  },

  "a body that fails is an error response": async () => {
    const body = new ReadableStream({
      pull() {
        throw new Error("connection reset");
      },
    });
    assert.equal((await readTicketRequest({ ...post(""), body })).refused.status, 400);
  },

  "the rate limit: a bucket per caller": async () => {
    let now = 1_000_000;
    const limit = createLimit({ perMinute: 60 }, { now: () => now });
    const asked = (address) => limit(from(address), {});
    for (let i = 0; i < 60; i += 1) assert.equal(await asked("192.0.2.1"), undefined);
    const refused = await asked("192.0.2.1");
    assert.equal(`${refused.status} ${refused.code}`, "429 Throttling.User");
    assert.equal(refused.headers["x-acs-retry-after"], "1000");
    assert.equal(await asked("192.0.2.2"), undefined, "another caller");
    now += 400;
    assert.equal((await asked("192.0.2.1")).headers["x-acs-retry-after"], "600");
    now += 600;
    assert.equal(await asked("192.0.2.1"), undefined);
    assert.ok(await asked("192.0.2.1"));
    now -= 3_600_000;
    const later = await asked("192.0.2.1");
    assert.equal(later?.headers["x-acs-retry-after"], "1000", "a clock that is set back gives and takes nothing");
    assert.equal(createLimit(undefined), undefined);
  },

  "the rate limit: callers without an address share one bucket": async () => {
    const limit = createLimit({ perMinute: 1 });
    assert.equal(await limit(from(undefined), {}), undefined);
    assert.ok(await limit(from(undefined), {}));
    assert.ok(await limit(from(""), {}));
  },

  "the rate limit: an IPv6 caller has one key for 64 bits": () => {
    for (const [address, key] of [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
      ["2001:0db8:0001:0002::7", "2001:db8:1:2::/64"],
      ["2001:db8::7", "2001:db8:0:0::/64"],
      ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
      ["::1", "0:0:0:0::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
      ["", "unknown"],
      [undefined, "unknown"],
    ]) {
      assert.equal(addressKey(address), key, String(address));
    }
  },

  "the rate limit: own keys, long ones too": async () => {
    const limit = createLimit({
      perMinute: 1,
      key: async (request, env) => env.prefix + request.headers.get("x-user"),
    });
    const asked = (user) => limit(request({ "x-user": user }), { prefix: "x".repeat(200) });
    assert.equal(await asked("alice"), undefined);
    assert.equal(await asked("bob"), undefined);
    assert.ok(await asked("alice"));
    // A function that returns nothing does not switch the limit off.
    const empty = createLimit({ perMinute: 1, key: () => undefined });
    assert.equal(await empty(from("192.0.2.1"), {}), undefined);
    assert.ok(await empty(from("192.0.2.1"), {}));
  },

  "the rate limit: the number of callers in memory is bounded": async () => {
    const limit = createLimit({ perMinute: 1 }, { maxCallers: 100, now: () => 0 });
    await limit(from("busy"), {});
    for (let i = 0; i < 1000; i += 1) {
      await limit(from(`192.0.2.${i}`), {});
      assert.ok(await limit(from("busy"), {}), "a caller that asks again is not forgotten");
    }
    assert.equal(await limit(from("192.0.2.1"), {}), undefined, "an idle one is");
  },

  "the rate limit: the binding of Workers counts, the bucket if it fails": async () => {
    const keys = [];
    const logged = [];
    const limit = createLimit({ binding: (env) => env.LIMIT, perMinute: 1 }, { log: (what) => logged.push(what) });
    const env = { LIMIT: { limit: async ({ key }) => ({ success: keys.push(key) < 3 }) } };
    assert.equal(await limit(from("192.0.2.1"), env), undefined);
    assert.equal(await limit(from("192.0.2.1"), env), undefined);
    const refused = await limit(from("192.0.2.1"), env);
    assert.ok(Number(refused.headers["x-acs-retry-after"]) >= 1000);
    assert.deepEqual(keys, ["192.0.2.1", "192.0.2.1", "192.0.2.1"]);
    const broken = { LIMIT: { limit: () => Promise.reject(new Error("no")) } };
    assert.equal(await limit(from("192.0.2.1"), broken), undefined);
    assert.ok(await limit(from("192.0.2.1"), broken));
    assert.equal(logged.length, 2);
    assert.equal(await limit(from("192.0.2.7"), {}), undefined, "no binding");
  },

  "the rate limit refuses wrong options": () => {
    for (const wrong of [
      1,
      null,
      [],
      { perMinute: 0 },
      { perMinute: Number.NaN },
      { perMinute: "5" },
      { key: "ip" },
      { binding: {} },
      { perSecond: 1 },
    ]) {
      assert.throws(
        () => createLimit(wrong),
        ({ code }) => assert.equal(code, "wrong-options"),
      );
    }
  },

  "metrics: counters, gauges and histograms in the format of Prometheus": () => {
    const metrics = createMetrics();
    metrics.count("upstream_calls_total", { action: DESCRIBE, code: "ok" });
    metrics.count("upstream_calls_total", { action: DESCRIBE, code: "ok" }, 2);
    metrics.count("watchers", { kind: "poll" });
    metrics.count("watchers", { kind: "poll" }, -1);
    metrics.count("leaders", {}, -5);
    for (const seconds of [0.05, 0.2, 61]) metrics.observe("upstream_seconds", { action: DESCRIBE }, seconds);
    const lines = metrics.text().split("\n");
    for (const line of [
      "# TYPE cloudflow_gateway_upstream_calls_total counter",
      `cloudflow_gateway_upstream_calls_total{action="${DESCRIBE}",code="ok"} 3`,
      "# TYPE cloudflow_gateway_watchers gauge",
      'cloudflow_gateway_watchers{kind="poll"} 0',
      "cloudflow_gateway_leaders 0",
      `cloudflow_gateway_upstream_seconds_bucket{action="${DESCRIBE}",le="0.05"} 1`,
      `cloudflow_gateway_upstream_seconds_bucket{action="${DESCRIBE}",le="0.25"} 2`,
      `cloudflow_gateway_upstream_seconds_bucket{action="${DESCRIBE}",le="60"} 2`,
      `cloudflow_gateway_upstream_seconds_bucket{action="${DESCRIBE}",le="+Inf"} 3`,
      `cloudflow_gateway_upstream_seconds_sum{action="${DESCRIBE}"} 61.25`,
      `cloudflow_gateway_upstream_seconds_count{action="${DESCRIBE}"} 3`,
    ]) {
      assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
    }
    const form =
      /^(# (HELP|TYPE) cloudflow_gateway_\w+ .+|cloudflow_gateway_\w+(\{(\w+="[^"\\\n]*",?)+\})? -?\d+(\.\d+)?|)$/;
    for (const line of lines) assert.ok(form.test(line), line);
  },

  "metrics: deltas of isolates add up": () => {
    const [one, two, sum] = [createMetrics(), createMetrics(), createMetrics()];
    const expected = createMetrics();
    for (let i = 0; i < 50; i += 1) {
      for (const isolate of [i % 2 ? one : two, expected]) {
        isolate.count("coalesced_total", { action: i % 3 ? DESCRIBE : HISTORY }, i);
        isolate.observe("permit_wait_seconds", { bucket: "describe" }, i / 10);
        isolate.count("watchers", { kind: "stream" }, i % 5 ? 1 : -1);
      }
      if (i % 7 === 0) sum.merge(one.takeDeltas());
      if (i % 11 === 0) sum.merge(two.takeDeltas());
    }
    const lost = two.takeDeltas();
    // Each line is a name and a number to add, also for a program that does not know the metrics.
    for (const line of lost.trimEnd().split("\n"))
      assert.ok(/^cloudflow_gateway_\w+\{\S*\} -?[\d.e-]+$/.test(line), line);
    two.returnDeltas(lost);
    sum.merge(one.takeDeltas());
    sum.merge(two.takeDeltas());
    assert.equal(two.takeDeltas(), "");
    assert.deepEqual(sum.text().split("\n").sort(), expected.text().split("\n").sort());
    const restored = createMetrics();
    restored.merge(sum.snapshot());
    assert.equal(restored.text(), sum.text());
  },

  "metrics: hostile labels and texts": () => {
    const metrics = createMetrics({ maxSeries: 10 });
    metrics.count("upstream_calls_total", { action: 'a"} 1\ncloudflow_gateway_leaders 99', code: "\\\u2028é" });
    for (let i = 0; i < 1000; i += 1) metrics.count("upstream_calls_total", { action: "x", code: `code${i}` });
    for (const name of ["unknown", "__proto__", "constructor", "toString", ""]) metrics.count(name, {});
    metrics.count("limited_total", {}, Number.NaN);
    metrics.count("limited_total", {}, -1);
    metrics.count("limited_total", {}, Number.POSITIVE_INFINITY);
    for (const text of [
      "cloudflow_gateway_limited_total{} -5\n",
      "cloudflow_gateway_limited_total{} 1,2\n",
      'cloudflow_gateway_limited_total{le="1"} -1\n',
      'cloudflow_gateway_upstream_seconds{action="x",le="7"} 1\n',
      'cloudflow_gateway_upstream_seconds{action="x",le="sum"} -1\n',
      "cloudflow_gateway_limited_total{} 1e999\n",
      "cloudflow_gateway_limited_total{} x\n",
      "cloudflow_gateway_upstream_seconds{} 1\n",
      "cloudflow_gateway___proto__{} 1\n",
      "limited_total{} 1\n",
      "{}{}{}",
      `${"x".repeat(3_000_000)}\ncloudflow_gateway_limited_total{} 1\n`,
    ]) {
      metrics.merge(text);
    }
    const text = metrics.text();
    assert.ok(!text.includes("limited_total 1") && !text.includes("leaders 99"), text);
    const series = text.split("\n").filter((line) => line.startsWith("cloudflow_gateway_upstream_calls_total"));
    assert.equal(series.length, 11);
    assert.ok(
      series.at(-1).startsWith('cloudflow_gateway_upstream_calls_total{action="other",code="other"} 99'),
      series.at(-1),
    );
    assert.ok(series[0].includes('{action="a___1_cloudflow_gateway_leaders_99",code="___"}'), series[0]);
    assert.deepEqual(
      Object.keys(METRICS).filter((name) => !text.includes(`# TYPE cloudflow_gateway_${name} `)),
      [],
    );
  },

  "the log of calls: one JSON line, without secrets and control characters": async () => {
    const lines = await consoleOf(() => {
      const log = callLogger(describeExecution);
      log({ ...ENTRY, secret: "topsecret" });
      log({
        ...ENTRY,
        flow: 'a\n{"forged":1}\u2028\u202e\u009b\ud800',
        execution: "topsecret",
        code: "x".repeat(1000),
      });
      log({ ...ENTRY, requestId: undefined, code: null });
    });
    assert.deepEqual(
      lines.map(([method, ...texts]) => [method, texts.length]),
      [
        ["log", 1],
        ["log", 1],
        ["log", 1],
      ],
    );
    const [first, second] = lines.map(([, text]) => JSON.parse(text));
    const { time, ...rest } = first;
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 5000, time);
    assert.deepEqual(rest, { ...ENTRY, ms: 12 });
    assert.equal(second.flow, 'a\n{"forged":1}\u2028\u202e\u009b\ud800');
    assert.equal(second.execution, "***");
    assert.equal(second.code.length, 256);
    for (const [, text] of lines) assert.ok(/^[\x20-\x7e]+$/.test(text), text);
  },

  "the log of calls: a function, and off": async () => {
    const entries = [];
    assert.deepEqual(
      await consoleOf(() => {
        callLogger(describeExecution, (entry) => entries.push(entry))({ ...ENTRY, code: "topsecret" });
        callLogger(describeExecution, false)(ENTRY);
      }),
      [],
    );
    assert.equal(entries.length, 1);
    assert.equal(entries[0].code, "***");
    for (const fails of [
      () => {
        throw new Error("disk full");
      },
      async () => Promise.reject(new Error("disk full")),
    ]) {
      const lines = await consoleOf(() => callLogger(describeExecution, fails)(ENTRY));
      assert.equal(lines.length, 1);
      assert.ok(lines[0][1].includes("`log` threw: Error: disk full"), lines[0][1]);
    }
    for (const wrong of [true, null, "file", {}]) {
      assert.throws(
        () => callLogger(describeExecution, wrong),
        ({ code }) => assert.equal(code, "wrong-options"),
      );
    }
  },
};

/** A function of the client whose module redacts one text. */
const describeExecution = () => ({ call: (_name, text) => text.replaceAll("topsecret", "***") });

const ENTRY = {
  action: DESCRIBE,
  flow: "orders",
  execution: "run:1",
  status: 200,
  code: "",
  requestId: "52ef0076-da4e-0c2c-f434-5f0cfbb2f193",
  ms: 12.345,
  attempt: 1,
};

/** Runs with another console. Returns the lines: `[method, text]`. */
async function consoleOf(run) {
  const { log, error } = console;
  const lines = [];
  console.log = (...texts) => lines.push(["log", ...texts]);
  console.error = (...texts) => lines.push(["error", ...texts]);
  try {
    await run();
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    Object.assign(console, { log, error });
  }
  return lines;
}

function from(address) {
  return request({ "cf-connecting-ip": address });
}

function request(headers) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return { method: "GET", url: "https://gateway.example.com/", headers: new Headers(given) };
}

/** A request with a body. Some runtimes do not allow a script to set all headers. */
function post(body, { url = "https://gateway.example.com/ticket", headers = {} } = {}) {
  return { method: "POST", url, headers: new Headers(headers), body: new Response(body).body };
}

function ascii(text) {
  return new TextEncoder().encode(text);
}

// Attacks on a gateway with Durable Objects in workerd, over TCP: what no test can send with `Request`.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Miniflare } from "miniflare";
import { bundleWorker } from "../gateway-load/gateways/bundle.mjs";

const SECRET = "a-secret-of-some-length";
const WORKER = `
import { createGateway } from "cloudflow-wasm/gateway";
import { bearer, allOf } from "cloudflow-wasm/gateway/auth";
const gateway = createGateway({
  upstream: (env) => ({
    endpoint: env.ENDPOINT,
    credentials: { accessKeyId: "LTAIexample", accessKeySecret: "secret-of-the-gateway" },
    allowInsecureHttp: true,
  }),
  authorize: allOf(bearer(${JSON.stringify(SECRET)}), (_, { flowName }) => flowName === "orders"),
  actions: ["DescribeExecution", "GetExecutionHistory"],
  origins: ["https://app.example.com"],
  hub: (env) => ({ executions: env.HUB, account: env.BUDGET }),
  tickets: () => "0123456789abcdef0123456789abcdef",
  limit: { perMinute: 100_000 },
  log: false,
});
export default gateway;
export const { ExecutionHub, AccountBudget } = gateway;
`;

let service;
let miniflare;
let port;
let folder;
let calls = 0;

before(async () => {
  service = createServer((request, response) => {
    calls += 1;
    const query = new URL(request.url, "http://localhost").searchParams;
    const body = {
      RequestId: "r",
      FlowName: query.get("FlowName"),
      Name: query.get("ExecutionName"),
      Status: "Succeeded",
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...body, FlowDefinition: "Type: StateMachine\n", Output: "the output" }));
  });
  await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(join(tmpdir(), "cloudflow-attacks-"));
  const entry = join(folder, "entry.js");
  writeFileSync(entry, WORKER);
  const out = join(folder, "worker");
  const { main, wasm } = await bundleWorker(entry, out);
  const contents = (name) => readFileSync(join(out, name));
  miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: contents(main).toString() },
      ...wasm.map((path) => ({ type: "CompiledWasm", path, contents: contents(path) })),
    ],
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["enable_request_signal"],
    cf: false,
    bindings: { ENDPOINT: `http://127.0.0.1:${service.address().port}` },
    durableObjects: {
      HUB: { className: "ExecutionHub", useSQLite: true },
      BUDGET: { className: "AccountBudget", useSQLite: true },
    },
    durableObjectsPersist: join(folder, "objects"),
  });
  port = Number((await miniflare.ready).port);
});
after(async () => {
  await miniflare?.dispose();
  service?.closeAllConnections();
  service?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const CALL = "Action=DescribeExecution&Version=2019-03-15&FlowName=orders&ExecutionName=run-1";
const ALICE = `Authorization: Bearer ${SECRET}`;

test("the caller with the secret is served, and its ticket once", async () => {
  const { status, body } = await sent([`GET /?${CALL} HTTP/1.1`, ALICE]);
  assert.equal(status, 200);
  assert.ok(body.includes("the output"));
  const before = calls;
  const ticket = await ticketOf();
  const events = `GET /events?FlowName=orders&ExecutionName=run-1&ticket=${ticket} HTTP/1.1`;
  const first = await sent([events]);
  assert.equal(first.status, 200);
  assert.ok(/^event: execution$/m.test(first.body) && /^event: end$/m.test(first.body), first.body);
  for (let i = 0; i < 3; i += 1) assert.equal((await sent([events])).status, 403);
  const racing = `GET /events?FlowName=orders&ExecutionName=run-1&ticket=${await ticketOf()} HTTP/1.1`;
  const all = await Promise.all(Array.from({ length: 8 }, () => sent([racing])));
  assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array(7).fill(403)]);
  assert.equal(calls, before, "the final answer is stored");
});

test("upgrades, and paths and hosts of the objects, reach no object", async () => {
  await sent([`GET /?${CALL} HTTP/1.1`, ALICE]);
  const before = calls;
  const upgrade = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  const deadline = Date.now() + 60_000;
  const object = "v=1&flow=orders&execution=run-1";
  for (const path of [
    `/join?${object}&since=0&deadline=${deadline}&kind=poll&history=0&after=0`,
    `/join?${object}&since=0&deadline=${deadline}&kind=stream&history=1&after=0`,
    `/events?${object}&after=0&limit=1000`,
    `/permit?v=1&bucket=describe&key=run-1&throttled=3600000`,
    `/ticket?${object}&nonce=${"A".repeat(22)}&expires=${deadline}`,
    `/metrics?v=1`,
    `/report?${object}`,
    `/?${CALL}`,
    `/cdn-cgi/mf/scheduled`,
    `/__do/ExecutionHub/run-1`,
  ]) {
    for (const host of ["localhost", "hub", "budget", "hub:80"]) {
      for (const headers of [[], upgrade]) {
        const found = await sent([`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers]);
        assert.ok(found.status >= 400, `${found.status} ${path} ${host}`);
        assert.ok(!found.body.includes("the output") && !/^(page|wait|state) /.test(found.body), found.body);
      }
      const allowed = await sent([`GET ${path} HTTP/1.1`, `Host: ${host}`, ALICE, ...upgrade]);
      assert.notEqual(allowed.status, 101, path);
    }
  }
  const report = 'report 0 0000000000000000 3\n{"Status":"Failed","Output":"forged"}';
  await sent([`POST /report?${object} HTTP/1.1`, ALICE, `Content-Length: ${report.length}`], report);
  const { body } = await sent([`GET /?${CALL} HTTP/1.1`, ALICE]);
  assert.ok(body.includes("the output") && !body.includes("forged"), body);
  assert.equal(calls, before, "the stored answer is still there, and no call was made");
});

test("requests that are ambiguous in HTTP are refused, or serve what was authorized", async () => {
  const before = calls;
  for (const lines of [
    [`GET /?${CALL} HTTP/1.1`, "Authorization: Bearer x", ALICE],
    [`GET /?${CALL} HTTP/1.1`, ALICE, "Authorization: Bearer x"],
    [`GET /?${CALL} HTTP/1.1`, "X: 1", ` ${ALICE}`],
    [`GET /?${CALL.replace("orders", "salaries")}&x=${encodeURIComponent(`\r\n${ALICE}`)} HTTP/1.1`],
    [`GET /?${CALL}&FlowName=salaries HTTP/1.1`, ALICE],
    [`GET /?${CALL}%C0%AF HTTP/1.1`, ALICE],
    // Bytes that are no UTF-8, without percent-encoding: the host replaces them, which gives another name.
    [`GET /?${CALL.replace("orders", "orders\u00c0\u00af")} HTTP/1.1`, ALICE],
    [`GET /?${CALL.replace("orders", "\u00efrders")} HTTP/1.1`, ALICE],
    [`GET /?${CALL} HTTP/1.1`, ALICE, "Origin: null"],
    [`GET /?${CALL} HTTP/1.1`, ALICE, "Origin: https://app.example.com.evil.com"],
    [`GET /?${CALL} HTTP/1.1`, ALICE, "Origin: https://app.example.com", "Origin: https://evil.com"],
    [`POST /?${CALL} HTTP/1.1`, ALICE, "X-HTTP-Method-Override: GET", "Content-Length: 0"],
    [`DELETE /?${CALL} HTTP/1.1`, ALICE],
  ]) {
    const { status, body } = await sent(lines);
    assert.ok(status >= 400, `${status} ${lines.join(" | ")}`);
    assert.ok(!body.includes("the output"), body);
  }
  assert.equal(calls, before);
});

test("huge and slow bodies do not hold up the gateway", async () => {
  const huge = "x".repeat(1_000_000);
  const head = [ALICE, "Content-Type: application/json"];
  assert.equal((await sent(["POST /ticket HTTP/1.1", ...head, `Content-Length: ${huge.length}`], huge)).status, 413);
  const chunked = await sent(
    ["POST /ticket HTTP/1.1", ...head, "Transfer-Encoding: chunked"],
    `${huge.length.toString(16)}\r\n${huge}\r\n0\r\n\r\n`,
  );
  assert.equal(chunked.status, 413);
  // Announced, and never sent: the response does not wait for it.
  const began = Date.now();
  const slow = await Promise.all([
    sent([`POST /?${CALL} HTTP/1.1`, ALICE, "Content-Length: 1000000000"], "FlowName=salaries"),
    sent([`GET /?${CALL} HTTP/1.1`, ALICE, "Content-Length: 1000"], "x"),
    sent(["POST /ticket HTTP/1.1", ...head, "Content-Length: 1000000000"], "{"),
    sent(["POST /ticket HTTP/1.1", "Content-Length: 100"], "{"),
    sent(["POST /ticket HTTP/1.1", ...head, "Content-Length: 100"], "{"),
  ]);
  assert.deepEqual(
    slow.map(({ status }) => status),
    [405, 200, 413, 408, 408],
  );
  assert.ok(Date.now() - began < 40_000, `${Date.now() - began} ms`);
});

async function ticketOf() {
  const body = JSON.stringify({ FlowName: "orders", ExecutionName: "run-1" });
  const { status, body: text } = await sent(["POST /ticket HTTP/1.1", ALICE, `Content-Length: ${body.length}`], body);
  assert.equal(status, 200, text);
  return /"Ticket":"([^"]+)"/.exec(text)[1];
}

/** Sends the lines of a request over a connection of its own. Resolves at the end of the response, at most after 25 s. */
function sent(lines, body = "") {
  const hasHost = lines.some((line) => line.startsWith("Host: "));
  const head = [lines[0], ...(hasHost ? [] : ["Host: localhost"]), ...lines.slice(1)];
  const isUpgrade = lines.includes("Connection: Upgrade");
  if (!isUpgrade) head.push("Connection: close");
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 400);
      resolve({ status, body: text.slice(text.indexOf("\r\n\r\n") + 4) });
    };
    const timer = setTimeout(() => reject(new Error(`no end after 25 s: ${lines[0]}\n${text.slice(0, 500)}`)), 25_000);
    socket.setEncoding("latin1");
    socket.on("data", (part) => {
      text += part;
      // workerd closes the connection some seconds later.
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      const from = text.indexOf("\r\n\r\n") + 4;
      const isWhole = text.length - from >= length || text.endsWith("\r\n0\r\n\r\n") || /^HTTP\/1\.1 101/.test(text);
      if (from > 3 && isWhole) end();
    });
    socket.on("end", end);
    socket.on("error", end);
    socket.write(Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1"));
  });
}

// The console of the local server: the page, the gateway, the control protocol, and who may use them.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { createConsole } from "../../pkg/console/control.js";
import { createFiles } from "../../pkg/console/files.js";
import { createClient } from "../../pkg/dist/index.js";
import { createEmulator } from "../../pkg/dist/local.js";

const TASK = "acs:fc:::services/s/functions/ask";
const task = (name = "ask") => `version: v1
type: flow
steps:
  - {type: task, name: ${name}, resourceArn: 'acs:fc:::services/s/functions/${name}'}
`;
const wait = (seconds) => `version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: ${seconds}}\n`;
const KEY = { id: "console-key-id", secret: "console-key-secret" };

let place;
before(async () => (place = await mkdtemp(join(tmpdir(), "cloudflow-console-"))));
after(() => rm(place, { recursive: true, force: true }));

/** A console in this process. `call` returns status and body, and checks what every response has in common. */
function create(t, options = {}, more = {}) {
  const emulator = createEmulator({ accessKeys: { [KEY.id]: KEY.secret }, tasks: more.tasks ?? {}, ...options });
  t.after(() => emulator.close());
  const { fetch } = createConsole({ emulator, key: KEY, ...more });
  const send = (path, init) => fetch(new Request(`http://localhost:8791${path}`, init));
  const call = async (method, path, body, headers = { "content-type": "application/json" }) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await send(path, { method, headers, body: body === undefined ? undefined : text });
    const read = await response.text();
    assert.ok(!`${read}${JSON.stringify([...response.headers])}`.includes("console-key"), `${path} shows the key`);
    assert.equal(response.headers.get("content-type"), "application/json;charset=utf-8", path);
    assert.equal(response.headers.get("cache-control"), "no-store", path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    const json = JSON.parse(read);
    if (response.status >= 400) assert.ok(json.Code && json.Message && json.RequestId, read);
    return { status: response.status, body: json, headers: response.headers };
  };
  const client = createClient({
    endpoint: "http://localhost:8791/api/",
    fetch: (url, init) => fetch(new Request(url, init)),
  });
  return { emulator, fetch, send, call, client };
}

test("flows are created, updated, read and listed", async (t) => {
  const { call } = create(t);
  const before = Date.now();
  const { body } = await call("GET", "/control/");
  assert.deepEqual(
    { ...body, now: 0 },
    { flows: true, start: true, stop: true, mocks: true, now: 0, speed: 1, isKept: true },
  );
  assert.ok(body.now >= before && body.now <= Date.now());

  assert.equal((await call("GET", "/control/flows/a")).body.Code, "FlowNotExists");
  const a = { name: "a", definition: wait(1), mode: "Standard" };
  assert.deepEqual((await call("PUT", "/control/flows/a", { definition: wait(1) })).body, a);
  assert.deepEqual((await call("PUT", "/control/flows/b", { definition: wait(1), mode: "Express" })).body, {
    ...a,
    name: "b",
    mode: "Express",
  });
  const [first] = (await call("GET", "/control/flows?limit=1")).body.flows;
  // The same definition changes nothing. Another one does.
  await call("PUT", "/control/flows/a", { definition: wait(1), mode: "Standard" });
  const page = (await call("GET", "/control/flows?limit=1")).body;
  assert.deepEqual(page.flows, [first]);
  assert.deepEqual(Object.keys(first), ["name", "mode", "createdTime", "lastModifiedTime"]);
  const rest = (await call("GET", `/control/flows?nextToken=${encodeURIComponent(page.nextToken)}`)).body;
  assert.deepEqual(
    rest.flows.map(({ name }) => name),
    ["b"],
  );
  assert.ok(!("nextToken" in rest));
  assert.equal((await call("PUT", "/control/flows/a", { definition: wait(2) })).body.definition, wait(2));
  assert.equal((await call("GET", "/control/flows/a")).body.definition, wait(2));

  const other = await call("PUT", "/control/flows/a", { definition: wait(3), mode: "Express" });
  assert.deepEqual([other.status, other.body.Code], [400, "InvalidArgument"]);
  assert.match(other.body.Message, /`a` has the mode `Standard`/);
  const invalid = await call("PUT", "/control/flows/a", { definition: "type: flow" });
  assert.equal(invalid.status, 400);
  assert.equal((await call("GET", "/control/flows/a")).body.definition, wait(2));
});

test("executions are started, watched and stopped", async (t) => {
  const { call, client } = create(t);
  const { body } = await call("POST", "/control/executions", {
    flowName: "nap",
    definition: wait(60),
    input: '{"a":1}',
  });
  assert.equal(body.flowName, "nap");
  assert.match(body.executionName, /^run-\d{8}-\d{6}-[0-9a-f]{8}$/);
  const named = { flowName: "nap", executionName: "one" };
  assert.deepEqual((await call("POST", "/control/executions", { ...named, executionName: "one" })).body, named);
  const execution = await client.describeExecution(body);
  assert.deepEqual([execution.status, execution.input], ["Running", '{"a":1}']);
  const held = client.waitForExecution(named);
  assert.deepEqual(
    (await call("POST", "/control/stop", { ...named, error: "Enough", cause: "it is late" })).body,
    named,
  );
  assert.equal((await held).status, "Stopped");
  const { events } = await client.getExecutionHistory(named);
  assert.deepEqual(events.at(-1).detail, { error: "Enough", cause: "it is late" });
  const { executions } = await client.listExecutions({ flowName: "nap" });
  assert.deepEqual(executions.map(({ status }) => status).sort(), ["Running", "Stopped"]);

  const refused = [
    [{ flowName: "absent" }, 404, "FlowNotExists"],
    [{ ...named }, 400, "ExecutionAlreadyExists"],
    [{ flowName: "nap", executionName: "no blanks" }, 400, "InvalidArgument"],
    [{ flowName: "nap", input: "[1]" }, 400, "InvalidArgument"],
    [{ flowName: "nap", input: { a: 1 } }, 400, "InvalidArgument"],
    [{ flowName: "nap", definition: "" }, 400, "InvalidArgument"],
    [{ flowName: "" }, 400, "InvalidArgument"],
    [{}, 400, "InvalidArgument"],
    [{ flowName: "nap", mode: "Fast" }, 400, "InvalidArgument"],
    [{ flowName: "nap\ud800" }, 400, "InvalidArgument"],
    [{ flowName: "nap", executionname: "x" }, 400, "InvalidArgument"],
  ];
  for (const [request, status, code] of refused) {
    const answer = await call("POST", "/control/executions", request);
    assert.deepEqual([answer.status, answer.body.Code], [status, code], JSON.stringify(request));
  }
  assert.equal((await call("POST", "/control/stop", named)).status, 400, "it has ended");
  assert.equal((await call("POST", "/control/stop", { flowName: "nap", executionName: "absent" })).status, 404);
});

test("answers of the page are used for tasks without a handler", async (t) => {
  const asked = [];
  const tasks = { "acs:fc:*/functions/mine": () => ({ by: "module" }) };
  const unmatched = {
    "*": (_, { action }) => {
      asked.push(action);
      throw Object.assign(new Error("none"), { code: "Local.NoTaskHandler" });
    },
  };
  const changes = [];
  const { call, client } = create(t, {}, { tasks, unmatched, onAnswers: (answers) => changes.push(answers) });
  const mine = "acs:fc:::services/s/functions/mine";
  const sources = async () => {
    const query = new URLSearchParams([TASK, mine, "acs:fnf:::flow/child"].map((action) => ["action", action]));
    return (await call("GET", `/control/tasks?${query}`)).body.tasks.map(({ handler }) => handler);
  };
  const end = async (definition) => {
    const { body } = await call("POST", "/control/executions", { flowName: "f", definition });
    return client.waitForExecution(body);
  };
  assert.deepEqual(await sources(), ["none", "module", "none"]);
  assert.deepEqual((await call("GET", "/control/tasks")).body, { tasks: [] });
  assert.equal((await end(task())).status, "Failed");
  assert.deepEqual(asked, [TASK]);

  const set = (action, mocks) => call("PUT", "/control/answers", { action, mocks });
  const answers = { [TASK]: [{ output: { n: 1 } }] };
  assert.deepEqual((await set(TASK, [{ output: { n: 1 } }])).body, { answers });
  assert.deepEqual((await call("GET", "/control/answers")).body, { answers });
  assert.deepEqual(await sources(), ["answer", "module", "none"]);
  assert.equal((await end(task())).output, '{"n":1}');
  assert.equal((await end(task("mine"))).output, '{"by":"module"}');
  await call("PUT", "/control/flows/child", { definition: wait(1) });
  assert.deepEqual(await sources(), ["answer", "module", "flow"]);

  // Errors, durations, one mock for each call, and a task that never ends.
  await set(TASK, [{ error: "Busy", cause: "later", delayMs: 300 }]);
  const began = Date.now();
  const failed = await end(task());
  assert.equal(failed.status, "Failed");
  assert.ok(Date.now() - began >= 300);
  const { events } = await client.getExecutionHistory({ flowName: "f", executionName: failed.name });
  assert.deepEqual(events.at(-1).detail, { error: "Busy", cause: "later" });
  await set(TASK, [{ error: "Busy" }, { output: { n: 2 } }]);
  const retried = task().replace("ask'}", "ask', retry: [{errors: [Busy], intervalSeconds: 1}]}");
  assert.equal((await end(retried)).output, '{"n":2}');
  await set(TASK, [{ never: true }]);
  const { body } = await call("POST", "/control/executions", { flowName: "f", definition: task() });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await client.describeExecution(body)).status, "Running");

  const refused = [
    [mine, [{ output: 1 }], 409, "Local.HandlerExists"],
    [TASK, [], 400, "InvalidArgument"],
    [TASK, { output: 1 }, 400, "InvalidArgument"],
    [TASK, [{ outputs: 1 }], 400, "InvalidArgument"],
    [TASK, [{ output: 1, error: "E" }], 400, "InvalidArgument"],
    [TASK, [{ output: 1, delayMs: -1 }], 400, "InvalidArgument"],
    [TASK, undefined, 400, "InvalidArgument"],
    ["", [{ output: 1 }], 400, "InvalidArgument"],
    ["a".repeat(2000), [{ output: 1 }], 400, "InvalidArgument"],
  ];
  for (const [action, mocks, status, code] of refused) {
    const answer = await set(action, mocks);
    assert.deepEqual([answer.status, answer.body.Code], [status, code], JSON.stringify([action, mocks]));
  }
  assert.deepEqual((await call("GET", "/control/answers")).body, { answers: { [TASK]: [{ never: true }] } });
  assert.ok(Object.hasOwn((await set("__proto__", [{ output: 1 }])).body.answers, "__proto__"));
  await set("__proto__", null);
  assert.deepEqual((await set(TASK, null)).body, { answers: {} });
  assert.deepEqual(await sources(), ["none", "module", "flow"]);
  assert.deepEqual(changes.at(-1), {});
});

test("the time is that of the clock of the flows", async (t) => {
  const { call, client } = create(t, { skipWaits: true });
  const { body } = await call("POST", "/control/executions", { flowName: "nap", definition: wait(86400) });
  const { stoppedTime } = await client.waitForExecution(body);
  const { now } = (await call("GET", "/control/")).body;
  assert.ok(now >= Date.parse(stoppedTime), `${new Date(now).toISOString()}, ${stoppedTime}`);
  assert.ok(now > Date.now() + 86_000_000);
});

test("malformed requests are refused with a reason", async (t) => {
  const { call, send } = create(t);
  const json = { "content-type": "application/json" };
  const cases = [
    ["GET", "/control", undefined, json, 404],
    ["GET", "/control/nothing", undefined, json, 404],
    ["GET", "/control/toString", undefined, json, 404],
    ["GET", "/control/__proto__", undefined, json, 404],
    ["GET", "/control/flows/", undefined, json, 404],
    ["GET", "/control/flows/a/b", undefined, json, 404],
    ["GET", "/control/flows/%ff", undefined, json, 400],
    ["GET", "/control/flows?limit=many", undefined, json, 400],
    ["GET", "/control/flows?limit=1&limit=2", undefined, json, 400],
    ["GET", "/control/flows?limits=1", undefined, json, 400],
    ["GET", "/control/flows?nextToken=x", undefined, json, 400],
    ["GET", "/control/tasks?actions=a", undefined, json, 400],
    ["GET", `/control/tasks?${"action=a&".repeat(1001)}`, undefined, json, 400],
    ["DELETE", "/control/flows/a", undefined, json, 405],
    ["GET", "/control/executions", undefined, json, 405],
    ["POST", "/control/", "{}", json, 405],
    ["OPTIONS", "/control/executions", undefined, json, 405],
    ["POST", "/control/executions", "{}", {}, 415],
    ["POST", "/control/executions", "{}", { "content-type": "text/plain" }, 415],
    ["POST", "/control/executions", "flowName=a", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["POST", "/control/executions", "{", json, 400],
    ["POST", "/control/executions", "[]", json, 400],
    ["POST", "/control/executions", "null", json, 400],
    ["POST", "/control/executions", "", json, 400],
    ["POST", "/control/executions", `{"flowName":"${"a".repeat(1024 * 1024)}"}`, json, 413],
    ["GET", "/api", undefined, json, 404],
    ["GET", "/api/more", undefined, json, 404],
    ["GET", "/other", undefined, json, 404],
    ["GET", "/api/", undefined, json, 400],
    ["GET", "/api/?Action=StartExecution&Version=2019-03-15&FlowName=a", undefined, json, 400],
    ["POST", "/api/?Action=DescribeExecution&Version=2019-03-15&FlowName=a&ExecutionName=b", "", json, 405],
  ];
  for (const [method, path, body, headers, status] of cases)
    assert.equal(
      (await call(method, path, body, headers)).status,
      status,
      `${method} ${path.slice(0, 100)} ${body?.slice(0, 20)}`,
    );
  assert.equal((await call("DELETE", "/control/flows/a")).headers.get("allow"), "GET, PUT");
  const bytes = { method: "POST", headers: json, body: new Uint8Array([0x7b, 0xff, 0x7d]) };
  assert.equal((await send("/control/executions", bytes)).status, 400);
});

test("requests of pages of another origin are refused on every route", async (t) => {
  const { call } = create(t);
  const routes = [
    ["GET", "/api/?Action=DescribeExecution&Version=2019-03-15&FlowName=a&ExecutionName=b"],
    ["GET", "/control/"],
    ["GET", "/control/flows"],
    ["PUT", "/control/flows/evil", { definition: wait(1) }],
    ["POST", "/control/executions", { flowName: "evil", definition: wait(1) }],
    ["POST", "/control/stop", { flowName: "evil", executionName: "e" }],
    ["GET", "/control/tasks"],
    ["PUT", "/control/answers", { action: "evil", mocks: [{ output: 1 }] }],
  ];
  const foreign = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:1" },
    { origin: "https://localhost:8791" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "http://localhost:8791", "sec-fetch-site": "cross-site" },
  ];
  for (const [method, path, body] of routes)
    for (const headers of foreign) {
      const answer = await call(method, path, body, { "content-type": "application/json", ...headers });
      assert.deepEqual([answer.status, answer.body.Code], [403, "Local.OriginRefused"], `${method} ${path}`);
      assert.ok(!answer.headers.has("access-control-allow-origin"));
    }
  assert.deepEqual((await call("GET", "/control/flows")).body.flows, []);
  assert.deepEqual((await call("GET", "/control/answers")).body.answers, {});
  const own = { origin: "http://localhost:8791", "sec-fetch-site": "same-origin" };
  assert.equal((await call("GET", "/control/", undefined, own)).status, 200);
});

test("the files of the page have types, policies and caches; no other file can be read", async () => {
  const folder = await mkdtemp(join(place, "page-"));
  const files = {
    "index.html": "<!doctype html><title>x</title>",
    "main-ABCDEFGH.js": "1;".repeat(1000),
    "style-12345678.css": "a{}",
    "local-ABCDEFGH.wasm": "\0asm",
    "THIRD-PARTY.txt": "x",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(join(place, "secret"), "secret");
  const { fetch, has } = await createFiles(pathToFileURL(`${folder}/`));
  const get = (path, headers = {}, method = "GET") =>
    fetch(new Request(`http://localhost${path}`, { headers, method }));
  const types = {
    "/": ["text/html;charset=utf-8", "no-cache"],
    "/index.html": ["text/html;charset=utf-8", "no-cache"],
    "/main-ABCDEFGH.js": ["text/javascript;charset=utf-8", "public, max-age=31536000, immutable"],
    "/style-12345678.css": ["text/css;charset=utf-8", "public, max-age=31536000, immutable"],
    "/local-ABCDEFGH.wasm": ["application/wasm", "public, max-age=31536000, immutable"],
    "/THIRD-PARTY.txt": ["text/plain;charset=utf-8", "no-cache"],
  };
  for (const [path, [type, cache]] of Object.entries(types)) {
    const response = await get(path);
    const { headers } = response;
    assert.deepEqual([response.status, headers.get("content-type"), headers.get("cache-control")], [200, type, cache]);
    assert.equal(await response.text(), files[path === "/" ? "index.html" : path.slice(1)]);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(headers.get("content-security-policy"), /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|\*/);
    assert.equal((await get(path, { "if-none-match": `"x", W/${headers.get("etag")}` })).status, 304);
  }
  for (const [accepted, encoding, unpack] of [
    ["gzip, deflate, br", "br", brotliDecompressSync],
    ["GZIP;q=0.5, br;q=0", "gzip", gunzipSync],
    ["deflate, gzip", "gzip", gunzipSync],
    ["gzip;q=0, brotli, identity", null, (bytes) => Buffer.from(bytes)],
  ]) {
    // The second response is the compressed file that was kept.
    for (let time = 0; time < 2; time += 1) {
      const packed = await get("/main-ABCDEFGH.js", { "accept-encoding": accepted });
      assert.equal(packed.headers.get("content-encoding"), encoding, accepted);
      assert.equal(unpack(await packed.arrayBuffer()).toString(), files["main-ABCDEFGH.js"]);
    }
  }

  const outside = [
    "/secret",
    "/../secret",
    "/%2e%2e/secret",
    "/..%2fsecret",
    "/..%5csecret",
    "//secret",
    "/page/",
    "/a\0b",
  ];
  for (const path of outside) {
    assert.ok(!has(path), path);
    assert.equal((await get(path)).status, 404, path);
  }
  const posted = await get("/", {}, "POST");
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
  await assert.rejects(createFiles(pathToFileURL(`${place}/`)), /index\.html/);
});

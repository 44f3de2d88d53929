// The console of the command `cloudflow-wasm local`, in Node, Deno and Bun, beside the signed interface.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "../../pkg/dist/index.js";
import { signRequest } from "../../pkg/dist/local.js";
import { RUNTIMES, raw, run, start } from "./support/local-server.mjs";

const PACKAGE = new URL("../../pkg/dist/", import.meta.url);
const NODE = RUNTIMES[0][1];
const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const definition = `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: 1}
  - {type: task, name: ask, resourceArn: 'acs:fc:::services/s/functions/ask'}
`;

let place;
before(async () => (place = await mkdtemp(join(tmpdir(), "cloudflow-console-"))));
after(() => rm(place, { recursive: true, force: true }));

test("the package holds each module once", async () => {
  const files = await readdir(PACKAGE, { recursive: true });
  const modules = files.filter((name) => name.endsWith(".wasm")).map((name) => name.replaceAll("\\", "/"));
  assert.deepEqual(modules.sort(), [
    "ask.wasm",
    "editor.wasm",
    "gateway.wasm",
    "language.wasm",
    "local.wasm",
    "sign.wasm",
  ]);
});

const send = (url, method, path, body) =>
  fetch(`${url}/control/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

for (const [name, command] of RUNTIMES) {
  test(`${name}: the console is at the address of the server`, { timeout: 60_000 }, async (t) => {
    const state = join(place, `${name}-state`);
    const args = ["local", "--port", "0", "--state", state, "--key", "me:my-secret"];
    let server = await start(t, command, args);
    let { url } = server;
    const { host } = new URL(url);
    assert.match(server.output(), new RegExp(`^console +${url}/$`, "m"));
    const page = await fetch(url, { headers: html });
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("content-type"), "text/html;charset=utf-8");
    const text = await page.text();
    const linked = [...text.matchAll(/(?:src|href)="([^":,]+)"/g)].map(([, file]) => file);
    // The script that starts the page has the addresses of its modules.
    const boot = linked.find((file) => file.startsWith("boot-"));
    const modules = (await (await fetch(`${url}/${boot}`)).text()).match(/\w+-\w+\.wasm/g) ?? [];
    const files = [...linked, ...modules];
    assert.ok(files.some((file) => file.endsWith(".js")) && files.some((file) => file.endsWith(".wasm")));
    for (const file of files) {
      const response = await fetch(`${url}/${file}`);
      assert.equal(response.status, 200, file);
      assert.match(response.headers.get("cache-control"), /immutable/, file);
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.ok(!bytes.includes("my-secret"));
      const [, module] = /^(\w+)-\w+\.wasm$/.exec(file) ?? [];
      if (module === undefined) continue;
      assert.equal(response.headers.get("content-type"), "application/wasm");
      assert.ok(bytes.equals(await readFile(new URL(`${module}.wasm`, PACKAGE))), file);
    }
    const head = await raw(url, `HEAD / HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`);
    assert.equal(head.status, 200);
    assert.equal(head.body, "");

    // The page starts, answers and watches without a key.
    const made = await send(url, "POST", "executions", { flowName: "f", executionName: "one", definition });
    assert.deepEqual(await made.json(), { flowName: "f", executionName: "one" });
    const client = createClient({ endpoint: `${url}/api/` });
    assert.equal((await client.waitForExecution({ flowName: "f", executionName: "one" })).status, "Failed");
    await server.until(/^task ask: no handler matches/m);
    const action = "acs:fc:::services/s/functions/ask";
    assert.equal((await send(url, "PUT", "answers", { action, mocks: [{ output: { a: 1 } }] })).status, 200);
    const two = { flowName: "f", executionName: "two" };
    await send(url, "POST", "executions", two);
    assert.equal((await client.waitForExecution(two)).output, '{"a":1}');

    // Changes have a line in the log, the requests of the watch have none.
    await server.until(/ StartExecution f\/two 200 \d+ ms/);
    assert.match(server.output(), / CreateFlow f 200 \d+ ms/);
    assert.doesNotMatch(server.output(), /DescribeExecution|DescribeFlow|ListFlows|my-secret/);

    // Clients of the service use the same address.
    const sign = (action, parameters) =>
      signRequest(action, parameters, { endpoint: url, accessKeyId: "me", accessKeySecret: "my-secret" });
    const post = await fetch(await sign("ListFlows"));
    assert.equal((await post.json()).Flows.length, 1);
    const get = await fetch((await sign("ListFlows")).url, { headers: html });
    assert.match(get.headers.get("content-type"), /json/, "a signed GET of a browser");
    for (const [what, path, headers] of [
      ["no key", "/?Action=ListFlows&Version=2019-03-15", html],
      ["no action, not a browser", "/", { accept: "*/*" }],
      ["an action in a header", "/", { ...html, "x-acs-action": "ListFlows" }],
      ["a signature in a header", "/", { ...html, authorization: "ACS3-HMAC-SHA256 x" }],
    ]) {
      const response = await fetch(url + path, { headers });
      assert.ok(response.status >= 400, what);
      assert.match(response.headers.get("content-type"), /json/, what);
      assert.ok((await response.json()).Code, what);
    }
    assert.match((await fetch(url, { method: "POST", headers: html })).headers.get("content-type"), /json/);

    // Files outside of the page, and pages of another origin.
    for (const path of ["/../package.json", "/%2e%2e/%2e%2e/package.json", "/..%2f..%2fpackage.json", "//etc/passwd"]) {
      const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      assert.ok(answer.status >= 400, path);
      assert.doesNotMatch(answer.body, /cloudflow-wasm|root:/);
    }
    for (const path of ["/", "/api/?Action=ListExecutions&Version=2019-03-15&FlowName=f", "/control/flows"]) {
      const answer = await raw(
        url,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(answer.status, 403, path);
    }

    // A change is in the state file before its response.
    server.child.kill("SIGKILL");
    await server.ended;
    server = await start(t, command, args);
    ({ url } = server);
    const { flows } = await (await fetch(`${url}/control/flows`)).json();
    assert.deepEqual(
      flows.map(({ name }) => name),
      ["f"],
    );
    // A stop answers a held request of the page.
    const three = { flowName: "f", executionName: "three" };
    const long = definition.replace("duration: 1", "duration: 60");
    await send(url, "POST", "executions", { ...three, definition: long });
    const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=f&ExecutionName=three&WaitTimeSeconds=20";
    const held = fetch(`${url}/api/?${query}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.child.kill("SIGTERM");
    assert.equal((await (await held).json()).Status, "Running");
    assert.equal(await server.ended, 0);
  });
}

test("handlers of --tasks precede answers, and the page sees them", { timeout: 60_000 }, async (t) => {
  const tasks = join(place, "tasks.mjs");
  await writeFile(tasks, 'export default { "acs:fc:*": () => ({ by: "module" }) };\n');
  const { url } = await start(t, NODE, ["local", "--port", "0", "--tasks", tasks]);
  const action = "acs:fc:::services/s/functions/ask";
  const query = new URLSearchParams([
    ["action", action],
    ["action", "MNS:SendMessage"],
  ]);
  const { tasks: known } = await (await fetch(`${url}/control/tasks?${query}`)).json();
  assert.deepEqual(
    known.map(({ handler }) => handler),
    ["module", "none"],
  );
  assert.equal((await send(url, "PUT", "answers", { action, mocks: [{ output: 1 }] })).status, 409);
});

test("the page learns the speed of the clock", { timeout: 60_000 }, async (t) => {
  const { url } = await start(t, NODE, ["local", "--port", "0", "--speed", "60"]);
  const { speed, now } = await (await fetch(`${url}/control/`)).json();
  assert.equal(speed, 60);
  assert.ok(Number.isFinite(now));
});

test("the console can be switched off, and is off where other machines can connect", { timeout: 60_000 }, async (t) => {
  const off = await start(t, NODE, ["local", "--port", "0", "--no-console"]);
  assert.doesNotMatch(off.output(), /console/);
  for (const path of ["/", "/control/", "/api/", "/index.html"]) {
    const response = await fetch(off.url + path, { headers: html });
    assert.ok(response.status >= 400, path);
    assert.ok((await response.json()).Code, path);
  }
  const open = await start(t, NODE, ["local", "--port", "0", "--host", "0.0.0.0"]);
  assert.match(open.output(), /^console +off: other machines can reach this server; --console serves it$/m);
  assert.ok((await fetch(`${open.url}/control/`)).status >= 400);
  const wanted = await start(t, NODE, ["local", "--port", "0", "--host", "0.0.0.0", "--console"]);
  assert.equal((await fetch(`${wanted.url}/control/`)).status, 200);
  const both = run(t, NODE, ["local", "--console", "--no-console"]);
  assert.equal(await both.ended, 2);
  assert.match(both.output(), /--console and --no-console exclude each other/);
});

test("a page of an allowed origin uses the service with its key, but not the console", {
  timeout: 60_000,
}, async (t) => {
  const { url } = await start(t, NODE, ["local", "--port", "0", "--allow-origin", "http://friend.example"]);
  const { host } = new URL(url);
  const friend = `Host: ${host}\r\nOrigin: http://friend.example\r\nConnection: close`;
  const { search } = new URL((await signRequest("ListFlows", {}, { endpoint: url })).url);
  const service = await raw(url, `POST /${search} HTTP/1.1\r\n${friend}\r\nContent-Length: 0\r\n\r\n`);
  assert.equal(service.status, 200, service.body);
  for (const path of ["/control/", "/control/flows", "/api/?Action=ListExecutions&Version=2019-03-15&FlowName=f"]) {
    const answer = await raw(url, `GET ${path} HTTP/1.1\r\n${friend}\r\n\r\n`);
    assert.equal(answer.status, 403, path);
    assert.match(answer.body, /Local\.OriginRefused/);
  }
});

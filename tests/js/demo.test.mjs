// The servers of the demo: a gateway in workerd, the control server beside the emulator, and the page in front.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "../../pkg/dist/index.js";
import { startDemo } from "../../www/serve.mjs";
import { raw } from "./support/local-server.mjs";

const definition = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 5}\n";

let demo;
let upstream = [];
before(async () => (demo = await startDemo({ onUpstream: (seen) => upstream.push(seen) })));
after(() => demo?.close());

const control = (path, init) => fetch(`${demo.url}control/${path}`, init);
const put = (method, path, body) =>
  control(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("an execution is started by the control server and watched through the gateway in workerd", async () => {
  const started = await put("POST", "executions", { flowName: "nap", executionName: "one", definition });
  assert.equal(started.status, 200);
  upstream = [];
  const client = createClient({ endpoint: `${demo.url}api/` });
  const seen = [];
  for await (const { status } of client.watchExecution({ flowName: "nap", executionName: "one" })) seen.push(status);
  assert.deepEqual(seen, ["Running", "Succeeded"]);
  const polls = upstream.filter(({ url }) => new URL(url).searchParams.get("Action") === "DescribeExecution");
  const held = polls.find((poll) => poll.seconds > 3);
  assert.ok(held, `a poll was held: ${JSON.stringify(polls)}`);
  const query = new URL(held.url).searchParams;
  assert.ok(Number(query.get("WaitTimeSeconds")) >= 10, "it carried the wait");
  assert.match(query.get("Signature"), /^[A-Za-z0-9+/]{27}=$/, "it was signed");
  assert.ok(query.get("AccessKeyId").startsWith("demo"), "with the gateway's key");
  // One request for the current state, one for the end, one more for a slow machine.
  assert.ok(polls.length <= 3, `few polls, not ${polls.length}`);

  const { events } = await client.getExecutionHistory({ flowName: "nap", executionName: "one" });
  assert.equal(events.at(-1).type, "ExecutionSucceeded");
  const { executions } = await client.listExecutions({ flowName: "nap" });
  assert.deepEqual(
    executions.map(({ name }) => name),
    ["one"],
  );
});

test("the page is served with a policy, and no response has the key", async () => {
  const page = await fetch(demo.url);
  assert.equal(page.headers.get("content-type"), "text/html;charset=utf-8");
  assert.match(page.headers.get("content-security-policy"), /script-src 'self' 'wasm-unsafe-eval'/);
  const files = [...(await page.text()).matchAll(/(?:src|href)="([^":,]+)"/g)].map(([, file]) => file);
  assert.ok(files.length >= 4, files.join(", "));
  const id = new URL(upstream.at(-1).url).searchParams.get("AccessKeyId");
  assert.match(id, /^demo[0-9a-f]{12}$/);
  const responses = [...files, "api/", "control/", "control/flows", "control/flows/nap"];
  for (const path of responses) {
    const response = await fetch(demo.url + path);
    const text = `${await response.text()}${JSON.stringify([...response.headers])}`;
    assert.ok(!text.includes(id), path);
    if (files.includes(path)) assert.equal(response.status, 200, path);
  }
});

test("a page of another origin is refused, also under a host name that resolves to this machine", async () => {
  upstream = [];
  const { host, port } = new URL(demo.url);
  const body = JSON.stringify({ flowName: "evil", executionName: "e", definition });
  const start = (host, ...headers) =>
    raw(
      demo.url,
      [
        "POST /control/executions HTTP/1.1",
        `Host: ${host}`,
        "Content-Type: application/json",
        `Content-Length: ${body.length}`,
        "Connection: close",
        ...headers,
        "",
        body,
      ].join("\r\n"),
    );
  const get = (path, host, ...headers) =>
    raw(demo.url, [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", ""].join("\r\n"));
  const query = "/api/?FlowName=evil&ExecutionName=e&Action=DescribeExecution";
  for (const answer of [
    await start(host, "Origin: http://evil.example"),
    await start(host, "Origin: null", "Sec-Fetch-Site: cross-site"),
    await start(host, "Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site"),
    await start(`evil.example:${port}`),
    await start(`evil.example:${port}`, `Origin: http://evil.example:${port}`, "Sec-Fetch-Site: same-origin"),
    await start("evil.example", `X-Forwarded-Host: ${host}`, `MF-Original-URL: ${demo.url}control/executions`),
    await get(query, `evil.example:${port}`),
    await get(query, host, "Sec-Fetch-Site: cross-site"),
    await get(query, "evil.example", `MF-Original-URL: ${demo.url}${query.slice(1)}`),
    await get("/index.html", `evil.example:${port}`),
  ]) {
    assert.equal(answer.status, 403, `${answer.head}\n${answer.body}`);
    assert.match(answer.body, /Local\.(Host|Origin)Refused/);
    assert.doesNotMatch(answer.head, /access-control-allow/i);
  }
  // The Worker's own port, which a rebound name would reach. It trusts the header of wrangler.
  const { port: inner } = new URL(demo.workerUrl);
  const path = `/api/${query.slice(5)}`;
  for (const headers of [
    `Host: 127.0.0.1:${inner}`,
    `Host: evil.example:${inner}\r\nMF-Original-URL: ${demo.workerUrl.slice(0, -1)}${path}`,
  ]) {
    const answer = await raw(demo.workerUrl, `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
    assert.equal(answer.status, 403, answer.head);
  }
  assert.deepEqual(upstream, [], "nothing of it came to the emulator");
  assert.equal((await control("flows/evil")).status, 404);
  assert.equal((await start(host, `Origin: http://${host}`, "Sec-Fetch-Site: same-origin")).status, 200);
});

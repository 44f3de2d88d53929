// Attacks of a web page on the local server, by raw requests and in a browser; untrusted texts in the log.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { signRequest } from "../../pkg/dist/local.js";
import { RUNTIMES, raw, run, start } from "./support/local-server.mjs";

const definition = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: one}\n";
const NODE = RUNTIMES[0][1];

let place;
before(async () => (place = await mkdtemp(join(tmpdir(), "cloudflow-page-"))));
after(() => rm(place, { recursive: true, force: true }));

/** A signed request as text, with further header lines. */
async function signed(url, action, parameters, headers, { version = "1.1", target, host = new URL(url).host } = {}) {
  const request = await signRequest(action, parameters, { endpoint: url });
  const { pathname, search } = new URL(request.url);
  const body = await request.text();
  const lines = [
    `POST ${target?.(pathname + search) ?? pathname + search} HTTP/${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    "Content-Type: application/x-www-form-urlencoded",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

for (const [name, command] of RUNTIMES) {
  test(`${name}: a signed request of a web page is refused and has no effect`, { timeout: 120_000 }, async (t) => {
    const server = await start(t, command, [
      "local",
      "--port",
      "0",
      "--host",
      "127.0.0.1",
      "--host",
      "My-Box.local",
      "--allow-origin",
      "http://Allowed.example:80",
    ]);
    const { url } = server;
    const { host, port } = new URL(url);
    let number = 0;
    const send = async (headers, how) => {
      number += 1;
      const flow = { Name: `f${number}`, Definition: definition, Description: "d", Type: "FDL" };
      const answer = await raw(url, await signed(url, "CreateFlow", flow, headers, how));
      const { body } = await server.ask("DescribeFlow", { Name: `f${number}` });
      return { ...answer, made: body.Name === `f${number}` };
    };

    const refused = [
      ["a page posts a form", ["Origin: http://evil.example"]],
      [
        "with what a browser adds",
        ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
      ],
      ["a sandboxed frame or a file", ["Origin: null"]],
      ["a page on another port", ["Origin: http://127.0.0.1:1"]],
      ["the same host by another name", [`Origin: http://localhost:${port}`]],
      ["https", [`Origin: https://${host}`]],
      ["two origins", [`Origin: http://${host}`, "Origin: http://evil.example"]],
      ["an origin in a list", [`Origin: http://${host}, http://evil.example`]],
      ["a longer origin", ["Origin: http://allowed.example.evil.example"]],
      ["no origin, but another site", ["Sec-Fetch-Site: cross-site"]],
      ["no origin, but another port", ["Sec-Fetch-Site: same-site"]],
      ["its own origin, as a redirect could have it", [`Origin: http://${host}`, "Sec-Fetch-Site: cross-site"]],
      ["a value that is none", ["Sec-Fetch-Site: same-origin, cross-site"]],
      ["a WebSocket", ["Origin: http://evil.example", "Connection: Upgrade", "Upgrade: websocket"]],
      ["DNS rebinding", [], { host: `evil.example:${port}` }],
      [
        "DNS rebinding, its own origin",
        [`Origin: http://evil.example:${port}`, "Sec-Fetch-Site: same-origin"],
        { host: `evil.example:${port}` },
      ],
      [
        "DNS rebinding behind a claim",
        [`X-Forwarded-Host: ${host}`, `Forwarded: host=${host}`],
        { host: "evil.example" },
      ],
      ["a name with an address in it", [], { host: "127.0.0.1.evil.example" }],
      ["a name like localhost", [], { host: "localhost.evil.example" }],
      ["a user in the name", [], { host: "127.0.0.1@evil.example" }],
      ["an absolute target", [], { target: (path) => `http://evil.example${path}` }],
      ["an absolute target of another name", [], { target: (path) => `http://localhost:${port}${path}` }],
      ["HTTP/1.0 without a host", [], { version: "1.0", host: null }],
    ];
    for (const [what, headers, how] of refused) {
      const { status, head, body, made } = await send(headers, how);
      // Some runtimes refuse an invalid HTTP request before the server receives it.
      assert.ok(status === 403 || (status === 400 && name !== "node"), `${what}: ${head}`);
      assert.ok(!made, `${what}: it had an effect`);
      assert.doesNotMatch(head, /access-control/i, what);
      if (status !== 403) continue;
      assert.match(head, /content-type: application\/json/i);
      const { Code, Message, RequestId } = JSON.parse(body);
      assert.match(Code, /^Local\.(Host|Origin)Refused$/, what);
      assert.ok(RequestId && Message, what);
    }
    // Runtimes handle a duplicate header differently. The second one must not take precedence.
    const twice = await send(["Host: evil.example"]);
    assert.ok((twice.status >= 400 && !twice.made) || name !== "node", twice.head);

    assert.match(
      (await send(["Origin: http://evil.example"])).body,
      /pages of the origin `http:\/\/evil\.example` may not .*--allow-origin http:\/\/evil\.example/,
    );
    assert.match(
      (await send([], { host: "evil.example:80" })).body,
      /`evil\.example:80` is not a name of this server; a further option --host evil\.example accepts it/,
    );
    await server.until(/POST 403 Local\.OriginRefused pages of the origin `http:\/\/evil\.example`/);

    const accepted = [
      ["no browser", []],
      ["a page of its own", [`Origin: http://${host}`, "Sec-Fetch-Site: same-origin"]],
      ["an address that was typed", ["Sec-Fetch-Site: none"]],
      ["an allowed page", ["Origin: http://allowed.example", "Sec-Fetch-Site: cross-site"]],
      ["localhost", [], { host: `LocalHost.:${port}` }],
      ["another address", [], { host: "192.168.1.7" }],
      ["IPv6", [], { host: `[::1]:${port}` }],
      ["a name that was given", [], { host: "my-box.local.:1" }],
      ["a claim of a proxy", ["X-Forwarded-Host: evil.example"]],
    ];
    for (const [what, headers, how] of accepted) {
      const { status, head, made } = await send(headers, how);
      // A request that is signed for another host passes the guard and gets an error of the service.
      assert.equal(status, 200, `${what}: ${head}`);
      assert.ok(made, what);
      assert.equal(
        /access-control-allow-origin: http:\/\/allowed\.example/i.test(head),
        what === "an allowed page",
        what,
      );
    }

    const preflight = (origin) =>
      raw(
        url,
        `OPTIONS / HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-acs-action\r\nConnection: close\r\n\r\n`,
      );
    const yes = await preflight("http://allowed.example");
    assert.equal(yes.status, 204);
    assert.match(yes.head, /access-control-allow-origin: http:\/\/allowed\.example/i);
    assert.match(yes.head, /access-control-allow-headers: x-acs-action/i);
    const no = await preflight("http://evil.example");
    assert.equal(no.status, 403);
    assert.doesNotMatch(no.head, /access-control/i);
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0, server.output());
  });

  test(`${name}: a random key is generated unless one is given`, { timeout: 60_000 }, async (t) => {
    const lines = [];
    for (let i = 0; i < 2; i += 1) {
      const server = await start(t, command, ["local", "--port", "0"], {});
      assert.equal((await server.ask("ListFlows")).status, 403, "the key of the library is no key of the server");
      const [line, accessKeyId, accessKeySecret] = /^key +(local-[0-9a-f]{8}), with the secret ([0-9a-f]{32})$/m.exec(
        server.output(),
      );
      assert.equal((await server.ask("ListFlows", {}, { accessKeyId, accessKeySecret })).status, 200);
      lines.push(line);
      server.child.kill("SIGKILL");
    }
    assert.notEqual(lines[0], lines[1]);
    const given = await start(t, command, ["local", "--port", "0", "--key", "me:mine"], { CLOUDFLOW_KEY: "you:yours" });
    assert.match(given.output(), /^key +me, from --key$/m);
    assert.equal((await given.ask("ListFlows", {}, { accessKeyId: "me", accessKeySecret: "mine" })).status, 200);
    assert.equal((await given.ask("ListFlows", {}, { accessKeyId: "you", accessKeySecret: "yours" })).status, 403);
    assert.doesNotMatch(given.output(), /mine|yours/);
  });

  test(`${name}: the server stops in spite of a handler that never returns`, {
    timeout: 60_000,
  }, async (t) => {
    const tasks = join(place, `${name}-loop.mjs`);
    await writeFile(tasks, "export default { '*': () => { for (;;); } };\n");
    const server = await start(t, command, ["local", "--port", "0", "--tasks", tasks]);
    const Definition =
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/ask'}\n";
    await server.ask("CreateFlow", { Name: "f", Definition, Description: "d", Type: "FDL" });
    server.ask("StartExecution", { FlowName: "f", ExecutionName: "e" }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const began = Date.now();
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, "SIGKILL");
    assert.ok(Date.now() - began < 40_000);
    assert.match(server.output(), /the server does not respond and is terminated/);
  });
}

test("a log entry is one line without terminal escape sequences", { timeout: 60_000 }, async (t) => {
  const flows = await mkdtemp(join(place, "flows-"));
  const evil = "\u001b]0;owned\u0007\u202egnp\u2028\n2026-01-01T00:00:00.000Z DeleteFlow all 200 1 ms\u009b31m";
  await writeFile(join(flows, `${evil.replaceAll("/", "")}.yaml`), "type: flow\n");
  await writeFile(
    join(flows, "broken.yaml"),
    `version: v1\ntype: flow\nsteps:\n  - {type: "wiat\\e[2J\\u202e", name: a}\n`,
  );
  const server = await start(t, NODE, ["local", "--port", "0", "--flows", flows]);
  const query = (text) => encodeURIComponent(text);
  await fetch(
    `${server.url}/?Action=${query(evil)}&FlowName=${query(evil)}&ExecutionName=${query("x 200 3 ms\\u{a}")}`,
  );
  await server.ask("StartExecution", { FlowName: evil, ExecutionName: evil });
  await server.ask("CreateFlow", {
    Name: "g",
    Definition:
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/a\u202e'}\n",
    Description: "d",
    Type: "FDL",
  });
  await server.ask("StartExecution", { FlowName: "g", ExecutionName: "e" });
  await raw(
    server.url,
    `GET / HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nOrigin: http://\u0080\u009b31mx\r\nConnection: close\r\n\r\n`,
  );
  await server.until(/StartExecution g\/e 200/);
  await server.until(/Origin(Refused)/);
  const bad = await run(t, NODE, ["local", "--flows", `${evil}`]);
  await bad.ended;
  const option = await run(t, NODE, ["local", `--${evil}`]);
  await option.ended;
  for (const output of [server.output(), bad.output(), option.output()]) {
    assert.doesNotMatch(output.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.doesNotMatch(output, /^2026-01-01T00:00:00/m, "no forged line");
    assert.doesNotMatch(output, /x 200 3 ms/, "no forged outcome");
  }
  assert.match(server.output(), /\\u\{1b\}\]0;owned\\u\{7\}/);
});

test("in a browser, a page of another origin can neither send requests nor read responses", {
  timeout: 120_000,
  skip: process.env.CHROMIUM ? false : "CHROMIUM names no browser",
}, async (t) => {
  const { launch } = await import("./chromium.mjs");
  const page = createServer((request, response) =>
    response.setHeader("content-type", "text/html").end("<!doctype html><title>evil</title><body>"),
  );
  await new Promise((resolve) => page.listen(0, "127.0.0.1", resolve));
  t.after(() => page.close());
  const friend = createServer((request, response) =>
    response.setHeader("content-type", "text/html").end("<!doctype html><title>friend</title><body>"),
  );
  await new Promise((resolve) => friend.listen(0, "127.0.0.1", resolve));
  t.after(() => friend.close());
  const friendly = `http://127.0.0.1:${friend.address().port}`;
  const server = await start(t, NODE, ["local", "--port", "0", "--allow-origin", friendly]);
  const { port } = new URL(server.url);
  const browser = await launch(["--host-resolver-rules=MAP rebound.example 127.0.0.1, MAP evil.example 127.0.0.1"]);
  t.after(() => browser.close());

  // The key is known: the page signs and posts a form, which needs no preflight.
  const form = async (name) => {
    const request = await signRequest(
      "CreateFlow",
      { Name: name, Definition: definition, Description: "d", Type: "FDL" },
      { endpoint: server.url },
    );
    return { url: request.url, body: await request.text() };
  };
  const evil = await browser.newPage();
  await evil.goto(`http://evil.example:${page.address().port}/`);
  const post = await form("posted");
  await evil.evaluate(
    ({ url, body }) => fetch(url, { method: "POST", mode: "no-cors", body: new URLSearchParams(body) }).catch(() => {}),
    post,
  );
  const submit = await form("submitted");
  await evil.evaluate(({ url, body }) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "target" });
    const element = Object.assign(document.createElement("form"), { method: "post", action: url, target: "target" });
    for (const [name, value] of new URLSearchParams(body))
      element.append(Object.assign(document.createElement("textarea"), { name, value }));
    document.body.append(frame, element);
    element.submit();
  }, submit);
  await server.until(/POST 403 Local\.OriginRefused[\s\S]*POST 403 Local\.OriginRefused/);
  const image = await signRequest("ListFlows", {}, { endpoint: server.url });
  await evil.evaluate(
    (url) =>
      new Promise((resolve) => {
        const element = document.body.appendChild(document.createElement("img"));
        element.onerror = element.onload = resolve;
        element.src = url;
      }),
    image.url,
  );
  await server.until(/GET 403 Local\.OriginRefused/);
  const read = await evil.evaluate(
    (url) =>
      fetch(url, { method: "POST" }).then(
        (answer) => answer.text(),
        () => "refused",
      ),
    (await form("read")).url,
  );
  assert.equal(read, "refused");

  // DNS rebinding: the host name of the page resolves to this machine.
  const rebound = await browser.newPage();
  const answer = await rebound.goto(`http://rebound.example:${port}/`);
  assert.equal(answer.status(), 403);
  assert.match(await answer.text(), /Local\.HostRefused/);
  const own = await rebound.evaluate(
    async ({ url, body }) => {
      const { search } = new URL(url);
      const answer = await fetch(`/${search}`, { method: "POST", body: new URLSearchParams(body) });
      return answer.status;
    },
    await form("rebound"),
  );
  assert.equal(own, 403);
  assert.deepEqual((await server.ask("ListFlows")).body.Flows, []);

  const allowed = await browser.newPage();
  await allowed.goto(friendly);
  const made = await allowed.evaluate(
    async ({ url, body }) => {
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams(body), headers: { "x-own": "1" } });
      return [answer.status, (await answer.json()).Name];
    },
    await form("friendly"),
  );
  assert.deepEqual(made, [200, "friendly"]);
});

for (const [name, command] of RUNTIMES) {
  test(`${name}: unsigned requests are refused quickly with a response`, { timeout: 120_000 }, async (t) => {
    const server = await start(t, command, ["local", "--port", "0"]);
    const { host } = new URL(server.url);
    const head = (size) =>
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${size}\r\n\r\n`;
    const refused = [
      ["a port that no address has", `GET / HTTP/1.1\r\nHost: 127.0.0.1:99999\r\nConnection: close\r\n\r\n`, 400],
      ["a body beyond every limit", head(12_000_000) + "a&".repeat(6_000_000), 413],
      ["a form of many parameters", head(1_000_000) + "a&".repeat(500_000), 400],
    ];
    for (const [what, text, status] of refused) {
      const answer = await raw(server.url, text);
      assert.equal(answer.status, status, `${what}: ${answer.head}`);
      assert.ok(JSON.parse(answer.body).Code, what);
    }
    // Other requests are answered meanwhile.
    let over = false;
    const large = Promise.all(
      Array.from({ length: 4 }, () => raw(server.url, head(8_000_000) + "a&".repeat(4_000_000))),
    ).then(() => (over = true));
    let longest = 0;
    while (!over) {
      const began = performance.now();
      assert.equal((await server.ask("ListFlows")).status, 200);
      longest = Math.max(longest, performance.now() - began);
    }
    await large;
    assert.ok(longest < 1500, `another request took ${longest} ms`);
  });
}

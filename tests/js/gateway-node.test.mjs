// The command `cloudflow-wasm gateway` in Node, Deno and Bun: configuration, health, streams, limits, and an orderly stop.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "../../pkg/dist/index.js";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { serveFetch } from "../../pkg/cli/serve.js";
import { RUNTIMES, pause, raw, run } from "./support/local-server.mjs";

const KEY = { accessKeyId: "gateway", accessKeySecret: "gateway-secret" };
const PACKAGE = fileURLToPath(new URL("../../pkg/dist", import.meta.url));

let place;
let emulator;
let service;
let calls = [];

before(async () => {
  place = await mkdtemp(join(tmpdir(), "cloudflow-gateway-"));
  await mkdir(join(place, "node_modules"));
  await symlink(PACKAGE, join(place, "node_modules", "cloudflow-wasm"), "junction");
  emulator = createEmulator({ accessKeys: { [KEY.accessKeyId]: KEY.accessKeySecret } });
  service = await serveFetch((request) => {
    calls.push(new URL(request.url).searchParams);
    return emulator.fetch(request);
  });
  const Definition = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 3600}\n";
  await ask("CreateFlow", { Name: "orders", Definition, Description: "orders", Type: "FDL" });
  const short = Definition.replace("3600", "2");
  await ask("CreateFlow", { Name: "short", Definition: short, Description: "short", Type: "FDL" });
});
after(async () => {
  await service?.close();
  emulator?.close();
  await rm(place, { recursive: true, force: true });
});

async function ask(action, parameters) {
  const response = await emulator.fetch(await signRequest(action, parameters, KEY));
  assert.equal(response.status, 200, await response.text());
}

let count = 0;

/** Writes a config. Returns its path. */
async function config(code) {
  const file = join(place, `config-${(count += 1)}.mjs`);
  await writeFile(file, code);
  return file;
}

const OPTIONS = `{
  upstream: (env) => ({
    endpoint: env.ENDPOINT,
    credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
  }),
  authorize: (request) => request.headers.get("authorization") === "Bearer let-me-in",
  maxWaitSeconds: 60,
}`;

const environment = () => ({
  ENDPOINT: service.url,
  ACCESS_KEY_ID: KEY.accessKeyId,
  ACCESS_KEY_SECRET: KEY.accessKeySecret,
});

/** Starts a gateway and waits for its address. */
async function start(t, command, args) {
  const server = run(t, command, ["gateway", "--port", "0", ...args], environment());
  await server.until(/^gateway .*$/m);
  return { ...server, url: /^gateway +(\S+)$/m.exec(server.output())[1] };
}

const describe = (url, query = {}, init = {}) =>
  fetch(
    `${url}/?${new URLSearchParams({ Action: "DescribeExecution", Version: "2019-03-15", FlowName: "orders", ...query })}`,
    { headers: { authorization: "Bearer let-me-in" }, ...init },
  );

// A handler in place of a gateway: streams, the headers and the address that it gets, failures.
const HANDLER = `
let open = 0;
const text = new TextEncoder();
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/open") return new Response(String(open));
    if (pathname === "/fail") throw new Error("the user's mistake");
    if (pathname === "/body") return new Response(String((await request.arrayBuffer()).byteLength));
    if (pathname === "/echo") {
      const seen = Object.fromEntries(request.headers);
      return Response.json({ url: request.url, seen, variable: env.ACCESS_KEY_ID });
    }
    open += 1;
    request.signal.addEventListener("abort", () => (open -= 1), { once: true });
    let sent = 0;
    let timer;
    const body = new ReadableStream({
      start(controller) {
        const send = () => controller.enqueue(text.encode(\`id: \${sent += 1}\\ndata: {}\\n\\n\`));
        send();
        timer = setInterval(send, 200);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
};
`;

for (const [name, command] of RUNTIMES) {
  test(`${name}: the gateway serves a config, and a stop answers held polls`, { timeout: 60_000 }, async (t) => {
    const file = await config(`export default ${OPTIONS};`);
    const server = await start(t, command, ["--config", file]);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const ExecutionName = `held-${name}`;
    await ask("StartExecution", { FlowName: "orders", ExecutionName, Input: "{}" });

    assert.equal((await describe(server.url, { ExecutionName }, { headers: {} })).status, 403);
    const now = await describe(server.url, { ExecutionName });
    assert.equal(now.status, 200);
    assert.equal((await now.json()).Status, "Running");

    const client = createClient({ endpoint: server.url, headers: { authorization: "Bearer let-me-in" } });
    await ask("StartExecution", { FlowName: "short", ExecutionName, Input: "{}" });
    const { status } = await client.waitForExecution({ flowName: "short", executionName: ExecutionName });
    assert.equal(status, "Succeeded");

    // A poll that ends by the disconnection of its client ends the poll of the service.
    calls = [];
    const gone = new AbortController();
    const left = describe(server.url, { ExecutionName, WaitTimeSeconds: "60" }, { signal: gone.signal });
    await pause(500);
    gone.abort();
    await assert.rejects(left);

    // All callers share one poll of the service.
    calls = [];
    const began = Date.now();
    const held = [1, 2, 3].map(() => describe(server.url, { ExecutionName, WaitTimeSeconds: "60" }));
    const stream = await fetch(`${server.url}/events?FlowName=orders&ExecutionName=${ExecutionName}`, {
      headers: { authorization: "Bearer let-me-in" },
    });
    assert.match(stream.headers.get("content-type"), /^text\/event-stream/);
    const events = stream.text();
    await pause(1000);
    const polls = calls.filter((query) => query.get("WaitTimeSeconds") !== null);
    assert.ok(polls.length <= 2, `one poll, and one more if the leader changed: ${polls.join(", ")}`);
    server.child.kill("SIGTERM");
    assert.match(await events, /^id: [\d.]+\nevent: execution\ndata: \{.*"Status":"Running".*\}$/m);
    for (const poll of held) {
      const response = await poll;
      assert.equal(response.status, 200);
      assert.equal((await response.json()).Status, "Running");
    }
    assert.equal(await server.ended, 0, server.output());
    // A held poll would last 60 s.
    assert.ok(Date.now() - began < 30_000, `${Date.now() - began} ms`);
    assert.match(server.output(), /^stopping$/m);
    assert.ok(!/secret/.test(server.output()), server.output());
  });

  test(`${name}: events are sent as they arrive, and a stop ends the streams`, { timeout: 60_000 }, async (t) => {
    const server = await start(t, command, ["--config", await config(HANDLER)]);
    const open = async () => Number(await (await fetch(`${server.url}/open`)).text());
    const until = async (wanted) => {
      for (let tries = 0; (await open()) !== wanted; tries += 1) {
        assert.ok(tries < 50, `${wanted} streams, not ${await open()}`);
        await pause(100);
      }
    };

    const gone = new AbortController();
    const first = await fetch(`${server.url}/events`, { signal: gone.signal });
    assert.equal(first.headers.get("content-type"), "text/event-stream");
    const reader = first.body.getReader();
    for (let n = 0; n < 3; n += 1) assert.match(new TextDecoder().decode((await reader.read()).value), /^id: \d+\n/);
    assert.equal(await open(), 1);
    gone.abort();
    await reader.read().catch(() => {});
    await until(0);

    const streams = await Promise.all([1, 2, 3].map(() => fetch(`${server.url}/events`)));
    const texts = streams.map((stream) => stream.text());
    await pause(500);
    server.child.kill("SIGTERM");
    for (const text of await Promise.all(texts)) assert.match(text, /^(id: \d+\ndata: \{\}\n\n)+$/);
    assert.equal(await server.ended, 0, server.output());
  });

  test(`${name}: the address of the client is that of the connection, or of a trusted proxy`, {
    timeout: 60_000,
  }, async (t) => {
    const file = await config(HANDLER);
    const sent = {
      "x-forwarded-for": "203.0.113.9, 198.51.100.7",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "gateway.example.com",
      forwarded: "for=203.0.113.9",
      "cf-connecting-ip": "203.0.113.9",
      "cf-access-jwt-assertion": "signed",
      "x-real-ip": "203.0.113.9",
    };
    const [direct, behind] = await Promise.all([
      start(t, command, ["--config", file]),
      start(t, command, ["--config", file, "--trust-proxy"]),
    ]);
    const echo = async (server) => (await fetch(`${server.url}/echo?a=1`, { headers: sent })).json();
    const plain = await echo(direct);
    assert.equal(plain.url, `${direct.url}/echo?a=1`);
    assert.equal(plain.variable, KEY.accessKeyId);
    assert.equal(plain.seen["x-forwarded-for"], "127.0.0.1");
    assert.equal(plain.seen["cf-connecting-ip"], "127.0.0.1");
    assert.equal(plain.seen["cf-access-jwt-assertion"], "signed");
    for (const header of ["forwarded", "x-real-ip", "x-forwarded-proto", "x-forwarded-host"])
      assert.equal(plain.seen[header], undefined, header);
    const forwarded = await echo(behind);
    assert.equal(forwarded.url, "https://gateway.example.com/echo?a=1");
    assert.equal(forwarded.seen["x-forwarded-for"], "198.51.100.7");
    assert.equal(forwarded.seen["cf-connecting-ip"], "198.51.100.7");
    assert.equal(forwarded.seen["x-real-ip"], undefined);
  });

  test(`${name}: an unusable config or address ends the command with one line and code 2`, {
    timeout: 60_000,
  }, async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    t.after(() => taken.close());
    const good = await config(`export default ${OPTIONS};`);
    const at = (file, ...more) => ["--config", file, ...more];
    const refusals = [
      [at(join(place, "none.mjs")), /^the config `.*none\.mjs` does not exist; --config names another file/],
      [[], /^the config `gateway\.mjs` does not exist/],
      [at(place), /is not a file; --config expects a module/],
      [at(await config('throw new Error("broken\\nsecond line");')), /cannot be loaded: broken$/],
      [at(await config("throw undefined;")), /cannot be loaded: undefined$/],
      [at(await config("export default {")), /cannot be loaded: /],
      [at(await config('import "no-such-package"; export default {};')), /cannot be loaded: .*no-such-package/],
      [
        at(await config("export const options = {};")),
        /has no default export; expected the options of `createGateway`/,
      ],
      [at(await config("export default null;")), /has no default export/],
      [at(await config("export default 7;")), /has no default export/],
      [
        at(await config("export default { authorize: () => true };")),
        /has wrong options: .*`upstream` must be a function/,
      ],
      [
        at(await config(`export default Object.assign(${OPTIONS}, { origin: [] });`)),
        /has wrong options: `origin` is not an option of the gateway; expected one of: .*origins/,
      ],
      [at(good, "--port", String(taken.address().port)), /port \d+ of 127\.0\.0\.1 is in use: select another port/],
      [
        at(good, "--host", "203.0.113.1", "--port", "0"),
        /`203\.0\.113\.1` is not an address|cannot listen on 203\.0\.113\.1/,
      ],
    ];
    const options = [
      [["--port", "many"], /--port must be a whole number from 0 to 65535, not `many`/],
      [["--drain", "301"], /--drain must be a whole number from 0 to 300, not `301`/],
      [["--host", "a b"], /--host must be a name or an address/],
      [["--config", ""], /--config is empty/],
      [["serve"], /unexpected argument `serve`: expected `init`/],
      [["--force"], /--force is an option of `gateway init`/],
      [["init", "--port", "1"], /--port is not an option of `gateway init`/],
      [["--trust"], /--trust/],
    ];
    const refused = async ([args, words], lines) => {
      const { ended, output } = run(t, command, ["gateway", ...args], environment());
      assert.equal(await ended, 2, `${args.join(" ")}: ${output()}`);
      assert.match(output().split("\n")[0], words);
      assert.equal(output().trimEnd().split("\n").length, lines, output());
    };
    for (const refusal of refusals) await refused(refusal, 1);
    for (const refusal of options) await refused(refusal, 2);
    const help = run(t, command, ["gateway", "--help"], {});
    assert.equal(await help.ended, 0);
    assert.match(help.output(), /--trust-proxy/);
  });
}

const [[, NODE]] = RUNTIMES;

/** Sends text, and resolves when the server closes the connection. */
function closed(url, text) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
  socket.resume();
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("close", resolve));
}

test("bodies are limited in size and time, a failing handler gets an answer", { timeout: 60_000 }, async (t) => {
  const server = await start(t, NODE, ["--config", await config(HANDLER)]);
  const post = (size) => fetch(`${server.url}/body`, { method: "POST", body: new Uint8Array(size) });
  assert.equal(await (await post(65_536)).text(), "65536");
  const large = await post(65_537);
  assert.equal(large.status, 413);
  assert.equal((await large.json()).Code, "EntityTooLarge");
  // A body without end.
  const endless = await raw(
    server.url,
    `POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${`8000\r\n${"x".repeat(0x8000)}\r\n`.repeat(4)}`,
  );
  assert.equal(endless.status, 413);
  const began = Date.now();
  const unfinished = closed(server.url, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const slow = await raw(server.url, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").catch(
    (error) => error,
  );
  // `raw` waits 10 s for an answer; so does the server for the body.
  assert.ok(slow instanceof Error || slow.status === 408, String(slow));
  assert.ok(Date.now() - began >= 9000);
  await unfinished;
  assert.ok(Date.now() - began < 50_000, "a head without end");
  const failed = await fetch(`${server.url}/fail`);
  assert.equal(failed.status, 500);
  assert.ok(!(await failed.text()).includes("mistake"));
  await server.until(/cloudflow-wasm gateway: the handler of requests failed: the user's mistake/);
  for (const [host, status] of [
    ["Host: a\r\nHost: b\r\n", 400],
    ["", 400],
    ["Host: a:99999999\r\n", 400],
    ["Host: anything.example\r\n", 200],
  ]) {
    const answer = await raw(server.url, `GET /echo HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    assert.equal(answer.status, status, host);
  }
  const huge = await raw(server.url, `GET /echo HTTP/1.1\r\nHost: x\r\nX-Huge: ${"x".repeat(20_000)}\r\n\r\n`);
  assert.equal(huge.status, 431);
  assert.equal((await fetch(`${server.url}/healthz`, { method: "POST" })).status, 405);
  assert.equal((await fetch(`${server.url}/echo`)).status, 200);
});

test("a gateway without the bindings of its objects polls for each request, and prints this once", {
  timeout: 60_000,
}, async (t) => {
  const file = await config(`import { createGateway } from "cloudflow-wasm/gateway";
const options = ${OPTIONS};
options.hub = (env) => ({ executions: env.HUB, account: env.BUDGET });
export default createGateway(options);`);
  const server = await start(t, NODE, ["--config", file]);
  await ask("StartExecution", { FlowName: "orders", ExecutionName: "unbound", Input: "{}" });
  for (let n = 0; n < 2; n += 1) assert.equal((await describe(server.url, { ExecutionName: "unbound" })).status, 200);
  assert.equal(server.output().split("there is no hub: each request polls the service").length, 2, server.output());
});

test("while it drains, /healthz answers 503 and requests are served; a second signal ends it at once", {
  timeout: 60_000,
}, async (t) => {
  const server = await start(t, NODE, ["--config", await config(HANDLER), "--drain", "2"]);
  const began = Date.now();
  server.child.kill("SIGTERM");
  await server.until(/^stopping in 2 s$/m);
  const health = await fetch(`${server.url}/healthz`);
  assert.equal(health.status, 503);
  assert.equal(await health.text(), "draining\n");
  assert.equal((await fetch(`${server.url}/echo`)).status, 200);
  assert.equal(await server.ended, 0);
  assert.ok(Date.now() - began >= 1900);

  const other = await start(t, NODE, ["--config", await config(HANDLER), "--drain", "300"]);
  other.child.kill("SIGINT");
  await other.until(/^stopping in 300 s$/m);
  other.child.kill("SIGINT");
  assert.equal(await other.ended, "SIGKILL");
});

test("a stream whose client reads nothing does not hold up the stop", { timeout: 60_000 }, async (t) => {
  const flood = HANDLER.replace("timer = setInterval(send, 200);", "").replace(
    "cancel:",
    'pull(controller) { controller.enqueue(text.encode("data: " + "x".repeat(65536) + "\\n\\n")); },\n      cancel:',
  );
  const server = await start(t, NODE, ["--config", await config(flood)]);
  const { port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1", () => {
    socket.pause();
    socket.write("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  });
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  await pause(1000);
  assert.equal(await (await fetch(`${server.url}/open`)).text(), "1");
  server.child.kill("SIGTERM");
  const began = Date.now();
  assert.equal(await server.ended, 0);
  assert.ok(Date.now() - began < 30_000);
});

test("`gateway init` writes a project, and overwrites nothing without --force", { timeout: 60_000 }, async (t) => {
  const init = async (...args) => {
    const { ended, output } = run(t, NODE, ["gateway", "init", ...args], {});
    return { code: await ended, output: output() };
  };
  const project = join(place, "a project", "inside");
  const first = await init(project);
  assert.equal(first.code, 0, first.output);
  assert.match(first.output, /^next {6}cd ".*a project\/inside"$/m);
  const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
  assert.match(manifest.dependencies["cloudflow-wasm"], /^\^\d+\.\d+\.\d+$/);
  assert.match(await readFile(join(project, ".gitignore"), "utf8"), /^\.dev\.vars$/m);

  await writeFile(join(project, "worker.js"), "mine");
  const again = await init(project);
  assert.equal(again.code, 2);
  assert.match(again.output, /already contains .*`worker\.js`.*: select another folder, or overwrite with --force$/m);
  assert.equal(await readFile(join(project, "worker.js"), "utf8"), "mine");
  assert.equal((await init(project, "--force")).code, 0);
  assert.match(await readFile(join(project, "worker.js"), "utf8"), /createGateway/);

  // A link to a file that does not exist is not followed.
  const linked = join(place, "linked");
  await mkdir(linked);
  await symlink(join(place, "elsewhere.js"), join(linked, "worker.js"));
  assert.equal((await init(linked)).code, 2);
  await assert.rejects(readFile(join(place, "elsewhere.js")));

  const blocked = join(place, "blocked");
  await mkdir(join(blocked, "worker.js"), { recursive: true });
  for (const [args, words] of [
    [[blocked, "--force"], /^the project cannot be written: EISDIR/],
    [[join(project, "worker.js")], /^`.*worker\.js` is not a folder$/m],
    [[join(project, "worker.js", "in")], /^the project cannot be written: /],
    [[""], /^the folder of `gateway init` is empty/],
    [["one", "two"], /^unexpected argument `two`/],
  ]) {
    const { code, output } = await init(...args);
    assert.equal(code, 2, output);
    assert.match(
      output
        .split("\n")
        .filter((line) => !line.startsWith("wrote "))
        .join("\n"),
      words,
    );
  }
});

test("the server listens on an IPv6 address", { timeout: 60_000 }, async (t) => {
  const server = run(t, NODE, ["gateway", "--host", "[::1]", "--port", "0", "--config", await config(HANDLER)], {});
  const outcome = await Promise.race([server.until(/^gateway .*$/m), server.ended]);
  if (outcome === 2) {
    assert.match(server.output(), /is not an address of this machine/);
    return t.skip("this machine has no ::1");
  }
  const [, url] = /^gateway +(\S+)$/m.exec(server.output());
  assert.match(url, /^http:\/\/\[::1\]:\d+$/);
  const { seen } = await (await fetch(`${url}/echo`)).json();
  assert.equal(seen["x-forwarded-for"], "::1");
  server.child.kill("SIGTERM");
  assert.equal(await server.ended, 0);
});

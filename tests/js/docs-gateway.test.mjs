// Runs the examples of docs/gateway-auth.md and docs/gateway.md.

import assert from "node:assert/strict";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { createGateway } from "../../pkg/dist/gateway.js";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { launch } from "./chromium.mjs";
import { temporary } from "./support/command.mjs";
import { RUNTIMES, run } from "./support/local-server.mjs";
import { serveStatic } from "./support/static-server.mjs";
import { keyPair, signed } from "./support/tokens.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
const TOKEN = "a-token-of-the-documents";
const { folder } = temporary("docs-gateway");
const emulator = createEmulator();
const upstream = () => ({ endpoint: "http://localhost", fetch: emulator.fetch, credentials: KEY });

before(async () => {
  for (const name of ["orders", "other"]) {
    emulator.putFlow(name, "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 1}\n");
    await emulator.fetch(await signRequest("StartExecution", { FlowName: name, ExecutionName: "order-42" }));
  }
});

after(() => emulator.close());

/** The blocks `js` of a page, each with the words by which a test finds it. */
const EXAMPLES = {
  "gateway-auth.md": [
    "env.OLD_TOKEN",
    "jwks",
    "accessJwt",
    "env.TICKET_SECRET",
    "async function follow",
    "env.RATE_LIMIT",
    "env.METRICS_TOKEN",
  ],
  "gateway.md": ["watchExecution", "// gateway.mjs"],
};

const examplesOf = async (page) =>
  [...(await readFile(join(ROOT, "docs", page), "utf8")).matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

async function example(page, words) {
  const found = (await examplesOf(page)).filter((code) => code.includes(words));
  assert.equal(found.length, 1, words);
  return found[0];
}

/** A folder with the package and a module, `main.mjs`. */
async function project(code, name = "main.mjs") {
  const place = await folder({ [name]: code });
  await mkdir(join(place, "node_modules"));
  await symlink(join(ROOT, "pkg", "dist"), join(place, "node_modules", "cloudflow-wasm"), "junction");
  return place;
}

/** What an example defines under a name. */
async function defined(page, words, name) {
  const place = await project(`${await example(page, words)}\nexport { ${name} as value };\n`);
  return (await import(pathToFileURL(join(place, "main.mjs")))).value;
}

/** The status of a request for an execution of a flow. */
async function ask(options, env, headers = {}, flow = "orders") {
  const gateway = createGateway({ upstream, log: false, ...options });
  const query = `Action=DescribeExecution&Version=2019-03-15&FlowName=${flow}&ExecutionName=order-42`;
  return (await gateway.fetch(new Request(`https://gateway.example.com/?${query}`, { headers }), env)).status;
}

const bearerOf = (token) => ({ authorization: `Bearer ${token}` });

test("each example has a test", async () => {
  for (const [page, words] of Object.entries(EXAMPLES)) {
    const codes = await examplesOf(page);
    assert.equal(codes.length, words.length, page);
    for (const [index, code] of codes.entries()) assert.ok(code.includes(words[index]), `${page}: ${words[index]}`);
  }
});

test("a shared secret, of one flow", async () => {
  const authorize = await defined("gateway-auth.md", "env.OLD_TOKEN", "authorize");
  const old = "the-old-token-of-16";
  const env = { TOKEN, OLD_TOKEN: old };
  assert.equal(await ask({ authorize }, env, bearerOf(TOKEN)), 200);
  assert.equal(await ask({ authorize }, env, bearerOf(old)), 200);
  assert.equal(await ask({ authorize }, { TOKEN }, bearerOf(old)), 403);
  assert.equal(await ask({ authorize }, env, bearerOf(TOKEN), "other"), 403);
});

test("tokens of an issuer and of Cloudflare Access", async (t) => {
  const key = await keyPair("RS256", "one");
  const { fetch } = globalThis;
  t.after(() => {
    globalThis.fetch = fetch;
  });
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    return Response.json({ keys: [key.jwk] });
  };
  const exp = Math.floor(Date.now() / 1000) + 60;

  const authorize = await defined("gateway-auth.md", "jwks", "authorize");
  const claims = { iss: "https://login.example.com", aud: "cloudflow", exp, groups: ["flow:orders"] };
  const token = await signed(key, claims);
  assert.equal(await ask({ authorize }, {}, bearerOf(token)), 200);
  assert.equal(await ask({ authorize }, {}, bearerOf(token), "other"), 403);
  assert.equal(await ask({ authorize }, {}, bearerOf(await signed(key, { ...claims, aud: "another" }))), 403);

  const access = await defined("gateway-auth.md", "accessJwt", "authorize");
  const assertion = await signed(key, { iss: "https://acme.cloudflareaccess.com", aud: "tag", exp });
  const header = { "cf-access-jwt-assertion": assertion };
  assert.equal(await ask({ authorize: access }, { POLICY_AUD: "tag" }, header), 200);
  assert.equal(await ask({ authorize: access }, { POLICY_AUD: "another" }, header), 403);
  assert.deepEqual(asked, [
    "https://login.example.com/.well-known/jwks.json",
    "https://acme.cloudflareaccess.com/cdn-cgi/access/certs",
  ]);
});

test("a page follows an execution with tickets", { timeout: 60_000 }, async (t) => {
  const { tickets } = await defined("gateway-auth.md", "env.TICKET_SECRET", "createGatewayOptions");
  const authorize = await defined("gateway-auth.md", "env.METRICS_TOKEN", "authorize");
  const gateway = createGateway({ upstream, authorize, tickets, hub: "memory", log: false });
  const env = { TOKEN, METRICS_TOKEN: "a-token-for-metrics", TICKET_SECRET: "x".repeat(32) };
  const code = await example("gateway-auth.md", "async function follow");
  const html = `<!doctype html><script type="module">${code}
window.states = [];
console.log = (status) => window.states.push(status);
follow(location.origin + "/api", "${TOKEN}", "orders", "order-42").then(() => (window.isOver = true));
</script>`;
  const url = await serveStatic(t, {
    "/": () => new Response(html, { headers: { "content-type": "text/html" } }),
    "/api/": (request) => gateway.fetch(request, env),
  });
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.isOver, undefined, { timeout: 20_000 });
  assert.equal(await page.evaluate(() => window.states.at(-1)), "Succeeded");

  // The metrics of this gateway, with the token for metrics only.
  const metrics = async (token) =>
    gateway.fetch(new Request("https://gateway.example.com/metrics", { headers: bearerOf(token) }), env);
  assert.match(await (await metrics(env.METRICS_TOKEN)).text(), /cloudflow_gateway_tickets_total/);
  assert.equal((await metrics(TOKEN)).status, 403);
});

test("the limit of callers uses the binding", async () => {
  const { limit } = await defined("gateway-auth.md", "env.RATE_LIMIT", "createGatewayOptions");
  const keys = [];
  const binding = (success) => ({ limit: async ({ key }) => (keys.push(key), { success }) });
  const options = { authorize: () => true, limit };
  const headers = { "cf-connecting-ip": "192.0.2.1" };
  assert.equal(await ask(options, { RATE_LIMIT: binding(true) }, headers), 200);
  assert.equal(await ask(options, { RATE_LIMIT: binding(false) }, headers), 429);
  assert.deepEqual(keys, ["192.0.2.1", "192.0.2.1"]);
});

test("the page of the gateway watches an execution to its end", async (t) => {
  const { fetch, console: own } = globalThis;
  t.after(() => {
    globalThis.fetch = fetch;
    own.log = log;
    delete globalThis.token;
  });
  const { log } = own;
  const gateway = createGateway({
    upstream,
    authorize: ({ headers }) => headers.get("authorization") === `Bearer ${TOKEN}`,
    log: false,
  });
  globalThis.fetch = (url, init) => gateway.fetch(new Request(url, init), {});
  globalThis.token = TOKEN;
  const lines = [];
  own.log = (line) => lines.push(line);
  const place = await project(await example("gateway.md", "watchExecution"));
  await import(pathToFileURL(join(place, "main.mjs")));
  assert.equal(lines.at(-1), "Succeeded");
});

test("the server without Cloudflare takes the module of the page", { timeout: 60_000 }, async (t) => {
  const place = await project(await example("gateway.md", "// gateway.mjs"), "gateway.mjs");
  const env = { ...process.env, ACCESS_KEY_ID: "a", ACCESS_KEY_SECRET: "b", GATEWAY_TOKEN: TOKEN };
  const args = ["gateway", "--config", join(place, "gateway.mjs"), "--port", "0"];
  const server = run(t, RUNTIMES[0][1], args, env);
  await server.until(/^gateway +\S+$/m);
  const [, url] = /^gateway +(\S+)$/m.exec(server.output());
  assert.equal((await fetch(`${url.replace(/\/$/, "")}/healthz`)).status, 200);
  const query = "?Action=DescribeExecution&Version=2019-03-15&FlowName=orders&ExecutionName=order-42";
  assert.equal((await fetch(`${url.replace(/\/$/, "")}/${query}`)).status, 403);
});

// Pages with a Content-Security-Policy, and secrets in every context of a browser, in Chromium, Firefox and WebKitGTK.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { engineNames, startEngine, whyAbsent } from "./engines/driver.mjs";
import { serveStatic } from "./support/static-server.mjs";

const DIST = fileURLToPath(new URL("../../pkg/dist", import.meta.url));

const FLOW = "version: v1\ntype: flow\nsteps:\n  - {type: succeed, name: end}\n";

/** Calls each entry once and returns the error of each, or the result. */
const ENTRIES = `
import { validateFlow } from "/dist/index.js";
import { openFlow } from "/dist/editor.js";
import { migrateFlow, signRequest } from "/dist/local.js";
import { CloudFlowError, init } from "/dist/slim.js";
const FLOW = ${JSON.stringify(FLOW)};
const calls = {
  index: () => validateFlow(FLOW).valid,
  editor: () => openFlow(FLOW).symbols()[0].name,
  local: () => typeof migrateFlow(FLOW).text,
  sign: async () => (await signRequest("DescribeFlow", { Name: "f" })).method,
  slim: async () => (await init({ ask: "/dist/ask.wasm" }), "ready"),
};
const results = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    results[name] = await call();
  } catch (error) {
    results[name] = {
      code: error.code, kind: error.kind, message: error.message,
      is: error instanceof CloudFlowError, cause: String(error.cause),
    };
  }
}
globalThis.results = results;
`;

/**
 * Asks with a long-lived secret, and returns the codes of the errors by destination. It is the text of a function, which runs
 * in a page and in workers.
 */
const SECRETS = `
import { describeExecution } from "/dist/index.js";
import { createEmulator } from "/dist/local.js";
export async function ask() {
  const emulator = createEmulator();
  const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
  const refusing = async () => { throw new Error("sent"); };
  const codes = {};
  for (const [name, options] of Object.entries({
    service: { region: "cn-hangzhou", fetch: refusing },
    refreshed: { region: "cn-hangzhou", fetch: refusing, credentials: async () => credentials },
    emulator: { endpoint: "https://fnf.example.com", fetch: emulator.fetch },
    loopback: { endpoint: "http://127.0.0.1:9", fetch: refusing },
    allowed: { region: "cn-hangzhou", fetch: refusing, dangerouslyAllowBrowser: true },
  })) {
    const call = describeExecution({ flowName: "f", executionName: "e" }, { credentials, retry: false, ...options });
    codes[name] = await call.then(() => "none", (error) => error.code);
  }
  return codes;
}
`;

const EXPECTED = {
  service: "secret-in-page",
  refreshed: "secret-in-page",
  emulator: "FlowNotExists",
  loopback: "network",
  allowed: "network",
};

const html = (script) =>
  `<!doctype html><meta charset=utf-8><title>policy</title><script type=module src=${script}></script>`;

for (const name of engineNames()) {
  test(`policies and secrets in ${name}`, { skip: whyAbsent(name), timeout: 180_000 }, async (t) => {
    const policies = {
      strict: "default-src 'self'; script-src 'self'; connect-src 'self'; worker-src 'self'",
      open: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'",
    };
    const script = (text) => new Response(text, { headers: { "content-type": "text/javascript" } });
    const page = (text, policy) =>
      new Response(text, { headers: { "content-type": "text/html", "content-security-policy": policy } });
    const site = await serveStatic(t, {
      "/dist/": DIST,
      "/strict": () => page(html("/entries.js"), policies.strict),
      "/open": () => page(html("/entries.js"), policies.open),
      "/secrets": () => page(html("/secret-page.js"), policies.open),
      "/entries.js": () => script(ENTRIES),
      "/ask.js": () => script(SECRETS),
      "/secret-page.js": () =>
        script(`import { ask } from "/ask.js";
const workers = {
  dedicated: () => new Promise((resolve, reject) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error("the worker failed"));
    worker.postMessage("ask");
  }),
  shared: () => new Promise((resolve, reject) => {
    const worker = new SharedWorker("/worker.js", { type: "module" });
    worker.onerror = () => reject(new Error("the worker failed"));
    worker.port.onmessage = ({ data }) => resolve(data);
    worker.port.postMessage("ask");
  }),
  service: async () => {
    await navigator.serviceWorker.register("/worker.js", { type: "module" });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const told = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
    active.postMessage("ask", [port2]);
    return told;
  },
};
const results = { page: await ask() };
for (const [name, run] of Object.entries(workers)) {
  // Not every browser has shared workers, and modules as workers.
  results[name] = await run().catch((error) => String(error));
}
globalThis.results = results;
`),
      "/worker.js": () =>
        script(`import { ask } from "/ask.js";
const answer = async (event) => (event.ports?.[0] ?? event.currentTarget).postMessage(await ask());
addEventListener("message", answer);
addEventListener("connect", ({ ports: [port] }) => { port.onmessage = async () => port.postMessage(await ask()); });
`),
    });
    const engine = await startEngine(name);
    t.after(() => engine.close());
    const resultsOf = async (path) => {
      const tab = await engine.page();
      await tab.open(new URL(path, site).href);
      await tab.waitFor(() => globalThis.results !== undefined);
      return tab.evaluate(() => globalThis.results);
    };

    await t.test("a policy without 'wasm-unsafe-eval' has an error that names the directive", async () => {
      const results = await resultsOf("/strict");
      assert.deepEqual(Object.keys(results), ["index", "editor", "local", "sign", "slim"]);
      for (const [entry, error] of Object.entries(results)) {
        // WebKit compiles the module; only an instance is forbidden.
        if (entry === "slim" && error === "ready") continue;
        assert.deepEqual(
          [error.code, error.kind, error.is],
          ["wasm-blocked", "internal", true],
          `${entry}: ${error.cause}`,
        );
        assert.match(error.message, /`'wasm-unsafe-eval'` in the directive `script-src`/);
        assert.match(error.cause, /Error/);
      }
    });

    await t.test("the policy of the documentation is enough", async () => {
      const guide = await readFile(join(DIST, "../../docs/integration.md"), "utf8");
      assert.ok(guide.includes("script-src 'self' 'wasm-unsafe-eval'"));
      assert.deepEqual(await resultsOf("/open"), {
        index: true,
        editor: "end",
        local: "string",
        sign: "POST",
        slim: "ready",
      });
    });

    await t.test("a secret is refused in each context of a browser, unless it stays on this machine", async () => {
      const { page: first, ...workers } = await resultsOf("/secrets");
      assert.deepEqual(first, EXPECTED);
      assert.deepEqual(workers.dedicated, EXPECTED);
      for (const kind of ["shared", "service"]) {
        if (typeof workers[kind] === "string") t.diagnostic(`${kind}: ${workers[kind]}`);
        else assert.deepEqual(workers[kind], EXPECTED, kind);
      }
      if (name === "chromium") assert.deepEqual([workers.shared, workers.service], [EXPECTED, EXPECTED]);
    });
  });
}

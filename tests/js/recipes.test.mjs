// Runs the recipes of docs/recipes.md: the files of the page, with the package in node_modules, against the emulator.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { parse } from "yaml";

import { createGateway } from "../../pkg/dist/gateway.js";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { launch } from "./chromium.mjs";
import { temporary } from "./support/command.mjs";
import { filesOf } from "./support/page-files.mjs";
import { serveStatic } from "./support/static-server.mjs";

const PACKAGE = fileURLToPath(new URL("../../pkg/dist", import.meta.url));
const PEERS = fileURLToPath(new URL("recipes/", import.meta.url));
const require = createRequire(join(PEERS, "package.json"));
const skip =
  !existsSync(join(PEERS, "node_modules")) &&
  process.env.CI !== "true" &&
  "the packages of the recipes are not installed: run `npm ci` in tests/js/recipes";

const { folder } = temporary("recipes");
const recipes = filesOf("docs/recipes.md");
const KEY = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
const flow = (last, seconds) => `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: ${seconds}}
  - ${last}
`;

/** A project with the files of a recipe and, in node_modules, the package and the packages it needs. */
async function project(heading, more = {}) {
  const files = recipes.get(heading);
  assert.ok(files, `docs/recipes.md has files below \`${heading}\``);
  const place = await folder({ ...recipes.get(""), ...files, ...more });
  const modules = join(place, "node_modules");
  await mkdir(join(modules, ".bin"), { recursive: true });
  await symlink(PACKAGE, join(modules, "cloudflow-wasm"), "junction");
  await symlink(join(PACKAGE, "bin", "cloudflow-wasm.js"), join(modules, ".bin", "cloudflow-wasm"));
  return place;
}

const bundle = (entry, options) =>
  build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    nodePaths: [join(PEERS, "node_modules")],
    define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false" },
    write: false,
    logLevel: "error",
    ...options,
  });

/** What compiles the files of a framework, and a page that shows the component `Status` of its recipe. */
const FRAMEWORKS = {
  React: {
    main: `import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Status } from "./status.jsx";
const root = createRoot(document.querySelector("main"));
window.show = (names) => root.render(createElement(Status, names));
window.hide = () => root.unmount();
`,
    options: { jsx: "automatic" },
  },
  Vue: {
    main: `import { createApp, h, shallowRef } from "vue";
import Status from "./Status.vue";
const names = shallowRef();
const app = createApp({ setup: () => () => names.value && h(Status, names.value) });
app.mount("main");
window.show = (value) => (names.value = value);
window.hide = () => app.unmount();
`,
    options: {
      plugins: [
        compiled(/\.vue$/, (source, filename) => {
          const { compileScript, parse } = require("vue/compiler-sfc");
          const { descriptor, errors } = parse(source, { filename });
          if (errors.length > 0) throw errors[0];
          return compileScript(descriptor, { id: "status", inlineTemplate: true }).content;
        }),
      ],
    },
  },
  Svelte: {
    main: `import { mount, unmount } from "svelte";
import Status from "./Status.svelte";
let shown;
window.hide = async () => shown && (await unmount(shown));
window.show = async (props) => {
  await window.hide();
  shown = mount(Status, { target: document.querySelector("main"), props });
};
`,
    options: {
      plugins: [
        compiled(/\.svelte$/, (source, filename) => {
          const { compile } = require("svelte/compiler");
          return compile(source, { filename, generate: "client" }).js.code;
        }),
      ],
    },
  },
};

/** A plugin of esbuild. */
function compiled(filter, compile) {
  return {
    name: String(filter),
    setup({ onLoad }) {
      onLoad({ filter }, async ({ path }) => ({
        contents: await compile(await readFile(path, "utf8"), basename(path)),
        loader: "js",
        resolveDir: dirname(path),
      }));
    },
  };
}

test("React, Vue and Svelte show the states of an execution, and end their watches", {
  timeout: 180_000,
  skip,
}, async (t) => {
  const emulator = createEmulator();
  t.after(() => emulator.close());
  const gateway = createGateway({
    upstream: () => ({ endpoint: "http://localhost", fetch: emulator.fetch, credentials: KEY }),
    authorize: () => true,
    hub: "memory",
    log: false,
  });
  const open = new Set();
  const api = async (request) => {
    open.add(request);
    request.signal.addEventListener("abort", () => open.delete(request));
    const response = await gateway.fetch(request, {});
    if (!response.body) return response;
    // A response that is sent completely is no longer open.
    const flush = () => void open.delete(request);
    return new Response(response.body.pipeThrough(new TransformStream({ flush })), response);
  };
  const send = async (action, parameters) => {
    const response = await emulator.fetch(await signRequest(action, parameters));
    assert.equal(response.status, 200, `${action}: ${await response.text()}`);
  };
  emulator.putFlow("good", flow("{type: pass, name: end}", 2));
  emulator.putFlow("long", flow("{type: pass, name: end}", 600));
  await send("StartExecution", { FlowName: "long", ExecutionName: "one" });

  const places = { "/api/": api };
  for (const [name, { main, options }] of Object.entries(FRAMEWORKS)) {
    const html = '<!doctype html><meta charset="utf-8"><main></main><script type="module" src="main.js"></script>';
    const place = await project(name, { "main.js": main, "out/index.html": html });
    await bundle(join(place, "main.js"), { ...options, write: true, outfile: join(place, "out", "main.js") });
    places[`/${name}/`] = join(place, "out");
  }
  const url = await serveStatic(t, places);
  const browser = await launch();
  t.after(() => browser.close());

  for (const name of Object.keys(FRAMEWORKS)) {
    await t.test(name, async () => {
      const page = await browser.newPage();
      const mistakes = [];
      page.on("pageerror", (error) => mistakes.push(String(error)));
      await page.goto(`${url}/${name}/`);
      const show = (flowName, executionName) =>
        page.evaluate((names) => void window.show(names), { flowName, executionName });
      const shows = (text) => page.locator("[role=status]", { hasText: text }).waitFor({ timeout: 20_000 });

      await show("long", "one");
      await shows("Running");
      // Another execution: the first watch ends, and the page follows the second one to its end.
      await send("StartExecution", { FlowName: "good", ExecutionName: name });
      await show("good", name);
      await shows("Succeeded");
      await show("good", "absent");
      await shows("ExecutionNotExists");
      await show("long", "one");
      await shows("Running");
      await page.evaluate(() => void window.hide());
      const end = Date.now() + 10_000;
      while (open.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(
        [...open].map(({ url }) => url),
        [],
        "requests that are open after the end of the component",
      );
      assert.deepEqual(mistakes, []);
      await page.close();
    });
  }
});

test("the Worker reports each failed execution once", { timeout: 120_000, skip }, async (t) => {
  const { Miniflare } = await import("miniflare");
  const place = await project("A Worker that reports failed executions");
  const { kv_namespaces, vars, main, compatibility_date } = JSON.parse(
    await readFile(join(place, "wrangler.jsonc"), "utf8"),
  );
  const wasm = new Map();
  const modules = {
    name: "modules",
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        wasm.set(basename(path), isAbsolute(path) ? path : join(resolveDir, path));
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
  const { outputFiles } = await bundle(join(place, main), { conditions: ["workerd"], plugins: [modules] });
  const emulator = createEmulator();
  t.after(() => emulator.close());
  emulator.putFlow("orders", flow("{type: fail, name: end, error: Declined, cause: no funds}", 0));
  emulator.putFlow("other", flow("{type: fail, name: end, error: Other, cause: none}", 0));
  const start = async (FlowName, ExecutionName) => {
    await emulator.fetch(await signRequest("StartExecution", { FlowName, ExecutionName }));
    await emulator.fetch(await signRequest("DescribeExecution", { FlowName, ExecutionName, WaitTimeSeconds: 20 }));
  };
  await start("orders", "first");
  await start("other", "hidden");

  const sent = [];
  let status = 200;
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
      ...(await Promise.all(
        [...wasm].map(async ([path, file]) => ({ type: "CompiledWasm", path, contents: await readFile(file) })),
      )),
    ],
    compatibilityDate: compatibility_date,
    cf: false,
    kvNamespaces: kv_namespaces.map(({ binding }) => binding),
    bindings: {
      ...vars,
      ENDPOINT: "https://service.example.com",
      WEBHOOK: "https://hooks.example.com/flows",
      ACCESS_KEY_ID: KEY.accessKeyId,
      ACCESS_KEY_SECRET: KEY.accessKeySecret,
    },
    async outboundService(request) {
      if (new URL(request.url).hostname === "hooks.example.com") {
        sent.push((await request.json()).text);
        return new Response("", { status });
      }
      const body = request.method === "GET" ? undefined : await request.text();
      return emulator.fetch(request.url, {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body,
      });
    },
  });
  t.after(() => miniflare.dispose());
  const worker = await miniflare.getWorker();
  const run = async () => {
    sent.length = 0;
    const { outcome } = await worker.scheduled({ scheduledTime: new Date(), cron: "*/5 * * * *" });
    assert.equal(outcome, "ok");
    return sent.map((text) => text.replace(/at \S+:/, "at TIME:"));
  };

  status = 500;
  assert.deepEqual(await run(), ["orders/first Failed at TIME: Declined: no funds"], "the webhook refuses it");
  status = 200;
  assert.deepEqual(await run(), ["orders/first Failed at TIME: Declined: no funds"]);
  assert.deepEqual(await run(), []);
  await start("orders", "second");
  assert.deepEqual(await run(), ["orders/second Failed at TIME: Declined: no funds"]);
});

/** Runs a program. Returns its exit code and its outputs. */
function run(program, args, cwd) {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  env.PATH = [join(cwd, "node_modules", ".bin"), env.PATH].join(delimiter);
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env: { ...env, CI: "true", NO_COLOR: "1" } }, (error, out, err) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: error?.code ?? 0, out, err });
    });
  });
}

test("the tests in Vitest pass, and a wrong flow fails them", { timeout: 120_000, skip }, async () => {
  const place = await project("Tests of a flow in Vitest");
  await symlink(join(PEERS, "node_modules", "vitest"), join(place, "node_modules", "vitest"), "junction");
  const vitest = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
  const passed = await run(process.execPath, [vitest, "run", "--root", place], place);
  assert.equal(passed.code, 0, passed.out + passed.err);
  assert.match(passed.out, /Tests +3 passed/);

  const broken = await project("Tests of a flow in Vitest", {
    "order.yaml": recipes.get("Tests of a flow in Vitest")["order.yaml"].replace("FC.ResourceThrottled", "Busy"),
  });
  await symlink(join(PEERS, "node_modules", "vitest"), join(broken, "node_modules", "vitest"), "junction");
  const failed = await run(process.execPath, [vitest, "run", "--root", broken], broken);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /Tests +1 failed \| 2 passed/);
});

test("the commands of the workflow report findings and failed tests", { timeout: 60_000 }, async () => {
  const { jobs } = parse(recipes.get("GitHub Actions")[".github/workflows/flows.yml"]);
  const commands = jobs.flows.steps.flatMap((step) => step.run ?? []);
  assert.equal(commands.shift(), "npm ci");
  const { "order.yaml": order } = recipes.get("Tests of a flow in Vitest");
  const tests = `flow: order.yaml\ntests:\n  - name: paid\n    mocks: {Charge: {output: {paid: true}}}\n    status: Succeeded\n`;
  for (const [text, expected] of [
    [order, [0, 0]],
    [order.replace("StartAt: Charge", "StartAt: Chargee"), [1, 2]],
  ]) {
    const place = await project("GitHub Actions", { "flows/order.yaml": text, "flows/order.flowtest.yaml": tests });
    const codes = [];
    for (const command of commands) codes.push((await run("bash", ["-e", "-c", command], place)).code);
    assert.deepEqual(codes, expected);
    const report = await readFile(join(place, "flows.xml"), "utf8");
    assert.match(report, expected[1] === 0 ? /<testsuites[^>]*failures="0"/ : /<(?:error|failure)/);
  }
});

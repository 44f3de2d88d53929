// Runs the suites in Chromium, bundled for a page.
//
//     CHROMIUM=/usr/bin/chromium node tests/js/run-browser.mjs <folder for the entry> [--filter NAME]
//
// The environment variable ENGINE selects another browser: `ENGINE=firefox`, `ENGINE=webkit`.

import { createServer } from "node:http";
import process from "node:process";
import { build } from "esbuild";
import { readArguments } from "./arguments.mjs";
import { startEngine } from "./engines/driver.mjs";
import { MODULES, finish, moduleBytes, print, suiteFiles, writeEntry } from "./prepare.mjs";
import { openService } from "./support/service.mjs";

const { out, filter } = readArguments(process.argv.slice(2));
const entry = writeEntry(out, "browser");
const bundle = await build({
  stdin: {
    contents: `import { main } from ${JSON.stringify(entry)};
globalThis.outcomes = [];
// The offline mode of the browser: it informs the page and blocks all requests.
const setOffline = (offline) => new Promise((done) => (globalThis.wanted = { offline, done }));
globalThis.suites = async ({ hasOffline, ...host }) => {
  const modules = {};
  for (const name of ${JSON.stringify(MODULES)}) modules[name] = await WebAssembly.compileStreaming(fetch(\`/\${name}.wasm\`));
  return main(modules, (outcome) => outcomes.push(outcome), { ...host, ...(hasOffline && { setOffline }) });
};`,
    resolveDir: out,
  },
  bundle: true,
  format: "esm",
  platform: "browser",
  external: ["node:*"],
  write: false,
  logLevel: "error",
});

const served = {
  "/": [
    "text/html",
    "<!doctype html><meta charset=utf-8><title>suites</title><script type=module src=/bundle.js></script>",
  ],
  "/bundle.js": ["text/javascript", bundle.outputFiles[0].contents],
  ...Object.fromEntries(MODULES.map((name) => [`/${name}.wasm`, ["application/wasm", moduleBytes(name)]])),
};
/** Takes what the page sends at the end. A command of a driver can be lost while the page computes. */
let received;
const server = createServer((request, response) => {
  if (request.url === "/ended") {
    let text = "";
    request.setEncoding("utf8").on("data", (part) => (text += part));
    request.on("end", () => {
      received(JSON.parse(text));
      response.end();
    });
    return;
  }
  const [type, body] = served[request.url] ?? [];
  response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {}).end(body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const service = await openService();
const name = process.env.ENGINE || "chromium";
// Code that WebKit has compiled keeps globals that it has seen. Tests replace some, so each suite has a page there.
const files = name === "webkit" ? suiteFiles() : [undefined];
const engine = await startEngine(name);
const all = [];
const sum = { passed: 0, failed: 0 };
let code = 1;
try {
  for (const file of files) {
    const { totals, outcomes } = await runIn(await engine.page(), file);
    sum.passed += totals.passed;
    sum.failed += totals.failed;
    all.push(...outcomes);
  }
  all.forEach(print);
  code = finish(sum, filter);
} finally {
  await engine.close();
  server.close();
  service.close();
}
process.exit(code);

/** Runs one suite, or all, in a page. */
async function runIn(page, file) {
  const ended = new Promise((resolve, reject) => {
    received = resolve;
    setTimeout(() => reject(new Error("the suites did not end within 15 minutes")), 900_000).unref();
  });
  await page.open(`http://127.0.0.1:${server.address().port}/`);
  await page
    .waitFor(() => Boolean(globalThis.suites))
    .catch(async (error) => {
      const [problem] = await page.problems();
      throw problem ? new Error(problem) : error;
    });
  await page.evaluate(
    (host) => {
      const end = (outcome) => fetch("/ended", { method: "POST", body: JSON.stringify({ ...outcome, outcomes }) });
      globalThis.suites(host).then(
        (totals) => end({ totals }),
        (error) => end({ error: String(error.stack ?? error) }),
      );
    },
    { service: service.url, filter, hasOffline: page.hasOffline, ...(file && { file }) },
  );
  const network = page.hasOffline && setInterval(switchNetwork, 50, page);
  const { totals, error, outcomes } = await ended;
  clearInterval(network);
  if (error) throw new Error(error);
  for (const problem of await page.problems()) {
    outcomes.push({ name: "uncaught in the page", ms: 0, error: problem });
    totals.failed += 1;
  }
  return { totals, outcomes };
}

/** Switches the network as the page wants it. */
async function switchNetwork(page) {
  const take = () => {
    const { wanted } = globalThis;
    delete globalThis.wanted;
    globalThis.done = wanted?.done ?? globalThis.done;
    return wanted?.offline;
  };
  const wanted = await page.evaluate(take).catch(() => undefined);
  if (wanted === undefined) return;
  await page.setOffline(wanted);
  await page.evaluate(() => globalThis.done());
}

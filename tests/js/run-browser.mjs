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
import { MODULES, finish, moduleBytes, print, writeEntry } from "./prepare.mjs";
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

const files = {
  "/": [
    "text/html",
    "<!doctype html><meta charset=utf-8><title>suites</title><script type=module src=/bundle.js></script>",
  ],
  "/bundle.js": ["text/javascript", bundle.outputFiles[0].contents],
  ...Object.fromEntries(MODULES.map((name) => [`/${name}.wasm`, ["application/wasm", moduleBytes(name)]])),
};
const server = createServer((request, response) => {
  const [type, body] = files[request.url] ?? [];
  response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {}).end(body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const service = await openService();
const engine = await startEngine(process.env.ENGINE || "chromium");
let code = 1;
try {
  const page = await engine.page();
  await page.open(`http://127.0.0.1:${server.address().port}/`);
  await page
    .waitFor(() => Boolean(globalThis.suites))
    .catch(async (error) => {
      const [problem] = await page.problems();
      throw problem ? new Error(problem) : error;
    });
  // The suites run while the runner asks for the network they want.
  await page.evaluate(
    (host) => {
      globalThis.suites(host).then(
        (totals) => (globalThis.ended = { totals }),
        (error) => (globalThis.ended = { error: String(error.stack ?? error) }),
      );
    },
    { service: service.url, filter, hasOffline: page.hasOffline },
  );
  const { totals, error } = await page.until(
    "the suites end",
    async () => {
      const wanted = await page.evaluate(() => globalThis.wanted?.offline);
      if (wanted !== undefined) {
        await page.setOffline(wanted);
        await page.evaluate(() => {
          const { done } = globalThis.wanted;
          delete globalThis.wanted;
          done();
        });
      }
      return page.evaluate(() => globalThis.ended);
    },
    600_000,
  );
  if (error) throw new Error(error);
  const outcomes = await page.evaluate(() => globalThis.outcomes);
  for (const problem of await page.problems()) {
    outcomes.push({ name: "uncaught in the page", ms: 0, error: problem });
    totals.failed += 1;
  }
  outcomes.forEach(print);
  code = finish(totals, filter);
} finally {
  await engine.close();
  server.close();
  service.close();
}
process.exit(code);

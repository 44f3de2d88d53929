// Runs the suites in Chromium, bundled for a page.
//
//     CHROMIUM=/usr/bin/chromium node tests/js/run-browser.mjs <folder for the entry> [--filter NAME]

import { createServer } from "node:http";
import { build } from "esbuild";
import { readArguments } from "./arguments.mjs";
import { launch } from "./chromium.mjs";
import { MODULES, finish, moduleBytes, print, writeEntry } from "./prepare.mjs";
import { openService } from "./support/service.mjs";

const { out, filter } = readArguments(process.argv.slice(2));
const entry = writeEntry(out, "browser");
const bundle = await build({
  stdin: {
    contents: `import { main } from ${JSON.stringify(entry)};
globalThis.suites = async (host) => {
  const outcomes = [];
  const modules = {};
  for (const name of ${JSON.stringify(MODULES)}) modules[name] = await WebAssembly.compileStreaming(fetch(\`/\${name}.wasm\`));
  return { totals: await main(modules, (outcome) => outcomes.push(outcome), { ...host, setOffline }), outcomes };
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
const browser = await launch();
let code = 1;
try {
  const page = await browser.newPage();
  // The offline mode of the browser: it informs the page and blocks all requests.
  await page.exposeFunction("setOffline", (offline) => page.context().setOffline(offline));
  const uncaught = [];
  page.on("pageerror", (error) => uncaught.push(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page
    .waitForFunction(() => globalThis.suites)
    .catch((error) => {
      throw uncaught[0] ?? error;
    });
  const { outcomes, totals } = await page.evaluate((host) => globalThis.suites(host), { service: service.url, filter });
  for (const error of uncaught)
    outcomes.push({ name: "uncaught in the page", ms: 0, error: String(error.stack ?? error) });
  totals.failed += uncaught.length;
  outcomes.forEach(print);
  code = finish(totals, filter);
} finally {
  await browser.close();
  server.close();
  service.close();
}
process.exit(code);

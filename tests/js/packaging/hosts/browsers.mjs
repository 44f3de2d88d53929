// Pages and workers without a framework, in three browsers, and an extension of Chromium.

import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { build } from "esbuild";
import { launch } from "puppeteer-core";
import { program as chromium } from "../../chromium.mjs";
import { browserVersion } from "./page.mjs";
import { page, PAGE_SCRIPT, PROGRAM, SHOW } from "./texts.mjs";

const ENGINES = { Chromium: "chromium", Firefox: "firefox", WebKitGTK: "webkit" };

const IMPORT_MAP = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,">
<script type="importmap">
{ "imports": { "cloudflow-wasm": "/node_modules/cloudflow-wasm/index.js", "cloudflow-wasm/local": "/node_modules/cloudflow-wasm/local.js" } }
</script></head>
<body><script type="module" src="/main.js"></script></body>
</html>
`;

/** The line of a worker. */
const ASK = {
  worker: `new Promise((resolve, reject) => {
  const worker = new Worker("/worker.js");
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(message);
})`,
  shared: `new Promise((resolve, reject) => {
  const { port } = new SharedWorker("/shared.js");
  port.onmessage = ({ data }) => resolve(data);
  port.start();
})`,
  service: `navigator.serviceWorker.register("/service.js").then(() => navigator.serviceWorker.ready).then(
  ({ active }) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    active.postMessage("ask", [port2]);
  }))`,
};

const LINE = `import { program } from "./program.mjs";
const line = () => program().catch((error) => \`\${error?.code ?? ""} \${error?.stack ?? error}\`);
`;

const MANIFEST = { manifest_version: 3, name: "host", version: "1", background: { service_worker: "background.js" } };
const CSP = "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'";

const FILES = {
  "program.mjs": PROGRAM,
  "show.mjs": SHOW,
  "main.js": PAGE_SCRIPT,
  "import-map.html": IMPORT_MAP,
  "bundle.html": page("/built/main.js"),
  "source/worker.js": `${LINE}line().then(postMessage);\n`,
  "source/shared.js": `${LINE}onconnect = ({ ports: [port] }) => line().then((text) => port.postMessage(text));\n`,
  "source/service.js": `${LINE}onmessage = ({ ports: [port] }) => line().then((text) => port.postMessage(text));\n`,
  "source/background.js": `${LINE}chrome.runtime.onMessage.addListener((message, sender, answer) => {
  line().then(answer);
  return true;
});
`,
  "source/program.mjs": PROGRAM,
  ...Object.fromEntries(
    Object.entries(ASK).flatMap(([name, line]) => [
      [`${name}.html`, page(`/${name}-page.js`)],
      [`${name}-page.js`, `import { show } from "/show.mjs";\nshow(${line});\n`],
    ]),
  ),
  "extension/page.html": page("page.js"),
  "extension/page.js": `chrome.runtime.sendMessage("ask").then((line) => (document.documentElement.dataset.line = line));\n`,
  "extension/own.html": page("main.js"),
};

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" };

/** Serves the project. The parameter \`csp\` of a page is its policy; workers get that of \`/built/\`. */
const site =
  ({ file }) =>
  (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const path = /^\/(worker|shared|service)\.js$/.test(pathname) ? `/built${pathname}` : pathname;
    const headers = { "content-type": TYPES[extname(path)] ?? "application/octet-stream" };
    const policy = searchParams.get("csp");
    if (policy) headers["content-security-policy"] = policy;
    try {
      return new Response(readFileSync(file(path.slice(1))), { headers });
    } catch {
      return new Response("not found", { status: 404 });
    }
  };

const POLICY = "default-src 'none'; img-src data:; script-src 'self'";
const csp = (policy) => `bundle.html?csp=${encodeURIComponent(policy)}`;

/** A page in each browser. */
const inEach = (what, path, more = {}) =>
  Object.fromEntries(
    Object.entries(ENGINES).map(([name, engine]) => [
      `${name}, ${what}`,
      {
        versions: [() => browserVersion(engine)],
        quick: more.quick?.includes(engine) ?? false,
        run: async ({ url, page }) => page(`${url}/${path}`, { engine }),
        ...more.of,
      },
    ]),
  );

/** Opens a page of an extension, whose manifest may name a policy. */
const extension = (path, policy) => async (project) => {
  const security = policy ? { content_security_policy: { extension_pages: policy } } : {};
  project.write("extension/manifest.json", JSON.stringify({ ...MANIFEST, ...security }));
  const browser = await launch({
    executablePath: chromium(),
    headless: true,
    pipe: true,
    enableExtensions: true,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const id = await browser.installExtension(project.file("extension"));
    const tab = await browser.newPage();
    await tab.goto(`chrome-extension://${id}/${path}`);
    await tab.waitForFunction(() => document.documentElement.dataset.line, { timeout: 20_000 });
    return await tab.evaluate(() => document.documentElement.dataset.line);
  } finally {
    await browser.close();
  }
};

const versions = [() => browserVersion("chromium")];

const BLOCKED = {
  match: "wasm-blocked",
  because: "the policy blocks WebAssembly: [`wasm-blocked`](errors.md#wasm-blocked)",
};

export const browsers = {
  files: FILES,
  async prepare(project) {
    const { file } = project;
    const names = ["worker", "shared", "service", "background"];
    const bundle = (entryPoints, outdir, format) =>
      build({ entryPoints: entryPoints.map(file), outdir: file(outdir), bundle: true, format, logLevel: "error" });
    await bundle(
      names.map((name) => `source/${name}.js`),
      "built",
      "iife",
    );
    await bundle(["main.js"], "built", "esm");
    await bundle(["source/background.js"], "extension", "iife");
    await bundle(["main.js"], "extension", "esm");
    project.url = await project.static({ "/": site(project) });
  },
  hosts: {
    ...inEach("import map", "import-map.html", { quick: ["chromium"] }),
    ...inEach("strict Content-Security-Policy", csp(`${POLICY} 'wasm-unsafe-eval'`), {
      of: { setting: "[`'wasm-unsafe-eval'`](integration.md#content-security-policy)" },
    }),
    ...inEach("Content-Security-Policy without WebAssembly", csp(POLICY), { of: { fails: BLOCKED } }),
    ...inEach("Web Worker", "worker.html"),
    ...inEach("Shared Worker", "shared.html"),
    ...inEach("Service Worker", "service.html"),
    "Chromium, MV3 extension, service worker": {
      run: extension("page.html", CSP),
      setting: "[`'wasm-unsafe-eval'`](integration.md#browser-extensions) in the manifest",
      versions,
    },
    "Chromium, MV3 extension, page": {
      run: extension("own.html", CSP),
      setting: "[`'wasm-unsafe-eval'`](integration.md#browser-extensions) in the manifest",
      versions,
    },
    "Chromium, MV3 extension, default manifest": { run: extension("page.html"), fails: BLOCKED, versions },
  },
};

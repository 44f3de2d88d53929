// Bundles and serves the page of the editor, under the policy of the console.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src 'self'; img-src 'self'";
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8" };

const PAGE = `<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Editor</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="page.css"><link rel="stylesheet" href="style/editor.css"></head>
<body><main><h1>Console</h1><h2>Definition</h2><p><button type="button" id="before">before</button></p><div id="definition"></div>
<p><button type="button" id="after">after</button></p></main><script type="module" src="main.js"></script></body></html>`;

const STYLE = `:root{color-scheme:light;--bg:#f5f6f8;--surface:#fff;--surface-2:#eef0f4;--line:#d5d9e0;--line-strong:#7d8590;--text:#1b1f26;
--text-2:#57606d;--accent:#0a5bc4;--focus:#0a5bc4;--code:monospace}
:root[data-theme="dark"]{color-scheme:dark;--bg:#14171c;--surface:#1c2027;--surface-2:#262b34;--line:#39404b;--line-strong:#74808d;
--text:#e7eaf0;--text-2:#a4adba;--accent:#7db3ff;--focus:#7db3ff}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}main{padding:16px}
button{font:inherit}`;

/** Bundles the page into a folder. `result` has the sizes of its files. */
export async function bundle(folder) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: "tests/js/support/editor-page.js",
      "editor/language-worker": "www/console/editor/language-worker.js",
    },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: folder,
    metafile: true,
    logLevel: "error",
    alias: {
      "cloudflow-wasm": "./pkg/index.js",
      "cloudflow-wasm/editor/codemirror": "./pkg/editor/codemirror.js",
      "cloudflow-wasm/graph": "./pkg/graph.js",
      "cloudflow-wasm/language": "./pkg/language.js",
    },
  });
  return metafile;
}

/** Serves the page. `close` ends the server and removes the bundle. */
export async function serveEditor() {
  const folder = await mkdtemp(join(tmpdir(), "cloudflow-editor-"));
  const metafile = await bundle(folder);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const body = await bodyOf(folder, pathname);
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": TYPES[extname(pathname) || ".html"] ?? "text/plain",
      "content-security-policy": POLICY,
    });
    response.end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    folder,
    metafile,
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bodyOf(folder, pathname) {
  if (pathname === "/") return PAGE;
  if (pathname === "/page.css") return STYLE;
  if (pathname === "/favicon.ico") return "";
  const file = pathname === "/style/editor.css" ? join(ROOT, "www/console", pathname) : join(folder, pathname);
  return readFile(file).catch(() => undefined);
}

/** A valid definition of about `size` characters. */
export function longDefinition(size) {
  const state = (at) => `  - Type: Task
    Name: State${at}
    Action: FC:InvokeFunction
    Parameters:
      resourceArn: acs:fc:cn-hangzhou:123456:functions/demo/LATEST
      body:
        order.$: $Input.order
    Retry:
      - Errors: [FC.ResourceThrottled]
        IntervalSeconds: 3
        MaxAttempts: 3
    Next: State${at + 1}
`;
  let text = "Type: StateMachine\nName: long\nSpecVersion: v1\nStartAt: State0\nStates:\n";
  let at = 0;
  for (; text.length < size - 40; at += 1) text += state(at);
  return `${text}  - Type: Succeed\n    Name: State${at}\n`;
}

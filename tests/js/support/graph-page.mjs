// A page with `<cloudflow-graph>` under a strict content security policy, and the examples of the documentation.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PKG = fileURLToPath(new URL("../../../pkg/dist", import.meta.url));
const RECORDER = new URL("../engines/recorder.js", import.meta.url);
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'";
const PAGE = `<!doctype html><html lang="en"><title>graph</title><script src="/recorder.js"></script><link rel="stylesheet" href="/page.css">
<button id="before">before</button><cloudflow-graph></cloudflow-graph><script type="module" src="/graph.js"></script></html>`;

export const FLOW = `
Type: StateMachine
Name: order
SpecVersion: v1
StartAt: Charge
States:
  - Type: Task
    Name: Charge
    Action: FC:InvokeFunction
    Parameters: {resourceArn: "acs:fc:cn-hangzhou:1:functions/charge/LATEST"}
    Catch: [{Errors: [FnF.ALL], Next: Refund}]
    Next: Each
  - Type: Map
    Name: Each
    ItemsPath: $Input.items
    Processor:
      StartAt: Pack
      States: [{Type: Pass, Name: Pack, Next: Ship}, {Type: Pass, Name: Ship, End: true}]
    Next: Done
  - Type: Succeed
    Name: Done
  - Type: Fail
    Name: Refund
    Code: Refunded
`;

/** Pages of the documentation whose HTML example is served. */
export const EXAMPLES = ["/README.md", "/docs/graph.md"];

/** Serves a page with the element at `/`, and the examples. */
export async function serveGraph() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY });
      response.end(PAGE);
    } else if (EXAMPLES.includes(pathname)) {
      const page = await readFile(join(PKG, "..", "..", pathname), "utf8");
      const [, example] = /^```html\n(.*?<cloudflow-graph>.*?)^```/ms.exec(page);
      const imports = JSON.stringify({
        imports: { "cloudflow-wasm": "/index.js", "cloudflow-wasm/graph": "/graph.js" },
      });
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(`<!doctype html><script type="importmap">${imports}</script>${example}`);
    } else if (pathname === "/page.css") {
      response.writeHead(200, { "content-type": "text/css" });
      response.end("body{margin:0}cloudflow-graph{block-size:600px}");
    } else if (pathname === "/recorder.js") {
      response.writeHead(200, { "content-type": "text/javascript" });
      response.end(await readFile(RECORDER));
    } else if (pathname === "/favicon.ico") {
      response.writeHead(204);
      response.end();
    } else {
      const body = await readFile(join(PKG, pathname)).catch(() => undefined);
      const type = extname(pathname) === ".js" ? "text/javascript" : "text/plain";
      response.writeHead(body ? 200 : 404, { "content-type": type });
      response.end(body);
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

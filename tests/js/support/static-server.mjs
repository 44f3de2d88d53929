// A static host for pages, as simple as the simplest one: no headers besides the type.

import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { serveFetch } from "../../../pkg/cli/serve.js";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".txt": "text/plain",
};

/**
 * Serves folders below paths: `{ "/": folder, "/some/path/": folder }`. The longest path applies. A value can also be a
 * function from Request to Response.
 */
export async function serveStatic(t, places) {
  const paths = Object.keys(places).sort((a, b) => b.length - a.length);
  const server = await serveFetch(async (request) => {
    const { pathname } = new URL(request.url);
    const path = paths.find((start) => pathname.startsWith(start));
    const place = places[path];
    if (typeof place === "function") return place(request);
    const rest = decodeURIComponent(pathname.slice(path?.length));
    const file = normalize(join(place ?? "", rest === "" || rest.endsWith("/") ? `${rest}index.html` : rest));
    if (!place || !file.startsWith(normalize(place + sep))) return new Response("not found", { status: 404 });
    const body = await readFile(file).catch(() => undefined);
    const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream" };
    return body === undefined ? new Response("not found", { status: 404 }) : new Response(body, { headers });
  });
  t.after(() => server.close());
  return server.url;
}

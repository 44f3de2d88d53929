// HTTP server for a function from Request to Response, in Node, Deno and Bun.

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { createGuard } from "./guard.js";

/** Maximum size of a body that is kept, in bytes. The emulator returns 413 above 1 MiB. */
const MAX_BODY = 1024 * 1024 + 1;

/**
 * Maximum size of a body that is read, in bytes; above it the connection is closed. The part above `MAX_BODY` is
 * discarded: a client reads the response after it has sent its body.
 */
const MAX_READ = 64 * 1024 * 1024;

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/** @typedef {(request: Request) => Response | Promise<Response>} Fetch */

/** @typedef {(refused: { method: string, code: string, message: string }) => void} OnRefused */

/**
 * @typedef {{ host?: string, port?: number, guard?: import("./guard.js").Guard, onRefused?: OnRefused }} ServeOptions
 */

/**
 * Starts a server. Requests of pages of another origin are refused before their body is read: see guard.js.
 *
 * @param {Fetch} fetch the signal of the request is aborted when the client disconnects; if the function fails, the
 *   connection is closed without a response
 * @param {ServeOptions} [options]
 * @returns {Promise<{ url: string, close(graceMs?: number): Promise<void> }>} resolves when the server listens. `close`
 *   accepts no further connections, waits up to `graceMs` for pending responses, and then closes all connections
 */
export async function serveFetch(
  fetch,
  { host = "127.0.0.1", port = 0, guard = createGuard({ hosts: [host] }), onRefused = () => {} } = {},
) {
  let open = 0;
  let closing = false;
  let idle = () => {};
  const server = createServer(async (incoming, outgoing) => {
    open += 1;
    try {
      if (closing) outgoing.setHeader("connection", "close");
      await answer(fetch, guard, onRefused, incoming, outgoing);
    } catch {
      outgoing.destroy();
    } finally {
      open -= 1;
      if (open === 0) idle();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const { port: actualPort } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`,
    async close(graceMs = 0) {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      if (graceMs > 0 && open > 0) {
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          idle = () => {
            clearTimeout(timer);
            resolve(undefined);
          };
        });
      }
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * @param {Fetch} fetch
 * @param {import("./guard.js").Guard} guard
 * @param {OnRefused} onRefused
 * @param {IncomingMessage} incoming
 * @param {ServerResponse} outgoing
 */
async function answer(fetch, guard, onRefused, incoming, outgoing) {
  const { method = "GET", url = "/" } = incoming;
  const headers = headersOf(incoming);
  const { authority, path } = targetOf(url);
  const authorities = [...valuesOf(incoming, "host"), ...(authority === undefined ? [] : [authority])];
  const { refusal, preflight, cors } = guard.check({ method, authorities, headers });
  if (refusal) {
    onRefused({ method, code: refusal.code, message: refusal.message });
    // The body is not read, so the connection cannot be reused.
    outgoing.setHeader("connection", "close");
    return send(refusal.response, outgoing, method);
  }
  if (preflight) return send(preflight, outgoing, method);

  const disconnected = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) disconnected.abort(new Error("the client has disconnected"));
  });
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (size < MAX_BODY) chunks.push(chunk.subarray(0, MAX_BODY - size));
    size += chunk.length;
    if (size > MAX_READ) throw new Error("the body is too large");
  }
  const bodyless = method === "GET" || method === "HEAD";
  let request;
  try {
    request = new Request(`http://${authorities[0]}${path}`, {
      method,
      headers,
      ...(bodyless ? {} : { body: Buffer.concat(chunks) }),
      signal: disconnected.signal,
    });
  } catch {
    // A port above 65535, or a method such as TRACE.
    outgoing.setHeader("connection", "close");
    return send(invalidRequest(), outgoing, method, cors);
  }
  return send(await fetch(request), outgoing, method, cors);
}

/** The response to a request whose method or address a `Request` cannot have. The format is that of the service. */
function invalidRequest() {
  const body = {
    RequestId: crypto.randomUUID().toUpperCase(),
    Code: "InvalidArgument",
    Message: "The method or the address of the request is invalid.",
  };
  return Response.json(body, { status: 400, headers: { "content-type": "application/json;charset=utf-8" } });
}

/**
 * @param {Response} response
 * @param {ServerResponse} outgoing
 * @param {string} method
 * @param {Record<string, string>} [cors]
 */
async function send(response, outgoing, method, cors) {
  const body = Buffer.from(await response.arrayBuffer());
  if (outgoing.destroyed) return;
  /** @type {Record<string, string>} */
  const length = [204, 304].includes(response.status) ? {} : { "content-length": String(body.length) };
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...length, ...cors });
  await new Promise((resolve) => {
    outgoing.once("close", resolve);
    outgoing.end(method === "HEAD" ? undefined : body, () => resolve(undefined));
  });
}

/**
 * Returns the headers of a request, except those of the connection, which a Request cannot have.
 *
 * @param {IncomingMessage} incoming
 */
function headersOf(incoming) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined || name.startsWith(":") || HOP.has(name)) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // `incoming.headers` contains only the first value of these headers.
  for (const name of ["origin", "sec-fetch-site"]) {
    const values = valuesOf(incoming, name);
    if (values.length > 1) headers.set(name, values.join(", "));
  }
  return headers;
}

/**
 * Returns all values of a header, as received.
 *
 * @param {IncomingMessage} incoming
 * @param {string} name
 * @returns {string[]}
 */
function valuesOf({ rawHeaders, headers }, name) {
  const values = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? "");
  const joined = headers[name];
  return values.length === 0 && typeof joined === "string" ? [joined] : values;
}

/**
 * Returns the path of a request target, and the authority of an absolute target (as sent to a proxy).
 *
 * @param {string} target
 * @returns {{ path: string, authority?: string }}
 */
function targetOf(target) {
  if (target.startsWith("/")) return { path: target };
  const [, authority, path = ""] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) return { path: "/" };
  return { authority, path: path.startsWith("/") ? path : `/${path}` };
}

/** Headers of the connection (hop-by-hop). */
const HOP = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

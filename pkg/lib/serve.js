// Serves a function from Request to Response over HTTP, in Node, Deno and Bun. It is what puts the
// emulator behind an address, for clients that know only addresses.

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { createGuard } from "./guard.js";

/** No more of a body is kept. The emulator refuses what is larger than 1 MiB, and says so. */
const LARGEST_BODY = 1024 * 1024 + 1;

/** So much is read and thrown away, so that the client has sent its body and reads the answer. */
const LARGEST_REST = 64 * 1024 * 1024;

/**
 * A request that a page of another origin sent is refused before its body is read: see guard.js.
 *
 * @param fetch (Request) => Response | Promise<Response>. The request's signal tells when the client has gone;
 *   where the function fails, the connection is closed without an answer.
 * @param guard who may ask, from `createGuard`
 * @param onRefused ({ method, code, message }) => void
 * @returns {Promise<{ url: string, close(graceMs?: number): Promise<void> }>} once it listens. `close` takes no
 *   more connections, waits so long for the answers that are due, and ends what is held then.
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
    server.listen(port, host, resolve);
  });
  const { port: chosen } = server.address();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    async close(graceMs = 0) {
      closing = true;
      const closed = new Promise((resolve) => server.close(() => resolve()));
      if (graceMs > 0 && open > 0) {
        let timer;
        const late = new Promise((resolve) => (timer = setTimeout(resolve, graceMs)));
        await Promise.race([new Promise((resolve) => (idle = resolve)), late]);
        clearTimeout(timer);
      }
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(fetch, guard, onRefused, incoming, outgoing) {
  const { method } = incoming;
  const headers = headersOf(incoming);
  const { authority, path } = targetOf(incoming.url);
  const authorities = [...valuesOf(incoming, "host"), ...(authority === undefined ? [] : [authority])];
  const { refusal, preflight, cors } = guard.check({ method, authorities, headers });
  if (refusal) {
    onRefused({ method, code: refusal.code, message: refusal.message });
    // Its body is not read.
    outgoing.setHeader("connection", "close");
    return send(refusal.response, outgoing, method);
  }
  if (preflight) return send(preflight, outgoing, method);

  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort(new Error("the client has gone"));
  });
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (size < LARGEST_BODY) chunks.push(chunk.subarray(0, LARGEST_BODY - size));
    size += chunk.length;
    if (size > LARGEST_REST) throw new Error("the body is too large");
  }
  const bodyless = method === "GET" || method === "HEAD";
  let request;
  try {
    request = new Request(`http://${authorities[0]}${path}`, {
      method,
      headers,
      body: bodyless ? undefined : Buffer.concat(chunks),
      signal: gone.signal,
    });
  } catch {
    // A port beyond 65535, a method such as TRACE: no request of the service has those.
    outgoing.setHeader("connection", "close");
    const RequestId = crypto.randomUUID().toUpperCase();
    const Message = "The method or the address is none that a request can have.";
    const body = JSON.stringify({ RequestId, Code: "InvalidArgument", Message });
    const type = { "content-type": "application/json;charset=utf-8" };
    return send(new Response(body, { status: 400, headers: type }), outgoing, method, cors);
  }
  return send(await fetch(request), outgoing, method, cors);
}

async function send(response, outgoing, method, cors) {
  const body = Buffer.from(await response.arrayBuffer());
  if (outgoing.destroyed) return;
  const length = [204, 304].includes(response.status) ? {} : { "content-length": String(body.length) };
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...length, ...cors });
  await new Promise((resolve) => {
    outgoing.once("close", resolve);
    outgoing.end(method === "HEAD" ? undefined : body, resolve);
  });
}

/** What a Request may not carry says nothing about the request itself. */
function headersOf(incoming) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined || name.startsWith(":") || HOP.has(name)) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // Of some headers only the first is in `headers`.
  for (const name of ["origin", "sec-fetch-site"]) {
    const values = valuesOf(incoming, name);
    if (values.length > 1) headers.set(name, values.join(", "));
  }
  return headers;
}

/** Every value of a header, as it was sent. */
function valuesOf({ rawHeaders, headers }, name) {
  const values = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i].toLowerCase() === name) values.push(rawHeaders[i + 1]);
  return values.length === 0 && headers[name] !== undefined ? [headers[name]] : values;
}

/** A path, or an address as a proxy is sent it: that one names a host, too. */
function targetOf(target) {
  if (target.startsWith("/")) return { path: target };
  const [, authority, path] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) return { path: "/" };
  return { authority, path: path.startsWith("/") ? path : `/${path}` };
}

/** Headers of the connection, which end here. */
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

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

/** Maximum time for which the rest of a refused body is read and discarded, in ms. */
const DISCARD_MS = 2000;

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/** @typedef {(request: Request) => Response | Promise<Response>} Fetch */

/** @typedef {(refused: { method: string, code: string, message: string }) => void} OnRefused */

/**
 * Limits of a server that other machines reach. `maxBody` is in bytes: a larger body is refused with 413, a body that
 * has not arrived after `bodyMs` with 408. A stream is closed if its client accepts no data for `stalledMs`. `backlog` is the
 * maximum number of connections that wait to be accepted.
 *
 * @typedef {{ maxBody: number, headersMs: number, bodyMs: number, keepAliveMs: number, stalledMs: number,
 *   backlog: number }} Limits
 */

/**
 * `forward` may change the headers of a request, and returns the scheme and the authority of its address.
 *
 * @typedef {object} ServeOptions
 * @property {string} [host]
 * @property {number} [port]
 * @property {import("./guard.js").Guard} [guard]
 * @property {OnRefused} [onRefused]
 * @property {Limits} [limits]
 * @property {(headers: Headers, sender: { address: string, authority: string }) => { scheme: string, authority: string }}
 *   [forward]
 */

/** @typedef {Required<Pick<ServeOptions, "guard" | "onRefused">> & Pick<ServeOptions, "limits" | "forward">} Settings */

/**
 * Starts a server. Requests of pages of another origin are refused before their body is read: see guard.js.
 * Server-sent events are sent as they arrive, other responses when they are complete.
 *
 * @param {Fetch} fetch the signal of the request is aborted when the client disconnects; if the function fails, the
 *   connection is closed without a response
 * @param {ServeOptions} [options]
 * @returns {Promise<{ url: string, close(graceMs?: number): Promise<void> }>} resolves when the server listens. `close`
 *   accepts no further connections, waits up to `graceMs` for pending responses, and then closes all connections
 */
export async function serveFetch(
  fetch,
  { host = "127.0.0.1", port = 0, guard = createGuard({ hosts: [host] }), onRefused = () => {}, limits, forward } = {},
) {
  const settings = { guard, onRefused, limits, forward };
  let open = 0;
  let closing = false;
  let idle = () => {};
  const server = createServer(limits ? timesOf(limits) : {}, async (incoming, outgoing) => {
    open += 1;
    try {
      if (closing) outgoing.setHeader("connection", "close");
      await answer(fetch, settings, incoming, outgoing);
    } catch {
      outgoing.destroy();
    } finally {
      open -= 1;
      if (open === 0) idle();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    // After a restart, all watchers connect at the same time.
    server.listen({ port, host, ...(limits && { backlog: limits.backlog }) }, () => resolve(undefined));
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

/** @param {Limits} limits */
function timesOf({ headersMs, keepAliveMs }) {
  // Node checks the times of connections at this interval.
  return { headersTimeout: headersMs, keepAliveTimeout: keepAliveMs, connectionsCheckingInterval: headersMs / 2 };
}

/**
 * @param {Fetch} fetch
 * @param {Settings} settings
 * @param {IncomingMessage} incoming
 * @param {ServerResponse} outgoing
 */
async function answer(fetch, { guard, onRefused, limits, forward }, incoming, outgoing) {
  const { method = "GET", url = "/" } = incoming;
  const headers = headersOf(incoming);
  const { authority, path } = targetOf(url);
  const authorities = [...valuesOf(incoming, "host"), ...(authority === undefined ? [] : [authority])];
  const { refusal: refused, preflight, cors } = guard.check({ method, authorities, headers });
  if (refused) {
    onRefused({ method, code: refused.code, message: refused.message });
    // The body is not read, so the connection cannot be reused.
    outgoing.setHeader("connection", "close");
    return send(refused.response, outgoing, method);
  }
  if (preflight) return send(preflight, outgoing, method);

  const disconnected = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) disconnected.abort(new Error("the client has disconnected"));
  });
  const body = await (limits ? limitedBody(incoming, limits) : wholeBody(incoming));
  if (body instanceof Response) {
    // The rest is discarded for a moment: a client may read the response only after it has sent the body.
    const timer = setTimeout(() => incoming.destroy(), DISCARD_MS);
    incoming.once("close", () => clearTimeout(timer));
    return send(body, outgoing, method, cors);
  }
  const bodyless = method === "GET" || method === "HEAD";
  const sender = { address: incoming.socket?.remoteAddress ?? "", authority: authorities[0] ?? "" };
  const { scheme, authority: host } = forward?.(headers, sender) ?? { scheme: "http", authority: sender.authority };
  let request;
  try {
    request = new Request(`${scheme}://${host}${path}`, {
      method,
      headers,
      ...(bodyless ? {} : { body }),
      signal: disconnected.signal,
    });
  } catch {
    // A port above 65535, or a method such as TRACE.
    outgoing.setHeader("connection", "close");
    const invalid = refusal(400, "InvalidArgument", "The method or the address of the request is invalid.");
    return send(invalid, outgoing, method, cors);
  }
  const response = await fetch(request);
  if (response.body && response.headers.get("content-type")?.startsWith("text/event-stream"))
    return stream(response, response.body, outgoing, limits?.stalledMs, cors);
  return send(response, outgoing, method, cors);
}

/** @param {IncomingMessage} incoming */
async function wholeBody(incoming) {
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (size < MAX_BODY) chunks.push(chunk.subarray(0, MAX_BODY - size));
    size += chunk.length;
    if (size > MAX_READ) throw new Error("the body is too large");
  }
  return Buffer.concat(chunks);
}

/**
 * Returns the body, or the response to a body that is too large or too slow.
 *
 * @param {IncomingMessage} incoming
 * @param {Limits} limits
 * @returns {Promise<Buffer<ArrayBuffer> | Response>}
 */
function limitedBody(incoming, { maxBody, bodyMs }) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let size = 0;
    const slow = () => resolve(refusal(408, "RequestTimeout", "The body of the request did not arrive in time."));
    const timer = setTimeout(slow, bodyMs);
    incoming.on("data", (chunk) => {
      size += chunk.length;
      if (size <= maxBody) chunks.push(chunk);
      else resolve(refusal(413, "EntityTooLarge", `The body of the request has more than ${maxBody} bytes.`));
    });
    incoming.once("end", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    incoming.once("error", reject);
    incoming.once("close", () => {
      clearTimeout(timer);
      reject(new Error("the client has disconnected"));
    });
  });
}

/**
 * Returns a refusal of the server, in the format of the service.
 *
 * @param {number} status
 * @param {string} code
 * @param {string} message
 */
export function refusal(status, code, message) {
  const id = crypto.randomUUID().toUpperCase();
  const headers = {
    "content-type": "application/json;charset=utf-8",
    "cache-control": "no-store",
    "x-acs-request-id": id,
    "x-content-type-options": "nosniff",
  };
  return new Response(JSON.stringify({ RequestId: id, Code: code, Message: message }), { status, headers });
}

/**
 * Sends a response as its parts arrive. It ends early if the client disconnects or accepts no data.
 *
 * @param {Response} response
 * @param {ReadableStream<Uint8Array>} body
 * @param {ServerResponse} outgoing
 * @param {number} [stalledMs]
 * @param {Record<string, string>} [cors]
 */
async function stream(response, body, outgoing, stalledMs = 60_000, cors) {
  const reader = body.getReader();
  const gone = () => void reader.cancel().catch(() => {});
  if (outgoing.destroyed) return gone();
  outgoing.once("close", gone);
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...cors });
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (outgoing.write(value)) continue;
    await new Promise((resolve) => {
      const timer = setTimeout(() => outgoing.destroy(), stalledMs);
      const go = () => {
        clearTimeout(timer);
        outgoing.off("drain", go);
        outgoing.off("close", go);
        resolve(undefined);
      };
      outgoing.on("drain", go);
      outgoing.on("close", go);
    });
  }
  outgoing.off("close", gone);
  await ended(outgoing);
}

/**
 * Ends a response. Resolves when it is sent, or when the connection is closed.
 *
 * @param {ServerResponse} outgoing
 * @param {Buffer} [body]
 */
function ended(outgoing, body) {
  return new Promise((resolve) => {
    if (outgoing.destroyed) return resolve(undefined);
    outgoing.once("close", resolve);
    outgoing.end(body, () => resolve(undefined));
  });
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
  await ended(outgoing, method === "HEAD" ? undefined : body);
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

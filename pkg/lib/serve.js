// Serves a function from Request to Response over HTTP, in Node, Deno and Bun. It is what puts the
// emulator behind an address, for clients that know only addresses.

import { Buffer } from "node:buffer";
import { createServer } from "node:http";

/**
 * @param fetch (Request) => Response | Promise<Response>. The request's signal tells when the client has gone;
 *   where the function fails, the connection is closed without an answer.
 * @returns {Promise<{ url: string, close(): Promise<void> }>} once it listens; `close` ends what is held, too.
 */
export async function serveFetch(fetch, { host = "127.0.0.1", port = 0 } = {}) {
  const server = createServer((incoming, outgoing) => {
    answer(fetch, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: chosen } = server.address();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(fetch, incoming, outgoing) {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort(new Error("the client has gone"));
  });
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = [];
  for (const [name, value] of Object.entries(incoming.headers)) {
    // What a Request may not carry says nothing about the request itself.
    if (value === undefined || name.startsWith(":") || HOP.has(name)) continue;
    headers.push([name, Array.isArray(value) ? value.join(", ") : value]);
  }
  const bodyless = incoming.method === "GET" || incoming.method === "HEAD";
  const request = new Request(`http://${incoming.headers.host ?? "localhost"}${incoming.url}`, {
    method: incoming.method,
    headers,
    body: bodyless ? undefined : Buffer.concat(chunks),
    signal: gone.signal,
  });
  const response = await fetch(request);
  const body = Buffer.from(await response.arrayBuffer());
  if (outgoing.destroyed) return;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
}

/** Headers of the connection, which end here. */
const HOP = new Set(["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

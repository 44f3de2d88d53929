// Serves a function from Request to Response over HTTP, in Node, Deno and Bun. It is what puts the
// emulator behind an address, for clients that know only addresses.

import { Buffer } from "node:buffer";
import { createServer } from "node:http";

/** A body beyond this is not read to its end. The emulator refuses what is larger than 1 MiB, and says so. */
const LARGEST_BODY = 8 * 1024 * 1024;

/**
 * @param fetch (Request) => Response | Promise<Response>. The request's signal tells when the client has gone;
 *   where the function fails, the connection is closed without an answer.
 * @returns {Promise<{ url: string, close(graceMs?: number): Promise<void> }>} once it listens. `close` takes no
 *   more connections, waits so long for the answers that are due, and ends what is held then.
 */
export async function serveFetch(fetch, { host = "127.0.0.1", port = 0 } = {}) {
  let open = 0;
  let closing = false;
  let idle = () => {};
  const server = createServer(async (incoming, outgoing) => {
    open += 1;
    try {
      if (closing) outgoing.setHeader("connection", "close");
      await answer(fetch, incoming, outgoing);
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

async function answer(fetch, incoming, outgoing) {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort(new Error("the client has gone"));
  });
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error("the body is too large");
    chunks.push(chunk);
  }
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
  await new Promise((resolve) => {
    outgoing.once("close", resolve);
    outgoing.end(incoming.method === "HEAD" ? undefined : body, resolve);
  });
}

/** Headers of the connection, which end here. */
const HOP = new Set(["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

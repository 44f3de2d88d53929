// The HTTP server of the command `gateway`: health, limits, proxies, and an orderly stop.

import { Unusable, listenMessage } from "./arguments.js";
import { refusal, serveFetch } from "./serve.js";
import { safeLine } from "./line.js";

/** Maximum time for which a stop waits for the last responses, in ms. */
const GRACE_MS = 5000;

/** Maximum time for which a stop waits for the current state of an execution, in ms. */
const CURRENT_MS = 3000;

/** The gateway reads short bodies only. The connections outlive the idle time of usual load balancers, 60 s. */
const LIMITS = {
  maxBody: 64 * 1024,
  headersMs: 10_000,
  bodyMs: 10_000,
  keepAliveMs: 75_000,
  stalledMs: 30_000,
  backlog: 4096,
};

/** @typedef {import("./gateway-config.js").Handle} Handle */

/**
 * Starts the server. `drain` waits `ms` with /healthz at 503, then accepts no further connections, answers held requests,
 * ends all streams, and closes.
 *
 * @param {Handle} handle
 * @param {{ host: string, port: number, trustProxy: boolean }} options
 */
export async function startGateway(handle, { host, port, trustProxy }) {
  let isDraining = false;
  const { fetch, end } = withEnd(logged(handle));
  /** @param {Request} request */
  const route = (request) => {
    const { pathname } = new URL(request.url);
    return pathname === "/healthz" ? health(request, isDraining) : fetch(request);
  };
  const options = { host, port, limits: LIMITS, guard: { check }, forward: forwarding(trustProxy) };
  const server = await serveFetch(route, options).catch((error) => {
    throw new Unusable(listenMessage(error, host, port));
  });
  return {
    url: server.url,
    /** @param {number} ms */
    async drain(ms) {
      isDraining = true;
      await pause(ms);
      const closed = server.close(GRACE_MS);
      end();
      await closed;
    },
  };
}

/**
 * @param {Request} request
 * @param {boolean} isDraining
 */
function health({ method }, isDraining) {
  const headers = { "content-type": "text/plain;charset=utf-8", "cache-control": "no-store" };
  if (method !== "GET" && method !== "HEAD")
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  return new Response(isDraining ? "draining\n" : "ok\n", { status: isDraining ? 503 : 200, headers });
}

/**
 * Answers with 500 if the handler fails: it may be a function of the user.
 *
 * @param {Handle} handle
 * @returns {(request: Request) => Promise<Response>}
 */
function logged(handle) {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      console.error(safeLine(`cloudflow-wasm gateway: the handler of requests failed: ${error?.message ?? error}`));
      return refusal(500, "InternalServerError", "An internal error has occurred. Please retry.");
    }
  };
}

/**
 * Returns a handler whose held requests can be ended. A held poll then gets the current state, as a poll without a wait
 * does. A stream ends, and its client continues elsewhere.
 *
 * @param {(request: Request) => Promise<Response>} fetch
 */
function withEnd(fetch) {
  /** @type {Set<() => void>} */
  const held = new Set();
  let isOver = false;

  /**
   * Resolves at the end of the server. `release` forgets it.
   */
  function hold() {
    /** @type {() => void} */
    let end = () => {};
    /** @type {Promise<undefined>} */
    const ended = new Promise((resolve) => {
      end = () => resolve(undefined);
    });
    held.add(end);
    if (isOver) end();
    return { ended, release: () => held.delete(end) };
  }

  /** @param {Request} request */
  async function answer(request) {
    if (isOver) return closing(stopping());
    const isPoll = isHeldPoll(request);
    const caller = new AbortController();
    request.signal.addEventListener("abort", () => caller.abort(request.signal.reason), { once: true });
    const answered = fetch(new Request(request, { signal: caller.signal }));
    const { ended, release } = hold();
    try {
      const response = await (isPoll ? Promise.race([answered, ended]) : answered);
      if (response === undefined) {
        // The poll that is ended keeps the state of the execution current until the answer is there.
        const current = await Promise.race([fetch(withoutWait(request)), pause(CURRENT_MS)]);
        caller.abort(new Error("the server is stopping"));
        return closing(current ?? stopping());
      }
      if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
      return new Response(until(response.body, hold(), caller), response);
    } finally {
      release();
    }
  }

  return {
    fetch: answer,
    end() {
      isOver = true;
      for (const end of held) end();
    },
  };
}

/**
 * Returns a stream that ends at the end of the server. Its source is cancelled then, and when the client disconnects.
 *
 * @param {ReadableStream<Uint8Array>} source
 * @param {{ ended: Promise<undefined>, release: () => void }} held
 * @param {AbortController} caller
 * @returns {ReadableStream<Uint8Array>}
 */
function until(source, { ended, release }, caller) {
  const reader = source.getReader();
  const isEnded = ended.then(() => ({ done: true, value: undefined }));
  const stop = () => {
    release();
    caller.abort(new Error("the stream has ended"));
    reader.cancel().catch(() => {});
  };
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await Promise.race([reader.read(), isEnded]);
      if (!done) return controller.enqueue(/** @type {Uint8Array} */ (value));
      stop();
      controller.close();
    },
    cancel: stop,
  });
}

/**
 * True for a request that the gateway answers later if the execution does not change.
 *
 * @param {Request} request
 */
function isHeldPoll({ method, url }) {
  const { searchParams: query } = new URL(url);
  return method === "GET" && query.get("Action") === "DescribeExecution" && Number(query.get("WaitTimeSeconds")) > 0;
}

/**
 * Returns the request of a held poll without its wait.
 *
 * @param {Request} request
 */
function withoutWait(request) {
  const url = new URL(request.url);
  url.searchParams.delete("WaitTimeSeconds");
  return new Request(url, { headers: request.headers });
}

/** The response to a request that the server cannot serve any more. The client tries again. */
function stopping() {
  return refusal(503, "ServiceUnavailable", "The server is stopping. Please try again later.");
}

/**
 * @param {number} ms
 * @returns {Promise<undefined>}
 */
function pause(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

/** @param {Response} response */
function closing(response) {
  response.headers.set("connection", "close");
  return response;
}

/**
 * Refuses requests whose address is not certain. The gateway decides which pages may use it.
 *
 * @param {import("./guard.js").Checked} request
 * @returns {import("./guard.js").Verdict}
 */
function check({ authorities: [host, ...others] }) {
  if (host !== undefined && others.every((other) => other.toLowerCase() === host.toLowerCase())) return {};
  const message = host === undefined ? "The request has no Host." : "The request has two different hosts.";
  const code = "InvalidArgument";
  return { refusal: { code, message, response: refusal(400, code, message) } };
}

/**
 * Returns a function that writes the address of the client to the headers `x-forwarded-for` and `cf-connecting-ip`, as
 * proxies and Workers do. What a client sends in such a header is removed. Of a list, the last entry counts: the proxy in
 * front of the server has added it.
 *
 * @param {boolean} trustProxy
 * @returns {NonNullable<import("./serve.js").ServeOptions["forward"]>}
 */
function forwarding(trustProxy) {
  return (headers, sender) => {
    const last = (/** @type {string} */ name) =>
      (trustProxy && headers.get(name)?.split(",").at(-1)?.trim()) || undefined;
    const address = last("x-forwarded-for") ?? sender.address.replace(/^::ffff:(?=\d+\.)/, "");
    const scheme = last("x-forwarded-proto") === "https" ? "https" : "http";
    const authority = last("x-forwarded-host") ?? sender.authority;
    for (const name of [...headers.keys()])
      if (/^(x-forwarded-|forwarded$|x-real-ip$|true-client-ip$|cf-(?!access-))/.test(name)) headers.delete(name);
    headers.set("x-forwarded-for", address);
    headers.set("cf-connecting-ip", address);
    return { scheme, authority };
  };
}

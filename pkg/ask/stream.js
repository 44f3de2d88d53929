// The event streams of a gateway. A wrapper of `fetch` answers the long polls of a wait, and the requests for the history of a
// follower, from one stream per execution and client. The module, which drives the polls, does not notice it: retries, time
// limits, aborts and errors are those of polls.
//
// The format of a stream: docs/retries.md.

import { isObject, wrongOptions } from "../shared/options.js";
import { headerOf } from "./host.js";
import { MOST_FAILURES, answerOf, openStream, streamsOpen } from "./source.js";

/** A response of a gateway with streams has it. */
const HEADER = "x-cloudflow-transports";

/** How long polls are used where a stream does not work and polls do. */
const POLLS_MS = 300_000;

/** The module takes an earlier response for one that was not held, and pauses: `EARLY` in crates/service/src/poll.rs. */
const EARLY_MS = 1000;

/** Maximum hold of a request for the history, below the time limit of its attempt: `MARGIN` in the same file. */
const HISTORY_MS = 8000;

/** Maximum number of streams of a client to one endpoint. Further executions are polled. */
const MOST_STREAMS = 50;

/** Maximum number of streams of a page, without HTTP/2: a browser has six connections to a host. */
const MOST_OF_SIX = 4;

/** @typedef {import("./source.js").Fetch} Fetch */

/** @typedef {import("./source.js").Outcome} Outcome */

/** @typedef {import("./source.js").State} State */

/** @typedef {import("./source.js").Stream} Stream */

/**
 * What is known about one endpoint.
 *
 * @typedef {object} Server
 * @property {boolean} offers its last response said that it has streams
 * @property {number} pollsUntil until this time, polls are used
 * @property {number} failures connections that failed since the last one that worked
 * @property {boolean} isProved a poll worked after the failures
 * @property {Map<string, Stream>} streams
 */

/** @typedef {WeakMap<Function, Map<string, Server>>} Streams */

/**
 * One call, or one reader of the history.
 *
 * @typedef {object} Line
 * @property {Fetch} fetch replaces that of the options
 * @property {() => void} leave the call has ended; the last one closes the stream
 * @property {() => void} stop the line uses polls from now on
 * @property {boolean} isLive the last response was from a stream
 * @property {boolean} isComplete the stream has sent the last event of the execution
 */

/** @type {WeakMap<object, Streams>} */
const known = new WeakMap();

/**
 * The streams that the calls of a client share. Calls without a client share nothing, and neither do calls in a Worker: a
 * connection belongs to the request of the Worker that opened it.
 *
 * @param {import("./functions.js").Bound} bound
 * @returns {Streams}
 */
export function streamsOf(bound) {
  if (!bound.isClient || "WebSocketPair" in globalThis) return new WeakMap();
  const streams = known.get(bound) ?? new WeakMap();
  known.set(bound, streams);
  return streams;
}

/**
 * The line of a call whose options permit streams. `history` is the follower for whose requests it is: `after` returns the
 * last event that it has.
 *
 * @param {Streams} streams
 * @param {any} options
 * @param {() => { aborted: boolean } | null | undefined} signal the caller's
 * @param {{ after: () => number, isReader: boolean }} [history]
 * @returns {Line | undefined}
 */
export function lineOf(streams, options, signal, history) {
  if (!isObject(options)) return undefined;
  const { transport = "auto", fetch: given } = options;
  // The module reports values of a wrong type.
  if (
    (transport !== null && typeof transport !== "string") ||
    !(given === null || ["undefined", "function"].includes(typeof given))
  )
    return undefined;
  if (!["sse", "poll", "auto", null].includes(transport))
    throw wrongOptions(`\`transport\` must be \`sse\`, \`poll\` or \`auto\`, not \`${transport.slice(0, 40)}\``);
  const isSigned = (options.credentials ?? undefined) !== undefined;
  if (isSigned && transport === "sse")
    throw wrongOptions(
      "`transport` must not be `sse` with `credentials`: only a gateway sends events, and its calls are not signed",
    );
  if (isSigned || transport === "poll") return undefined;

  /** @type {Stream | undefined} */
  let stream;
  /** @type {State | undefined} the one that the call has */
  let seen;
  let isStopped = false;
  const member = { after: history?.after ?? (() => 0), isReader: history?.isReader === true };

  /** @type {Line} */
  const line = {
    isLive: false,
    isComplete: false,
    leave() {
      stream?.leave(member);
      stream = undefined;
    },
    stop() {
      isStopped = true;
    },
    async fetch(url, init = {}) {
      line.isLive = false;
      const send = /** @type {Fetch} */ (given ?? fetch);
      const at = url.indexOf("?");
      const [base, query] = [url.slice(0, at), url.slice(at + 1).split("&")];
      const server = serverOf(streams, send, base);
      const seconds = Number(query.find((part) => part.startsWith("WaitTimeSeconds="))?.slice(16) ?? 0);
      if (
        (seconds > 0 || member.isReader) &&
        (transport === "sse" || server.offers) &&
        !isStopped &&
        isUsable(server)
      ) {
        const path = `${base.replace(/\/$/, "")}/events?${query.filter((part) => /^(Flow|Execution)Name=/.test(part)).join("&")}`;
        const key = `${path}\n${JSON.stringify([...new Headers(init.headers)])}`;
        if (stream?.key !== key) line.leave();
        stream ??= server.streams.get(key);
        if (stream === undefined && mayOpen(server, base))
          stream = openStream(server, key, path, init, send, history !== undefined, member.after());
        if (stream !== undefined) {
          const outcome = await pushed(stream, init.signal, seconds);
          if (outcome.answer) return /** @type {any} */ (outcome.answer);
          if (!outcome.isRefused) throw outcome.error;
          // The attempt may have been given up meanwhile.
          if (init.signal?.aborted) throw init.signal.reason;
        }
      }
      line.leave();
      return poll(server, send, url, init);
    },
  };

  /**
   * Waits for what a poll would return.
   *
   * @param {Stream} stream
   * @param {AbortSignal | null | undefined} attempt
   * @param {number} seconds
   * @returns {Promise<Outcome>}
   */
  async function pushed(stream, attempt, seconds) {
    stream.join(member);
    const since = performance.now();
    const most = member.isReader ? HISTORY_MS : seconds * 1000;
    for (;;) {
      const spent = performance.now() - since;
      let due = most;
      if (member.isReader) {
        const events = stream.eventsAfter(member.after());
        if (events.length > 0 || stream.isComplete || spent >= most) {
          [line.isLive, line.isComplete] = [true, stream.isComplete];
          return { answer: answerOf(200, JSON.stringify({ RequestId: "", Events: events })) };
        }
      } else {
        const { state } = stream;
        if (state === undefined) due = Number.POSITIVE_INFINITY;
        else {
          if (state !== seen) due = state.isUrgent ? 0 : Math.min(EARLY_MS, most);
          if (spent >= due) {
            seen = state;
            line.isLive = true;
            return { answer: answerOf(200, state.text) };
          }
        }
      }
      const outcome = await stream.news(due - spent, attempt);
      if (attempt?.aborted) {
        // Not by the caller: the machine was asleep, the network is another one, or nothing arrived in time.
        if (signal()?.aborted !== true) stream.restart();
        return { error: attempt.reason };
      }
      if (outcome) return outcome;
    }
  }

  return line;
}

/**
 * @param {Streams} streams
 * @param {Fetch} send
 * @param {string} base
 */
function serverOf(streams, send, base) {
  let servers = streams.get(send);
  if (servers === undefined) streams.set(send, (servers = new Map()));
  let server = servers.get(base);
  if (server === undefined) {
    server = { offers: false, pollsUntil: 0, failures: 0, isProved: false, streams: new Map() };
    servers.set(base, server);
  }
  return server;
}

/** @param {Server} server */
const isUsable = (server) => server.failures < MOST_FAILURES && performance.now() >= server.pollsUntil;

/**
 * Whether one more stream may be opened. A browser tells the protocol of earlier requests.
 *
 * @param {Server} server
 * @param {string} base
 */
function mayOpen(server, base) {
  if (server.streams.size >= MOST_STREAMS) return false;
  if (streamsOpen() < MOST_OF_SIX || !("document" in globalThis || "WorkerGlobalScope" in globalThis)) return true;
  const url = base.startsWith("/") ? `${globalThis.location?.origin}${base}` : base;
  const entries = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType?.("resource") ?? []);
  return entries.some(({ name, nextHopProtocol }) => name.startsWith(url) && /^h[23]/.test(nextHopProtocol));
}

/**
 * Sends a poll, and learns from its response.
 *
 * @param {Server} server
 * @param {Fetch} send
 * @param {string} url
 * @param {RequestInit} init
 */
async function poll(server, send, url, init) {
  const response = await send(url, init);
  if (response?.status === 200) {
    server.offers = /\bsse\b/.test(headerOf(response)(HEADER) ?? "");
    if (server.failures >= MOST_FAILURES) {
      if (server.isProved) {
        server.pollsUntil = performance.now() + POLLS_MS;
        [server.failures, server.isProved] = [0, false];
        // One more connection shows whether the endpoint was not available, or streams do not work.
      } else [server.failures, server.isProved] = [MOST_FAILURES - 1, true];
    }
  }
  return response;
}

// The event stream of one execution.

import { readText } from "./body.js";
import { headerOf } from "./host.js";
import { MAX_UNITS, TooLong, eventParser, readStream } from "./sse.js";

/** A proxy that sends no byte within this time collects the response. */
const FIRST_BYTE_MS = 5000;

/** A stream without a heartbeat for this time is broken. A gateway sends one every 15 s by default. */
const SILENCE_MS = 65_000;

/** A stream that ends earlier without news is broken. */
const SHORT_MS = 500;

/** A younger connection is not replaced: another call has just done it. */
const YOUNG_MS = 1000;

/** Default and limits of the pause before a reconnect, which the server sets. */
const RETRY_MS = 1000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 30_000;

/** Number of failed connections after which a poll is sent, which shows whether only streams fail. */
export const MOST_FAILURES = 3;

/** Statuses with which the endpoint is overloaded or not available; a poll would get the same. */
const isTransient = (/** @type {number} */ status) =>
  [408, 425, 429].includes(status) || (status >= 500 && status !== 501);

/** @typedef {(url: string, init?: RequestInit) => Promise<Response>} Fetch */

/** @typedef {{ status: number, headers: Headers, text: () => Promise<any> }} Answer */

/**
 * Why the attempts that wait for a stream end: an error of the network, a response, or `isRefused`, a stream that is not
 * available, so that they are polls.
 *
 * @typedef {{ error?: unknown, answer?: Answer, isRefused?: boolean }} Outcome
 */

/** @typedef {{ text: string, isUrgent: boolean, isFinal: boolean }} State */

/** @typedef {{ after: () => number, isReader: boolean }} Member */

/**
 * @typedef {object} Stream
 * @property {string} key
 * @property {State | undefined} state
 * @property {boolean} isComplete no event of the history follows
 * @property {(member: Member) => void} join
 * @property {(member: Member) => void} leave the last one closes the stream
 * @property {() => void} restart connects again, unless the connection is young
 * @property {(last: number) => any[]} eventsAfter the events after one; those that all readers have are removed
 * @property {(ms: number, attempt: AbortSignal | null | undefined) => Promise<Outcome | undefined>} news waits for news, a
 *   time or the abort of an attempt
 */

/**
 * A response whose body was read.
 *
 * @param {number} status
 * @param {unknown} body
 * @param {Headers} [headers]
 * @returns {Answer}
 */
export const answerOf = (status, body, headers = new Headers()) => ({
  status,
  headers,
  text: () => Promise.resolve(body),
});

let open = 0;

/** Number of the streams of all clients. */
export const streamsOpen = () => open;

/**
 * The stream of one execution. It connects when a member joins, and again with the id of the last event. A failure ends the
 * attempts that wait; the next attempt connects again.
 *
 * @param {import("./stream.js").Server} server
 * @param {string} key
 * @param {string} path
 * @param {RequestInit} init of a poll
 * @param {Fetch} send
 * @param {boolean} withHistory
 * @param {number} after the events up to this one are known
 */
export function openStream(server, key, path, init, send, withHistory, after) {
  /** @type {Set<Member>} */
  const members = new Set();
  /** @type {Set<(outcome?: Outcome) => void>} */
  const waiting = new Set();
  /** @type {any[]} */
  let events = [];
  /** That of the last execution. */
  let seq = 0;
  let hasEnded = false;
  let retryMs = RETRY_MS;
  /** @type {AbortController | undefined} */
  let connection;
  let begun = 0;

  /** @type {Stream} */
  const stream = {
    key,
    state: undefined,
    isComplete: false,
    join(member) {
      if (members.size === 0) open += 1;
      members.add(member);
      if (member.isReader && (!withHistory || member.after() < after)) {
        withHistory = true;
        [events, after] = [[], member.after()];
        hasEnded = stream.isComplete = false;
        close();
      }
      if (connection === undefined && !hasEnded) connect();
    },
    leave(member) {
      if (!members.delete(member) || members.size > 0) return;
      open -= 1;
      server.streams.delete(key);
      close();
    },
    restart() {
      if (connection === undefined || performance.now() - begun < YOUNG_MS) return;
      close();
      connect();
    },
    eventsAfter(last) {
      after = Math.max(after, Math.min(...[...members].map((member) => (member.isReader ? member.after() : last))));
      if (events[0]?.EventId <= after) events = events.filter(({ EventId }) => EventId > after);
      return events.filter(({ EventId }) => EventId > last);
    },
    news: (ms, attempt) =>
      new Promise((resolve) => {
        const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => end(), Math.ceil(ms));
        const onAbort = () => end();
        /** @param {Outcome} [outcome] */
        function end(outcome) {
          clearTimeout(timer);
          waiting.delete(end);
          attempt?.removeEventListener("abort", onAbort);
          resolve(outcome);
        }
        waiting.add(end);
        attempt?.addEventListener("abort", onAbort);
        if (attempt?.aborted) end();
      }),
  };
  server.streams.set(key, stream);
  return stream;

  /** @param {Outcome} [outcome] */
  function wake(outcome) {
    for (const end of [...waiting]) end(outcome);
  }

  function close() {
    const closed = connection;
    connection = undefined;
    closed?.abort();
  }

  /** Connects until the stream has ended, fails or is closed. */
  async function connect() {
    const controller = new AbortController();
    const { signal } = controller;
    connection = controller;
    /** @type {Outcome | undefined} */
    let outcome;
    do {
      outcome = await receive(signal);
      // The server has closed the stream in time.
      if (outcome === undefined && !hasEnded) await pause(retryMs * (0.5 + Math.random() / 2), signal);
      if (signal.aborted) return;
    } while (outcome === undefined && !hasEnded);
    close();
    wake(outcome);
  }

  /**
   * One connection. Undefined if the server has closed it in time.
   *
   * @param {AbortSignal} closed
   * @returns {Promise<Outcome | undefined>}
   */
  async function receive(closed) {
    const controller = new AbortController();
    const { signal } = controller;
    const stop = () => controller.abort();
    closed.addEventListener("abort", stop);
    begun = performance.now();
    let isFirst = true;
    let hasNews = false;
    /** @type {Outcome | undefined} */
    let told;

    const parse = eventParser(
      ({ type, data, id }) => {
        if (told || hasEnded) return;
        if (type === "execution") {
          const number = Number(/^\d+/.exec(id)?.[0] ?? seq + 1);
          // The first one of a connection may have a lower number: the gateway has lost its memory.
          const isKnown = isFirst ? number === seq && data === stream.state?.text : number <= seq;
          isFirst = false;
          if (isKnown) return;
          [hasNews, seq] = [true, number];
          stream.state = stateOf(data);
        } else if (type === "history" && withHistory) {
          const fresh = historyOf(data, events.at(-1)?.EventId ?? after);
          if (fresh === undefined) told = { answer: answerOf(200, data) };
          else {
            hasNews ||= fresh.events.length > 0;
            for (const event of fresh.events) events.push(event);
            stream.isComplete ||= fresh.isComplete;
          }
        } else if (type === "error") {
          told = { answer: answerOf(statusOf(data), data) };
        } else if (type === "end" && stream.state?.isFinal) {
          hasEnded = true;
          stream.isComplete ||= withHistory;
        } else return;
        if (hasNews) worked();
        if (told === undefined) wake();
      },
      (ms) => {
        retryMs = Math.min(Math.max(ms, MIN_RETRY_MS), MAX_RETRY_MS);
      },
    );

    /** @type {Outcome | undefined} */
    const outcome = await new Promise((resolve) => {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      /** @param {number} ms @param {Outcome} late */
      const watch = (ms, late) => {
        clearTimeout(timer);
        timer = setTimeout(() => end(late), ms);
      };
      /** @param {Outcome} [outcome] */
      function end(outcome) {
        clearTimeout(timer);
        resolve(outcome);
      }
      signal.addEventListener("abort", () => end());
      watch(FIRST_BYTE_MS, { isRefused: true });
      exchange((text) => {
        watch(SILENCE_MS, { error: new TypeError("the event stream is silent") });
        parse(text);
        if (told || hasEnded) end(told);
      }).then(end, (error) => end(error instanceof TooLong ? { isRefused: true } : { error }));
    });
    closed.removeEventListener("abort", stop);
    stop();
    if (closed.aborted) return undefined;
    const isShort = !hasNews && performance.now() - begun < SHORT_MS;
    if (!isShort && outcome === undefined) worked();
    const ended =
      outcome ?? (isShort && !hasEnded ? { error: new TypeError("the event stream ended at once") } : undefined);
    if (ended?.isRefused) [server.failures, server.isProved] = [MOST_FAILURES, true];
    else if (ended && ended !== told) server.failures += 1;
    return ended;

    /**
     * @param {(text: string) => void} onText
     * @returns {Promise<Outcome | undefined>}
     */
    async function exchange(onText) {
      const headers = new Headers(init.headers);
      headers.set("accept", "text/event-stream");
      const last = events.at(-1)?.EventId ?? after;
      if (seq > 0 || last > 0) headers.set("last-event-id", `${seq}.${last}`);
      const response = await send(withHistory ? `${path}&history=1` : path, { ...init, headers, signal });
      if (
        response.status === 200 &&
        /^text\/event-stream\b/i.test(headerOf(response)("content-type") ?? "") &&
        response.body
      )
        return void (await readStream(response, signal, onText));
      if (!isTransient(response.status)) return { isRefused: true };
      const body = await readText(response, signal, MAX_UNITS);
      return { answer: answerOf(response.status, body, response.headers) };
    }
  }

  function worked() {
    [server.failures, server.isProved] = [0, false];
  }
}

/**
 * Waits for a time, or until the signal is aborted.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve(undefined);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/**
 * @param {string} text body of DescribeExecution
 * @returns {State}
 */
function stateOf(text) {
  let status;
  try {
    status = JSON.parse(text).Status;
  } catch {
    // The module reports it.
  }
  return {
    text,
    isUrgent: !["Starting", "Running"].includes(status),
    isFinal: ["Stopped", "Succeeded", "Failed", "TimedOut"].includes(status),
  };
}

/**
 * The events after one. Undefined if this is no list of events.
 *
 * @param {string} text
 * @param {number} last
 */
function historyOf(text, last) {
  try {
    const { Events, Done } = JSON.parse(text);
    const events = [];
    for (const event of Events ?? []) {
      if (!Number.isFinite(event.EventId)) return undefined;
      if (event.EventId > last) events.push(event);
      last = Math.max(last, event.EventId);
    }
    return { events, isComplete: Done === true };
  } catch {
    return undefined;
  }
}

/**
 * The status of an error of the service, which an event does not have. Known codes decide without it.
 *
 * @param {string} text
 */
function statusOf(text) {
  let code = "";
  try {
    const { HttpStatus, Code } = JSON.parse(text);
    if (HttpStatus >= 400 && HttpStatus <= 599) return Math.floor(HttpStatus);
    code = String(Code);
  } catch {
    // The module reports it.
  }
  const [, status = 400] = STATUSES.find(([pattern]) => pattern.test(code)) ?? [];
  return status;
}

/** @type {[RegExp, number][]} */
const STATUSES = [
  [/Not(Exists|Found)$/, 404],
  [/^(AccessDenied|Forbidden|NoPermission)/, 403],
  [/Throttl/, 429],
  [/^Internal/, 500],
  [/Unavailable/, 503],
];

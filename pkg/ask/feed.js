// The events of one execution until its end, for any number of followers: one long poll, and one reader of the history.

import { HISTORY_PAGE, REFERENCE, isObject } from "../shared/options.js";
import { FOLLOW, WAIT } from "./functions.js";
import { pager, sharingTime } from "./iterate.js";
import { historyPage } from "./pages.js";
import { lineOf, streamsOf } from "./stream.js";

/** Maximum number of events of a page. */
export const MOST_EVENTS = 1000;

/** Maximum time between two requests for the history while the execution runs. */
const INTERVAL_MS = 2000;

/** A stream that does not complete the history in this time after the end of the execution is not used any more. */
const LAST_EVENTS_MS = 30_000;

/** Maximum time in which pages without a last event are requested after the end: a history may lag behind the status. */
const LAST_PAGES_MS = 5000;

/** The types of the last event of an execution. */
const LAST = ["ExecutionStopped", "ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut"];

/**
 * @typedef {object} Follower
 * @property {() => void} wake there are new events, or the end
 * @property {(name: "onUpdate" | "onRetry", value: any) => void} tell calls a callback; never throws
 */

/**
 * @typedef {object} Feed
 * @property {any[]} events
 * @property {boolean} ended
 * @property {{ error: unknown } | undefined} failure
 * @property {(follower: Follower) => void} join
 * @property {(follower: Follower) => void} leave the last one ends the feed
 */

/**
 * @param {import("./functions.js").Bound} bound
 * @param {any} reference
 * @param {any} options of the first follower
 * @param {() => void} onEnd
 * @returns {Feed}
 */
export function openFeed(bound, reference, options, onEnd) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Set<Follower>} */
  const followers = new Set();
  /** @type {any} */
  let latest;
  let isDone = false;
  let hasNews = false;
  let wake = () => {};

  /** @type {Feed} */
  const feed = {
    events: [],
    ended: false,
    failure: undefined,
    join(follower) {
      followers.add(follower);
      if (latest !== undefined) follower.tell("onUpdate", latest);
    },
    leave(follower) {
      if (followers.delete(follower) && followers.size === 0) end();
    },
  };

  const lastEvent = () => feed.events.at(-1)?.eventId ?? 0;
  const streams = streamsOf(bound);
  /** @param {boolean} isReader */
  const line = (isReader) => lineOf(streams, options, () => signal, { after: lastEvent, isReader });
  const [waiting, reading] = [line(false), line(true)];

  const next = sharingTime(options);
  /**
   * @param {import("./stream.js").Line | undefined} line
   * @param {Record<string, Function>} callbacks
   */
  const own = (line, callbacks) => {
    const copy = next();
    if (line !== undefined) copy.fetch = line.fetch;
    // A signal or callback of a wrong type stays: the module reports it.
    if (copy.signal instanceof AbortSignal) copy.signal = signal;
    for (const [name, callback] of Object.entries(callbacks)) {
      const given = copy[name];
      if (given === undefined || given === null || typeof given === "function") copy[name] = callback;
    }
    return copy;
  };
  /** @param {"onUpdate" | "onRetry"} name */
  const tell = (name) => (/** @type {unknown} */ value) => {
    for (const follower of [...followers]) follower.tell(name, value);
  };
  const news = () => {
    hasNews = true;
    wake();
  };

  /** @param {{ error: unknown }} [failure] */
  function end(failure) {
    if (feed.ended || feed.failure) return;
    if (failure) feed.failure = failure;
    else feed.ended = true;
    onEnd();
    controller.abort();
    waiting?.leave();
    reading?.leave();
    wake();
    for (const follower of [...followers]) follower.wake();
  }

  async function poll() {
    await bound.send(
      WAIT,
      REFERENCE,
      reference,
      own(waiting, {
        onUpdate(/** @type {unknown} */ execution) {
          // The first one is the state at the start.
          if (latest !== undefined) news();
          latest = execution;
          tell("onUpdate")(execution);
        },
        // The requests for the history, which are more frequent, report the same failures.
        onRetry() {},
      }),
    );
    isDone = true;
    waiting?.leave();
    news();
  }

  async function read() {
    const readPage = pager(
      (limit, nextToken) => {
        const page = isObject(reference)
          ? Object.assign(Object.create(null), reference, { limit, nextToken })
          : reference;
        return bound
          .send(FOLLOW, HISTORY_PAGE, page, own(reading, { onUpdate() {}, onRetry: tell("onRetry") }))
          .then((body) => Object.assign(historyPage(body), { isPart: reading?.isLive === true }));
      },
      "events",
      MOST_EVENTS,
    );
    // A stream and the pages may have the same events.
    let wasLive = false;
    let doneAt = 0;
    for (;;) {
      const begun = performance.now();
      hasNews = false;
      for (let more = true; more; ) {
        const page = await readPage();
        more = page.more;
        wasLive ||= reading?.isLive === true;
        const fresh = wasLive
          ? page.fresh.filter((/** @type {any} */ { eventId }) => eventId > lastEvent())
          : page.fresh;
        for (const event of fresh) feed.events.push(event);
        if (fresh.length > 0) for (const follower of [...followers]) follower.wake();
      }
      const { isLive = false, isComplete = false } = reading ?? {};
      if (isDone) {
        doneAt ||= begun;
        const late = performance.now() - doneAt;
        const isEnd = LAST.includes(feed.events.at(-1)?.type);
        if (isEnd || (isLive ? isComplete : late > LAST_PAGES_MS)) return;
        if (isLive && late > LAST_EVENTS_MS) reading?.stop();
      }
      // A stream holds the request until it has news.
      if (!hasNews && (!isLive || isComplete)) await pause(begun + INTERVAL_MS - performance.now());
      if (signal.aborted) return;
    }
  }

  /** @param {number} ms */
  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(wakeUp, Math.max(0, ms));
      function wakeUp() {
        clearTimeout(timer);
        wake = () => {};
        resolve(undefined);
      }
      wake = wakeUp;
    });

  // After the first follower has joined.
  queueMicrotask(() => {
    if (signal.aborted) return;
    const failed = (/** @type {unknown} */ error) => end({ error });
    poll().catch(failed);
    read().then(() => end(), failed);
  });
  return feed;
}

// `executionEvents`: the events of an execution as an async iterator.

import { inLocale } from "../shared/locale.js";
import { EVENTS, HISTORY_PAGE, REFERENCE, checkNames, isObject, own, wrongOptions } from "../shared/options.js";
import { followCallbacks } from "./callbacks.js";
import { MOST_EVENTS, openFeed } from "./feed.js";
import { HISTORY } from "./functions.js";
import { iterate, link, pager, partsOf, sharingTime } from "./iterate.js";
import { historyPage } from "./pages.js";

/** @typedef {import("./functions.js").Bound} Bound */

/** Options of a follower that are no options of the requests: followers with others share no feed. */
const OWN = ["follow", "signal", "onUpdate", "onRetry", "locale"];

/** @param {Bound} bound */
export function events(bound) {
  /** @type {Map<string, import("./feed.js").Feed>} */
  const feeds = new Map();

  return (/** @type {unknown} */ request, /** @type {unknown} */ call) =>
    iterate((controller) =>
      inLocale(bound.options(call, EVENTS), (options) => {
        const reference = own(request, REFERENCE);
        // The module reports it.
        if (!isObject(options)) return () => bound.send(HISTORY, HISTORY_PAGE, reference, options);
        const { follow = false } = options;
        delete options.follow;
        if (typeof follow !== "boolean") throw wrongOptions("`follow` must be `true` or `false`");
        // The requests have fields of their own, which would hide these.
        if (isObject(reference)) checkNames(reference, REFERENCE, "a field of the request");
        link(options, controller);
        if (follow) {
          const key = bound.isClient ? keyOf(reference, own(call, EVENTS), options) : undefined;
          return follower(bound, feeds, key, reference, options, controller);
        }
        for (const name of ["waitTimeSeconds", "onUpdate", "onRetry"]) delete options[name];
        const next = sharingTime(options);
        /** @type {Parameters<typeof pager>[0]} */
        const ask = (limit, nextToken) => {
          const page = isObject(reference)
            ? Object.assign(Object.create(null), reference, { limit, nextToken })
            : reference;
          return bound.send(HISTORY, HISTORY_PAGE, page, next()).then(historyPage);
        };
        return partsOf(pager(ask, "events", MOST_EVENTS));
      }),
    );
}

/**
 * The name of the feed that followers share. Undefined for a follower with a feed of its own: with other options of the
 * requests, or with values that the module has to report.
 *
 * @param {any} reference
 * @param {any} call
 * @param {any} options
 */
function keyOf(reference, call, options) {
  const { timeoutMs, signal, onUpdate, onRetry } = options;
  const isUsual =
    isObject(reference) &&
    Object.keys(reference).length === 2 &&
    [reference.flowName, reference.executionName].every((name) => typeof name === "string") &&
    Object.keys(call ?? {}).every((name) => OWN.includes(name) || call[name] === undefined) &&
    (timeoutMs === undefined || timeoutMs === null) &&
    signal instanceof AbortSignal &&
    [onUpdate, onRetry].every(isCallback);
  return isUsual ? JSON.stringify([reference.flowName, reference.executionName]) : undefined;
}

/** @param {unknown} value */
const isCallback = (value) => value === undefined || value === null || typeof value === "function";

/**
 * Joins the feed of an execution, and returns the function for the next events.
 *
 * @param {Bound} bound
 * @param {Map<string, import("./feed.js").Feed>} feeds
 * @param {string | undefined} key
 * @param {unknown} reference
 * @param {any} options
 * @param {AbortController} controller
 */
function follower(bound, feeds, key, reference, options, controller) {
  const { signal } = controller;
  if (signal.aborted) throw signal.reason;
  let feed = key === undefined ? undefined : feeds.get(key);
  if (feed === undefined) {
    feed = openFeed(bound, reference, options, () => {
      if (key !== undefined) feeds.delete(key);
    });
    if (key !== undefined) feeds.set(key, feed);
  }
  const joined = feed;
  const { onUpdate, onRetry } = options;
  let at = 0;
  let wake = () => {};
  /** @type {{ error: unknown } | undefined} */
  let failure;
  const callbacks = followCallbacks();
  callbacks.wake = () => wake();

  /** @type {import("./feed.js").Follower} */
  const self = {
    wake: () => wake(),
    tell(name, value) {
      const callback = name === "onUpdate" ? onUpdate : onRetry;
      if (typeof callback !== "function" || signal.aborted) return;
      try {
        callbacks.follow(callback(value));
      } catch (error) {
        failure ??= { error };
        wake();
      }
    },
  };
  signal.addEventListener("abort", () => {
    joined.leave(self);
    wake();
  });
  joined.join(self);
  return async () => {
    for (;;) {
      if (signal.aborted) throw signal.reason;
      if (failure) throw failure.error;
      callbacks.check();
      if (at < joined.events.length) {
        const fresh = joined.events.slice(at);
        at = joined.events.length;
        return fresh;
      }
      if (joined.failure) throw joined.failure.error;
      if (joined.ended && !callbacks.busy) return undefined;
      await new Promise((resolve) => {
        wake = () => resolve(undefined);
      });
    }
  };
}

// Async iterators over lists that arrive in parts.

import { relayed } from "./signals.js";

/**
 * An async iterator. `open` is called at the first `next()` and returns a function for the next part; undefined is the
 * end. `return()` and `throw()` abort the controller, which is aborted at every end. A caller may abort it earlier.
 *
 * @template T
 * @param {(controller: AbortController) => () => Promise<T[] | undefined>} open
 */
export function iterate(open) {
  const controller = new AbortController();
  /** @type {(() => Promise<T[] | undefined>) | undefined} */
  let pull;
  /** @type {T[]} */
  let part = [];
  let at = 0;
  let ended = false;
  /** The calls of `next` get their results in order. @type {Promise<unknown>} */
  let turn = Promise.resolve();

  function end() {
    ended = true;
    part = [];
    controller.abort();
  }

  /** @returns {Promise<{ value: any, done: boolean }>} */
  async function step() {
    while (!ended) {
      try {
        pull ??= open(controller);
        if (controller.signal.aborted) throw controller.signal.reason;
        if (at < part.length) {
          at += 1;
          return { value: part[at - 1], done: false };
        }
        const next = await pull();
        if (next === undefined) end();
        else if (!ended) [part, at] = [next, 0];
      } catch (error) {
        // The caller does not expect the error of a request that `return()` aborted.
        if (!ended) {
          end();
          throw error;
        }
      }
    }
    return { value: undefined, done: true };
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const result = turn.then(step);
      turn = result.catch(() => {});
      return result;
    },
    /** @param {unknown} [value] */
    return(value) {
      end();
      return Promise.resolve({ value, done: true });
    },
    /** @param {unknown} [error] */
    throw(error) {
      end();
      return Promise.reject(error);
    },
  };
}

/**
 * Lets the signal in the options abort a controller, and replaces it by the signal of the controller. A signal of a
 * wrong type stays: the module reports it.
 *
 * @param {any} options
 * @param {AbortController} controller
 */
export function link(options, controller) {
  const { signal } = options;
  if (signal !== undefined && signal !== null) {
    const outer = relayed(signal);
    if (outer === signal) return;
    const onAbort = () => controller.abort(outer.reason);
    if (outer.aborted) onAbort();
    else {
      outer.addEventListener("abort", onAbort);
      controller.signal.addEventListener("abort", () => outer.removeEventListener("abort", onAbort));
    }
  }
  options.signal = controller.signal;
}

/**
 * Returns a function that reads the next page: its new entries, and whether there are more. After the last page it reads
 * that page again, for the entries that were added since. A page with `isPart` has new entries only.
 *
 * @param {(limit: number, nextToken: string | undefined) => Promise<any>} request
 * @param {string} key the list in a page
 * @param {number} most maximum number of entries of a page
 * @param {string} [token] that of the first page
 */
export function pager(request, key, most, token) {
  let limit = most;
  /** Entries of the last page that are known. */
  let known = 0;
  return async () => {
    for (;;) {
      let page;
      try {
        // If the page ends with its known entries, the token behind them arrives with the first new entry. Then they are
        // not read again.
        page = await request(known >= MANY ? Math.min(known, limit) : limit, token);
      } catch (/** @type {any} */ error) {
        if (error?.code !== "response-too-large" || limit === 1) throw error;
        limit = Math.max(1, Math.floor(limit / 4));
        continue;
      }
      const { [key]: entries, nextToken } = page;
      if (page.isPart) return { fresh: entries, more: false };
      const fresh = entries.slice(known);
      const more = nextToken !== undefined && nextToken !== token;
      known = more ? Math.max(0, known - entries.length) : Math.max(known, entries.length);
      if (more) token = nextToken;
      return { fresh, more };
    }
  };
}

/** A page with fewer known entries is read again as a whole. */
const MANY = 100;

/**
 * The options of each request of an iteration, which share the time of `timeoutMs`.
 *
 * @param {any} options
 * @returns {() => any}
 */
export function sharingTime(options) {
  const until = performance.now() + options.timeoutMs;
  let isFirst = true;
  return () => {
    const copy = Object.assign(Object.create(null), options);
    // The module checks the given value.
    if (until > 0 && !isFirst) copy.timeoutMs = Math.max(1, Math.ceil(until - performance.now()));
    isFirst = false;
    return copy;
  };
}

/**
 * The parts of an iteration over pages.
 *
 * @param {() => Promise<{ fresh: any[], more: boolean }>} read
 */
export function partsOf(read) {
  let more = true;
  return async () => {
    if (!more) return undefined;
    const page = await read();
    more = page.more;
    return page.fresh;
  };
}

// `watchExecution`: the changes of an execution as an async iterator.

import { relayed } from "./signals.js";
import { sendWait } from "./wait.js";

/**
 * Yields every change once, in order. `return()` and `throw()` abort the request in flight. The first request is sent
 * at the first `next()`.
 *
 * @param {import("./functions.js").Bound} bound
 * @param {unknown} request
 * @param {unknown} call
 */
function watch(bound, request, call) {
  /** @type {unknown[]} */
  const changes = [];
  /** @type {{ resolve: (result: unknown) => void, reject: (error: unknown) => void }[]} */
  const waiting = [];
  const controller = new AbortController();
  let started = false;
  let finished = false;
  /** @type {{ error: unknown } | undefined} */
  let failure;

  function start() {
    started = true;
    /** @type {Promise<unknown>} */
    let running;
    /** @type {AbortSignal | undefined} */
    let outer;
    const onAbort = () => controller.abort(outer?.reason);
    try {
      const options = bound.options(call);
      const given = typeof options === "object" && options !== null ? watched(options) : options;
      running = sendWait(bound, request, given);
    } catch (error) {
      running = Promise.reject(error);
    }
    running
      .then(undefined, (error) => {
        if (!finished) failure = { error };
      })
      .finally(() => {
        outer?.removeEventListener("abort", onAbort);
        finished = true;
        settle();
      });

    /** @param {any} options */
    function watched(options) {
      const { signal, onUpdate: callback } = options;
      const onUpdate = (/** @type {unknown} */ execution) => {
        const result = callback?.(execution);
        if (!finished) {
          changes.push(execution);
          settle();
        }
        return result;
      };
      const relay = signal === undefined || signal === null ? undefined : relayed(signal);
      // The module reports a `signal` or `onUpdate` of a wrong type.
      if (relay !== undefined && relay === signal) return options;
      outer = relay;
      if (outer?.aborted) onAbort();
      else outer?.addEventListener("abort", onAbort);
      const isValid = callback === undefined || callback === null || typeof callback === "function";
      return Object.assign(options, { signal: controller.signal, onUpdate: isValid ? onUpdate : callback });
    }
  }

  function settle() {
    while (changes.length > 0 || finished) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (changes.length > 0) next.resolve({ value: changes.shift(), done: false });
      else if (failure) {
        next.reject(failure.error);
        failure = undefined;
      } else next.resolve({ value: undefined, done: true });
    }
  }

  function leave() {
    finished = true;
    failure = undefined;
    changes.length = 0;
    if (started) controller.abort();
    settle();
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!started && !finished) start();
        settle();
      });
    },
    /** @param {unknown} [value] */
    return(value) {
      leave();
      return Promise.resolve({ value, done: true });
    },
    /** @param {unknown} [error] */
    throw(error) {
      leave();
      return Promise.reject(error);
    },
  };
}

/** @param {import("./functions.js").Bound} bound */
export const watcher = (bound) => (/** @type {unknown} */ request, /** @type {unknown} */ call) =>
  watch(bound, request, call);

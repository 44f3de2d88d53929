// The driver of a call: it sends the requests with `fetch`, waits, and reports what happened to the module, which
// decides. Code of the caller runs here, never inside of the module.

import { isEmulated } from "../shared/behind.js";
import { shownTexts, withCause } from "../shared/error.js";
import { readText } from "./body.js";
import { followCallbacks } from "./callbacks.js";
import { EMULATED, headerOf, looks, onNews, origin, reasonOf, takesCache } from "./host.js";
import { credentialsOf } from "./options.js";

/** The kinds of actions; `packed` in src/ask.rs describes the number of an action. */
const STAY = 0;
const SEND = 1;
const SLEEP = 2;

/** The response has an execution that differs from the one before. */
const CHANGED = 2;

/** Maximum time between two looks at the clocks, which detect that the machine has slept. */
const LOOK_MS = 10_000;

/** Maximum time of a timer. A longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @typedef {import("../shared/runtime.js").Invoke} Invoke */

/**
 * What became of a promise.
 *
 * @typedef {{ value: any, error?: undefined } | { value?: undefined, error: { is: unknown } }} Settled
 */

/**
 * Runs a call until its end. The first request is sent before this function returns, unless there is something to wait
 * for.
 *
 * @param {Invoke} invoke
 * @param {unknown} request
 * @param {any} options a copy, with the relay of the signal
 * @param {number} client
 * @param {number} kind
 */
export async function drive(invoke, request, options, client, kind) {
  const facts = looks() | (isEmulated(options?.fetch) ? EMULATED : 0);
  /** @type {number} */
  const call = invoke("callStart", request, options, client, kind, facts, origin());
  // The module has checked the options.
  /** @type {import("./signals.js").Relay | null | undefined} */
  const signal = options.signal;
  const isAborted = () => signal?.aborted === true;
  const callbacks = followCallbacks();

  /** The next action. */
  const step = () => /** @type {number} */ (invoke("callStep", call, isAborted()));

  try {
    let action = step();
    for (;;) {
      callbacks.check();
      // The caller may have aborted the call since the last step, for example in reaction to `onUpdate`.
      if (isAborted()) action = step();
      const ms = Math.floor(action / 4);
      const kind = action % 4;
      if (kind === SEND) action = await attempt(performance.now() + ms);
      else if (kind === SLEEP) {
        const until = performance.now() + ms;
        reportRetry(ms);
        action = /** @type {number} */ (await wait(undefined, until));
      } else if (ms === 0) {
        const result = invoke("callFinish", call);
        if (callbacks.busy) await finishCallbacks();
        return result;
      } else throw signal?.reason;
    }
  } finally {
    invoke("callEnd", call);
  }

  /**
   * Calls `onRetry` if the call sleeps because an attempt failed.
   *
   * @param {number} delayMs
   */
  function reportRetry(delayMs) {
    const { onRetry } = options;
    if (!onRetry || isAborted()) return;
    let error;
    try {
      invoke("callRetry", call);
      return;
    } catch (failure) {
      error = /** @type {import("../index.js").CloudFlowError} */ (failure);
    }
    callbacks.follow(onRetry({ attempt: error.attempts, delayMs, error }));
  }

  /** Waits for the callbacks that have not finished. An abort ends the wait. */
  async function finishCallbacks() {
    while (callbacks.busy) {
      callbacks.check();
      if (isAborted()) throw signal?.reason;
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const wake = () => {
            signal?.removeEventListener("abort", wake);
            resolve();
          };
          callbacks.wake = wake;
          signal?.addEventListener("abort", wake);
        })
      );
    }
  }

  /**
   * Waits for a value until a time, or for the time only. Returns the next action if the call does not wait any more.
   *
   * @param {unknown} work a promise; from a test double, any value
   * @param {number} until
   * @returns {Promise<Settled | number>}
   */
  async function wait(work, until) {
    for (;;) {
      const now = performance.now();
      const due = Math.min(Math.max(until, now), now + LOOK_MS);
      // A signal that was aborted before has no event any more.
      const settled = isAborted() ? undefined : await race(work, due - now, signal, callbacks);
      callbacks.check();
      if (settled !== undefined) return settled;
      /** @type {number} */
      const action = invoke("callWake", call, due, until, looks(), isAborted(), work === undefined);
      if (action !== STAY) return action;
    }
  }

  /**
   * Sends one request and returns the next action.
   *
   * @param {number} until
   */
  async function attempt(until) {
    if (typeof options.credentials === "function") {
      const action = await refreshCredentials(until);
      if (action !== undefined) return action;
    }
    // Our own controller, aborted without a reason: the reason of the caller's signal is for the caller only.
    const controller = new AbortController();
    let isClosed = false;
    try {
      // `fetch` gets a URL and options, not a `Request`: another implementation of `fetch` does not know the global
      // `Request`, and the signal of a `Request` works only while the `Request` is reachable. Only options that the host
      // accepts are set, on an object that does not inherit others. A cached response never changes: Next.js 13 and 14
      // cache every GET whose URL is constant, as those to a gateway are.
      /** @type {RequestInit & { __proto__: null }} */
      const init = { __proto__: null, redirect: "manual", signal: controller.signal };
      if (takesCache()) init.cache = "no-store";
      /** @type {string} */
      const url = invoke("callRequest", call, init);
      const sent = await wait(
        settledBy(() => {
          // Not called as a method, which Workers refuse.
          const send = options.fetch ?? fetch;
          return send(url, init);
        }),
        until,
      );
      if (typeof sent === "number") return sent;
      if (sent.error) return failed(sent.error.is);
      const response = sent.value;
      /** @type {number} */
      const maxBytes = invoke("callOpened", call, response);
      if (maxBytes === 0) return step();
      // A body that is read must be awaited: otherwise its failure would be an unhandled rejection.
      const read = await wait(
        settledBy(() => readText(response, controller.signal, maxBytes)),
        until,
      );
      if (typeof read === "number") return read;
      if (read.error) return failed(read.error.is);
      /** @type {number} */
      const news = invoke("callAnswered", call, response, read.value, headerOf(response));
      // A caller who has aborted the call gets no update.
      if (news === CHANGED && options.onUpdate && !isAborted()) {
        const { onUpdate } = options;
        callbacks.follow(onUpdate(invoke("callExecution", call)));
      }
      isClosed = news !== 0;
      return step();
    } finally {
      if (!isClosed) controller.abort();
    }
  }

  /** @param {unknown} error */
  function failed(error) {
    invoke("callFailed", call, reasonOf(error));
    return step();
  }

  /**
   * Calls the function `credentials` if the client has no valid credentials. All calls of a client wait for the same
   * result. Returns the next action if the call does not wait any more.
   *
   * @param {number} until
   */
  async function refreshCredentials(until) {
    let pending = invoke("callCredentials", call);
    if (pending === undefined) return undefined;
    if (pending === null) {
      const { credentials } = options;
      pending = settledBy(() => credentials());
      invoke("callCredentialsPending", call, pending);
    }
    const given = await wait(pending, until);
    if (typeof given === "number") return given;
    const isFirst = invoke("callCredentialsSettled", call, pending);
    if (given.error) throw credentialsFailed(given.error.is);
    // An exception of a getter is the caller's own.
    invoke("callCredentialsGiven", call, credentialsOf(given.value), isFirst);
    return undefined;
  }

  /**
   * The error for a function `credentials` that failed. Its cause is the error of the function, unless that shows a
   * secret at any depth.
   *
   * @param {unknown} error
   */
  function credentialsFailed(error) {
    try {
      return invoke("callCredentialsFailed", call, reasonOf(error));
    } catch (/** @type {any} */ failed) {
      const shown = shownTexts(error);
      const isClean = shown !== undefined && invoke("callIsClean", call, shown);
      return withCause(failed, isClean ? error : new Error(failed.message));
    }
  }
}

/**
 * The promise of what a function returns or throws.
 *
 * @param {() => unknown} act
 */
function settledBy(act) {
  try {
    return Promise.resolve(act());
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Waits for a value, a time, the signal, a callback, or news of the host, whichever comes first. The result is undefined if it is
 * not the value. The timer and the listeners are removed at the end.
 *
 * @param {unknown} work
 * @param {number} ms
 * @param {import("./signals.js").Relay | null | undefined} signal
 * @param {import("./callbacks.js").Callbacks} callbacks
 * @returns {Promise<Settled | undefined>}
 */
function race(work, ms, signal, callbacks) {
  return new Promise((resolve) => {
    const wake = () => end(undefined);
    const timer = setTimeout(wake, Math.min(Math.ceil(ms) + 1, MAX_TIMER_MS));
    const unlisten = onNews(wake);
    signal?.addEventListener("abort", wake);
    callbacks.wake = wake;
    if (work !== undefined) {
      /** @type {Promise<unknown>} */ (work).then(
        (value) => end({ value }),
        (error) => end({ error: { is: error } }),
      );
    }

    // A callback may have failed between two waits.
    if (callbacks.failed) wake();

    /** @param {Settled | undefined} settled */
    function end(settled) {
      clearTimeout(timer);
      // This race may have ended before, and another one may run.
      if (callbacks.wake === wake) callbacks.wake = () => {};
      unlisten?.();
      signal?.removeEventListener("abort", wake);
      resolve(settled);
    }
  });
}

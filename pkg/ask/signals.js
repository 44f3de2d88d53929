// One listener per `AbortSignal`, for any number of calls: hosts warn about more than ten listeners.

/**
 * The part of `AbortSignal` that the module uses.
 *
 * @typedef {object} Relay
 * @property {boolean} aborted
 * @property {unknown} reason
 * @property {(type: string, listener: () => void) => void} addEventListener
 * @property {(type: string, listener: () => void) => void} removeEventListener
 */

/** @type {WeakMap<object, Relay>} */
const known = new WeakMap();

/**
 * Returns the relay of a signal. A value that is not a signal is returned unchanged: the module reports it.
 *
 * @param {any} signal
 */
export function relayed(signal) {
  if (typeof signal !== "object" || signal === null) return signal;
  if (!known.has(signal)) {
    // An error that a getter throws here belongs to the caller.
    if (typeof signal.addEventListener !== "function" || typeof signal.removeEventListener !== "function")
      return signal;
    if (typeof signal.aborted !== "boolean") return signal;
    known.set(signal, relay(signal));
  }
  return known.get(signal);
}

/**
 * @param {AbortSignal} signal
 * @returns {Relay}
 */
function relay(signal) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    get aborted() {
      return signal.aborted === true;
    },
    get reason() {
      return signal.reason;
    },
    addEventListener(_, listener) {
      if (listeners.size === 0) signal.addEventListener("abort", notify);
      listeners.add(listener);
    },
    removeEventListener(_, listener) {
      if (listeners.delete(listener) && listeners.size === 0) signal.removeEventListener("abort", notify);
    },
  };
}

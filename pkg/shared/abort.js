// One listener per `AbortSignal`, for any number of callbacks: Node warns about more than ten listeners.

/** @type {WeakMap<AbortSignal, { callbacks: Set<() => void>, onAbort: () => void }>} */
const followed = new WeakMap();

/**
 * Calls `callback` once when the signal is aborted. Returns a function that removes the callback.
 *
 * @param {AbortSignal} signal
 * @param {() => void} callback
 */
export function onAbort(signal, callback) {
  const all = followed.get(signal) ?? follow(signal);
  // An entry of its own: the same function may be passed twice.
  const entry = () => callback();
  all.callbacks.add(entry);
  return () => {
    if (!all.callbacks.delete(entry) || all.callbacks.size > 0 || followed.get(signal) !== all) return;
    followed.delete(signal);
    signal.removeEventListener("abort", all.onAbort);
  };
}

/** @param {AbortSignal} signal */
function follow(signal) {
  /** @type {Set<() => void>} */
  const callbacks = new Set();
  const onAbort = () => {
    followed.delete(signal);
    for (const callback of [...callbacks]) callback();
  };
  const all = { callbacks, onAbort };
  followed.set(signal, all);
  signal.addEventListener("abort", onAbort, { once: true });
  return all;
}

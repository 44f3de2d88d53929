// Signals that many calls share: one listener for all of them, or Node warns of a leak at the eleventh.

const followed = new WeakMap();

/**
 * Calls `callback` once when the signal is aborted.
 *
 * @returns what ends that
 */
export function onAbort(signal, callback) {
  let all = followed.get(signal);
  if (all === undefined) {
    const callbacks = new Set();
    const heard = () => {
      followed.delete(signal);
      for (const one of [...callbacks]) one();
    };
    all = { callbacks, heard };
    followed.set(signal, all);
    signal.addEventListener("abort", heard, { once: true });
  }
  const { callbacks, heard } = all;
  // The same function may be given twice.
  const entry = () => callback();
  callbacks.add(entry);
  return () => {
    if (!callbacks.delete(entry) || callbacks.size > 0 || followed.get(signal) !== all) return;
    followed.delete(signal);
    signal.removeEventListener("abort", heard);
  };
}

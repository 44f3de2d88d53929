// One listener for each `AbortSignal`, however many calls it is for: hosts warn of more than ten.

/** @returns (signal) => what stands for it, with the part of its interface that the module uses */
export function relays() {
  const known = new WeakMap();
  return (signal) => {
    if (typeof signal !== "object" || signal === null) return signal;
    if (!known.has(signal)) {
      // The module refuses what is no signal. What a getter throws here is the caller's own.
      if (typeof signal.addEventListener !== "function" || typeof signal.removeEventListener !== "function")
        return signal;
      if (typeof signal.aborted !== "boolean") return signal;
      known.set(signal, relay(signal));
    }
    return known.get(signal);
  };
}

function relay(signal) {
  const listeners = new Set();
  const tell = () => {
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
      if (listeners.size === 0) signal.addEventListener("abort", tell);
      listeners.add(listener);
    },
    removeEventListener(_, listener) {
      if (listeners.delete(listener) && listeners.size === 0) signal.removeEventListener("abort", tell);
    },
  };
}

// The state of the page: one immutable object, replaced by each change.

/** @typedef {import("./state.js").State} State */

/**
 * Creates the store. Listeners run once per change, in a microtask: several changes in one task are one change.
 *
 * @param {State} initial
 */
export function createStore(initial) {
  let state = initial;
  let shown = initial;
  let scheduled = false;
  /** @type {Set<(state: State, previous: State) => void>} */
  const listeners = new Set();

  function notify() {
    scheduled = false;
    const previous = shown;
    shown = state;
    for (const listener of [...listeners]) listener(shown, previous);
  }

  return {
    /** The current state. */
    get: () => state,

    /**
     * Replaces fields of the state. Fields with the same value cause no change.
     *
     * @param {Partial<State>} change
     */
    set(change) {
      const keys = /** @type {(keyof State)[]} */ (Object.keys(change));
      if (keys.every((key) => Object.is(state[key], change[key]))) return;
      state = { ...state, ...change };
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(notify);
    },

    /**
     * Calls a listener after each change. Returns the function that ends this.
     *
     * @param {(state: State, previous: State) => void} listener
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

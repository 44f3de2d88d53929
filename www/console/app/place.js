// Keeps the address of the page and the state the same.

import { placeOf, readAddress, unpack, writeAddress } from "./address.js";
import { equalSelections } from "./selection.js";

/** Pause before a change of the state is written to the address, in ms: browsers limit such changes. */
const PAUSE_MS = 150;

/**
 * @param {object} context
 * @param {import("./store.js").Store} context.store
 * @param {import("./actions.js").Actions} context.actions
 * @param {import("./watch.js").Watch} context.watch
 */
export function connectPlace({ store, actions, watch }) {
  let written = location.hash.replace(/^#/, "");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;

  void go();
  addEventListener("hashchange", () => {
    const hash = location.hash.replace(/^#/, "");
    if (hash === written) return;
    written = hash;
    void go();
  });

  /** Shows the place of the address. */
  async function go() {
    const { flowName, executionName, view, selection = {}, compare, packed } = readAddress(location.hash);
    const state = store.get();
    store.set({ view: view ?? "graph" });
    if (flowName) actions.useFlow(flowName);
    const isOpen = flowName === state.flowName && executionName === state.executionName;
    if (flowName && executionName && !isOpen) actions.openExecution({ flowName, executionName }, selection);
    else if (!equalSelections(selection, state.selection)) actions.select(selection);
    if (!executionName && state.executionName) watch.close();
    if (compare && flowName) void actions.compare({ flowName, executionName: compare });
    if (packed) {
      const texts = await unpack(packed);
      if (texts) actions.useTexts({ flowName, text: texts.definition, input: texts.input });
    }
  }

  /** @param {boolean} isNew */
  function write(isNew) {
    clearTimeout(later);
    const hash = writeAddress(placeOf(store.get()));
    if (hash === written) return;
    written = hash;
    const url = hash === "" ? location.pathname + location.search : `#${hash}`;
    // Another execution is another place to come back from.
    if (isNew) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }

  return {
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      const isOther = state.flowName !== previous.flowName || state.executionName !== previous.executionName;
      if (isOther) return write(state.executionName !== "");
      const isMoved = ["view", "selection", "compared"].some((name) => state[name] !== previous[name]);
      if (!isMoved) return;
      clearTimeout(later);
      later = setTimeout(() => write(false), PAUSE_MS);
    },
  };
}

// Single keys as shortcuts. The user can switch them off.

import { VIEWS } from "./address.js";

/** Elements in which a key is text. */
const TEXT = "input, textarea, select, [contenteditable], dialog";

/**
 * @param {object} context
 * @param {import("./store.js").Store} context.store
 * @param {import("./actions.js").Actions} context.actions
 * @param {{ focus: (options?: { search?: boolean }) => unknown }} context.tabs
 * @param {{ focus: () => void }} context.lists
 * @param {{ open: () => void }} context.help
 */
export function connectKeys({ store, actions, tabs, lists, help }) {
  document.addEventListener("keydown", (event) => {
    if (!store.get().shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const [target] = /** @type {Element[]} */ (event.composedPath());
    if (target instanceof Element && target.closest(TEXT)) return;
    if (document.querySelector("dialog[open]")) return;
    const view = VIEWS[Number(event.key) - 1];
    if (view) {
      actions.setView(view);
      // After the view is visible.
      setTimeout(() => tabs.focus());
    } else if (event.key === "?") help.open();
    else if (event.key === "/") {
      if (tabs.focus({ search: true }) === false) lists.focus();
    } else return;
    event.preventDefault();
  });
}

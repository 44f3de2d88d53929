// The keys of the page.

import { h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { dialog } from "./kit.js";

/** Keys and the words for what they do. */
const KEYS = [
  [["1", "2", "3", "4"], "help.views"],
  [["/"], "help.search"],
  [["?"], "help.help"],
  [["←", "→"], "help.tabs"],
  [["←", "→", "↑", "↓"], "help.graph"],
  [["Enter"], "help.select"],
  [["Esc"], "help.close"],
];

/** @param {HTMLElement} element @param {any} context */
export function createHelp(element, { words, actions }) {
  const labels = createLabels(words);
  const rows = KEYS.map(([keys, key]) =>
    h(
      "tr",
      {},
      h("td", {}, .../** @type {string[]} */ (keys).flatMap((name) => [h("kbd", {}, name), " "])),
      h("td", {}, labels.text(/** @type {string} */ (key))),
    ),
  );
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      h("th", { scope: "col" }, labels.text("help.key")),
      h("th", { scope: "col" }, labels.text("help.does")),
    ),
  );
  const shortcuts = h("input", { type: "checkbox", on: { change: () => actions.setShortcuts(shortcuts.checked) } });
  const box = dialog(
    labels,
    "help.title",
    "help",
    h("table", { class: "keys" }, head, h("tbody", {}, ...rows)),
    h("label", { class: "check" }, shortcuts, labels.text("help.shortcuts")),
    h("p", { class: "hint" }, labels.text("help.about")),
  );
  element.append(box);

  return {
    open() {
      if (!box.open) box.showModal();
    },
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) labels.update();
      shortcuts.checked = state.shortcuts;
    },
  };
}

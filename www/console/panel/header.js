// The head of the page: title, link, language, theme, help.

import { h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { button, choice } from "./kit.js";

/** @param {HTMLElement} element @param {any} context */
export function createHeader(element, { words, actions, openHelp }) {
  const labels = createLabels(words);
  const lang = choice(
    labels,
    [
      ["en", "app.english"],
      ["zh", "app.chinese"],
    ],
    actions.setLanguage,
  );
  const theme = choice(
    labels,
    [
      ["system", "app.themeSystem"],
      ["light", "app.themeLight"],
      ["dark", "app.themeDark"],
    ],
    actions.setTheme,
  );
  labels.attribute(lang, "aria-label", "app.language");
  labels.attribute(theme, "aria-label", "app.theme");
  labels.attribute(theme, "title", "app.theme");
  labels.attribute(lang, "title", "app.language");

  const menu = h(
    "details",
    { class: "menu" },
    h("summary", { class: "button" }, labels.text("app.link")),
    h(
      "div",
      { class: "menu-body" },
      button(labels, "app.copyLink", () => void copy(false)),
      button(labels, "app.copyLinkWithTexts", () => void copy(true)),
    ),
  );
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    if (!menu.contains(/** @type {Node | null} */ (event.relatedTarget))) menu.open = false;
  });

  /** @param {boolean} withTexts */
  async function copy(withTexts) {
    const link = await actions.link({ withTexts });
    menu.open = false;
    menu.querySelector("summary").focus();
    try {
      await navigator.clipboard.writeText(link);
      actions.announce(words("app.copied"));
    } catch {
      // Without the permission to write to the clipboard, the link goes to the address bar.
      history.replaceState(null, "", link);
      actions.announce(words("app.linkInAddress"));
    }
  }

  const help = button(labels, "app.help", openHelp, { "aria-keyshortcuts": "?" });
  element.append(h("h1", {}, labels.text("app.title")), h("div", { class: "top-tools" }, menu, lang, theme, help));

  return {
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) labels.update();
      lang.value = state.lang;
      theme.value = state.theme;
    },
  };
}

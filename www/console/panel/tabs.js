// The four views as tabs. A view is created when it is shown for the first time.

import { h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { VIEWS } from "../app/address.js";

/**
 * `creators` return the function that creates a view, as a promise if it has to be loaded.
 *
 * @param {HTMLElement} element
 * @param {any} context
 * @param {Record<string, () => any>} creators
 */
export function createTabs(element, context, creators) {
  const { words, store, actions } = context;
  const labels = createLabels(words);
  const list = h("div", { class: "tabs", role: "tablist" });
  labels.attribute(list, "aria-label", "app.views");
  /** @type {Record<string, { tab: HTMLButtonElement, panel: HTMLElement, body: HTMLElement, view?: any, isLoading?: boolean, seen?: any }>} */
  const parts = {};

  for (const [index, name] of VIEWS.entries()) {
    const tab = h(
      "button",
      {
        type: "button",
        class: "tab",
        id: `tab-${name}`,
        role: "tab",
        "aria-controls": `view-${name}`,
        "aria-keyshortcuts": String(index + 1),
        on: { click: () => actions.setView(name) },
      },
      labels.text(`app.view_${name}`),
    );
    const body = h("div", { class: "view-body" });
    const panel = h(
      "div",
      {
        class: "view",
        id: `view-${name}`,
        role: "tabpanel",
        tabIndex: 0,
        "aria-labelledby": `tab-${name}`,
        hidden: true,
      },
      body,
    );
    parts[name] = { tab, panel, body };
    list.append(tab);
  }
  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const at = VIEWS.indexOf(store.get().view);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 };
    const to = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (to === undefined) return;
    event.preventDefault();
    const name = VIEWS[(to + VIEWS.length) % VIEWS.length];
    actions.setView(name);
    parts[name].tab.focus();
  });
  element.append(list, ...VIEWS.map((name) => parts[name].panel));

  /** @param {string} name */
  async function create(name) {
    const part = parts[name];
    part.isLoading = true;
    try {
      const creator = await creators[name]();
      part.body.replaceChildren();
      part.view = creator(part.body, context);
    } catch (error) {
      // A newer version of the page has other files.
      part.body.replaceChildren(h("p", { class: "view-problem", role: "alert" }, words("app.notLoaded")));
      throw error;
    } finally {
      part.isLoading = false;
    }
    part.seen = store.get();
    part.view.update(part.seen, part.seen);
    if (wantsFocus) focus();
  }

  let wantsFocus = false;

  /** @param {{ search?: boolean }} [options] */
  function focus({ search = false } = {}) {
    const { view, panel } = parts[store.get().view];
    wantsFocus = view === undefined;
    const own = panel.querySelector("cloudflow-graph")?.shadowRoot ?? panel;
    if (search && view?.search) return view.search();
    /** @type {HTMLElement | null} */
    const field = search ? own.querySelector("input[type=search]") : null;
    if (field) return field.focus();
    if (search) return false;
    return view?.focus ? view.focus() : panel.focus();
  }

  return {
    /** Focuses the view, or its search if `search`; then returns false if it has none. */
    focus,

    /** The view with a name, if it was created. @param {string} name */
    view: (name) => parts[name].view,

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) labels.update();
      for (const name of VIEWS) {
        const { tab, panel } = parts[name];
        const isShown = name === state.view;
        tab.setAttribute("aria-selected", String(isShown));
        tab.tabIndex = isShown ? 0 : -1;
        panel.hidden = !isShown;
      }
      const part = parts[state.view];
      if (part.view) {
        const seen = part.seen;
        part.seen = state;
        part.view.update(state, seen);
      } else if (!part.isLoading && !part.panel.querySelector(".view-problem")) void create(state.view);
    },
  };
}

// The flow as a graph, with the execution on it.

import "../app/shared.js";
import "cloudflow-wasm/graph";

import { h, setText } from "../app/dom.js";
import { shownDefinition } from "../app/state.js";
import { saveFile } from "./json-tree.js";
import { createOldMark } from "./status.js";

/** @typedef {import("../app/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {any} context
 */
export function createGraphView(element, context) {
  const { actions } = context;
  const words = (/** @type {string} */ key, /** @type {any[]} */ ...values) => context.words(`graph.${key}`, ...values);
  /** @type {State} */
  let state;
  const button = (/** @type {() => void} */ click) => h("button", { type: "button", on: { click } });
  const svg = button(saveSvg);
  const png = button(savePng);
  const note = h("p", { class: "count" });
  const old = createOldMark(context.words);
  const bar = h("div", { class: "view-bar", role: "group" }, note, old.element, h("span", { class: "grow" }), svg, png);
  const graph = h("cloudflow-graph", {
    on: {
      select: (/** @type {CustomEvent} */ { detail }) =>
        actions.select(detail.id === undefined ? {} : { node: detail.id }),
      open: (/** @type {CustomEvent} */ { detail }) => detail.node?.range && actions.showLine(detail.node.range),
    },
  });
  const empty = h("p", { class: "view-empty" });
  element.classList.add("graph-view");
  element.append(bar, graph, empty);
  // The theme of the page, which may differ from that of the system.
  const themes = new MutationObserver(setTheme);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  setTheme();

  function setTheme() {
    const { theme } = document.documentElement.dataset;
    if (theme === "light" || theme === "dark") graph.setAttribute("theme", theme);
    else graph.removeAttribute("theme");
  }

  const nameOf = () => (state.flowName || "flow").replace(/[^\p{L}\p{N}._-]+/gu, "-");

  function saveSvg() {
    saveFile(new Blob([graph.toSVG()], { type: "image/svg+xml" }), `${nameOf()}.svg`);
  }

  async function savePng() {
    try {
      saveFile(await graph.toPNG(), `${nameOf()}.png`);
    } catch {
      actions.announce(words("noPicture"));
    }
  }

  function translate() {
    graph.lang = state.lang;
    bar.setAttribute("aria-label", words("tools"));
    svg.textContent = words("svg");
    png.textContent = words("png");
  }

  function showNote() {
    const nodes = shownDefinition(state)?.graph.nodes.filter(({ type }) => type !== "start" && type !== "end") ?? [];
    const reached =
      state.replay && nodes.filter(({ id }) => (state.replay?.nodes[id]?.status ?? "notReached") !== "notReached");
    setText(note, reached ? words("reached", reached.length, nodes.length) : words("states", nodes.length));
    graph.classList.toggle("is-old", old.update(state));
  }

  return {
    /** @param {State} next @param {State} previous */
    update(next, previous) {
      const isFirst = state === undefined;
      const before = state ?? next;
      state = next;
      if (isFirst || next.lang !== before.lang) translate();
      const shown = shownDefinition(next);
      const isOther = isFirst || shown !== shownDefinition(before);
      // The element draws anew only if the graph differs.
      if (isOther) graph.graph = shown?.graph;
      // Node ids of another definition mean nothing here.
      if (isFirst || next.replay !== before.replay) graph.replay = next.replay;
      if (isFirst || isOther || next.selection !== before.selection) {
        const { node } = next.selection;
        if (graph.selected !== node) graph.selected = node;
      }
      const isEmpty = (shown?.graph.nodes.length ?? 0) === 0;
      graph.hidden = isEmpty;
      bar.hidden = isEmpty;
      empty.hidden = !isEmpty;
      // A text that is not checked yet is not missing.
      const isChecking = shown === undefined && next.text.trim() !== "";
      setText(empty, isChecking ? "" : words(shown && shown.text.trim() !== "" ? "invalid" : "empty"));
      showNote();
    },
    focus: () => graph.shadowRoot?.querySelector("[tabindex='0']")?.focus(),
    destroy() {
      themes.disconnect();
      element.replaceChildren();
    },
  };
}

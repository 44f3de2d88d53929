// The list of problems below the editor.

import { h } from "../app/dom.js";

/**
 * @typedef {import("../../../pkg/index.js").Diagnostic} Diagnostic
 * @typedef {import("../../../pkg/index.js").Range} Range
 * @typedef {import("./text.js").Words} Words
 */

const SIGNS = { error: "●", warning: "▲", info: "■" };

/**
 * The numbers of problems in words.
 *
 * @param {readonly Diagnostic[]} diagnostics
 * @param {Words} words
 */
export function summary(diagnostics, words) {
  const counts = ["error", "warning", "info"].flatMap((severity) => {
    const count = diagnostics.filter((found) => found.severity === severity).length;
    return count ? [words(`editor.${severity}Count`, count)] : [];
  });
  return counts.length ? counts.join(words("editor.listSeparator")) : words("editor.noProblems");
}

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {(diagnostic: Diagnostic) => void} options.onOpen
 * @param {(range: Range) => void} options.onOpenRange
 * @param {(diagnostic: Diagnostic) => void} options.onFix
 * @param {() => void} options.onFixAll
 */
export function createProblems(element, { onOpen, onOpenRange, onFix, onFixAll }) {
  /** @type {readonly Diagnostic[] | undefined} */
  let shown;

  /**
   * @param {readonly Diagnostic[]} diagnostics
   * @param {Words} words
   */
  function update(diagnostics, words) {
    shown = diagnostics;
    const focused = focusedPart();
    const fixable = diagnostics.filter(({ fix }) => fix).length;
    element.setAttribute("aria-label", words("editor.problems"));
    element.replaceChildren(
      h(
        "div",
        { class: "problems-head" },
        h("h3", {}, words("editor.problems")),
        h("span", { class: "problems-count" }, summary(diagnostics, words)),
        fixable > 0 &&
          h(
            "button",
            { type: "button", class: "problems-fix-all", dataset: { part: "all" }, on: { click: onFixAll } },
            words("editor.fixAll", fixable),
          ),
      ),
      ...(diagnostics.length
        ? [
            h(
              "ul",
              {},
              diagnostics.map((one, at) => item(one, at, words)),
            ),
          ]
        : []),
    );
    focusPart(focused);
  }

  /**
   * @param {Diagnostic} diagnostic
   * @param {number} at
   * @param {Words} words
   */
  function item(diagnostic, at, words) {
    const { severity, code, message, range, related = [], fix } = diagnostic;
    const text = [
      h("span", { class: `problem-sign ${severity}`, "aria-hidden": "true" }, SIGNS[severity]),
      h("span", { class: "visually-hidden" }, words(`editor.${severity}`)),
      range && h("span", { class: "problem-place" }, words("editor.place", range.start.line, range.start.column)),
      h("span", { class: "problem-text" }, message),
      h("code", {}, code),
    ];
    return h(
      "li",
      {},
      range
        ? h(
            "button",
            { type: "button", class: "problem", dataset: { part: `${at}` }, on: { click: () => onOpen(diagnostic) } },
            ...text,
          )
        : h("p", { class: "problem" }, ...text),
      fix &&
        h(
          "button",
          {
            type: "button",
            class: "problem-fix",
            dataset: { part: `${at} fix` },
            on: { click: () => onFix(diagnostic) },
          },
          words("editor.fix", fix.title),
        ),
      related.map((place, index) =>
        h(
          "button",
          {
            type: "button",
            class: "problem-related",
            dataset: { part: `${at} related ${index}` },
            on: { click: () => onOpenRange(place.range) },
          },
          words("editor.related", place.range.start.line, place.message),
        ),
      ),
    );
  }

  /** The part of the list that has the focus, and its order among the buttons. */
  function focusedPart() {
    const active = /** @type {HTMLElement | null} */ (element.ownerDocument.activeElement);
    if (!active || !element.contains(active)) return undefined;
    return { part: active.dataset.part, order: buttons().indexOf(active) };
  }

  const buttons = () => [.../** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("button"))];

  /** A button that is gone leaves the focus to the one in its place. @param {ReturnType<typeof focusedPart>} focused */
  function focusPart(focused) {
    if (!focused) return;
    const all = buttons();
    const same = all.find((button) => button.dataset.part === focused.part);
    const next = same ?? all[Math.min(focused.order, all.length - 1)];
    if (next) next.focus();
    else {
      element.tabIndex = -1;
      element.focus();
    }
  }

  return {
    /**
     * @param {readonly Diagnostic[]} diagnostics
     * @param {Words} words
     * @param {{ force?: boolean }} [options] draw the same diagnostics again, in another language
     */
    show(diagnostics, words, { force = false } = {}) {
      if (force || shown !== diagnostics) update(diagnostics, words);
    },
  };
}

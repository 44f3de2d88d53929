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
   * The items of the list. While someone types, most of them stay, with another place.
   *
   * @type {{ key: string, item: HTMLElement, place: HTMLElement | undefined }[]}
   */
  let rows = [];
  const head = h("div", { class: "problems-head" });
  const list = h("ul", {});
  element.replaceChildren(head, list);

  /**
   * @param {readonly Diagnostic[]} diagnostics
   * @param {Words} words
   */
  function update(diagnostics, words) {
    shown = diagnostics;
    const focused = focusedPart();
    const fixable = diagnostics.filter(({ fix }) => fix).length;
    element.setAttribute("aria-label", words("editor.problems"));
    head.replaceChildren(
      h("h3", {}, words("editor.problems")),
      h("span", { class: "problems-count" }, summary(diagnostics, words)),
      ...(fixable ? [button("all", "problems-fix-all", onFixAll, words("editor.fixAll", fixable))] : []),
    );
    rows = diagnostics.map((diagnostic, at) => {
      const key = keyOf(diagnostic, words);
      const { range } = diagnostic;
      const place = range ? words("editor.place", range.start.line, range.start.column) : "";
      const row = rows[at]?.key === key ? rows[at] : draw(diagnostic, at, key, words);
      if (row.place && row.place.textContent !== place) row.place.textContent = place;
      if (list.children[at] !== row.item) {
        if (list.children[at]) list.children[at].replaceWith(row.item);
        else list.append(row.item);
      }
      return row;
    });
    while (list.children.length > rows.length) list.lastElementChild.remove();
    list.hidden = rows.length === 0;
    focusPart(focused);
  }

  /** What an item shows, except its place. @param {Diagnostic} diagnostic @param {Words} words */
  function keyOf({ severity, code, message, range, related, fix }, words) {
    return JSON.stringify([words("editor.problems"), severity, code, message, Boolean(range), related, fix?.title]);
  }

  /**
   * @param {string} part
   * @param {string} className
   * @param {() => void} click
   * @param {...any} children
   */
  const button = (part, className, click, ...children) =>
    h("button", { type: "button", class: className, dataset: { part }, on: { click } }, ...children);

  /**
   * @param {Diagnostic} diagnostic
   * @param {number} at
   * @param {string} key
   * @param {Words} words
   */
  function draw({ severity, code, message, range, related = [], fix }, at, key, words) {
    // The diagnostic of the last check.
    const now = () => /** @type {readonly Diagnostic[]} */ (shown)[at];
    const place = range ? h("span", { class: "problem-place" }) : undefined;
    const text = [
      h("span", { class: `problem-sign ${severity}`, "aria-hidden": "true" }, SIGNS[severity]),
      h("span", { class: "visually-hidden" }, words(`editor.${severity}`)),
      place,
      h("span", { class: "problem-text" }, words("app.message", message)),
      h("code", {}, code),
    ];
    const item = h(
      "li",
      {},
      range ? button(`${at}`, "problem", () => onOpen(now()), ...text) : h("p", { class: "problem" }, ...text),
      fix &&
        button(`${at} fix`, "problem-fix", () => onFix(now()), words("editor.fix", words("app.message", fix.title))),
      related.map(({ message: about, range: { start } }, index) =>
        button(
          `${at} related ${index}`,
          "problem-related",
          () => {
            const there = now().related?.[index];
            if (there) onOpenRange(there.range);
          },
          words("editor.related", start.line, words("app.message", about)),
        ),
      ),
    );
    return { key, item, place };
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

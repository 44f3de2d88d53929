// Small parts of which the panels consist.

import { h } from "../app/dom.js";
import { wordsOfProblem } from "../app/problem.js";
import { colourOf } from "../app/status.js";
import { formatDateTime, timeOf } from "../view/time.js";

/**
 * @typedef {import("../app/labels.js").Labels} Labels
 * @typedef {(key: string, ...values: any[]) => string} Words
 */

/**
 * @param {Labels} labels
 * @param {string} key
 * @param {() => void} click
 * @param {Record<string, any>} [properties]
 * @returns {HTMLButtonElement}
 */
export function button(labels, key, click, properties = {}) {
  return h("button", { type: "button", class: "button", on: { click }, ...properties }, labels.text(key));
}

/**
 * A button of a part that is drawn again.
 *
 * @param {string} text
 * @param {() => void} click
 * @param {Record<string, any>} [properties]
 * @returns {HTMLButtonElement}
 */
export function plainButton(text, click, properties = {}) {
  return h("button", { type: "button", class: "button", on: { click }, ...properties }, text);
}

/**
 * Shows that a button has no effect for a while. It keeps the focus, which a disabled button loses.
 *
 * @param {Element} element
 * @param {boolean} isWaiting
 */
export function setWaiting(element, isWaiting) {
  if (isWaiting) element.setAttribute("aria-disabled", "true");
  else element.removeAttribute("aria-disabled");
}

/**
 * A control with its name.
 *
 * @param {Labels} labels
 * @param {string} key
 * @param {HTMLElement} control
 * @returns {HTMLLabelElement}
 */
export function field(labels, key, control) {
  return h("label", { class: "field" }, h("span", { class: "field-name" }, labels.text(key)), control);
}

/**
 * @param {Labels} labels
 * @param {[value: string, key: string][]} options
 * @param {(value: string) => void} change
 * @returns {HTMLSelectElement}
 */
export function choice(labels, options, change) {
  const select = h("select", { on: { change: () => change(select.value) } });
  for (const [value, key] of options) select.append(h("option", { value }, labels.text(key)));
  return select;
}

/**
 * A part that can be closed.
 *
 * @param {Labels} labels
 * @param {string} key
 * @param {boolean} open
 * @param {...any} children
 * @returns {HTMLDetailsElement}
 */
export function fold(labels, key, open, ...children) {
  const title = h("summary", {}, h("h2", {}, labels.text(key)));
  return h("details", { class: "fold", open }, title, h("div", { class: "fold-body" }, ...children));
}

/**
 * The status of an execution or a state: a colour with its word.
 *
 * @param {Words} words
 * @param {string} status
 * @param {string} [colour]
 * @returns {HTMLElement}
 */
export function badge(words, status, colour = colourOf(status)) {
  return h("span", { class: "badge", dataset: { status: colour } }, statusWord(words, status));
}

/**
 * The word for a status. An unknown status stays as the service sent it.
 *
 * @param {Words} words
 * @param {string} status
 */
export const statusWord = (words, status) => words(`status.${status || "none"}`) ?? status;

/**
 * A problem: headline, the message of the service, advice, and what a support case needs.
 *
 * @param {Words} words
 * @param {import("../app/state.js").Problem} problem
 * @param {string} [headline]
 */
export function problemParts(words, problem, headline) {
  const known = wordsOfProblem(problem);
  const { message, permission, code, status, requestId } = problem;
  const facts = [code, status && `HTTP ${status}`, requestId && words("app.request", requestId)];
  return [
    h("strong", {}, headline ?? words(`problem.${known}`)),
    message ? h("p", { class: "problem-message", dir: "auto" }, words("app.message", message)) : undefined,
    permission ? h("p", {}, words("app.permission", permission)) : h("p", {}, words(`advice.${known}`)),
    h("p", { class: "problem-facts" }, facts.filter(Boolean).join(" · ")),
  ];
}

/**
 * A moment in the language of the page.
 *
 * @param {import("../view/time.js").Lang} lang
 * @param {string | undefined} sent RFC 3339
 * @returns {any}
 */
export function moment(lang, sent) {
  const time = timeOf(sent);
  if (time === undefined) return sent ?? "";
  return h("time", { dateTime: sent, title: sent }, formatDateTime(time, lang, { digits: 0 }));
}

/**
 * A dialog with a title and a button that closes it.
 *
 * @param {Labels} labels
 * @param {string} key
 * @param {string} className
 * @param {...any} children
 * @returns {HTMLDialogElement}
 */
export function dialog(labels, key, className, ...children) {
  const id = `${className}-title`;
  const close = button(labels, "app.close", () => element.close());
  /** @type {HTMLDialogElement} */
  const element = h(
    "dialog",
    { class: `dialog ${className}`, "aria-labelledby": id },
    h("div", { class: "dialog-head" }, h("h2", { id }, labels.text(key)), close),
    ...children,
  );
  return element;
}

// The error that ended the execution, at the top of the page.

import { fill, h, setText } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { NO_HANDLER, shownCause, statusOf } from "../app/status.js";
import { button, plainButton, statusWord } from "./kit.js";

/** A longer cause is shown in part at first, in UTF-16 units. */
const LONG_CAUSE = 300;

/** @param {HTMLElement} element @param {any} context */
export function createFailure(element, { words, actions, openMock }) {
  const labels = createLabels(words);
  const title = h("h2", { id: "failure-title" });
  const attempts = h("span", { class: "failure-attempts" });
  const body = h("dl", { class: "failure-facts" });
  const hint = h("p", { class: "hint" });
  const showState = button(labels, "failure.showState", () => actions.select(target));
  const showLine = plainButton("", () => actions.showLine(range));
  const answer = button(labels, "failure.answer", () => openMock(name), { class: "button primary" });
  const buttons = h("div", { class: "buttons" }, answer, showState, showLine);
  element.setAttribute("aria-labelledby", "failure-title");
  element.append(h("div", { class: "failure-head" }, title, attempts, buttons), body, hint);
  /** @type {import("../app/state.js").Selection} */
  let target = {};
  /** @type {any} */
  let range;
  /** @type {string | undefined} */
  let name;

  /** @param {string} key @param {...any} children */
  const fact = (key, ...children) => [h("dt", {}, words(key)), h("dd", {}, ...children)];

  return {
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) labels.update();
      const { replay, executionName, historyProblem } = state;
      const status = statusOf(state);
      const isShown = executionName !== "" && ["Failed", "TimedOut", "Stopped"].includes(status);
      element.hidden = !isShown;
      if (!isShown) return;
      const failure = replay?.failure ?? {};
      name = failure.name;
      const error = failure.error ?? replay?.error;
      const cause = shownCause(words, error, failure.cause ?? replay?.cause);
      element.dataset.status = status;
      const word = statusWord(words, status);
      fill(title, ...(name === undefined ? [word] : [words("failure.in", word), " ", h("bdi", {}, name)]));
      setText(attempts, failure.attempts > 1 ? words("failure.after", failure.attempts) : "");
      fill(
        body,
        ...(error ? fact("failure.error", h("code", { dir: "auto" }, error)) : []),
        ...(cause ? fact("failure.cause", causeOf(cause)) : []),
      );
      const unknown = !error && !cause;
      hint.hidden = !unknown;
      setText(hint, unknown ? words(historyProblem ? "failure.noHistory" : "failure.noReason") : "");
      target = { node: failure.node, visit: failure.visit };
      range = failure.range;
      showState.hidden = failure.node === undefined || name === undefined;
      showLine.hidden = range === undefined;
      answer.hidden = !(error === NO_HANDLER && name !== undefined && state.capabilities.mocks);
      if (range) setText(showLine, words("failure.showLine", range.start.line));
    },
  };

  /** @param {string} cause */
  function causeOf(cause) {
    if (cause.length <= LONG_CAUSE) return h("span", { class: "cause", dir: "auto" }, cause);
    return h(
      "details",
      { class: "long" },
      h("summary", { dir: "auto" }, `${cause.slice(0, LONG_CAUSE)}…`),
      h("div", { class: "cause", dir: "auto" }, cause),
    );
  }
}

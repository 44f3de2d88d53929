// Statuses and types of states: an icon and a word. Colour is never alone.

import { h, setText } from "../app/dom.js";
import { isLastKnown } from "../app/status.js";

const SVG = "http://www.w3.org/2000/svg";
/** In a square of 16 px, as in `<cloudflow-graph>`. @type {Record<string, string>} */
const ICONS = {
  notReached: "M8 7.9v.2",
  running: "M6 4.5l5.5 3.5l-5.5 3.5z",
  waiting: "M6 5v6M10 5v6",
  retrying: "M11.5 8a3.5 3.5 0 1 1-1.2-2.6M10.8 3.6v2.2H8.6",
  succeeded: "M4.5 8.4l2.4 2.4l4.6-5.2",
  failed: "M5 5l6 6M11 5l-6 6",
  caught: "M8 4v5M8 11.4v.4",
  timedOut: "M5.5 4h5l-5 8h5z",
  stopped: "M5.5 5.5h5v5h-5z",
};

/** The statuses of executions as those of states. @type {Record<string, string>} */
const EXECUTION = {
  Starting: "running",
  Running: "running",
  Succeeded: "succeeded",
  Failed: "failed",
  TimedOut: "timedOut",
  Stopped: "stopped",
};

/**
 * The icon of a status.
 *
 * @param {string} status
 */
export function statusIcon(status) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("class", "status-icon");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[status] ?? ICONS.notReached);
  icon.append(path);
  return icon;
}

/**
 * Icon and word of a status.
 *
 * @param {string} status
 * @param {(key: string, ...values: any[]) => string} words
 */
export function statusMark(status, words) {
  return h(
    "span",
    { class: "status-mark", dataset: { status } },
    statusIcon(status),
    words(`selection.status_${status}`),
  );
}

/**
 * The mark of a view that may be old: without a connection, what it shows as running may have ended. `update` returns
 * whether it is shown.
 *
 * @param {(key: string, ...values: any[]) => string} words
 */
export function createOldMark(words) {
  const element = h("span", { class: "count old", hidden: true });
  return {
    element,
    /** @param {import("../app/state.js").State} state */
    update(state) {
      const isOld = state.replay !== undefined && isLastKnown(state);
      element.hidden = !isOld;
      setText(element, words("app.lastKnown"));
      return isOld;
    },
  };
}

/** @param {string} status that of an execution */
export const statusOfExecution = (status) => EXECUTION[status] ?? "running";

/**
 * The status of an attempt as a part of its visit.
 *
 * @param {{ status: string }} visit
 * @param {{ status: string }} attempt
 * @param {boolean} isLast
 */
export const statusOfAttempt = (visit, attempt, isLast) =>
  isLast && visit.status === "caught" && attempt.status === "failed" ? "caught" : attempt.status;

// Draws the rows, bars and axis of the timeline.

import { h, setText } from "../app/dom.js";
import { statusIcon, statusOfAttempt } from "./status.js";
import { barsOf, failedOf, iterationOf, packBars, summaryOf } from "./timeline-model.js";
import { formatClock, formatCountdown, formatCount, formatDuration, tickStep, timeOf } from "./time.js";

/**
 * @typedef {import("./timeline-model.js").Row} Row
 * @typedef {import("./timeline-model.js").Packed} Packed
 *
 * @typedef {object} Scale
 * @property {number} from ms at the left end of the lane
 * @property {number} pxPerMs
 * @property {number} left px of the lane that are in view
 * @property {number} right
 *
 * @typedef {object} Drawn what the drawing needs of the view
 * @property {import("../app/state.js").State} state
 * @property {Scale} scale
 * @property {number} now
 * @property {(key: string, ...values: any[]) => string} words of the section `timeline`
 * @property {(status: string) => string} statusWord
 * @property {import("./timeline-model.js").TimelineModel} model
 * @property {number} active index of the row of the selection
 */

/** Room of a text in a bar, in px. */
const TEXT_FROM = 44;
/** Distance of the ticks, in px. */
const TICK_PX = 84;
/** Room of the texts of a tick, in px. */
const TICK_TEXT = 30;
const INDENT = 14;
const MOST_INDENT = 8;

/** The element of a row. */
export function createRow() {
  return h(
    "div",
    { class: "time-row", role: "row" },
    h(
      "div",
      { class: "time-name", role: "gridcell", "aria-colindex": 1 },
      h("span", { class: "toggle", "aria-hidden": "true" }),
      h("span", { class: "icon" }),
      h("bdi", { class: "name" }),
      h("span", { class: "more" }),
    ),
    h(
      "div",
      { class: "lane", role: "gridcell", "aria-colindex": 2 },
      h("span", { class: "hidden-text" }),
      h("div", { class: "bars", "aria-hidden": "true" }),
    ),
  );
}

/**
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {number} index
 * @param {Drawn} drawn
 */
export function drawRow(element, row, index, drawn) {
  const { model, state, words, statusWord } = drawn;
  const canOpen = model.canOpen(row);
  element.id = `time-row-${index}`;
  element.setAttribute("aria-rowindex", String(index + 2));
  element.setAttribute("aria-level", String(row.depth + 1));
  if (canOpen) element.setAttribute("aria-expanded", String(row.isOpen));
  else element.removeAttribute("aria-expanded");
  const [nameCell, lane] = /** @type {any} */ (element.children);
  const [toggle, icon, name, more] = nameCell.children;
  nameCell.style.setProperty("--indent", `${Math.min(row.depth, MOST_INDENT) * INDENT}px`);
  setText(toggle, canOpen ? (row.isOpen ? "▾" : "▸") : "");
  const summary = summaryOf(row);
  const own = row.node === undefined || row.visit ? undefined : state.replay?.nodes[row.node];
  const status = own?.status ?? summary.status ?? "notReached";
  if (icon.dataset.status !== status) {
    icon.dataset.status = status;
    icon.replaceChildren(statusIcon(status));
  }
  const place = placeOf(row, drawn);
  setText(name, place ?? (row.name || words("noName")));
  nameCell.title = place ? `${row.name} ${place}` : row.name;
  const { progress } = own ?? {};
  const total = progress?.total === undefined ? "" : `/${formatCount(progress.total, state.lang)}`;
  const counted = summary.visits > 1 ? `×${formatCount(summary.visits, state.lang)}` : "";
  setText(more, progress ? `${formatCount(progress.done, state.lang)}${total}` : counted);
  const [summaryText, bars] = lane.children;
  const hasTime = drawBars(bars, row, drawn);
  element.classList.toggle("is-open", hasTime);
  markRow(element, index, drawn);
  setText(
    summaryText,
    words("summary", statusWord(status), summary.attempts, summary.visits, summary.failed, durationOf(row, drawn)),
  );
}

/**
 * Shows the selection on a row.
 *
 * @param {HTMLElement} element
 * @param {number} index
 * @param {Drawn} drawn
 */
export function markRow(element, index, { active, state: { selection } }) {
  const isActive = index === active;
  element.classList.toggle("active", isActive);
  element.setAttribute("aria-selected", String(isActive));
  const { visit, attempt } = selection;
  for (const bar of /** @type {any} */ (element.querySelector(".bars")).children) {
    const { bar: one, visits, count } = /** @type {Packed} */ (bar.packed);
    const isIt = one.kind !== "pause" && visit !== undefined && visits.has(visit);
    bar.classList.toggle("selected", isIt && (attempt === undefined || count > 1 || attempt === one.attempt));
  }
}

/** The iteration or the number of a visit. @param {Row} row @param {Drawn} drawn */
function placeOf({ visit, parent }, { state, model, words }) {
  if (!visit) return undefined;
  const indexes = iterationOf(visit, state.replay?.visits ?? [], (node) => model.nodes.get(node ?? "")?.type);
  if (indexes.length > 0) return words("iteration", indexes.map((at) => at + 1).join("."));
  return words("visit", (parent?.visits.indexOf(visit) ?? 0) + 1);
}

/** @param {Row} row @param {Drawn} drawn */
function durationOf({ visits }, { state: { lang }, now }) {
  if (visits.length !== 1) return "";
  const from = timeOf(visits[0].enteredAt) ?? timeOf(visits[0].attempts[0]?.startedAt);
  if (from === undefined) return "";
  const isOpen = ["running", "waiting", "retrying"].includes(visits[0].status);
  const to = timeOf(visits[0].exitedAt) ?? timeOf(visits[0].attempts.at(-1)?.endedAt) ?? (isOpen ? now : undefined);
  return to === undefined ? "" : formatDuration(to - from, lang, { isLive: isOpen });
}

/**
 * The bars of a row. Returns whether one of them grows.
 *
 * @param {HTMLElement} lane
 * @param {Row} row
 * @param {Drawn} drawn
 */
export function drawBars(lane, row, drawn) {
  const { scale, now, state } = drawn;
  const bars = row.visits.flatMap((visit) => barsOf(visit, now));
  const packed = packBars(bars, (ms) => (ms - scale.from) * scale.pxPerMs);
  const inView = packed.filter(({ left, width }) => left + width >= scale.left && left <= scale.right);
  while (lane.children.length > inView.length) lane.lastChild?.remove();
  inView.forEach((one, at) => {
    const bar = /** @type {any} */ (lane.children[at] ?? lane.appendChild(h("span", { class: "bar" }, h("span"))));
    drawBar(bar, one, drawn);
  });
  return bars.some(({ isOpen, kind }) => isOpen || (kind === "retry" && state.replay?.status === "Running"));
}

/** @param {any} element @param {Packed} packed @param {Drawn} drawn */
function drawBar(element, packed, drawn) {
  const { left, width, bar, status, count } = packed;
  const key = `${left.toFixed(1)} ${width.toFixed(1)} ${status} ${bar.kind} ${bar.visit.id} ${bar.attempt} ${count}`;
  element.packed = packed;
  if (element.key !== key) {
    element.key = key;
    element.style.setProperty("transform", `translateX(${left.toFixed(1)}px)`);
    element.style.setProperty("inline-size", `${width.toFixed(1)}px`);
    Object.assign(element.dataset, {
      status: statusOf(packed),
      kind: bar.kind,
      visit: bar.visit.id,
      attempt: bar.attempt,
    });
    element.classList.toggle("several", count > 1);
  }
  const text = textOf(packed, drawn);
  setText(element.firstChild, width >= TEXT_FROM || bar.kind === "retry" ? text : "");
  element.classList.toggle("outside", width < TEXT_FROM && bar.kind === "retry");
  const title = titleOf(packed, drawn);
  if (element.title !== title) element.title = title;
}

/** @param {Packed} packed */
function statusOf({ bar, status, count }) {
  if (count > 1 || bar.kind !== "attempt") return status;
  const last = bar.visit.attempts[bar.visit.attempts.length - 1];
  return statusOfAttempt(bar.visit, bar, bar.attempt === last?.attempt);
}

/** @param {Packed} packed @param {Drawn} drawn */
function textOf({ bar, count, visits }, { now, state: { lang }, words }) {
  if (bar.kind === "retry") {
    return bar.to > now ? words("retryIn", formatCountdown(bar.to - now, lang)) : words("retryDue");
  }
  if (visits.size > 1) {
    const failed = failedOf(visits.values());
    return failed > 0 ? words("packedFailed", visits.size, failed) : `×${formatCount(visits.size, lang)}`;
  }
  if (count > 1) return words("attempts", count);
  return formatDuration(bar.to - bar.from, lang, { isLive: bar.isOpen });
}

/** @param {Packed} packed @param {Drawn} drawn */
function titleOf({ bar, count, visits }, { state: { lang }, words, statusWord }) {
  if (count > 1) return visits.size > 1 ? words("packed", visits.size) : words("attempts", count);
  const time = formatDuration(bar.to - bar.from, lang, { isLive: bar.isOpen });
  if (bar.kind !== "attempt") return words("pauseTitle", time);
  const error = bar.visit.attempts.find(({ attempt }) => attempt === bar.attempt)?.error ?? "";
  return words("barTitle", bar.attempt, statusWord(bar.status), time, error);
}

/**
 * The ticks in view: elapsed time and clock time.
 *
 * @param {HTMLElement} axis
 * @param {Scale} scale
 * @param {number} end ms at the end of the axis
 * @param {import("./time.js").Lang} lang
 */
export function drawAxis(axis, { from, pxPerMs, left, right }, end, lang) {
  const step = tickStep(pxPerMs, TICK_PX);
  const first = Math.max(0, Math.floor(left / pxPerMs / step));
  const last = Math.min(Math.floor((end - from - TICK_TEXT / pxPerMs) / step), Math.ceil(right / pxPerMs / step));
  const hasDate = step >= 86_400_000;
  let at = 0;
  for (let index = first; index <= last; index += 1, at += 1) {
    const tick = /** @type {HTMLElement} */ (
      axis.children[at] ?? axis.appendChild(h("span", { class: "tick" }, h("b"), h("small")))
    );
    const ms = index * step;
    tick.style.setProperty("transform", `translateX(${(ms * pxPerMs).toFixed(1)}px)`);
    setText(/** @type {any} */ (tick.firstChild), formatDuration(ms, lang));
    setText(
      /** @type {any} */ (tick.lastChild),
      formatClock(from + ms, lang, { digits: step < 1000 ? 3 : 0, date: hasDate }),
    );
  }
  while (axis.children.length > at) axis.lastChild?.remove();
  return step * pxPerMs;
}

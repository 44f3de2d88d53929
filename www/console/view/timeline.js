// The execution on an axis of time: one row per state, one bar per attempt.

import "../app/shared.js";
import { serviceNow } from "../app/clock.js";
import { h, setText } from "../app/dom.js";
import { shownDefinition } from "../app/state.js";
import { formatCount, roundUp, timeOf } from "./time.js";
import { createOldMark } from "./status.js";
import { createRow, drawAxis, drawRow, markRow } from "./timeline-draw.js";
import { gapsOf, spanOf, TimelineModel } from "./timeline-model.js";
import { createVirtualList } from "./virtual-list.js";

/** @typedef {import("../app/state.js").State} State */

const ROW = 28;
const TOUCH_ROW = 44;
const TICK_MS = 250;
const MOST_PX = 4_000_000;
/** Room after the last bar, in px. */
const ROOM = 24;

/**
 * @param {HTMLElement} element
 * @param {any} context
 */
export function createTimelineView(element, context) {
  const { actions } = context;
  const words = (/** @type {string} */ key, /** @type {any[]} */ ...values) =>
    context.words(`timeline.${key}`, ...values);
  const statusWord = (/** @type {string} */ status) => context.words(`selection.status_${status}`);
  const model = new TimelineModel();
  /** @type {State} */
  let state;
  let zoom = 1;
  let span = { from: 0, to: 1, isOpen: false };
  /** The end of the axis in ms. It grows in steps. */
  let end = 1;
  let scale = { from: 0, pxPerMs: 1, left: 0, right: 0 };
  let now = 0;
  let active = -1;
  let ticking = /** @type {any} */ (0);
  let isInView = false;
  let nameWidth = 0;
  let gapsRead = -1;
  let shownNotes = "";

  const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
    h("button", { type: "button", class: "square", on: { click } }, text);
  const out = button("−", () => zoomBy(1 / 1.6));
  const fit = h("button", { type: "button", on: { click: () => setZoom(1) } });
  const into = button("+", () => zoomBy(1.6));
  const all = h("button", { type: "button", on: { click: toggleAll } });
  const count = h("span", { class: "count" });
  const old = createOldMark(context.words);
  const bar = h("div", { class: "view-bar", role: "group" }, out, fit, into, all, count, old.element);
  const notes = h("div", { class: "notes" });
  const corner = h("div", { class: "corner", role: "columnheader", "aria-colindex": 1 });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const axisName = h("span", { class: "hidden-text" });
  const axisCell = h("div", { class: "axis-cell", role: "columnheader", "aria-colindex": 2 }, axisName, axis);
  const head = h("div", { class: "time-head", role: "row", "aria-rowindex": 1 }, corner, axisCell);
  const gaps = h("div", { class: "gaps", "aria-hidden": "true" });
  const line = h("div", { class: "now", "aria-hidden": "true" });
  const grid = h("div", { class: "timeline-grid", role: "treegrid", tabIndex: 0, "aria-colcount": 2 });
  const list = createVirtualList(grid, {
    create: createRow,
    draw,
    rowHeight: ROW,
    head: () => head.offsetHeight,
  });
  const under = h("div", { class: "under", role: "presentation" }, gaps, line);
  const empty = h("p", { class: "view-empty", hidden: true });
  grid.append(h("div", { role: "rowgroup", class: "time-heads" }, head), list.body, under);
  element.classList.add("timeline");
  element.append(bar, notes, grid, empty);

  grid.addEventListener("keydown", onKey);
  list.body.addEventListener("click", onClick);
  grid.addEventListener("wheel", onWheel, { passive: false });
  grid.addEventListener("scroll", onScroll, { passive: true });
  const touch = matchMedia("(max-width: 720px), (pointer: coarse)");
  const setHeight = () => list.setRowHeight(touch.matches ? TOUCH_ROW : ROW);
  touch.addEventListener("change", setHeight);
  setHeight();
  const sizes = new ResizeObserver(() => state && rescale());
  sizes.observe(grid);
  const sight = new IntersectionObserver((entries) => {
    isInView = entries[entries.length - 1].isIntersecting;
    tick();
  });
  sight.observe(element);

  /** @param {HTMLElement} element @param {number} index */
  function draw(element, index) {
    const row = model.visible()[index];
    if (row) drawRow(element, row, index, drawn());
  }

  const drawn = () => ({ state, scale, now, words, statusWord, model, active });

  /** Places everything anew: after a change of the zoom, of the size or of the axis. */
  function rescale() {
    nameWidth = corner.offsetWidth;
    const room = Math.max(grid.clientWidth - nameWidth, 80);
    const width = Math.min(room * zoom, MOST_PX);
    scale = { ...scale, from: span.from, pxPerMs: Math.max(width - ROOM, 40) / Math.max(end - span.from, 1) };
    grid.style.setProperty("--lane", `${width}px`);
    setText(fit, words("fit"));
    onScroll(undefined, true);
  }

  /** Draws what came into view. @param {Event} [_] */
  function onScroll(_, isForced = false) {
    const { scrollLeft, clientWidth } = grid;
    const left = scrollLeft;
    const right = scrollLeft + clientWidth;
    if (!isForced && left >= scale.left && right <= scale.right) return;
    scale.left = left - clientWidth / 2;
    scale.right = right + clientWidth / 2;
    const step = drawAxis(axis, scale, end, state.lang);
    grid.style.setProperty("--tick", `${step}px`);
    list.refresh();
    drawOver();
  }

  /** The gaps of the history, and the line of the current time. */
  function drawOver() {
    line.hidden = !span.isOpen;
    line.style.setProperty("transform", `translateX(${((now - span.from) * scale.pxPerMs).toFixed(1)}px)`);
    const isComplete = !state.replay || state.replay.missing === 0;
    const key = isComplete ? 0 : state.eventCount + scale.pxPerMs;
    if (key === gapsRead) return;
    gapsRead = key;
    const found = isComplete ? [] : gapsOf(state.events, state.eventCount, span.from);
    gaps.replaceChildren(
      ...found.map(({ from, to }) => {
        const x = (from - span.from) * scale.pxPerMs;
        const width = Math.max((to - from) * scale.pxPerMs, 6);
        return h("span", { style: { transform: `translateX(${x}px)`, "inline-size": `${width}px` } });
      }),
    );
  }

  /** Reads the time. Returns whether the axis has changed. */
  function readTime() {
    now = serviceNow(state);
    const next = spanOf(state, now);
    // What has not ended ends at the last known time once nothing more is received.
    now = next.isOpen ? now : next.to;
    const retry = Math.max(lastRetry(), next.to);
    const wanted = next.isOpen ? Math.max(roundUp(next.to - next.from), retry - next.from) : next.to - next.from;
    const grown = next.from + Math.max(wanted, 10);
    const isOther =
      next.from !== span.from || next.isOpen !== span.isOpen || grown > end || (!next.isOpen && grown !== end);
    span = next;
    if (isOther) end = grown;
    return isOther;
  }

  /** The last time at which a pending retry begins. */
  function lastRetry() {
    let last = 0;
    if (state.replay?.status !== "Running") return last;
    for (const { status, retryAt } of state.replay.visits)
      if (status === "retrying") last = Math.max(last, timeOf(retryAt) ?? 0);
    return last;
  }

  /** While the execution runs and the view is seen, the bars grow. */
  function tick() {
    clearTimeout(ticking);
    if (!state || !isInView || !span.isOpen) return;
    if (readTime()) rescale();
    else {
      list.each((row, index) => {
        if (row.classList.contains("is-open")) draw(row, index);
      });
      drawOver();
    }
    ticking = setTimeout(tick, TICK_MS);
  }

  /** @param {number} factor @param {number} [x] px from the left of the grid */
  function zoomBy(factor, x = nameWidth + (grid.clientWidth - nameWidth) / 2) {
    setZoom(zoom * factor, x);
  }

  /** @param {number} next @param {number} [x] */
  function setZoom(next, x = nameWidth) {
    const at = (grid.scrollLeft + x - nameWidth) / scale.pxPerMs;
    zoom = Math.min(Math.max(next, 1), MOST_PX / Math.max(grid.clientWidth - nameWidth, 80));
    rescale();
    grid.scrollLeft = at * scale.pxPerMs - x + nameWidth;
    onScroll(undefined, true);
  }

  /** @param {WheelEvent} event */
  function onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 300), Math.max(event.clientX - grid.getBoundingClientRect().left, nameWidth));
  }

  function toggleAll() {
    const isOpen = !model.top.some(isAnyOpen);
    const todo = [...model.top];
    for (let row = todo.pop(); row; row = todo.pop()) {
      // Visits are not listed: a Map may have thousands.
      if (row.children.length > 0) row.isOpen = isOpen;
      todo.push(...row.children);
    }
    model.flat = undefined;
    showRows();
  }

  /** @param {import("./timeline-model.js").Row} row */
  function isAnyOpen(row) {
    return row.children.length > 0 && row.isOpen;
  }

  function showRows() {
    const rows = model.visible();
    list.setCount(rows.length);
    grid.setAttribute("aria-rowcount", String(rows.length + 1));
    const hasTree = model.top.some(({ children }) => children.length > 0);
    all.hidden = !hasTree;
    setText(all, words(model.top.some(isAnyOpen) ? "collapse" : "expand"));
    setText(count, words("count", formatCount(model.rows.size, state.lang), formatCount(model.read, state.lang)));
    activate(false);
    list.refresh();
  }

  /** The row of the selection. @param {boolean} opens */
  function activate(opens) {
    const { node, visit } = state.selection;
    active = node === undefined && visit === undefined ? -1 : model.reveal({ node, visit }, opens);
    list.setActive(active);
  }

  function showNotes() {
    const { historyProblem: problem, replay, lang } = state;
    const key = JSON.stringify([lang, problem, replay?.missing]);
    if (key === shownNotes) return;
    shownNotes = key;
    const found = [];
    if (problem) {
      const { permission, message } = problem;
      const text = permission ? context.words("events.permission") : context.words("app.message", message);
      found.push(
        h(
          "p",
          { class: "note problem" },
          h("strong", {}, context.words("events.unavailable")),
          " ",
          text,
          permission && " ",
          permission && h("code", {}, permission),
        ),
      );
    }
    if (replay && replay.missing > 0) found.push(h("p", { class: "note" }, words("missing", replay.missing)));
    notes.replaceChildren(...found);
  }

  function translate() {
    bar.setAttribute("aria-label", words("tools"));
    grid.setAttribute("aria-label", words("title"));
    corner.textContent = words("state");
    axisName.textContent = words("axis");
    out.setAttribute("aria-label", words("zoomOut"));
    into.setAttribute("aria-label", words("zoomIn"));
    out.title = words("zoomOut");
    into.title = words("zoomIn");
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const element = target.closest("[aria-rowindex]");
    if (!element) return;
    const index = Number(element.getAttribute("aria-rowindex")) - 2;
    const row = model.visible()[index];
    const drawnBar = /** @type {HTMLElement | null} */ (target.closest(".bar"));
    if (target.closest(".toggle") && model.canOpen(row)) toggle(row);
    else if (drawnBar) {
      const visit = state.replay?.visits[Number(drawnBar.dataset.visit)];
      if (!visit) return;
      const attempt = Number(drawnBar.dataset.attempt);
      select(visit, visit.attempts.some((one) => one.attempt === attempt) ? attempt : undefined);
    } else choose(index);
  }

  /** @param {import("./timeline-model.js").Row} row */
  function toggle(row) {
    model.toggle(row);
    showRows();
  }

  /** @param {import("../../../pkg/index.js").ReplayVisit} visit @param {number} [attempt] */
  function select(visit, attempt) {
    actions.select({
      ...(visit.node === undefined ? {} : { node: visit.node }),
      visit: visit.id,
      ...(attempt === undefined || visit.attempts.length < 2 ? {} : { attempt }),
    });
  }

  /** @param {number} index */
  function choose(index) {
    const row = model.visible()[index];
    if (!row) return;
    if (row.visits.length === 1) select(row.visits[0]);
    else if (row.node !== undefined) actions.select({ node: row.node });
    else if (row.visits.length > 0) select(row.visits[row.visits.length - 1]);
  }

  /** The next attempt in the row of the selection. Returns false at its end. @param {number} by */
  function moveInRow(by) {
    const row = model.visible()[active];
    if (!row) return false;
    const bars = row.visits.flatMap((visit) => visit.attempts.map(({ attempt }) => ({ visit, attempt })));
    const { visit, attempt } = state.selection;
    const at = bars.findIndex((one) => one.visit.id === visit && (attempt === undefined || one.attempt === attempt));
    const isNone = visit === undefined || (attempt === undefined && bars[at]?.visit.attempts.length > 1);
    const next = bars[isNone ? (by > 0 ? Math.max(at, 0) : -1) : at + by];
    if (!next) return false;
    select(next.visit, next.attempt);
    return true;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = model.visible();
    const last = rows.length - 1;
    const page = list.pageSize();
    const row = rows[active];
    /** @type {Record<string, number>} */
    const steps = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: last,
      PageDown: active + page,
      PageUp: active - page,
    };
    const { key } = event;
    if (Object.hasOwn(steps, key)) choose(Math.min(Math.max(steps[key], 0), last));
    else if (key === "ArrowRight") {
      if (row && model.canOpen(row) && !row.isOpen) toggle(row);
      else moveInRow(1);
    } else if (key === "ArrowLeft") {
      if (moveInRow(-1)) return event.preventDefault();
      if (row && model.canOpen(row) && row.isOpen) toggle(row);
      else if (row?.parent) choose(rows.indexOf(row.parent));
    } else if (key === "Enter" || key === " ") {
      if (row && model.canOpen(row)) toggle(row);
      else choose(active);
    } else if (key === "+" || key === "=") zoomBy(1.6);
    else if (key === "-") zoomBy(1 / 1.6);
    else if (key === "0") setZoom(1);
    else if (key === "Escape") actions.select({});
    else return;
    event.preventDefault();
  }

  return {
    /** @param {State} next @param {State} previous */
    update(next, previous) {
      const isFirst = state === undefined;
      const before = state ?? next;
      state = next;
      if (isFirst || next.lang !== previous.lang) translate();
      const isNew = model.update(next.replay, shownDefinition(next)?.graph);
      const isAxisNew = readTime();
      const hasRows = model.top.length > 0;
      grid.hidden = !hasRows;
      bar.hidden = !hasRows;
      empty.hidden = hasRows;
      setText(empty, words(next.historyProblem ? "unavailable" : "empty"));
      showNotes();
      old.update(next);
      if (isFirst || isAxisNew || next.events !== before.events || next.lang !== before.lang || nameWidth === 0)
        rescale();
      const isSelected = isFirst || next.selection !== before.selection;
      const shown = model.flat;
      if (isSelected) activate(true);
      if (isNew || isFirst || model.flat !== shown || next.lang !== before.lang) showRows();
      else if (next.replay !== before.replay || next.eventCount !== before.eventCount) {
        list.refresh();
        drawOver();
      }
      if (isSelected) {
        if (active >= 0) list.reveal(active, "center");
        list.each((row, index) => markRow(row, index, drawn()));
      }
      tick();
    },
    focus: () => grid.focus(),
    destroy() {
      clearTimeout(ticking);
      touch.removeEventListener("change", setHeight);
      sizes.disconnect();
      sight.disconnect();
      list.destroy();
      element.replaceChildren();
    },
  };
}

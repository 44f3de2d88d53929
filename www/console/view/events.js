// The events of the execution as a table.

import "../app/shared.js";
import { h, setText } from "../app/dom.js";
import { Choices, EventRows, groupOf, isFailure, isFiltered, NO_FILTER } from "./events-model.js";
import { historyIndex } from "./history-index.js";
import { preview } from "./json-model.js";
import { formatClock, formatCount, formatDuration, timeOf } from "./time.js";
import { createOldMark } from "./status.js";
import { createVirtualList } from "./virtual-list.js";

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("../app/state.js").ExecutionEvent} ExecutionEvent
 */

const COLUMNS = ["id", "time", "elapsed", "type", "step", "detail"];
const GROUPS = ["execution*", "step*", "inner*", "task*", "other*"];
/** Duration of one part of a filtering, in ms. */
const PART_MS = 12;
const TYPING_MS = 120;
/** Characters of a detail in the table. */
const DETAIL = 160;
const ROW = 28;
const TOUCH_ROW = 52;

/**
 * @param {HTMLElement} element
 * @param {any} context
 */
export function createEventsView(element, context) {
  const { actions } = context;
  const words = (/** @type {string} */ key, /** @type {any[]} */ ...values) =>
    context.words(`events.${key}`, ...values);
  /** @type {State} */
  let state;
  let filter = { ...NO_FILTER };
  let rows = new EventRows(filter);
  let choices = new Choices();
  /** Number of events at the time of the pause. @type {number | undefined} */
  let pausedAt;
  /** Row of the keyboard. */
  let active = -1;
  /** Visits of the selection: their rows are marked. */
  let marked = {
    visit: /** @type {number | undefined} */ (undefined),
    attempt: /** @type {number | undefined} */ (undefined),
  };
  let working = /** @type {any} */ (0);
  let shownNotes = "";
  let typing = /** @type {any} */ (0);

  const type = h("select", { name: "type", on: { change: () => setFilter({ type: type.value }) } });
  const step = h("select", { name: "step", on: { change: () => setFilter({ step: step.value }) } });
  const failed = h("input", {
    type: "checkbox",
    name: "failed",
    on: { change: () => setFilter({ failed: failed.checked }) },
  });
  const search = h("input", {
    type: "search",
    name: "search",
    autocomplete: "off",
    spellcheck: false,
    on: { input: onSearch },
  });
  const pause = h("button", { type: "button", class: "pause", on: { click: togglePause } });
  const reset = h("button", { type: "button", class: "reset", on: { click: clearFilter } });
  const count = h("span", { class: "count", role: "status" });
  const old = createOldMark(context.words);
  const notes = h("div", { class: "notes" });
  const labels = { type: h("span"), step: h("span"), failed: h("span"), search: h("span") };
  const bar = h(
    "div",
    { class: "view-bar", role: "group" },
    h("label", {}, labels.type, type),
    h("label", {}, labels.step, step),
    h("label", { class: "grow" }, labels.search, search),
    h("label", { class: "check" }, failed, labels.failed),
    reset,
    pause,
    count,
    old.element,
  );
  const head = h("div", { role: "row", class: "event-row head", "aria-rowindex": 1 });
  const grid = h("div", { class: "events-grid", role: "grid", tabIndex: 0, "aria-colcount": COLUMNS.length });
  const list = createVirtualList(grid, {
    create: createRow,
    draw: drawRow,
    rowHeight: ROW,
    head: () => head.offsetHeight,
  });
  const empty = h("p", { class: "view-empty", hidden: true });
  grid.append(h("div", { role: "rowgroup", class: "events-head" }, head), list.body);
  grid.addEventListener("keydown", onKey);
  list.body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = /** @type {Element} */ (event.target).closest("[aria-rowindex]");
    if (row) choose(Number(row.getAttribute("aria-rowindex")) - 2);
  });
  const touch = matchMedia("(max-width: 720px), (pointer: coarse)");
  const setHeight = () => list.setRowHeight(touch.matches ? TOUCH_ROW : ROW);
  touch.addEventListener("change", setHeight);
  setHeight();
  element.classList.add("events");
  element.append(bar, notes, grid, empty);

  function createRow() {
    const cells = COLUMNS.map((name, at) =>
      h("span", { role: "gridcell", class: `cell-${name}`, "aria-colindex": at + 1 }),
    );
    return h("div", { role: "row", class: "event-row" }, cells);
  }

  /** @param {HTMLElement} row @param {number} index */
  function drawRow(row, index) {
    const entry = rows.rows[index];
    if (!entry) return;
    row.id = `event-row-${index}`;
    row.setAttribute("aria-rowindex", String(index + 2));
    const event = entry.at === undefined ? undefined : state.events[entry.at];
    row.classList.toggle("gap", event === undefined);
    row.classList.toggle("failure", event !== undefined && isFailure(event));
    const texts = event ? textsOf(event) : ["", "", "", "", "", words("gap", ...(entry.gap ?? []))];
    texts.forEach((text, at) => setText(row.children[at], text));
    markRow(row, index);
  }

  /** Shows the selection on a row. @param {HTMLElement} row @param {number} index */
  function markRow(row, index) {
    const { at } = rows.rows[index] ?? {};
    const event = at === undefined ? undefined : state.events[at];
    const isChosen = event !== undefined && event.eventId === state.selection.event;
    row.setAttribute("aria-selected", String(isChosen));
    row.classList.toggle("active", index === active);
    const { visit } = marked;
    const isOwn = visit !== undefined && event !== undefined && state.replayer?.visitOf(event.eventId)?.id === visit;
    row.classList.toggle("marked", isOwn && isOfAttempt(event));
  }

  /** @param {ExecutionEvent | undefined} event */
  function isOfAttempt(event) {
    if (marked.attempt === undefined || !event) return true;
    return historyIndex(state)?.selectionOf(event.eventId).attempt === marked.attempt;
  }

  /** @param {ExecutionEvent} event */
  function textsOf({ eventId, type, stepName, time, detail, eventDetail }) {
    const { lang, events } = state;
    const at = timeOf(time);
    const start = timeOf(state.replay?.startedAt) ?? timeOf(state.execution?.startedTime) ?? timeOf(events[0]?.time);
    const shown = Object.keys(detail ?? {}).length > 0 ? detail : (eventDetail ?? "");
    return [
      String(eventId),
      at === undefined ? time : formatClock(at, lang, { digits: 3 }),
      at === undefined || start === undefined ? "" : `+${formatDuration(at - start, lang)}`,
      type,
      stepName,
      shown === "" ? "" : preview(shown, DETAIL),
    ];
  }

  /** Reads events into the rows, in parts. */
  function read() {
    clearTimeout(working);
    const to = pausedAt ?? state.eventCount;
    const wasAtEnd = list.isAtEnd();
    const late = performance.now() + PART_MS;
    const isDone = rows.add(state.events, to, () => performance.now() > late);
    list.setCount(rows.rows.length);
    grid.setAttribute("aria-rowcount", String(isDone ? rows.rows.length + 1 : -1));
    if (!isDone) working = setTimeout(read, 0);
    else if (active < 0) activate(false);
    const isLive = state.connection.state === "watching" && pausedAt === undefined;
    if (isDone && isLive && wasAtEnd && state.selection.event === undefined && state.selection.visit === undefined)
      list.reveal(rows.rows.length - 1);
    showCount(isDone);
  }

  function restart() {
    rows = new EventRows(filter);
    active = -1;
    list.setActive(-1);
    list.setCount(0);
    list.scrollTo(0);
    read();
    list.refresh();
  }

  /** @param {Partial<typeof filter>} change */
  function setFilter(change) {
    filter = { ...filter, ...change };
    restart();
  }

  function clearFilter() {
    clearTimeout(typing);
    filter = { ...NO_FILTER };
    type.value = "";
    step.value = "";
    failed.checked = false;
    search.value = "";
    restart();
    search.focus();
  }

  function onSearch() {
    clearTimeout(typing);
    typing = setTimeout(() => setFilter({ text: search.value }), TYPING_MS);
  }

  function togglePause() {
    pausedAt = pausedAt === undefined ? state.eventCount : undefined;
    showPause();
    read();
    if (pausedAt === undefined) list.reveal(rows.rows.length - 1);
  }

  function showPause() {
    const more = pausedAt === undefined ? 0 : state.eventCount - pausedAt;
    const isLive = !["idle", "ended", "left", "refused"].includes(state.connection.state);
    pause.hidden = !isLive && pausedAt === undefined;
    pause.setAttribute("aria-pressed", String(pausedAt !== undefined));
    setText(pause, pausedAt === undefined ? words("pause") : more > 0 ? words("more", more) : words("resume"));
  }

  /** @param {boolean} isDone */
  function showCount(isDone) {
    const all = pausedAt ?? state.eventCount;
    const { lang } = state;
    reset.hidden = !isFiltered(filter);
    setText(
      count,
      isFiltered(filter)
        ? words("found", formatCount(rows.count, lang), formatCount(all, lang), isDone)
        : words("count", all, formatCount(all, lang)),
    );
    empty.hidden = !isDone || rows.rows.length > 0;
    grid.hidden = rows.rows.length === 0 && isDone;
    if (empty.hidden) return;
    const key = isFiltered(filter) && all > 0 ? "nothing" : state.historyProblem ? "unavailable" : "empty";
    setText(empty, words(key));
  }

  function showNotes() {
    const { historyProblem: problem, replay, lang } = state;
    const key = JSON.stringify([lang, problem, replay?.missing, replay?.mismatches]);
    if (key === shownNotes) return;
    shownNotes = key;
    const found = [];
    if (problem) found.push(problemNote(problem));
    if (replay && replay.missing > 0) found.push(h("p", { class: "note" }, words("missing", replay.missing)));
    if (replay && replay.mismatches.length > 0) {
      const names = [...new Set(replay.mismatches.map(({ stepName }) => stepName))].slice(0, 3);
      found.push(h("p", { class: "note" }, words("mismatch", names.map((name) => `“${name}”`).join(", "))));
    }
    notes.replaceChildren(...found);
  }

  /** @param {import("../app/state.js").Problem} problem */
  function problemNote({ permission, code, message, requestId }) {
    return h(
      "div",
      { class: "note problem" },
      h("p", {}, h("strong", {}, words("unavailable"))),
      permission
        ? h("p", {}, words("permission"), " ", h("code", {}, permission))
        : h("p", {}, context.words("app.message", message)),
      h("p", { class: "quiet" }, [code, requestId].filter(Boolean).join(" · ")),
    );
  }

  function showChoices() {
    /** @param {any} select @param {Node[]} options @param {string} value */
    const fill = (select, options, value) => {
      select.replaceChildren(...options);
      select.value = value;
    };
    const option = (/** @type {string} */ value, /** @type {string} */ text) => h("option", { value }, text);
    /** @type {Map<string, Node[]>} */
    const groups = new Map(GROUPS.map((name) => [name, []]));
    for (const name of [...choices.types.keys()].sort()) groups.get(groupOf(name))?.push(option(name, name));
    const types = [...groups].flatMap(([name, found]) => {
      if (found.length === 0) return [];
      const all = option(name, words("allOf", words(name)));
      return [h("optgroup", { label: words(name) }, ...(found.length > 1 ? [all] : []), ...found)];
    });
    fill(type, [option("", words("allTypes")), ...types], filter.type);
    const steps = [...choices.steps.keys()].map((name) => option(name, name));
    fill(step, [option("", words("allSteps")), ...steps], filter.step);
  }

  function translate() {
    labels.type.textContent = words("type");
    labels.step.textContent = words("step");
    labels.failed.textContent = words("failedOnly");
    labels.search.textContent = words("search");
    search.placeholder = words("searchHint");
    reset.textContent = words("reset");
    bar.setAttribute("aria-label", words("filters"));
    grid.setAttribute("aria-label", words("title"));
    head.replaceChildren(
      ...COLUMNS.map((name, at) =>
        h("span", { role: "columnheader", class: `cell-${name}`, "aria-colindex": at + 1 }, words(`col_${name}`)),
      ),
    );
    showChoices();
  }

  /** @param {number} index */
  function choose(index) {
    const { at } = rows.rows[index] ?? {};
    move(index);
    if (at === undefined) return;
    const { eventId } = state.events[at];
    actions.select(historyIndex(state)?.selectionOf(eventId) ?? { event: eventId });
  }

  /** Moves the row of the keyboard. @param {number} index */
  function move(index) {
    const before = active;
    active = index;
    const earlier = list.rowAt(before);
    if (earlier) markRow(earlier, before);
    list.reveal(index);
    const row = list.rowAt(index);
    if (row) markRow(row, index);
    list.setActive(index);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = rows.rows.length - 1;
    const page = list.pageSize();
    /** @type {Record<string, number>} */
    const steps = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: last,
      PageDown: active + page,
      PageUp: active - page,
    };
    if (event.key === "Escape") actions.select({});
    else if (Object.hasOwn(steps, event.key)) choose(Math.min(Math.max(steps[event.key], 0), last));
    else if (event.key === "Enter" || event.key === " ") choose(active);
    else return;
    event.preventDefault();
  }

  /** The row of the selection. @param {boolean} reveal */
  function activate(reveal) {
    const { event, visit, attempt } = state.selection;
    const id = event ?? (visit === undefined ? undefined : historyIndex(state)?.eventsOf(visit, attempt)[0]?.eventId);
    marked = { visit, attempt };
    if (id === undefined) {
      active = -1;
      list.setActive(-1);
      return;
    }
    const index = rows.indexOf(state.events, id);
    if (index >= rows.rows.length) return;
    if (reveal) list.reveal(index, "center");
    active = index;
    list.setActive(index);
  }

  return {
    /** @param {State} next @param {State} previous */
    update(next, previous) {
      const isFirst = state === undefined;
      const before = state;
      state = next;
      const isOther = isFirst || next.events !== before.events;
      if (isOther) {
        pausedAt = undefined;
        choices = new Choices();
      }
      const isNew = choices.add(next.events, next.eventCount);
      if (isFirst || next.lang !== previous.lang) translate();
      else if (isNew || isOther) showChoices();
      showNotes();
      showPause();
      old.update(next);
      if (isOther) restart();
      else read();
      const isSelected = isFirst || next.selection !== previous.selection;
      if (isSelected) activate(next.selection.event !== undefined || next.selection.visit !== undefined);
      if (next.lang !== before?.lang || next.replayer !== before?.replayer) list.refresh();
      else if (isSelected) list.each(markRow);
    },
    focus: () => grid.focus(),
    destroy() {
      clearTimeout(working);
      clearTimeout(typing);
      touch.removeEventListener("change", setHeight);
      list.destroy();
      element.replaceChildren();
    },
  };
}

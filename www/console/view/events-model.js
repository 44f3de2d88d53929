// The rows of the table of events, without a document.

import { containsText } from "./json-model.js";

/**
 * @typedef {import("../app/state.js").ExecutionEvent} ExecutionEvent
 *
 * @typedef {object} Filter
 * @property {string} type `""` for all, the type of an event, or a group: `execution*`, `step*`, `inner*`, `task*`
 * @property {string} step name of the state; `""` for all
 * @property {boolean} failed only events that report an error
 * @property {string} text
 *
 * @typedef {{ at: number, gap?: undefined } | { at?: undefined, gap: [from: number, to: number] }} Row an event by its
 *   index, or the ids of events that are missing
 */

/** @type {Filter} */
export const NO_FILTER = { type: "", step: "", failed: false, text: "" };
const GROUPS = { "execution*": /^Execution/, "step*": /^Step/, "inner*": /^(Branch|Iteration)/, "task*": /^Task/ };

/** @param {string} type */
export function groupOf(type) {
  return Object.keys(GROUPS).find((name) => GROUPS[/** @type {keyof typeof GROUPS} */ (name)].test(type)) ?? "other*";
}

/**
 * Whether an event reports an error. An unknown type does if its detail has an error.
 *
 * @param {ExecutionEvent} event
 */
export function isFailure({ type, detail }) {
  return /(Failed|TimedOut)$/.test(type) || (typeof detail?.error === "string" && detail.error !== "");
}

/** @param {Filter} filter */
export const isFiltered = ({ type, step, failed, text }) => type !== "" || step !== "" || failed || text.trim() !== "";

/**
 * Whether a filter lets an event pass. Its words must all occur, in any of its texts.
 *
 * @param {Filter} filter
 * @returns {(event: ExecutionEvent) => boolean}
 */
export function filterOf({ type, step, failed, text }) {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return (event) => {
    if (step !== "" && event.stepName !== step) return false;
    if (type.endsWith("*") ? groupOf(event.type) !== type : type !== "" && event.type !== type) return false;
    if (failed && !isFailure(event)) return false;
    return words.every((word) => {
      const plain = `${event.eventId} ${event.type} ${event.stepName} ${event.time}`.toLowerCase();
      return plain.includes(word) || containsText(event.detail, word) || othersContain(event, word);
    });
  };
}

const KNOWN = new Set(["eventId", "scheduleEventId", "type", "stepName", "time", "detail", "path"]);

/** @param {ExecutionEvent} event @param {string} word */
function othersContain(event, word) {
  for (const key in event) if (!KNOWN.has(key) && containsText(/** @type {any} */ (event)[key], word)) return true;
  return false;
}

/** The rows of a growing list of events. Without a filter, missing events have a row. */
export class EventRows {
  /** @param {Filter} filter */
  constructor(filter) {
    this.filter = filter;
    this.passes = filterOf(filter);
    this.hasGaps = !isFiltered(filter);
    /** Number of events that were read. */
    this.read = 0;
    this.lastId = 0;
    /** @type {Row[]} */
    this.rows = [];
    /** Number of rows that are events. */
    this.count = 0;
  }

  /**
   * Reads events until a time is over. Returns false if some are left.
   *
   * @param {readonly ExecutionEvent[]} events
   * @param {number} to
   * @param {() => boolean} [isLate]
   */
  add(events, to, isLate = () => false) {
    let isMixed = false;
    for (let done = 1; this.read < to; this.read += 1, done += 1) {
      if (done % 64 === 0 && isLate()) break;
      const event = events[this.read];
      if (event.eventId < this.lastId) isMixed = true;
      else if (this.hasGaps && event.eventId > this.lastId + 1)
        this.rows.push({ gap: [this.lastId + 1, event.eventId - 1] });
      this.lastId = Math.max(this.lastId, event.eventId);
      if (!this.passes(event)) continue;
      this.rows.push({ at: this.read });
      this.count += 1;
    }
    if (isMixed) this.#sort(events);
    return this.read >= to;
  }

  /** @param {readonly ExecutionEvent[]} events */
  #sort(events) {
    const found = this.rows.flatMap(({ at }) => (at === undefined ? [] : [at]));
    found.sort((a, b) => events[a].eventId - events[b].eventId);
    this.rows = [];
    let last = 0;
    for (const at of found) {
      const { eventId } = events[at];
      if (this.hasGaps && eventId > last + 1) this.rows.push({ gap: [last + 1, eventId - 1] });
      last = eventId;
      this.rows.push({ at });
    }
  }

  /**
   * The row of an event, or of the first event after it.
   *
   * @param {readonly ExecutionEvent[]} events
   * @param {number} eventId
   */
  indexOf(events, eventId) {
    let from = 0;
    let to = this.rows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const { at, gap } = this.rows[middle];
      const last = at === undefined ? /** @type {number[]} */ (gap)[1] : events[at].eventId;
      if (last < eventId) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The types and the states of the events so far, for the filters. */
export class Choices {
  constructor() {
    this.read = 0;
    /** @type {Map<string, number>} */
    this.types = new Map();
    /** @type {Map<string, number>} */
    this.steps = new Map();
  }

  /**
   * Returns whether there is a new type or state.
   *
   * @param {readonly ExecutionEvent[]} events
   * @param {number} to
   */
  add(events, to) {
    const before = this.types.size + this.steps.size;
    for (; this.read < to; this.read += 1) {
      const { type, stepName } = events[this.read];
      this.types.set(type, (this.types.get(type) ?? 0) + 1);
      if (stepName !== "") this.steps.set(stepName, (this.steps.get(stepName) ?? 0) + 1);
    }
    return this.types.size + this.steps.size > before;
  }
}

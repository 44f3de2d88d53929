// One event of a history, in each of its forms: the response of GetExecutionHistory, with `EventDetail` as JSON text
// or parsed, and the events of `simulateFlow`.

/**
 * @typedef {object} Event
 * @property {number} id `NaN` if the event has none
 * @property {number | undefined} by the event that caused it
 * @property {string} type
 * @property {string} step
 * @property {string} time
 * @property {unknown} path the path of the state in the definition
 * @property {() => Record<string, any>} detail parsed at the first use: many details are not needed
 */

/** @type {Record<string, any>} */
const NOTHING = Object.freeze({});

/**
 * Returns the events of an argument: a list, or a page of a history. `undefined` for anything else.
 *
 * @param {any} given
 * @returns {Iterable<unknown> | undefined}
 */
export function listOf(given) {
  if (typeof given !== "object" || given === null) return undefined;
  const list = given.Events ?? given.events ?? given;
  return typeof list[Symbol.iterator] === "function" ? list : undefined;
}

/**
 * Reads an event. `undefined` if the value is none.
 *
 * @param {any} given
 * @returns {Event | undefined}
 */
export function eventOf(given) {
  if (typeof given !== "object" || given === null) return undefined;
  const type = given.type ?? given.Type;
  if (typeof type !== "string") return undefined;
  return {
    id: Number(given.eventId ?? given.EventId ?? Number.NaN),
    by: numberOf(given.scheduleEventId ?? given.ScheduleEventId),
    type,
    step: textOf(given.stepName ?? given.StepName),
    time: textOf(given.time ?? given.Time),
    path: given.path,
    detail: () => detailOf(given.detail ?? given.eventDetail ?? given.EventDetail),
  };
}

/**
 * @param {any} detail
 * @returns {Record<string, any>}
 */
function detailOf(detail) {
  let parsed = detail;
  if (typeof detail === "string") {
    try {
      parsed = JSON.parse(detail);
    } catch {
      return NOTHING;
    }
  }
  return typeof parsed === "object" && parsed !== null ? parsed : NOTHING;
}

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? value : "");

/** @param {unknown} value */
const numberOf = (value) => (value === undefined || value === null ? undefined : Number(value));

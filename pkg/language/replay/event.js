// One event of a history, in each of its forms: the response of GetExecutionHistory, with `EventDetail` as JSON text
// or parsed, and the events of `simulateFlow`.

/**
 * @typedef {object} Event
 * @property {number} id
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
 * @param {number} next the id of an event without one
 * @returns {Event | undefined}
 */
export function eventOf(given, next) {
  if (typeof given !== "object" || given === null) return undefined;
  const type = given.type ?? given.Type;
  if (typeof type !== "string") return undefined;
  const id = numberOf(given.eventId ?? given.EventId) ?? Number.NaN;
  return {
    id: id >= 0 ? id : next,
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

/**
 * The error of a detail. A cause that is no text is shown as JSON.
 *
 * @param {Record<string, any>} detail
 */
export function errorOf({ error, cause }) {
  return {
    error: typeof error === "string" ? error : undefined,
    cause: typeof cause === "string" || cause === undefined ? cause : JSON.stringify(cause),
  };
}

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? value : "");

/** @param {unknown} value */
const numberOf = (value) => (value === undefined || value === null ? undefined : Number(value));

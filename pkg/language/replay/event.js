// One event of a history, in each of its forms: the response of GetExecutionHistory, with `EventDetail` as JSON text
// or parsed, and the events of `simulateFlow`.

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

/** The event that is read. One object serves all events: a history has thousands. */
export class Event {
  constructor() {
    this.id = 0;
    /** @type {number | undefined} the event that caused it */
    this.by = undefined;
    this.type = "";
    this.step = "";
    this.time = "";
    /** @type {any} the path of the state in the definition */
    this.path = undefined;
    /** @type {any} */
    this.given = undefined;
  }

  /**
   * Reads the next event. Returns false if the value is none.
   *
   * @param {any} given
   * @param {number} id
   */
  read(given, id) {
    const type = given.type ?? given.Type;
    if (typeof type !== "string") return false;
    this.id = id;
    this.by = numberOf(given.scheduleEventId ?? given.ScheduleEventId);
    this.type = type;
    this.step = textOf(given.stepName ?? given.StepName);
    this.time = textOf(given.time ?? given.Time);
    this.path = given.path;
    this.given = given;
    return true;
  }

  /** The detail. It is parsed here: many details are not needed. */
  detail() {
    const { given } = this;
    return detailOf(given.detail ?? given.eventDetail ?? given.EventDetail);
  }
}

/**
 * The id of an event. An event without one follows the event before it.
 *
 * @param {any} given
 * @param {number} next
 */
export function idOf(given, next) {
  const id = numberOf(given.eventId ?? given.EventId) ?? Number.NaN;
  return id >= 0 ? id : next;
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

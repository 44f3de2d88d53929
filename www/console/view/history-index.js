// The events of a history by their visits. All views share one index per replay.

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("../app/state.js").ExecutionEvent} ExecutionEvent
 * @typedef {import("../../../pkg/index.js").ReplayVisit} Visit
 *
 * @typedef {object} Place an event of a visit
 * @property {number} at index in `events`
 * @property {number} attempt number of the attempt
 */

/** @type {WeakMap<object, HistoryIndex>} */
const indexes = new WeakMap();

/**
 * The index of the events of a state. It grows with the history.
 *
 * @param {State} state
 * @returns {HistoryIndex | undefined}
 */
export function historyIndex({ events, eventCount, replayer }) {
  if (!replayer) return undefined;
  let index = indexes.get(replayer);
  if (index?.events !== events) {
    index = new HistoryIndex(events, replayer);
    indexes.set(replayer, index);
  }
  index.grow(eventCount);
  return index;
}

export class HistoryIndex {
  /**
   * @param {readonly ExecutionEvent[]} events
   * @param {{ visitOf(eventId: number): Visit | undefined }} replayer
   */
  constructor(events, replayer) {
    this.events = events;
    this.replayer = replayer;
    /** Number of events that were read. */
    this.count = 0;
    /** The highest id of them. */
    this.lastId = 0;
    this.clear();
  }

  clear() {
    this.count = 0;
    this.lastId = 0;
    /** @type {Map<number, Place[]>} by the id of the visit */
    this.visits = new Map();
    /** @type {Map<number, number>} index of an event by its id */
    this.places = new Map();
  }

  /** @param {number} count */
  grow(count) {
    // An event before known ones changes the visits of all.
    for (let at = this.count; at < count; at += 1) {
      const { eventId } = this.events[at];
      if (eventId <= this.lastId) {
        this.clear();
        this.#add(0, count, true);
        return;
      }
      this.lastId = eventId;
    }
    this.#add(this.count, count, false);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {boolean} isMixed the events are not in order
   */
  #add(from, to, isMixed) {
    const order = Array.from({ length: to - from }, (_, at) => from + at);
    if (isMixed) order.sort((a, b) => this.events[a].eventId - this.events[b].eventId);
    for (const at of order) {
      const event = this.events[at];
      this.places.set(event.eventId, at);
      this.lastId = Math.max(this.lastId, event.eventId);
      const visit = this.replayer.visitOf(event.eventId);
      if (!visit) continue;
      let list = this.visits.get(visit.id);
      if (!list) this.visits.set(visit.id, (list = []));
      list.push({ at, attempt: attemptOf(visit, event, list.at(-1)?.attempt) });
    }
    this.count = to;
  }

  /**
   * The events of a visit, or of one of its attempts.
   *
   * @param {number} visit
   * @param {number} [attempt]
   * @returns {ExecutionEvent[]}
   */
  eventsOf(visit, attempt) {
    const list = this.visits.get(visit) ?? [];
    return list.filter((place) => attempt === undefined || place.attempt === attempt).map(({ at }) => this.events[at]);
  }

  /** @param {number} eventId */
  event(eventId) {
    const at = this.places.get(eventId);
    return at === undefined ? undefined : this.events[at];
  }

  /**
   * The visit and the attempt of an event.
   *
   * @param {number} eventId
   * @returns {import("../app/state.js").Selection}
   */
  selectionOf(eventId) {
    const visit = this.replayer.visitOf(eventId);
    if (!visit) return { event: eventId };
    const at = this.places.get(eventId);
    const attempt = this.visits.get(visit.id)?.find((place) => place.at === at)?.attempt;
    return {
      event: eventId,
      visit: visit.id,
      ...(visit.node === undefined ? {} : { node: visit.node }),
      ...(visit.attempts.length > 1 && attempt !== undefined ? { attempt } : {}),
    };
  }
}

/**
 * The number of the attempt to which an event belongs. Only the event of a task tells it; others belong to the attempt
 * that had begun at their time.
 *
 * @param {Visit} visit
 * @param {ExecutionEvent} event
 * @param {number | undefined} before that of the event before
 */
function attemptOf(visit, event, before) {
  const { attempts } = visit;
  const first = attempts[0]?.attempt ?? 1;
  const { attempt: retries } = event.detail ?? {};
  if (event.type === "TaskScheduled") {
    if (typeof retries === "number") return retries + 1;
    const next = attempts.findIndex(({ attempt }) => attempt === before) + 1;
    return before === undefined || event.time < (attempts[next]?.startedAt ?? "~")
      ? (before ?? first)
      : attempts[next].attempt;
  }
  if (event.type.startsWith("Branch") || event.type.startsWith("Iteration")) {
    const last = attempts.findLast(({ startedAt }) => startedAt <= event.time);
    return Math.max(last?.attempt ?? first, before ?? first);
  }
  return before ?? first;
}

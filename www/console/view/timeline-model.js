// The rows and bars of the timeline, without a document.

import { timeOf } from "./time.js";

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("../app/state.js").ExecutionEvent} ExecutionEvent
 * @typedef {import("../../../pkg/index.js").ReplayVisit} Visit
 * @typedef {import("../../../pkg/index.js").ReplayState} ReplayState
 * @typedef {import("../../../pkg/index.js").GraphNode} GraphNode
 * @typedef {Visit["status"]} Status
 *
 * @typedef {object} Row a state, or one visit of a state that has several
 * @property {string} key
 * @property {string} name
 * @property {string} [node] `id` of the node
 * @property {string} [type]
 * @property {number} depth
 * @property {Row} [parent]
 * @property {Visit[]} visits
 * @property {Row[]} children states inside, in the order of their first visit
 * @property {Visit} [visit] the row is this visit
 * @property {boolean} isOpen
 * @property {boolean} [isChosen] the user has opened or closed it
 *
 * @typedef {object} Bar
 * @property {number} from ms
 * @property {number} to ms
 * @property {"attempt" | "pause" | "retry"} kind `retry`: the pause before an attempt that is still to come
 * @property {Status} status
 * @property {boolean} isOpen it has not ended: its end moves with the time
 * @property {Visit} visit
 * @property {number} attempt
 *
 * @typedef {object} Packed bars that are drawn as one
 * @property {number} left px
 * @property {number} width px
 * @property {number} end ms, the last end of its bars
 * @property {Bar} bar the first one
 * @property {Status} status the most urgent one
 * @property {number} count number of bars
 * @property {Map<number, Visit>} visits
 */

/** @type {Status[]} the most urgent status first */
const ORDER = ["failed", "timedOut", "retrying", "running", "waiting", "caught", "stopped", "succeeded"];
/** A state inside a Map with at most this number of visits has one row for each. */
const FEW = 10;
const FAILED = new Set(["failed", "timedOut", "caught"]);

export class TimelineModel {
  constructor() {
    /** Rows that the user has opened or closed, by their keys. @type {Map<string, boolean>} */
    this.chosen = new Map();
    /** Number of visits that were read. */
    this.read = 0;
    this.clear();
  }

  clear() {
    this.read = 0;
    /** @type {Visit | undefined} */
    this.first = undefined;
    /** @type {unknown} */
    this.graph = undefined;
    /** @type {Map<string, GraphNode>} */
    this.nodes = new Map();
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {Row[]} */
    this.top = [];
    /** @type {Row[] | undefined} */
    this.flat = undefined;
    /** @type {Map<number, Row>} the row of the state of each visit */
    this.byVisit = new Map();
  }

  /**
   * Reads the visits that are new. Returns whether there are new rows.
   *
   * @param {ReplayState | undefined} replay
   * @param {{ nodes: readonly GraphNode[] } | undefined} graph
   */
  update(replay, graph) {
    const visits = replay?.visits ?? [];
    const isOther = visits[0] !== this.first || visits.length < this.read || graph !== this.graph;
    const before = this.flat;
    if (isOther) {
      this.clear();
      this.first = visits[0];
      this.graph = graph;
      this.nodes = new Map((graph?.nodes ?? []).map((node) => [node.id, node]));
    }
    for (; this.read < visits.length; this.read += 1) {
      const visit = visits[this.read];
      const row = this.#rowOf(visit);
      row.visits.push(visit);
      this.byVisit.set(visit.id, row);
      if (!row.isChosen && row.children.length === 0 && row.parent?.type === "foreach")
        row.isOpen = row.visits.length <= FEW;
      if (row.visits.length === 2 || row.visits.length === FEW + 1 || (row.isOpen && row.visits.length > 1))
        this.flat = undefined;
    }
    return this.flat === undefined || this.flat !== before;
  }

  /** @param {Visit} visit */
  #rowOf(visit) {
    if (visit.node !== undefined) return this.#stateRow(visit.node, visit.name);
    const parent = visit.parent === undefined ? undefined : this.byVisit.get(visit.parent);
    return this.#row(`${parent?.key ?? ""}?${visit.name}`, visit.name, parent, undefined);
  }

  /**
   * The row of a state. The states around it have rows too, also if their events are missing.
   *
   * @param {string} id
   * @param {string} name
   * @returns {Row}
   */
  #stateRow(id, name) {
    const found = this.rows.get(id);
    if (found) return found;
    const outside = [id];
    for (let at = this.nodes.get(id)?.parent; at !== undefined && !this.rows.has(at); at = this.nodes.get(at)?.parent)
      outside.push(at);
    let parent = this.rows.get(this.nodes.get(outside[outside.length - 1])?.parent ?? "");
    for (const one of outside.reverse()) {
      const node = this.nodes.get(one);
      parent = this.#row(one, node?.name ?? name, parent, node);
    }
    return /** @type {Row} */ (parent);
  }

  /**
   * @param {string} key
   * @param {string} name
   * @param {Row | undefined} parent
   * @param {GraphNode | undefined} node
   */
  #row(key, name, parent, node) {
    const found = this.rows.get(key);
    if (found) return found;
    /** @type {Row} */
    const row = { key, name, depth: parent ? parent.depth + 1 : 0, visits: [], children: [], isOpen: true };
    if (parent) row.parent = parent;
    if (node) Object.assign(row, { node: node.id, type: node.type });
    const chosen = this.chosen.get(key);
    row.isChosen = chosen !== undefined;
    row.isOpen = chosen ?? (node?.type === "parallel" || node?.type === "foreach" || node?.type === "choice");
    (parent?.children ?? this.top).push(row);
    this.rows.set(key, row);
    this.flat = undefined;
    return row;
  }

  /** @param {Row} row */
  canOpen(row) {
    return row.visit === undefined && (row.children.length > 0 || row.visits.length > 1);
  }

  /** @param {Row} row */
  toggle(row) {
    if (!this.canOpen(row)) return;
    row.isOpen = !row.isOpen;
    row.isChosen = true;
    this.chosen.set(row.key, row.isOpen);
    this.flat = undefined;
  }

  /** The rows that are shown, in order. @returns {Row[]} */
  visible() {
    if (this.flat) return this.flat;
    /** @type {Row[]} */
    const flat = [];
    const todo = [...this.top].reverse();
    for (let row = todo.pop(); row; row = todo.pop()) {
      flat.push(row);
      if (!row.isOpen) continue;
      for (let at = row.children.length - 1; at >= 0; at -= 1) todo.push(row.children[at]);
      if (row.children.length > 0 || row.visits.length < 2) continue;
      for (const visit of row.visits) flat.push(visitRow(row, visit));
    }
    this.flat = flat;
    return flat;
  }

  /**
   * The index of the row of a selection. With `opens`, the rows around it are opened; otherwise a closed one stands for
   * it.
   *
   * @param {{ node?: string, visit?: number }} selection
   * @param {boolean} [opens]
   */
  reveal({ node, visit }, opens = true) {
    let row = (visit === undefined ? undefined : this.byVisit.get(visit)) ?? this.rows.get(node ?? "");
    if (!row) return -1;
    for (let at = row.parent; at; at = at.parent) {
      if (at.isOpen) continue;
      if (opens) {
        at.isOpen = true;
        this.flat = undefined;
      } else row = at;
    }
    const flat = this.visible();
    const own = visit === undefined ? -1 : flat.findIndex((one) => one.visit?.id === visit);
    return own >= 0 ? own : flat.indexOf(row);
  }
}

/**
 * @param {Row} parent
 * @param {Visit} visit
 * @returns {Row}
 */
function visitRow(parent, visit) {
  const { key, name, depth, node, type } = parent;
  /** @type {Row} */
  const row = {
    key: `${key} ${visit.id}`,
    name,
    depth: depth + 1,
    parent,
    visits: [visit],
    children: [],
    visit,
    isOpen: false,
  };
  if (node !== undefined) row.node = node;
  if (type !== undefined) row.type = type;
  return row;
}

/**
 * The indexes of the iterations that contain a visit, the outermost first.
 *
 * @param {Visit} visit
 * @param {readonly Visit[]} visits
 * @param {(node: string | undefined) => string | undefined} typeOf
 */
export function iterationOf(visit, visits, typeOf) {
  const indexes = [];
  for (let at = /** @type {Visit | undefined} */ (visit); at; ) {
    const parent = at.parent === undefined ? undefined : visits[at.parent];
    if (at.index !== undefined && typeOf(parent?.node) !== "parallel") indexes.unshift(at.index);
    at = parent;
  }
  return indexes;
}

/**
 * The bars of a visit: its attempts, and the pauses between them.
 *
 * @param {Visit} visit
 * @param {number} now end of what has not ended
 * @returns {Bar[]}
 */
export function barsOf(visit, now) {
  /** @type {Bar[]} */
  const bars = [];
  const { attempts } = visit;
  const last = attempts.length - 1;
  let end = timeOf(visit.enteredAt);
  attempts.forEach((attempt, index) => {
    const { attempt: number } = attempt;
    const from = timeOf(attempt.startedAt) ?? end ?? now;
    if (end !== undefined && from > end)
      bars.push({ kind: "pause", from: end, to: from, status: "retrying", isOpen: false, visit, attempt: number });
    const endedAt = timeOf(attempt.endedAt);
    const isOpen = endedAt === undefined;
    const to = Math.max(endedAt ?? now, from);
    /** @type {Status} */
    let status = attempt.status;
    if (index === last && visit.status === "caught" && status !== "timedOut") status = "caught";
    const submitted = timeOf(attempt.submittedAt);
    if (submitted !== undefined && submitted > from && submitted < to && isOpen) {
      bars.push({ kind: "attempt", from, to: submitted, status: "running", isOpen: false, visit, attempt: number });
      bars.push({ kind: "attempt", from: submitted, to, status, isOpen, visit, attempt: number });
    } else bars.push({ kind: "attempt", from, to, status, isOpen, visit, attempt: number });
    end = to;
  });
  const retryAt = visit.status === "retrying" ? timeOf(visit.retryAt) : undefined;
  if (retryAt !== undefined && end !== undefined)
    bars.push({
      kind: "retry",
      from: end,
      to: Math.max(retryAt, end),
      status: "retrying",
      isOpen: false,
      visit,
      attempt: (attempts[last]?.attempt ?? 0) + 1,
    });
  return bars;
}

/**
 * Bars in px. Those that would touch are drawn as one.
 *
 * @param {readonly Bar[]} bars
 * @param {(ms: number) => number} toX
 * @param {number} [minPx] width of the smallest bar
 * @returns {Packed[]}
 */
export function packBars(bars, toX, minPx = 4) {
  const sorted = [...bars].sort((a, b) => a.from - b.from || a.to - b.to);
  /** @type {Packed[]} */
  const packed = [];
  for (const bar of sorted) {
    const last = packed[packed.length - 1];
    const edge = last ? last.left + last.width : Number.NEGATIVE_INFINITY;
    let left = toX(bar.from);
    // A longer bar begins where the smallest bar before it ends, although it touches it.
    if (left < edge && bar.from >= last.end && toX(bar.to) - edge >= minPx) left = edge;
    const right = Math.max(toX(bar.to), left + minPx);
    // A pause begins where an attempt ends.
    if (!last || left >= edge - 0.5) {
      packed.push({
        left,
        width: right - left,
        end: bar.to,
        bar,
        status: bar.status,
        count: 1,
        visits: new Map([[bar.visit.id, bar.visit]]),
      });
      continue;
    }
    last.end = Math.max(last.end, bar.to);
    if (bar.kind === "pause" && last.visits.has(bar.visit.id)) {
      last.width = Math.max(last.width, right - last.left);
      continue;
    }
    last.width = Math.max(last.width, right - last.left);
    last.count += last.bar.kind === "pause" ? 0 : 1;
    last.visits.set(bar.visit.id, bar.visit);
    if (last.bar.kind !== "attempt") last.bar = bar;
    if (ORDER.indexOf(bar.status) < ORDER.indexOf(last.status)) last.status = bar.status;
    if (bar.isOpen && !last.bar.isOpen) last.bar = { ...last.bar, isOpen: true };
  }
  // Several visits have the status with which they ended, not that of their attempts.
  for (const one of packed) if (one.visits.size > 1) one.status = worstOf(one.visits.values()) ?? one.status;
  return packed;
}

/** The most urgent status of visits. @param {Iterable<Visit>} visits */
function worstOf(visits) {
  /** @type {Status | undefined} */
  let worst;
  for (const { status } of visits)
    if (worst === undefined || ORDER.indexOf(status) < ORDER.indexOf(worst)) worst = status;
  return worst;
}

/**
 * The number of visits that failed.
 *
 * @param {Iterable<Visit>} visits
 */
export function failedOf(visits) {
  let count = 0;
  for (const { status } of visits) if (FAILED.has(status)) count += 1;
  return count;
}

/**
 * The time that the axis shows. `isOpen`: it grows.
 *
 * @param {State} state
 * @param {number} now
 */
export function spanOf({ replay, execution, events, eventCount, connection }, now) {
  const first = timeOf(replay?.startedAt) ?? timeOf(execution?.startedTime);
  const from = first ?? timeOf(events[0]?.time) ?? now;
  const known = timeOf(events[eventCount - 1]?.time);
  const ended = timeOf(replay?.stoppedAt) ?? (execution?.done ? timeOf(execution.stoppedTime) : undefined);
  const isOver = ended !== undefined || execution?.done === true;
  const isOpen = !isOver && !["idle", "left", "refused", "ended"].includes(connection.state);
  const to = ended ?? (isOpen ? now : undefined) ?? known ?? from;
  return { from: Math.min(from, to), to: Math.max(to, known ?? to), isOpen };
}

/**
 * The times of which events are missing. At most 50.
 *
 * @param {readonly ExecutionEvent[]} events
 * @param {number} count
 * @param {number} from begin of the axis
 */
export function gapsOf(events, count, from) {
  const gaps = [];
  let last = 0;
  let time = from;
  for (let at = 0; at < count && gaps.length < 50; at += 1) {
    const { eventId } = events[at];
    const now = timeOf(events[at].time) ?? time;
    if (eventId > last + 1) gaps.push({ from: Math.min(time, now), to: now, ids: [last + 1, eventId - 1] });
    last = Math.max(last, eventId);
    time = now;
  }
  return gaps;
}

/**
 * The number of visits of a row by their statuses, and its duration, for its name.
 *
 * @param {Row} row
 */
export function summaryOf({ visits }) {
  const attempts = visits.reduce((most, visit) => Math.max(most, visit.attempts.at(-1)?.attempt ?? 1), 0);
  return { status: worstOf(visits), failed: failedOf(visits), attempts, visits: visits.length };
}

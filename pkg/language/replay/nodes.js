// The statuses of the nodes. A node has the most urgent status of its visits that count. A visit ceases to count when its
// frame enters the state again, and with the visit or the attempt that contains it.

/**
 * @typedef {import("./frame.js").Run} Run
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("../../index.js").ReplayNode} ReplayNode
 * @typedef {import("../../index.js").ReplayStatus} Status
 *
 * @typedef {object} Node
 * @property {Run[]} runs
 * @property {Partial<Record<Status, number>>} counts the statuses of the visits that count
 * @property {Partial<Record<Status, Run>>} latest the last visit that got a status
 */

/** @type {Status[]} the most urgent one first */
const ORDER = ["running", "retrying", "waiting", "failed", "timedOut", "caught", "stopped", "succeeded"];

/** @type {ReplayNode} */
const NOT_REACHED = Object.freeze({ status: "notReached", attempts: 0, visits: Object.freeze([]) });

export class Nodes {
  /** @param {Plan} plan */
  constructor(plan) {
    /** @type {Map<string, Node>} */
    this.nodes = new Map();
    /** @type {Set<string>} */
    this.changed = new Set();
    /** @type {Record<string, ReplayNode>} */
    this.shown = Object.fromEntries(plan.nodes.map(({ id }) => [id, NOT_REACHED]));
  }

  /**
   * A new visit.
   *
   * @param {Run} run
   */
  enter(run) {
    const id = run.node?.id;
    if (id === undefined) return;
    let node = this.nodes.get(id);
    if (!node) {
      node = { runs: [], counts: {}, latest: {} };
      this.nodes.set(id, node);
    }
    const { frame } = run;
    const first = frame.current;
    if (first) {
      frame.last ??= new Map(first.node && [[first.node.id, first]]);
      const earlier = frame.last.get(id);
      if (earlier) this.discard(earlier);
      frame.last.set(id, run);
    }
    node.runs.push(run);
    run.isCounted = true;
    count(node, run, 1);
    this.changed.add(id);
  }

  /**
   * A visit ceases to count, and all visits inside it.
   *
   * @param {Run} run
   */
  discard(run) {
    const todo = [run];
    for (let at = todo.pop(); at; at = todo.pop()) {
      const node = at.node && this.nodes.get(at.node.id);
      if (node && at.isCounted) {
        count(node, at, -1);
        at.isCounted = false;
        this.touch(at);
      }
      for (const frame of framesOf(at)) todo.push(...runsOf(frame));
    }
  }

  /**
   * All visits inside a visit cease to count: it begins again.
   *
   * @param {Run} run
   */
  discardInside(run) {
    for (const frame of framesOf(run)) for (const inner of runsOf(frame)) this.discard(inner);
  }

  /**
   * A visit changes its status.
   *
   * @param {Run} run
   * @param {Status} status
   */
  change(run, status) {
    const node = run.node && this.nodes.get(run.node.id);
    const isCounted = node !== undefined && run.isCounted;
    if (isCounted) count(node, run, -1);
    run.visit.status = /** @type {typeof run.visit.status} */ (status);
    if (isCounted) count(node, run, 1);
    this.touch(run);
  }

  /** @param {Run} run */
  touch(run) {
    if (run.node) this.changed.add(run.node.id);
  }

  /**
   * The start or the end.
   *
   * @param {string} id
   * @param {Status} status
   */
  setPlain(id, status) {
    if (Object.hasOwn(this.shown, id)) this.shown = { ...this.shown, [id]: { ...NOT_REACHED, status } };
  }

  /** The nodes. Those that have not changed are the same objects as before. */
  show() {
    if (this.changed.size === 0) return this.shown;
    this.shown = { ...this.shown };
    for (const id of this.changed) {
      const node = this.nodes.get(id);
      if (node) this.shown[id] = shown(node);
    }
    this.changed.clear();
    return this.shown;
  }
}

/**
 * @param {Node} node
 * @param {Run} run
 * @param {number} by
 */
function count(node, run, by) {
  const { status } = run.visit;
  node.counts[status] = (node.counts[status] ?? 0) + by;
  if (by > 0) node.latest[status] = run;
}

/**
 * The frames that a visit contains.
 *
 * @param {Run} run
 */
const framesOf = (run) => [...(run.children?.values() ?? []), ...(run.option ? [run.option] : [])];

/**
 * The last visits of the states of a frame.
 *
 * @param {import("./frame.js").Frame} frame
 */
const runsOf = ({ last, current }) => (last ? [...last.values()] : current ? [current] : []);

/** @param {Node} node */
function shown(node) {
  const last = /** @type {Run} */ (node.runs.at(-1));
  const status = ORDER.find((status) => (node.counts[status] ?? 0) > 0) ?? last.visit.status;
  let run = node.latest[status];
  if (!run?.isCounted || run.visit.status !== status)
    run = node.runs.findLast((run) => run.isCounted && run.visit.status === status);
  const { visit } = run ?? last;
  /** @type {ReplayNode} */
  const out = {
    status,
    attempts: visit.attempts.at(-1)?.attempt ?? 1,
    visits: node.runs.map((run) => run.visit),
  };
  const error = visit.error ?? visit.attempts.findLast((attempt) => attempt.error !== undefined)?.error;
  if (error !== undefined) out.error = error;
  if (visit.cause !== undefined) out.cause = visit.cause;
  if (visit.progress) out.progress = visit.progress;
  return out;
}

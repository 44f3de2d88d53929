// The statuses of the nodes. A node has the most urgent status of its visits that count: of each frame the last visit,
// and only the visits since the state at the top level that contains the node was last entered.

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
 * @property {Run | undefined} top
 * @property {number} epoch increases when all earlier visits cease to count
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
      node = { runs: [], counts: {}, latest: {}, top: undefined, epoch: 0 };
      this.nodes.set(id, node);
    }
    const { frame } = run;
    const isInside = run.top !== run;
    if (isInside && node.top !== run.top) {
      node.top = run.top;
      node.epoch += 1;
      node.counts = {};
      node.latest = {};
    }
    const first = frame.current;
    if (first) {
      frame.last ??= new Map(first.node && [[first.node.id, first]]);
      const earlier = frame.last.get(id);
      if (earlier?.epoch === node.epoch) {
        count(node, earlier, -1);
        earlier.epoch = -1;
      }
      frame.last.set(id, run);
    }
    run.epoch = node.epoch;
    node.runs.push(run);
    count(node, run, 1);
    this.changed.add(id);
  }

  /**
   * A visit changes its status.
   *
   * @param {Run} run
   * @param {Status} status
   */
  change(run, status) {
    const node = run.node && this.nodes.get(run.node.id);
    const isCounted = node !== undefined && run.epoch === node.epoch;
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

/** @param {Node} node */
function shown(node) {
  const status = ORDER.find((status) => (node.counts[status] ?? 0) > 0) ?? "succeeded";
  const { visit } = /** @type {Run} */ (node.latest[status] ?? node.runs.at(-1));
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

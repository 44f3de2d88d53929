// The series of states of an execution, and the visits of states in them.
//
// A frame is a series of states: the flow, a branch, an iteration, or the steps of a choice's option. It is the frame of
// the interpreter (crates/local/src/simulate/machine.rs), rebuilt from the events.

/**
 * @typedef {import("./event.js").Event} Event
 * @typedef {import("./plan.js").PlanNode} PlanNode
 * @typedef {import("../../index.js").ReplayVisit} Visit
 * @typedef {import("../../index.js").ReplayAttempt} Attempt
 * @typedef {import("../../index.js").ReplayStatus} Status
 *
 * @typedef {object} Frame
 * @property {Run | undefined} owner
 * @property {number | undefined} slot the index of the branch or iteration
 * @property {boolean} isOption the steps of a choice's option, which no event delimits
 * @property {boolean} isClosed
 * @property {string | undefined} parent
 * @property {number | undefined} branch
 * @property {Run | undefined} current the last state that was entered
 * @property {Map<string, Run> | undefined} last the last visit of each state, if there is more than one visit
 *
 * @typedef {object} Run a visit, and what is needed to continue it
 * @property {Visit} visit
 * @property {PlanNode | undefined} node
 * @property {Frame} frame
 * @property {boolean} isExited
 * @property {number[] | undefined} used the retries of each rule
 * @property {Map<number | undefined, Frame> | undefined} children the frames of the current attempt
 * @property {number} openChildren
 * @property {Run | undefined} failedChild the first one of the current attempt
 * @property {boolean} hasFailedChild
 * @property {Frame | undefined} option
 * @property {boolean} isScheduled the current attempt has its task
 * @property {string | undefined} timedOut the error of a task that timed out
 * @property {boolean} isCounted see `Nodes`
 */

/**
 * @param {Run | undefined} owner
 * @param {number | undefined} slot
 * @returns {Frame}
 */
export function frameOf(owner, slot) {
  return {
    owner,
    slot,
    isOption: false,
    isClosed: false,
    parent: undefined,
    branch: undefined,
    current: undefined,
    last: undefined,
  };
}

/**
 * The last state inside a choice's option, or the state itself.
 *
 * @param {Run} run
 * @returns {Run}
 */
export function leafOf(run) {
  let leaf = run;
  while (leaf.option?.current) leaf = leaf.option.current;
  return leaf;
}

/** @param {Run} run */
export function progressOf(run) {
  run.visit.progress ??= { done: 0, started: 0, succeeded: 0, failed: 0, stopped: 0 };
  return run.visit.progress;
}

/**
 * Ends an attempt, unless it has ended.
 *
 * @param {Attempt} attempt
 * @param {Attempt["status"]} status
 * @param {Event} event
 * @param {{ output?: unknown, error?: unknown, cause?: unknown }} result
 */
export function endAttempt(attempt, status, event, result) {
  if (attempt.endedAt !== undefined) return;
  attempt.status = status;
  attempt.endedAt = event.time;
  assign(attempt, result);
}

/**
 * Sets the fields that are present.
 *
 * @param {Record<string, any>} object
 * @param {Record<string, unknown>} fields
 */
export function assign(object, fields) {
  for (const key in fields) if (fields[key] !== undefined) object[key] = fields[key];
}

/**
 * A visit that begins.
 *
 * @param {number} id
 * @param {Frame} frame
 * @param {PlanNode | undefined} node
 * @param {Event} event
 * @returns {Run}
 */
export function newRun(id, frame, node, event) {
  /** @type {Visit} */
  const visit = {
    id,
    firstEvent: event.id,
    name: event.step,
    status: "running",
    attempts: [{ attempt: 1, status: "running", startedAt: event.time }],
  };
  if (node) visit.node = node.id;
  if (frame.owner) {
    const { id, attempts } = frame.owner.visit;
    visit.parent = id;
    visit.parentAttempt = attempts.at(-1)?.attempt ?? 1;
  }
  if (frame.slot !== undefined) visit.index = frame.slot;
  return {
    visit,
    node,
    frame,
    isExited: false,
    used: undefined,
    children: undefined,
    openChildren: 0,
    failedChild: undefined,
    hasFailedChild: false,
    option: undefined,
    isScheduled: false,
    timedOut: undefined,
    isCounted: false,
  };
}

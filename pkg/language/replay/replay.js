// `replayExecution`: what happened in an execution, by state.
//
// The state of a replay is in JavaScript: its values are those of the events, not copies, and there is no handle in the
// module to close. The module describes the flow once.

import { CloudFlowError, codes } from "../../shared/error.js";
import { eventOf, listOf } from "./event.js";
import { Fold } from "./fold.js";

/**
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("../../index.js").ReplayState} ReplayState
 */

/**
 * @param {(definition: unknown) => Plan} planOf
 * @returns {typeof import("../../index.js").replayExecution}
 */
export function createReplay(planOf) {
  return (definition, events) => replay(planOf(definition), events);
}

/**
 * @param {Plan} plan
 * @param {unknown} first
 * @returns {import("../../index.js").Replay}
 */
export function replay(plan, first) {
  let fold = new Fold(plan);
  /** @type {import("./event.js").Event[]} */
  let events = [];
  /** @type {ReplayState | undefined} */
  let state;

  /** @param {unknown} given */
  const add = (given) => {
    const read = readAll(given, fold.lastId);
    let later = read.filter(({ id }) => !fold.frames.has(id));
    if (later.length > 0) state = undefined;
    if (later.length > 0 && later[0].id < fold.lastId) {
      // Events that precede known ones change what these mean.
      later = [...events, ...later].sort((a, b) => a.id - b.id);
      events = [];
      fold = new Fold(plan);
    }
    for (const event of later) {
      if (fold.add(event)) events.push(event);
    }
    return current();
  };

  const current = () => {
    state ??= stateOf(fold);
    return state;
  };

  add(first);
  return Object.freeze({
    add,
    /** @param {number} eventId */
    visitOf: (eventId) => fold.visitOf.get(eventId)?.visit,
    get state() {
      return current();
    },
  });
}

/**
 * The events of an argument, in order. An event without an id follows the one before it.
 *
 * @param {unknown} given
 * @param {number} lastId
 */
function readAll(given, lastId) {
  const list = listOf(given);
  if (!list) {
    const message = "`events` must be a list of events, or a response of GetExecutionHistory";
    throw new CloudFlowError({ kind: "request", code: codes.wrongOptions, message });
  }
  const read = [];
  let isSorted = true;
  let last = lastId;
  for (const entry of list) {
    const event = eventOf(entry, last + 1);
    if (!event) continue;
    if (event.id < (read.at(-1)?.id ?? 0)) isSorted = false;
    last = event.id;
    read.push(event);
  }
  return isSorted ? read : read.sort((a, b) => a.id - b.id);
}

/**
 * @param {Fold} fold
 * @returns {ReplayState}
 */
function stateOf(fold) {
  /** @type {ReplayState} */
  const state = {
    status: fold.status,
    ...fold.execution,
    nodes: fold.nodes.show(),
    edges: [...fold.taken],
    visits: fold.runs.map(({ visit }) => visit),
    events: fold.frames.size,
    missing: fold.missing,
    mismatches: [...fold.mismatches],
  };
  const failure = failureOf(fold);
  if (failure) state.failure = failure;
  return state;
}

/**
 * @param {Fold} fold
 * @returns {import("../../index.js").ReplayFailure | undefined}
 */
function failureOf(fold) {
  const { status, execution } = fold;
  if (status !== "Failed" && status !== "TimedOut") return undefined;
  const path = fold.errorPath();
  // Without an error, the place is the state that was in progress: the innermost one that was entered first.
  const run =
    path[0] ?? (status === "TimedOut" ? fold.runs.findLast(({ visit }) => visit.status === "timedOut") : undefined);
  /** @type {import("../../index.js").ReplayFailure} */
  const failure = { attempts: run?.visit.attempts.at(-1)?.attempt ?? 0, visits: path.map(({ visit }) => visit.id) };
  for (const key of /** @type {const} */ (["error", "cause"])) {
    const value = execution[key] ?? run?.visit[key];
    if (typeof value === "string") failure[key] = value;
  }
  if (!run) return failure;
  failure.name = run.visit.name;
  failure.visit = run.visit.id;
  if (run.node) {
    failure.node = run.node.id;
    failure.path = run.node.path;
    if (run.node.range) failure.range = run.node.range;
  }
  return failure;
}

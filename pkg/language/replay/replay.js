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
  const fold = new Fold(plan);
  /** @type {ReplayState | undefined} */
  let state;
  let count = 0;

  /** @param {unknown} given */
  const add = (given) => {
    const list = listOf(given);
    if (!list) {
      const message = "`events` must be a list of events, or a response of GetExecutionHistory";
      throw new CloudFlowError({ kind: "request", code: codes.wrongOptions, message });
    }
    const read = [];
    let isSorted = true;
    for (const entry of list) {
      const event = eventOf(entry);
      if (!event) continue;
      if (event.id < (read.at(-1)?.id ?? 0)) isSorted = false;
      read.push(event);
    }
    if (!isSorted) read.sort((a, b) => a.id - b.id);
    for (const event of read) fold.add(event);
    count = fold.frames.size;
    if (read.length > 0) state = undefined;
    return current();
  };

  const current = () => {
    state ??= stateOf(fold, count);
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
 * @param {Fold} fold
 * @param {number} events
 * @returns {ReplayState}
 */
function stateOf(fold, events) {
  /** @type {ReplayState} */
  const state = {
    status: fold.status,
    ...fold.execution,
    nodes: fold.nodes.show(),
    edges: [...fold.taken],
    visits: fold.runs.map(({ visit }) => visit),
    events,
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

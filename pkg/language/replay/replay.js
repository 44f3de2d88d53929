// `replayExecution`: what happened in an execution, by state.
//
// The state of a replay is in JavaScript: its values are those of the events, not copies, and there is no handle in the
// module to close. The module describes the flow once.

import * as codes from "../../shared/codes.js";
import { CloudFlowError } from "../../shared/error.js";
import { idOf, listOf } from "./event.js";
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
  /** The events in order, and their ids. */
  let events = /** @type {object[]} */ ([]);
  let ids = /** @type {number[]} */ ([]);
  /** @type {ReplayState | undefined} */
  let state;

  /** @param {unknown} given */
  const add = (given) => {
    const list = listOf(given);
    if (!list) {
      const message = "`events` must be a list of events, or a response of GetExecutionHistory";
      throw new CloudFlowError({ kind: "request", code: codes.wrongOptions, message });
    }
    let isSorted = true;
    let last = fold.lastId;
    const first = events.length;
    for (const entry of list) {
      if (typeof entry !== "object" || entry === null) continue;
      const id = idOf(entry, last + 1);
      if (fold.has(id)) continue;
      if (id <= last) isSorted = false;
      last = id;
      events.push(entry);
      ids.push(id);
    }
    if (events.length === first) return current();
    state = undefined;
    let from = first;
    if (!isSorted) {
      // Events that precede known ones change what these mean.
      const order = ids.map((_, at) => at).sort((a, b) => ids[a] - ids[b]);
      events = order.map((at) => events[at]);
      ids = order.map((at) => ids[at]);
      fold = new Fold(plan);
      from = 0;
    }
    for (let at = from; at < events.length; at += 1) fold.add(events[at], ids[at]);
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
    visitOf: (eventId) => fold.visitOf(eventId),
    get state() {
      return current();
    },
  });
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
    events: fold.count,
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

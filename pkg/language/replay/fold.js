// Folds the events of a history into visits of states. Nothing is evaluated: each event is assigned to a visit by the
// event that caused it, and changes this visit, its frame and the visit around it.
//
// A frame is a series of states: see `frame.js`.

import { again, awaitRetry, change } from "./attempt.js";
import { Event, errorOf } from "./event.js";
import { assign, endAttempt, frameOf, leafOf, newRun, progressOf } from "./frame.js";
import { Nodes } from "./nodes.js";
import { FlowIndex, itemsOf } from "./plan.js";

/**
 * @typedef {import("./frame.js").Frame} Frame
 * @typedef {import("./frame.js").Run} Run
 * @typedef {import("./plan.js").PlanNode} PlanNode
 * @typedef {import("../../index.js").ReplayAttempt} Attempt
 * @typedef {import("../../index.js").ReplayStatus} Status
 */

/** Maximum number of reported mismatches. */
const MOST_MISMATCHES = 20;

const ENDS = /** @type {Record<string, import("../../index.js").ExecutionStatus>} */ ({
  ExecutionSucceeded: "Succeeded",
  ExecutionFailed: "Failed",
  ExecutionTimedOut: "TimedOut",
  ExecutionStopped: "Stopped",
});
const FAILED = new Set(["failed", "timedOut", "caught"]);

export class Fold {
  /** @param {import("./plan.js").Plan} plan */
  constructor(plan) {
    this.index = new FlowIndex(plan);
    this.nodes = new Nodes(plan);
    /** @type {import("../../index.js").ExecutionStatus} */
    this.status = "Starting";
    /** @type {Record<string, any>} the fields of the execution */
    this.execution = {};
    /** @type {Run[]} */
    this.runs = [];
    /** @type {Set<Run>} */
    this.open = new Set();
    /** @type {Set<number>} */
    this.taken = new Set();
    /** @type {(Frame | Run)[]} by the id of an event: the visit to which it belongs, or the frame that it opened */
    this.contexts = [];
    this.count = 0;
    /** @type {Map<string, Frame>} frames whose first events are missing */
    this.lost = new Map();
    /** @type {import("../../index.js").ReplayMismatch[]} */
    this.mismatches = [];
    this.root = frameOf(undefined, undefined);
    this.lastId = 0;
    this.missing = 0;
    this.event = new Event();
  }

  /** @param {number} id */
  has(id) {
    return this.contexts[id] !== undefined;
  }

  /** @param {number} id */
  visitOf(id) {
    const context = this.contexts[id];
    return (context && "visit" in context ? context : context?.owner)?.visit;
  }

  /**
   * Adds an event that follows all others.
   *
   * @param {object} given
   * @param {number} id
   */
  add(given, id) {
    const { event } = this;
    if (this.has(id) || !event.read(given, id)) return;
    this.missing += Math.max(id - this.lastId - 1, 0);
    this.lastId = id;
    this.count += 1;
    if (this.status === "Starting") this.status = "Running";
    this.contexts[id] = this.apply(event) ?? this.contextOf(event) ?? this.root;
  }

  /**
   * Returns the context of the event for those that it causes.
   *
   * @param {Event} event
   * @returns {Frame | Run | undefined}
   */
  apply(event) {
    switch (event.type) {
      case "ExecutionStarted":
        assign(this.execution, { startedAt: event.time, input: event.detail().input });
        this.nodes.setPlain("start", "succeeded");
        return this.root;
      case "StepEntered":
        return this.enter(event);
      case "BranchEntered":
      case "IterationEntered":
        return this.enterChild(event);
      case "BranchExited":
      case "IterationExited":
        return this.exitChild(event);
    }
    if (Object.hasOwn(ENDS, event.type)) {
      this.end(event, ENDS[event.type]);
      return this.root;
    }
    if (event.type.startsWith("Step") || event.type.startsWith("Task")) {
      const run = this.runOf(event);
      change(this, run, event);
      return run;
    }
    return undefined;
  }

  /** @param {Event} event */
  enter(event) {
    let frame = this.contextOf(event);
    let node = this.nodeOf(frame, event);
    const current = frame?.current;
    if (
      frame &&
      current &&
      !current.isExited &&
      (current.node?.type === "choice" || node?.parent === current.node?.id)
    ) {
      current.option = frameOf(current, undefined);
      current.option.isOption = true;
      frame = current.option;
      node = (current.node && this.index.option(current.node.id, event.step)) ?? node;
      frame.parent = current.node?.id;
      frame.branch = node?.branch;
    }
    if (!frame) frame = this.lostFrame(node);
    else if (!node || node.parent !== frame.parent || node.branch !== frame.branch)
      this.mismatch(node ? "place" : "state");
    const previous = frame.current;
    if (previous && !previous.isExited) this.abandon(previous);
    const run = this.run(frame, node, event);
    run.visit.enteredAt = event.time;
    assign(run.visit, { input: event.detail().input });
    this.takeEdges(frame, previous, run);
    return run;
  }

  /**
   * The edges that lead to a state that was entered.
   *
   * @param {Frame} frame
   * @param {Run | undefined} previous
   * @param {Run} run
   */
  takeEdges(frame, previous, run) {
    const { node } = run;
    if (!node) return;
    if (previous && FAILED.has(previous.visit.status)) {
      this.setStatus(previous, "caught");
      if (!previous.node) return;
      const rule = previous.visit.caughtBy;
      const edge = rule === undefined ? undefined : this.index.catchEdge(previous.node, rule);
      if (edge !== undefined && this.index.plan.edges[edge].to === node.id) this.taken.add(edge);
      else this.take(previous.node.id, node.id, (kind) => kind === "catch");
      return;
    }
    if (previous) {
      const from = leafOf(previous).node;
      // `isExited` alone: the state was left without a result that the history has.
      if (from) this.take(from.id, node.id, (kind) => kind !== "catch" && kind !== "fail");
    } else if (frame.owner?.node) {
      this.take(frame.owner.node.id, node.id, (kind) => kind !== "catch" && kind !== "next", frame.slot);
    } else if (frame === this.root) {
      this.take("start", node.id, () => true);
    }
  }

  /** @param {Event} event */
  enterChild(event) {
    const owner = this.runOf(event);
    const { index } = event.detail();
    let slot = typeof index === "number" ? index : (owner.children?.size ?? 0);
    let attempt = /** @type {Attempt} */ (owner.visit.attempts.at(-1));
    if (attempt.endedAt !== undefined || owner.children?.has(slot)) {
      attempt = again(this, owner, attempt, attempt.attempt + 1, event);
      if (typeof index !== "number") slot = 0;
    }
    const isBranch = event.type === "BranchEntered";
    const type = owner.node?.type;
    if (type && type !== (isBranch ? "parallel" : "foreach")) this.mismatch("type");
    const frame = frameOf(owner, slot);
    frame.parent = owner.node?.id;
    if (isBranch) frame.branch = slot;
    owner.children ??= new Map();
    owner.children.set(slot, frame);
    owner.openChildren += 1;
    const progress = progressOf(owner);
    progress.started += 1;
    this.nodes.touch(owner);
    return frame;
  }

  /** @param {Event} event */
  exitChild(event) {
    const { index } = event.detail();
    const isIt = (/** @type {Frame} */ frame) =>
      frame.owner?.visit.name === event.step && !frame.isClosed && (typeof index !== "number" || frame.slot === index);
    /** @type {Frame | undefined} */
    let frame = this.contextOf(event);
    while (frame && !isIt(frame)) frame = frame.owner?.frame;
    if (!frame) {
      const owner = this.runOf(event);
      frame = typeof index === "number" ? owner.children?.get(index) : [...(owner.children?.values() ?? [])].find(isIt);
      if (!frame || frame.isClosed) return owner;
    }
    const owner = /** @type {Run} */ (frame.owner);
    this.close(frame);
    owner.openChildren -= 1;
    if (owner.hasFailedChild && owner.openChildren === 0) {
      const attempt = /** @type {Attempt} */ (owner.visit.attempts.at(-1));
      const { error, cause } = owner.failedChild?.visit ?? {};
      endAttempt(attempt, "failed", event, { error, cause });
      awaitRetry(this, owner, attempt, event);
    }
    return owner;
  }

  /**
   * Closes the frame of a branch, an iteration or an option.
   *
   * @param {Frame} frame
   */
  close(frame) {
    frame.isClosed = true;
    const owner = /** @type {Run} */ (frame.owner);
    const last = frame.current;
    if (last && !last.isExited) this.abandon(last);
    while (last?.option && !last.option.isClosed) this.close(last.option);
    // What is closed after the first error is not completed: it is stopped.
    /** @type {"succeeded" | "failed" | "stopped"} */
    let end = "stopped";
    if (!owner.hasFailedChild) {
      if (last && FAILED.has(last.visit.status)) {
        this.uncaught(last);
        if (last.node?.type === "fail" && owner.node) this.take(last.node.id, owner.node.id, (kind) => kind === "fail");
        owner.failedChild = last;
        owner.hasFailedChild = true;
        end = "failed";
      } else if (!last) {
        end = "succeeded";
      } else if (last.visit.status === "succeeded" && (frame.isOption || this.join(last, owner))) {
        end = "succeeded";
      }
    }
    if (frame.isOption) return;
    const progress = progressOf(owner);
    progress.done += 1;
    progress[end] += 1;
    if (end === "failed") progress.firstFailed ??= frame.slot;
    this.nodes.touch(owner);
  }

  /**
   * Takes the edge from the last state of a branch or an iteration to its owner. Without such an edge, another state
   * would have followed.
   *
   * @param {Run} last
   * @param {Run} owner
   */
  join(last, owner) {
    const leaf = leafOf(last).node;
    if (!leaf || !owner.node) return true;
    const edges = this.index.edges(leaf.id, owner.node.id, (kind) => kind === "join" || kind === "collect");
    for (const edge of edges) this.taken.add(edge);
    return edges.length > 0;
  }

  /**
   * The end of the execution.
   *
   * @param {Event} event
   * @param {import("../../index.js").ExecutionStatus} status
   */
  end(event, status) {
    const { output } = event.detail();
    this.status = status;
    assign(this.execution, { stoppedAt: event.time, output, ...errorOf(event.detail()) });
    for (const run of [...this.open]) {
      const how = status === "TimedOut" ? "timedOut" : "stopped";
      endAttempt(/** @type {Attempt} */ (run.visit.attempts.at(-1)), how, event, {});
      delete run.visit.retryAt;
      this.setStatus(run, how);
    }
    const last = this.root.current;
    if (status === "Succeeded") {
      const leaf = last && leafOf(last).node;
      if (leaf) this.take(leaf.id, "end", (kind) => kind !== "fail" && kind !== "catch");
    } else if (last && FAILED.has(last.visit.status) && this.endedBy(last)) {
      this.uncaught(last);
      if (last.node?.type === "fail") this.take(last.node.id, "end", (kind) => kind === "fail");
    }
    const shown = { Succeeded: "succeeded", Failed: "failed", TimedOut: "timedOut", Stopped: "stopped" };
    this.nodes.setPlain("end", /** @type {Status} */ (shown[/** @type {"Failed"} */ (status)]));
  }

  /**
   * Whether the error of the last state is the error of the execution.
   *
   * @param {Run} run
   */
  endedBy(run) {
    const { error, cause } = this.execution;
    const { visit } = run;
    return (
      this.status === "Failed" &&
      FAILED.has(visit.status) &&
      (error === undefined || (error === visit.error && (cause === undefined || cause === visit.cause)))
    );
  }

  /**
   * The visits through which the error went that ended the execution, the innermost first.
   *
   * @returns {Run[]}
   */
  errorPath() {
    let run = this.root.current;
    /** @type {Run[]} */
    const path = [];
    if (!run || !this.endedBy(run)) return path;
    while (run) {
      path.unshift(run);
      /** @type {number | undefined} */
      const inner = run.visit.raisedBy;
      run = inner === undefined ? undefined : this.runs[inner];
    }
    return path;
  }

  /** @param {Run} run */
  uncaught(run) {
    delete run.visit.caughtBy;
    const isLate = run.timedOut !== undefined && run.timedOut === run.visit.error;
    this.setStatus(run, isLate ? "timedOut" : "failed");
  }

  /**
   * A state was left, and the event is missing.
   *
   * @param {Run} run
   */
  abandon(run) {
    run.isExited = true;
    endAttempt(/** @type {Attempt} */ (run.visit.attempts.at(-1)), "stopped", this.event, {});
    if (this.open.has(run)) this.setStatus(run, "stopped");
  }

  /**
   * The visit of an event. A visit whose first events are missing begins here.
   *
   * @param {Event} event
   * @returns {Run}
   */
  runOf(event) {
    let frame = this.contextOf(event);
    // The steps of an option end without an event.
    while (frame?.isOption && frame.current?.isExited !== false) {
      if (!frame.isClosed) this.close(frame);
      frame = frame.owner?.frame;
    }
    for (let at = frame; at; at = at.owner?.frame) {
      const run = at.current;
      if (run && !run.isExited && run.visit.name === event.step) return run;
    }
    const node = this.nodeOf(frame, event);
    const lost = this.lostFrame(node);
    if (lost.current && !lost.current.isExited && lost.current.visit.name === event.step) return lost.current;
    if (this.missing === 0 || !node) this.mismatch(node ? "place" : "state");
    if (lost.current && !lost.current.isExited) this.abandon(lost.current);
    return this.run(lost, node, event);
  }

  /**
   * @param {Frame} frame
   * @param {PlanNode | undefined} node
   * @param {Event} event
   * @returns {Run}
   */
  run(frame, node, event) {
    const run = newRun(this.runs.length, frame, node, event);
    this.runs.push(run);
    this.open.add(run);
    this.nodes.enter(run);
    frame.current = run;
    return run;
  }

  /**
   * @param {Run} run
   * @param {Status} status
   */
  setStatus(run, status) {
    if (status !== "running" && status !== "waiting" && status !== "retrying") this.open.delete(run);
    this.nodes.change(run, status);
  }

  /** @param {Run} run */
  setTotal(run) {
    const { node, visit } = run;
    if (node?.type !== "parallel" && node?.type !== "foreach") return;
    const total = node.branches ?? itemsOf(node, visit.input);
    if (total !== undefined) progressOf(run).total = total;
  }

  /**
   * @param {string} from
   * @param {string} to
   * @param {(kind: string) => boolean} isKind
   * @param {number} [slot]
   */
  take(from, to, isKind, slot) {
    const edges = this.index.edges(from, to, isKind, slot);
    for (const edge of edges) this.taken.add(edge);
    // Without the first events, the state before this one is unknown.
    if (edges.length === 0 && this.missing === 0) this.mismatch("way");
  }

  /**
   * The frame in which an event happens, by the event that caused it.
   *
   * @param {Event} event
   * @returns {Frame | undefined}
   */
  contextOf(event) {
    const by = event.by ?? event.id - 1;
    if (by === 0) return this.root;
    const context = this.contexts[by];
    return context && "visit" in context ? context.frame : context;
  }

  /**
   * The state with the name of an event, near a frame.
   *
   * @param {Frame | undefined} frame
   * @param {Event} event
   * @returns {PlanNode | undefined}
   */
  nodeOf(frame, { step, path }) {
    if (Array.isArray(path)) {
      const node = this.index.byPath.get(path.join("\n"));
      if (node?.name === step) return node;
    }
    return (frame && this.index.inside(frame.parent, frame.branch, step)) ?? this.index.byName.get(step);
  }

  /**
   * The frame of a state whose earlier events are missing.
   *
   * @param {PlanNode | undefined} node
   * @returns {Frame}
   */
  lostFrame(node) {
    if (node?.parent === undefined) return this.root;
    const key = `${node.parent}\n${node.branch ?? ""}`;
    let frame = this.lost.get(key);
    if (!frame) {
      frame = frameOf(undefined, undefined);
      frame.parent = node.parent;
      frame.branch = node.branch;
      this.lost.set(key, frame);
    }
    return frame;
  }

  /** @param {import("../../index.js").ReplayMismatch["kind"]} kind */
  mismatch(kind) {
    if (this.mismatches.length >= MOST_MISMATCHES) return;
    this.mismatches.push({ kind, eventId: this.event.id, stepName: this.event.step });
  }
}

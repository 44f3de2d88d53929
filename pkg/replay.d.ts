/** Types of `replayExecution`. */

import type { ExecutionStatus, Range } from "./index.js";

/** Result of `replayExecution`. */
export interface Replay {
  /** Adds later events. Returns the new `state`. */
  add(events: Iterable<unknown> | object): ReplayState;
  /** The visit of a state to which an event belongs. Absent for events of the execution. */
  visitOf(eventId: number): ReplayVisit | undefined;
  /**
   * What happened so far. After events were added it is a new object. The objects of nodes that did not change stay the
   * same; visits are updated in place.
   */
  readonly state: ReplayState;
}

/** What happened to a state. */
export type ReplayStatus =
  | "notReached"
  /** It works. Also between the error of an attempt that is not repeated and the end of the state. */
  | "running"
  /** A wait state, or a task that was submitted and waits for its result. */
  | "waiting"
  /** An attempt failed, and a rule allows another one. */
  | "retrying"
  | "succeeded"
  | "failed"
  /** It failed, and a catch rule continued the flow. */
  | "caught"
  /** Its task timed out, or it was in progress when the execution timed out. */
  | "timedOut"
  /** It was ended from outside: by the error of another branch, or by the end of the execution. */
  | "stopped";

/** An execution on its graph. `<cloudflow-graph>` draws it. Absent fields are not in the history. */
export interface ReplayState {
  /** Status of the execution. `Starting` without any event. */
  status: ExecutionStatus;
  /** Time of the start, RFC 3339. */
  startedAt?: string;
  /** Time of the end, RFC 3339. */
  stoppedAt?: string;
  /** Input of the execution. */
  input?: unknown;
  /** Output of the execution. */
  output?: unknown;
  /** Error of the execution. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** By the `id` of each node of `flowGraph`. */
  nodes: { readonly [id: string]: ReplayNode };
  /**
   * Edges that were taken: indexes in the `edges` of `flowGraph`, in the order in which they were first taken. A history
   * does not tell two options of a choice with the same target apart: both are in the list.
   */
  edges: number[];
  /** All visits of states, in the order in which they began. The index of a visit is its `id`. */
  visits: ReplayVisit[];
  /** The error that ended the execution. Absent if there is none. */
  failure?: ReplayFailure;
  /** Number of events. */
  events: number;
  /** Number of events that are missing before known ones. */
  missing: number;
  /** Events that contradict the definition: probably another one ran. At most 20. */
  mismatches: ReplayMismatch[];
}

/** What happened to a node. */
export interface ReplayNode {
  /**
   * The most urgent status of its visits: `running`, `retrying`, `waiting`, `failed`, `timedOut`, `caught`, `stopped`,
   * `succeeded`. A visit counts until its series of states enters the state again, or the visit or attempt that contains
   * it is repeated.
   */
  status: ReplayStatus;
  /** Number of attempts of the visit that determines the status. */
  attempts: number;
  /** Last error of this visit, also if it succeeded later. */
  error?: string;
  /** Cause of the error with which this visit failed. */
  cause?: string;
  /** Iterations of a Map or branches of a Parallel in this visit. */
  progress?: ReplayProgress;
  /** All visits, in the order in which they began. */
  visits: readonly ReplayVisit[];
}

/** One visit of a state: from `StepEntered` to `StepExited`. */
export interface ReplayVisit {
  /** Index in `visits`. */
  id: number;
  /** `eventId` of its first event. */
  firstEvent: number;
  /** `id` of the node. Absent if the definition has no such state. */
  node?: string;
  /** Name of the state. */
  name: string;
  /** `id` of the visit of the Parallel, Map or Choice that contains it. */
  parent?: number;
  /** Number of the attempt of `parent` that contains it. */
  parentAttempt?: number;
  /** Index of the branch or iteration in `parent`. */
  index?: number;
  /** What happened to the state in this visit. */
  status: Exclude<ReplayStatus, "notReached">;
  /** Time at which it was entered, RFC 3339. */
  enteredAt?: string;
  /** Time at which it was left, RFC 3339. */
  exitedAt?: string;
  /** Input after the input mappings; before them until the state has started. */
  input?: unknown;
  /** Output of the state. */
  output?: unknown;
  /** Error of the last attempt. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** All attempts. A state without a task has one, unless a Parallel or Map is repeated. */
  attempts: ReplayAttempt[];
  /** Time of the next attempt while the status is `retrying`, RFC 3339, computed from the retry rule. */
  retryAt?: string;
  /** Index of the catch rule that caught the error. */
  caughtBy?: number;
  /** `id` of the visit inside this one whose error is the error of this one. */
  raisedBy?: number;
  /** Iterations of a Map or branches of a Parallel in the last attempt. */
  progress?: ReplayProgress;
}

/** One attempt of a state. */
export interface ReplayAttempt {
  /**
   * Number, from 1. An attempt that failed before its task was scheduled leaves no event: the numbers have a gap then.
   */
  attempt: number;
  /** What happened to the attempt. */
  status: "running" | "waiting" | "succeeded" | "failed" | "timedOut" | "stopped";
  /** Time at which it started, RFC 3339. */
  startedAt: string;
  /** Time at which its task was submitted. */
  submittedAt?: string;
  /** Time at which it ended, RFC 3339. Absent if it has not ended. */
  endedAt?: string;
  /** Time between the end of the attempt before it and its start, in ms. */
  pauseMs?: number;
  /** Input of the task. */
  input?: unknown;
  /** Result of the task. */
  output?: unknown;
  /** Error with which it failed. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** Resource or operation that the task called. */
  resource?: string;
}

/** Iterations of a Map or branches of a Parallel. */
export interface ReplayProgress {
  /** Number of those that have ended. */
  done: number;
  /** Number of all. Absent for a Map whose items are computed. */
  total?: number;
  /** Number of those that have started. */
  started: number;
  /** Number of those that succeeded. */
  succeeded: number;
  /** Number of those that failed. */
  failed: number;
  /** Number of those that were ended by the error of another one. */
  stopped: number;
  /** Index of the one that failed first. */
  firstFailed?: number;
}

/** The error that ended an execution. */
export interface ReplayFailure {
  /** Name of the error. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** `id` of the node that raised the error. Absent if no state raised it. */
  node?: string;
  /** Name of the state. */
  name?: string;
  /** `id` of the visit. */
  visit?: number;
  /** Path of the state in the definition. */
  path?: (string | number)[];
  /** Range of the state's name in the definition. */
  range?: Range;
  /** Number of attempts of the state. 0 if no state raised the error. */
  attempts: number;
  /** Path of the error: the `id`s of the visits that failed with it, from the state that raised it outwards. */
  visits: number[];
}

/** An event that contradicts the definition. */
export interface ReplayMismatch {
  /**
   * - `state`: the definition has no state with this name
   * - `place`: the state is in another list of states, or was not entered
   * - `type`: the state has branches or iterations, but another type
   * - `way`: no edge of the graph leads to the state
   */
  kind: "state" | "place" | "type" | "way";
  /** `eventId` of the event. */
  eventId: number;
  /** Name of the state in the event. */
  stepName: string;
}

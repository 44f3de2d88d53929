/** Types of `simulateState`. */

import type { GraphNode, Locale, Range } from "./index.js";

/** Options of `simulateState`. */
export interface StateOptions {
  /**
   * The state: its name, its `id` in `flowGraph` (such as `/each/steps/pack`), or its `path` in the definition (such as
   * `["States", 2]`). A name must be unique in the whole flow.
   */
  state: string | (string | number)[];
  /**
   * Input of the state, before `InputConstructor`: any JSON value. In the `flow` dialect the input of the flow, branch or
   * iteration that contains the step (`$input`): an object. Default `{}`.
   */
  input?: unknown;
  /** Local data (`$local`) of the steps before. For the `flow` dialect only. Default `{}`. */
  local?: Record<string, unknown> | undefined;
  /** Variables (`$Global`) that earlier states have set. For the `StateMachine` dialect only. Default `{}`. */
  global?: Record<string, unknown> | undefined;
  /**
   * Fields of `$Context` or `$context`, such as `{ Execution: { Name: "e-1", Input: {} }, Current: { TaskToken: "t" } }`.
   * A field replaces the one that follows from the other options. An unknown field is an error.
   */
  context?: Record<string, Record<string, unknown>> | undefined;
  /** Number of retries before this attempt, from 0 to 5,000: `$Context.Current.RetryCount`. Default 0. */
  attempt?: number | undefined;
  /**
   * The number of these retries that each retry rule has made, in the order of the rules. In the `flow` dialect each rule
   * has its own count. Default: all retries had the error of this attempt.
   */
  retries?: number[] | undefined;
  /** Outcome of the work. Without it, a state that has other work to do is `pending`. See {@link StateMock}. */
  mock?: StateMock | undefined;
  /** Index of the item whose iteration `map.iteration` describes. Default 0. */
  iteration?: number | undefined;
  /**
   * Whether the output must be an object. This is so everywhere, except in an iteration over other values. For the
   * `StateMachine` dialect only. Default: whether `input` is an object.
   */
  objectOutput?: boolean | undefined;
  /** Execution mode, whose limits apply. Default `Standard`. */
  mode?: "Standard" | "Express" | undefined;
  /** Time at which the attempt begins, in ms since 1970. Default: the current time. */
  now?: number | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
}

/** Outcome of the work of a state. At least one of `output`, `error`, `delayMs` and `never`; at most one of `output`, `error`, `never`. */
export interface StateMock {
  /**
   * Result, a JSON value. Default `{}`.
   * - Task: what the called service returns, or the report for its task token.
   * - Parallel, Map: the list of the results of all branches or iterations, in their order.
   * - Choice whose option has steps: the local data after these steps.
   */
  output?: unknown;
  /** Name of the error of the task, or of the branch, iteration or option that fails first. */
  error?: string | undefined;
  /** Cause of the error. Default `""`. */
  cause?: string | undefined;
  /** Duration of a task in ms. The task times out if this is not less than its timeout. Default 0. */
  delayMs?: number | undefined;
  /** The task does not end: it times out, or the state stays `pending`. */
  never?: true | undefined;
  /** Variables (`$Global`) when the work has ended, if other states set them meanwhile. Default: unchanged. */
  global?: Record<string, unknown> | undefined;
}

/** Result of `simulateState`. Fields that do not apply are absent. */
export interface StateResult {
  /** The state. */
  state: StateRef;
  /**
   * - `succeeded`: the work and all constructors or mappings succeeded
   * - `retriable`: the attempt failed, and `rule` starts another one after a pause
   * - `caught`: the attempt failed, and `rule` continues with `next`
   * - `failed`: the attempt failed, and no rule applies; the branch, iteration or execution fails
   * - `pending`: the result of the work is unknown, because `mock` is absent or never ends
   */
  status: "succeeded" | "failed" | "retriable" | "caught" | "pending";
  /** The state that follows. Absent if the flow, branch, iteration or option ends with this state. */
  next?: StateRef;
  /** Output of the state: `values.output`. Present if the status is `succeeded` or `caught`. */
  output?: unknown;
  /** Name of the error of the attempt. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** The rule that handles the error. */
  rule?: StateRule;
  /**
   * Values in the processing order, up to the step that failed. The last one that is present precedes the failure.
   */
  values: StateValues;
  /** The request of a task. Absent if the state failed before it. */
  task?: StateTask;
  /** The conditions of a choice, and the option that it takes. */
  choice?: StateChoice;
  /** The wait. `until` is an RFC 3339 time: `now` plus `ms`. */
  wait?: { ms: number; until: string };
  /** The iterations of a Map. */
  map?: StateMap;
  /** First states of the branches of a Parallel, in order. The input of each branch is `values.afterInput`. */
  branches?: { start?: StateRef }[];
}

/** A state of the flow. */
export interface StateRef {
  /** `id` of its node in `flowGraph`. */
  id: string;
  /** Name. `""` if it has none. */
  name: string;
  /** Type of its node in `flowGraph`, with the same names for both dialects. */
  type: GraphNode["type"];
  /** Path in the parsed document. */
  path: (string | number)[];
}

/** Values of an attempt, in the processing order. */
export interface StateValues {
  /** The input. In the `flow` dialect `$input` with the local data over it. */
  input?: unknown;
  /** The input after `InputConstructor` or `inputMappings`. The same as `input` if the state has none. */
  afterInput?: unknown;
  /** `Parameters` or `serviceParams` of a task. */
  parameters?: unknown;
  /**
   * The result of the work: `$Output`, or `$local` in output mappings. For a Map the value with the results of all
   * iterations, as its constructor sees it.
   */
  result?: unknown;
  /** The result after `OutputConstructor` or `outputMappings`; for `caught` that of the rule or of `errorMappings`. */
  output?: unknown;
  /** All variables after `GlobalConstructor`. Absent if the state has none. */
  global?: Record<string, unknown>;
  /** The local data after the step, in the `flow` dialect: `$local` of the next step. */
  local?: Record<string, unknown>;
}

/** A retry or catch rule that handles an error. */
export interface StateRule {
  /** Kind of the rule. */
  kind: "retry" | "catch";
  /** Index in the retry or catch rules of the state. The rules of `OnErrors` follow those of `Retry` and `Catch`. */
  index: number;
  /** Error names of the rule. */
  errors: string[];
  /** Range of the rule in the text. */
  range: Range;
  /** Number of this retry by the rule, from 1. */
  retry?: number;
  /** Maximum number of retries by the rule. */
  maxAttempts?: number;
  /** Pause before the retry, in ms. */
  pauseMs?: number;
}

/** The request of a task. */
export interface StateTask {
  /** `resourceArn` of the step, or `Action`. */
  action: string;
  /** `resourceArn` in the parameters of a `StateMachine` task. */
  resource?: string;
  /** `pattern` or `TaskMode`, in the spelling of the dialect: `requestResponse`, `WaitForCustomCallback` and so on. */
  mode: string;
  /** Input of the called service or function. */
  input: unknown;
  /** Timeout in ms. Absent if the task has none. */
  timeoutMs?: number;
  /** The flow that the task starts. */
  starts?: { flowName: string; executionName?: string; input: unknown };
}

/** The evaluation of a choice. */
export interface StateChoice {
  /**
   * The conditions in their order, up to the first one that is true. The others are not evaluated. `problem` is the reason
   * why a condition has no truth value, such as an absent field; it counts as false.
   */
  conditions: { condition: string; result: boolean; problem?: string }[];
  /** Index of the option that is taken, or `"default"`. Absent if there is none. */
  option?: number | "default";
  /** The steps of the option. Absent if it has none. */
  steps?: InnerStates;
}

/** The iterations of a Map. */
export interface StateMap {
  /** The items. */
  items: unknown[];
  /** Maximum number of concurrent iterations. */
  maxConcurrency: number;
  /** The iteration of the option `iteration`. Absent if there are no items. */
  iteration?: InnerStates & { index: number };
}

/** States inside of a state: an iteration, or the steps of an option. */
export interface InnerStates {
  /** The first state. Absent if there is none. */
  start?: StateRef;
  /** Their input: the option `input` for a test of the first state. */
  input: unknown;
}

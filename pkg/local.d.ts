/**
 * Emulator of the service, simulator of flows, and migration of flow definitions.
 *
 * ```js
 * import { createEmulator, signRequest } from "cloudflow-wasm/local";
 * import { describeExecution } from "cloudflow-wasm";
 *
 * const emulator = createEmulator();
 * const flow = { Name: "f", Definition: text, Description: "mine", Type: "FDL" };
 * await emulator.fetch(await signRequest("CreateFlow", flow));
 * await emulator.fetch(await signRequest("StartExecution", { FlowName: "f", ExecutionName: "e" }));
 * const execution = await describeExecution(
 *   { flowName: "f", executionName: "e", waitTimeSeconds: 20 },
 *   {
 *     endpoint: "http://localhost",
 *     fetch: emulator.fetch,
 *     credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
 *   },
 * );
 * ```
 *
 * @module
 */

import type { Diagnostic, ExecutionEvent, ExecutionStatus, GraphNode, Range } from "./index.js";

export { CloudFlowError } from "./index.js";
export type { ExecutionEvent } from "./index.js";

// ---- Emulator ----------------------------------------------------------------------------------

/**
 * Creates an emulator: one account of the service, in memory, without flows.
 *
 * It verifies signatures of both algorithms, implements long polling, returns the service's error codes, and
 * interprets executions. Implemented operations: CreateFlow, DescribeFlow, UpdateFlow, DeleteFlow, ListFlows,
 * StartExecution, StartSyncExecution, StopExecution, DescribeExecution, ListExecutions, GetExecutionHistory,
 * ReportTaskSucceeded, ReportTaskFailed. ListSchedules returns an empty list. A request for another operation of the
 * service is refused with `ActionNotSupported`, and the message names the operation.
 *
 * A task that starts a flow of this account (`acs:fnf:::flow/NAME`) starts an execution in the emulator, and waits for
 * it if its pattern requires it. Versions, aliases, schedules and map runs are not implemented: requests that use them
 * are refused. Parameters that an operation does not have, such as `RegionId`, are ignored.
 *
 * The response to a wrong signature has the header `x-emulator-string-to-sign`: the string to sign (for
 * ACS3-HMAC-SHA256 the canonical request), at most 4 KiB of it. A request larger than 1 MiB is answered with 413.
 *
 * The emulator works in slices of about 10 ms and handles other requests between them. During a longer computation the
 * execution is `Running`.
 *
 * Throws {@link CloudFlowError} with the code `wrong-options` for invalid options.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-startexecution
 */
export function createEmulator(options?: EmulatorOptions): Emulator;

/** An emulator. After `close()`, its functions throw a {@link CloudFlowError} with the code `emulator-closed`. */
export interface Emulator {
  /**
   * Handles a request as the service does over HTTP. An aborted request rejects with `signal.reason` and is no longer
   * held; the execution is not affected. Can be called without `this`.
   */
  fetch(request: Request): Promise<Response>;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /**
   * Creates a flow or replaces its definition, without a signed request. Returns false if the flow is unchanged.
   * Throws `wrong-definition` if `CreateFlow` would refuse the definition; the message contains the position.
   */
  putFlow(name: string, definition: string, options?: { mode?: "Standard" | "Express" }): boolean;
  /** Deletes a flow as `DeleteFlow` does. Returns false if there is no such flow. */
  removeFlow(name: string): boolean;
  /** Replaces the injected faults. Faults that are absent in `faults` are switched off. */
  setFaults(faults?: Faults): void;
  /**
   * Replaces the handlers and mocks for the tasks that the option `tasks` does not match. Tasks that have started are
   * not affected. Throws `wrong-options` for an invalid mock.
   */
  setFallbackTasks(tasks: TaskHandlers): void;
  /** Current time of the clock of the flows, in ms since 1970. See {@link EmulatorOptions.speed}. */
  now(): number;
  /**
   * Returns flows and executions as text for `restore`, without held requests, quotas and nonces. Time and length are
   * proportional to the journals of all executions. `journal: true` starts the recording of changes: see
   * {@link Emulator.journal}.
   */
  save(options?: { journal?: boolean }): string;
  /**
   * Returns the changes since `save({ journal: true })` or since the last call. The saved text followed by all changes
   * in order is a text for `restore`. Empty if nothing has changed, or if changes are not recorded. Changes are kept in
   * memory until this call.
   */
  journal(): string;
  /**
   * Restores a saved text into an emulator without flows. Running executions continue: events that have become due in
   * the meantime occur with their own time, and interrupted tasks start again.
   * Throws `wrong-state` if the text is damaged, longer than 256 MiB, or not a saved state. An incomplete end of the
   * journal is discarded and reported in `problems`.
   */
  restore(text: string): Restored;
  /** Returns a number that increases with every change that `save` includes. */
  changes(): number;
  /**
   * Responds to every held request: to a long poll with the current state, to a synchronous start with 503. Use it
   * before a server stops.
   */
  answerHeld(): void;
  /** Rejects held requests, aborts tasks and releases the memory. */
  close(): void;
}

/** Result of {@link Emulator.restore}. */
export interface Restored {
  /** Number of flows. */
  flows: number;
  /** Number of executions, both running and ended. */
  executions: number;
  /** Flows and executions that were not restored, with the reason. */
  problems: string[];
}

/** Options of {@link createEmulator}. */
export interface EmulatorOptions {
  /** Secrets by AccessKey ID. Default `{ emulator: "emulator-secret" }`, which is public. */
  accessKeys?: Record<string, string>;
  /** Required STS tokens by AccessKey ID. */
  securityTokens?: Record<string, string>;
  /** Handlers and mocks of tasks. See {@link TaskHandlers}. */
  tasks?: TaskHandlers;
  /** Applies the service's rate limits: 429 `ResourceThrottled` above them. Default false. */
  quotas?: boolean;
  /** Refuses a nonce that was used before. The behaviour of the service is not documented. Default false. */
  nonces?: boolean;
  /** Injected faults, for tests of a client. */
  faults?: Faults;
  /**
   * Speed of the clock of the flows: milliseconds of that clock per millisecond, 1 to 1,000,000. It applies to waits,
   * pauses before retries, timeouts and `delayMs` of mocks alike. Requests, long polls and handlers take their normal
   * time. Times in responses are those of the clock of the flows. Default 1.
   */
  speed?: number;
  /**
   * The clock of the flows jumps to the next wait, pause or timeout that ends, as in `simulateFlow`. It does not jump
   * while a handler runs or a task waits for the report of its task token. Default false.
   */
  skipWaits?: boolean;
  /** Called when an execution has failed or timed out, also one that another execution has started. */
  onExecutionFailed?: (execution: ExecutionFailure) => void;
  /** Replaces the host's clock, for tests. */
  clock?: Clock;
}

/** An execution that has failed or timed out. */
export interface ExecutionFailure {
  /** Name of the flow. */
  flowName: string;
  /** Name of the execution. */
  executionName: string;
  /** Final status. */
  status: "Failed" | "TimedOut";
  /** Name of the state whose error ended the execution. Absent if no state failed. */
  state?: string;
  /** Name of the error. `""` if it has none. */
  error: string;
  /** Cause of the error. */
  cause: string;
}

/**
 * Handlers and mocks by `resourceArn` or `Action`. A key may contain `*`. An exact key takes precedence; otherwise the
 * longest matching key applies. In the `StateMachine` dialect the `resourceArn` may be in the parameters of the task.
 * A key with `*` matches functions of Function Compute 2.0 and 3.0: `acs:fc:*` followed by `/functions/pack` matches
 * `acs:fc:REGION:ACCOUNT:services/shop/functions/pack` and `acs:fc:REGION:ACCOUNT:functions/pack`.
 *
 * A value is a handler, a mock, a list of mocks, or {@link TaskAttempts}. A list has one mock for each call of the
 * state in its execution: entries of the state in a loop, items of an iteration and attempts count alike. The last mock
 * is for all further calls.
 *
 * A task without a matching key fails with `Local.NoTaskHandler`. Exception: in the emulator, a task that waits for its
 * task token waits for the report.
 */
export type TaskHandlers = Record<string, TaskHandler | TaskMock | TaskMock[] | TaskAttempts>;

/** Mocks for the attempts of each entry of a state: the first attempt, the first retry, and so on. */
export interface TaskAttempts {
  /** One mock for each attempt, the last one for all further attempts. The next entry of the state begins anew. */
  attempts: TaskMock[];
}

/** A predefined outcome of a task. At most one of `output`, `error` and `never`. */
export interface TaskMock {
  /** Result, a JSON value. Default `{}`. */
  output?: unknown;
  /** Name of the error with which the task fails. */
  error?: string;
  /** Cause of the error. Default `""`. */
  cause?: string;
  /** Duration in ms of the flow's clock. Default 0. */
  delayMs?: number;
  /** The task does not end; only a timeout ends it. */
  never?: true;
}

/**
 * Performs a task. The returned value is the result. If the handler throws, the task fails; the error name is the
 * `code` of the thrown value, or `Local.TaskThrew` if it has none.
 */
export type TaskHandler = (
  /** Input of the task. */
  input: unknown,
  task: {
    /** Name of the state. */
    name: string;
    /** `resourceArn`, or `Action` if there is none. */
    action: string;
    /** Number of the attempt, from 0. */
    attempt: number;
    /** Number of the call of the state in its execution, from 0: loops, items and attempts count alike. */
    call: number;
    /** Token to report the result with. Absent if the state does not wait for a report. */
    taskToken?: string;
    /** Aborted when the result is no longer needed. */
    signal: AbortSignal;
  },
) => unknown;

/** Faults that the emulator injects. */
export interface Faults {
  /** An execution that has not ended has the `StoppedTime` `1970-01-01T00:00:00Z`, as observed in 2023, not `""`. */
  epochStoppedTime?: boolean;
  /** Maximum time for which a long poll is held, in ms. Overrides `WaitTimeSeconds`. */
  earlyAfterMs?: number;
  /** Additional delay of a long poll that reaches its `WaitTimeSeconds`, in ms. */
  lateByMs?: number;
  /** Delay of every response, in ms. */
  latencyMs?: number;
  /** Omits fields without a value, instead of `""`. */
  missingFields?: boolean;
  /** Replaces every status that is not final. */
  status?: string;
  /** Adds the CORS headers of Alibaba Cloud's shared gateway. */
  cors?: boolean;
  /** Rules for failing requests. The first matching rule applies. */
  fail?: Fail[];
}

/** A rule for failing requests. */
export interface Fail {
  /** Operation, such as `DescribeExecution`. Absent: all operations. */
  action?: string;
  /** Number of matching requests that succeed first. Default 0. */
  skip?: number;
  /** Number of requests that fail after those. Default: all. */
  times?: number;
  /**
   * - `cut`: the request is executed, and the connection is closed without a response (`fetch` rejects)
   * - `error`, `xml`, `empty`: an error in JSON, in XML, or without a body; the request is not executed
   * - `garbage`: a success with truncated JSON; the request is not executed
   */
  how: "cut" | "error" | "xml" | "empty" | "garbage";
  /** HTTP status, 400 to 599. Default 500; 200 for `garbage`. */
  status?: number;
  /** `Code` of the error. */
  code?: string;
  /** `Message` of the error. */
  message?: string;
  /** Value of the header `x-acs-retry-after`, in ms. */
  retryAfterMs?: number;
}

/** Clock and timers of an emulator. */
export interface Clock {
  /** Current time in ms since 1970. */
  now(): number;
  /** Calls `wake` after `ms` ms. Returns a value for `clearTimeout`. */
  setTimeout(wake: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimeout(timer: unknown): void;
}

/**
 * Creates a request for any operation, such as `StartExecution`, signed with RPC V1 (HMAC-SHA1), for the emulator.
 *
 * Throws {@link CloudFlowError}: `reserved-parameter` for a parameter that belongs to the signature, `out-of-range` for
 * a lone surrogate, `wrong-options` for a value of the wrong type, `bad-endpoint` for an endpoint that is not a URL.
 */
export function signRequest(
  action: string,
  parameters?: Record<string, string | number | boolean | undefined>,
  options?: SignOptions,
): Promise<Request>;

/** Options of {@link signRequest}. */
export interface SignOptions {
  /** Base URL. Default `http://localhost`; `emulator.fetch` accepts any host. */
  endpoint?: string;
  /** AccessKey ID. Default `emulator`. */
  accessKeyId?: string;
  /** AccessKey secret. Default `emulator-secret`. */
  accessKeySecret?: string;
  /** STS token. */
  securityToken?: string;
  /** Time of the request, in ms since 1970. Default: the current time. */
  now?: number;
  /** Signal of the returned `Request`. */
  signal?: AbortSignal;
}

// ---- Migration ---------------------------------------------------------------------------------

/**
 * Converts a definition of the `flow` dialect to an equivalent definition of the `StateMachine` dialect. Comments and
 * names are kept.
 *
 * Diagnostics refer to positions in the original text:
 * - `migrate-no-equal`: the new dialect has no equivalent
 * - `migrate-review`: the conversion relies on undocumented behaviour
 * - `migrate-renamed`: a name was changed
 *
 * A definition with errors is not converted: `text` is null, and `diagnostics` contains the errors. A definition of the
 * `StateMachine` dialect is returned unchanged.
 */
export function migrateFlow(text: string): Migration;

/** Result of {@link migrateFlow}. */
export interface Migration {
  /** New definition. Null if the original has errors. */
  text: string | null;
  /** Findings. */
  diagnostics: Diagnostic[];
}

// ---- Simulation --------------------------------------------------------------------------------

/**
 * Runs a flow with a simulated clock. Waits take no real time. The clock does not advance while a handler runs.
 *
 * ```js
 * const { status, output, events } = await simulateFlow(text, {
 *   input: { order: 17 },
 *   tasks: {
 *     "acs:fc:*": async (input, task) => ({ seen: input.order }),
 *     "acs:fc:::services/shop/functions/charge": [
 *       { error: "FC.ResourceThrottled" },
 *       { output: { paid: true }, delayMs: 800 },
 *     ],
 *   },
 * });
 * ```
 *
 * A failed flow is a result with the status `Failed`, and so is a text that is not a valid definition
 * (`Local.InvalidDefinition`). Error names that begin with `Local.` belong to this package, not to the service.
 *
 * Throws {@link CloudFlowError} with the code `wrong-options` for invalid options.
 */
export function simulateFlow(text: string, options?: SimulateOptions): Promise<Simulation>;

/** Options of {@link simulateFlow}. */
export interface SimulateOptions {
  /** Input of the execution. Default `{}`. */
  input?: object;
  /** Handlers and mocks of tasks. The result of a task that waits for its task token is used as the report. */
  tasks?: TaskHandlers;
  /** Definitions by name of flows that this flow can start. They take precedence over `tasks`. */
  flows?: Record<string, string>;
  /** Execution mode, whose limits apply. Default `Standard`. */
  mode?: "Standard" | "Express";
  /** Aborts the simulation within about 50 ms; the promise rejects with `signal.reason`. */
  signal?: AbortSignal;
}

/** Result of {@link simulateFlow}. */
export interface Simulation {
  /** Final status of the execution. */
  status: ExecutionStatus;
  /** Output. Present if `status` is `Succeeded`. */
  output?: unknown;
  /** Name of the error. Present if the execution failed. */
  error?: string;
  /** Cause of the error. */
  cause?: string;
  /** History of the execution. */
  events: ExecutionEvent[];
  /** Executions that this execution and its children started, in order of their start. Absent if there are none. */
  children?: ChildExecution[];
}

/** An execution that was started by another execution. */
export interface ChildExecution extends Simulation {
  /** Name of the flow. */
  flowName: string;
  /** Name of the execution. */
  executionName: string;
}

// ---- One state ---------------------------------------------------------------------------------

/**
 * Runs one attempt of one state, without the rest of its flow: with an input, and a mock for the result of its work. The
 * interpreter is that of `simulateFlow`, so the result is what a whole execution does at this state.
 *
 * ```js
 * const { status, next, rule, values } = simulateState(text, {
 *   state: "charge",
 *   input: { order: 17 },
 *   attempt: 1,
 *   mock: { error: "FC.ResourceThrottled" },
 * });
 * // status: "retriable", rule: { kind: "retry", index: 0, retry: 2, maxAttempts: 3, pauseMs: 20000, ... }
 * ```
 *
 * Nothing is called and nothing waits. A state that fails is a result.
 *
 * Throws {@link CloudFlowError}:
 * - `wrong-definition`: the text has errors. `diagnostics` has all findings, as `validateFlow` returns them.
 * - `unknown-state`: the flow has no such state. The message suggests the nearest name.
 * - `ambiguous-state`: several states have the name. The message lists their ids.
 * - `wrong-options`: an option is unknown, has the wrong type, or is not for this state.
 * - `not-a-text`: `text` is not a string.
 */
export function simulateState(text: string, options: StateOptions): StateResult;

/** Options of {@link simulateState}. */
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
  local?: Record<string, unknown>;
  /** Variables (`$Global`) that earlier states have set. For the `StateMachine` dialect only. Default `{}`. */
  global?: Record<string, unknown>;
  /**
   * Fields of `$Context` or `$context`, such as `{ Execution: { Name: "e-1", Input: {} }, Current: { TaskToken: "t" } }`.
   * A field replaces the one that follows from the other options. An unknown field is an error.
   */
  context?: Record<string, Record<string, unknown>>;
  /** Number of retries before this attempt, from 0 to 5,000: `$Context.Current.RetryCount`. Default 0. */
  attempt?: number;
  /**
   * The number of these retries that each retry rule has made, in the order of the rules. In the `flow` dialect each rule
   * has its own count. Default: all retries had the error of this attempt.
   */
  retries?: number[];
  /** Outcome of the work. Without it, a state that has other work to do is `pending`. See {@link StateMock}. */
  mock?: StateMock;
  /** Index of the item whose iteration `map.iteration` describes. Default 0. */
  iteration?: number;
  /**
   * Whether the output must be an object. This is so everywhere, except in an iteration over other values. For the
   * `StateMachine` dialect only. Default: whether `input` is an object.
   */
  objectOutput?: boolean;
  /** Execution mode, whose limits apply. Default `Standard`. */
  mode?: "Standard" | "Express";
  /** Time at which the attempt begins, in ms since 1970. Default: the current time. */
  now?: number;
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
  error?: string;
  /** Cause of the error. Default `""`. */
  cause?: string;
  /** Duration of a task in ms. The task times out if this is not less than its timeout. Default 0. */
  delayMs?: number;
  /** The task does not end: it times out, or the state stays `pending`. */
  never?: true;
  /** Variables (`$Global`) when the work has ended, if other states set them meanwhile. Default: unchanged. */
  global?: Record<string, unknown>;
}

/** Result of {@link simulateState}. Fields that do not apply are absent. */
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

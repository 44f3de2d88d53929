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
 * @module cloudflow-wasm/local
 */

import type { Diagnostic, ExecutionEvent, ExecutionStatus, Locale, LocaleOptions } from "./index.js";
import type { StateOptions, StateResult } from "./state.js";

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
  /** The same with an address and the options of the global `fetch`. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /**
   * Creates a flow or replaces its definition, without a signed request. Returns false if the flow is unchanged.
   * Throws `wrong-definition` if `CreateFlow` would refuse the definition; the message contains the position.
   */
  putFlow(name: string, definition: string, options?: { mode?: "Standard" | "Express" | undefined }): boolean;
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
  save(options?: { journal?: boolean | undefined }): string;
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
  accessKeys?: Record<string, string> | undefined;
  /** Required STS tokens by AccessKey ID. */
  securityTokens?: Record<string, string> | undefined;
  /** Handlers and mocks of tasks. See {@link TaskHandlers}. */
  tasks?: TaskHandlers | undefined;
  /** Applies the service's rate limits: 429 `ResourceThrottled` above them. Default false. */
  quotas?: boolean | undefined;
  /** Refuses a nonce that was used before. The behaviour of the service is not documented. Default false. */
  nonces?: boolean | undefined;
  /** Injected faults, for tests of a client. */
  faults?: Faults | undefined;
  /**
   * Speed of the clock of the flows: milliseconds of that clock per millisecond, 1 to 1,000,000. It applies to waits,
   * pauses before retries, timeouts and `delayMs` of mocks alike. Requests, long polls and handlers take their normal
   * time. Times in responses are those of the clock of the flows. Default 1.
   */
  speed?: number | undefined;
  /**
   * The clock of the flows jumps to the next wait, pause or timeout that ends, as in `simulateFlow`. It does not jump
   * while a handler runs or a task waits for the report of its task token. Default false.
   */
  skipWaits?: boolean | undefined;
  /** Called when an execution has failed or timed out, also one that another execution has started. */
  onExecutionFailed?: ((execution: ExecutionFailure) => void) | undefined;
  /** Replaces the host's clock, for tests. */
  clock?: Clock | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
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
 * A key `state:NAME` matches the tasks of the states with this name. It takes precedence over all other keys.
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
  error?: string | undefined;
  /** Cause of the error. Default `""`. */
  cause?: string | undefined;
  /** Duration in ms of the flow's clock. Default 0. */
  delayMs?: number | undefined;
  /** The task does not end; only a timeout ends it. */
  never?: true | undefined;
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
  epochStoppedTime?: boolean | undefined;
  /** Maximum time for which a long poll is held, in ms. Overrides `WaitTimeSeconds`. */
  earlyAfterMs?: number | undefined;
  /** Additional delay of a long poll that reaches its `WaitTimeSeconds`, in ms. */
  lateByMs?: number | undefined;
  /** Delay of every response, in ms. */
  latencyMs?: number | undefined;
  /** Omits fields without a value, instead of `""`. */
  missingFields?: boolean | undefined;
  /** Replaces every status that is not final. */
  status?: string | undefined;
  /** Adds the CORS headers of Alibaba Cloud's shared gateway. */
  cors?: boolean | undefined;
  /** Rules for failing requests. The first matching rule applies. */
  fail?: Fail[] | undefined;
}

/** A rule for failing requests. */
export interface Fail {
  /** Operation, such as `DescribeExecution`. Absent: all operations. */
  action?: string | undefined;
  /** Number of matching requests that succeed first. Default 0. */
  skip?: number | undefined;
  /** Number of requests that fail after those. Default: all. */
  times?: number | undefined;
  /**
   * - `cut`: the request is executed, and the connection is closed without a response (`fetch` rejects)
   * - `error`, `xml`, `empty`: an error in JSON, in XML, or without a body; the request is not executed
   * - `garbage`: a success with truncated JSON; the request is not executed
   */
  how: "cut" | "error" | "xml" | "empty" | "garbage";
  /** HTTP status, 400 to 599. Default 500; 200 for `garbage`. */
  status?: number | undefined;
  /** `Code` of the error. */
  code?: string | undefined;
  /** `Message` of the error. */
  message?: string | undefined;
  /** Value of the header `x-acs-retry-after`, in ms. */
  retryAfterMs?: number | undefined;
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
  endpoint?: string | undefined;
  /** AccessKey ID. Default `emulator`. */
  accessKeyId?: string | undefined;
  /** AccessKey secret. Default `emulator-secret`. */
  accessKeySecret?: string | undefined;
  /** STS token. */
  securityToken?: string | undefined;
  /** Time of the request, in ms since 1970. Default: the current time. */
  now?: number | undefined;
  /** Signal of the returned `Request`. */
  signal?: AbortSignal | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
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
export function migrateFlow(text: string, options?: LocaleOptions): Migration;

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
  input?: object | undefined;
  /** Handlers and mocks of tasks. The result of a task that waits for its task token is used as the report. */
  tasks?: TaskHandlers | undefined;
  /** Definitions by name of flows that this flow can start. They take precedence over `tasks`. */
  flows?: Record<string, string> | undefined;
  /** Execution mode, whose limits apply. Default `Standard`. */
  mode?: "Standard" | "Express" | undefined;
  /** Aborts the simulation within about 50 ms; the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
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

export type {
  InnerStates,
  StateChoice,
  StateMap,
  StateMock,
  StateOptions,
  StateRef,
  StateResult,
  StateRule,
  StateTask,
  StateValues,
} from "./state.js";

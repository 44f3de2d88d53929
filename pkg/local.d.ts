/**
 * The service on your desk: an emulator that any client can be pointed at, and flows that run here.
 *
 * ```js
 * import { createEmulator, signRequest } from "cloudflow-wasm/local";
 * import { describeExecution } from "cloudflow-wasm";
 *
 * const emulator = createEmulator();
 * await emulator.fetch(await signRequest("CreateFlow", { Name: "f", Definition: text, Description: "mine", Type: "FDL" }));
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

import type { Diagnostic, ExecutionStatus } from "./index.js";

export { CloudFlowError } from "./index.js";

/**
 * Makes an account of the service, in memory, without flows.
 *
 * It checks signatures of both kinds, holds long polls, and answers in the service's words. Its
 * executions are interpreted. Known operations: CreateFlow, DescribeFlow, UpdateFlow, DeleteFlow,
 * ListFlows, StartExecution, StartSyncExecution, StopExecution, DescribeExecution, ListExecutions, GetExecutionHistory,
 * ReportTaskSucceeded, ReportTaskFailed.
 *
 * A task that starts a flow of this account (`acs:fnf:::flow/NAME`) begins its execution here, and waits for it
 * where its pattern says so. Versions, aliases, schedules and map runs are not emulated: what asks for one is refused.
 *
 * A wrong signature is answered with the header `x-emulator-string-to-sign`: what was signed here
 * (for ACS3-HMAC-SHA256 the canonical request), cut after 4 KiB. A request of more than 1 MiB is answered with 413.
 *
 * It works in turns of some 10 ms, between which other requests are answered. An execution that takes longer is `Running`
 * meanwhile.
 */
export function createEmulator(options?: EmulatorOptions): Emulator;

export interface Emulator {
  /**
   * Answers a request, as the service would over HTTP. An aborted one rejects with `signal.reason`,
   * and is no longer held; the execution does not notice. Works unbound.
   */
  fetch(request: Request): Promise<Response>;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /**
   * Makes a flow, or changes its definition, without a signed request. False where it is so already.
   * What `CreateFlow` would refuse throws (`wrong-definition`), with its place in the message.
   */
  putFlow(name: string, definition: string, options?: { mode?: "Standard" | "Express" }): boolean;
  /** Removes a flow as `DeleteFlow` does. False where there is none. */
  removeFlow(name: string): boolean;
  /** Other things go wrong from now on: all that `faults` does not name is off. */
  setFaults(faults?: Faults): void;
  /**
   * Flows and executions as text, for `restore`. Held requests, quotas and nonces are left out. It costs
   * time and length in proportion to all that executions were told so far. With `journal: true`, changes are recorded
   * from here on: see {@link Emulator.journal}.
   */
  save(options?: { journal?: boolean }): string;
  /**
   * Returns the changes since `save({ journal: true })`, or since the last call. Appended to the saved text in order, they
   * make a text for `restore`. Empty if nothing has changed, or if no changes are recorded. Changes are kept in memory until this call.
   */
  journal(): string;
  /**
   * Takes over what was saved, in an emulator that has no flows yet. Running executions go on from where
   * they were: what was due since then happens at its own moment, and a task that was at work begins again.
   * A text that is not whole, or longer than 256 MiB, or something else, is refused (`wrong-state`). An incomplete end of the
   * journal is left out, and is one of the `problems`.
   */
  restore(text: string): Restored;
  /** A number that goes up with every change that `save` would tell of. */
  changes(): number;
  /**
   * Answers every request that is held: a long poll with what is known by now, a synchronous start with 503.
   * For a server that stops.
   */
  answerHeld(): void;
  /** Ends what is held and forgets everything. */
  close(): void;
}

export interface Restored {
  flows: number;
  /** Running and ended ones. */
  executions: number;
  /** What did not come back, and why: a definition that is refused by now, an execution that takes another course by now. */
  problems: string[];
}

export interface EmulatorOptions {
  /** AccessKey IDs and their secrets. Default: `emulator` with `emulator-secret`, which everybody knows. */
  accessKeys?: Record<string, string>;
  /** AccessKey IDs and the STS token that must come with each. */
  securityTokens?: Record<string, string>;
  /** Who does the tasks: see {@link TaskHandlers}. */
  tasks?: TaskHandlers;
  /** The service's token buckets count: 429 `ResourceThrottled` beyond them. Default: false. */
  quotas?: boolean;
  /** A nonce is refused the second time. Nobody knows whether the service does that. Default: false. */
  nonces?: boolean;
  /** What goes wrong on demand, for testing a client. */
  faults?: Faults;
  /** Instead of the host's clock, for tests. */
  clock?: Clock;
}

/**
 * Keyed by a `resourceArn` or `Action`, exact or with `*`; the exact key first, then the longest. The
 * `resourceArn` may also stand in the parameters of a task of the `StateMachine` dialect.
 *
 * Under a key stands a handler, a mock, or a list of mocks: one for each attempt, the last for all
 * that follow. A task that none of them is for fails as `Local.NoTaskHandler`; in the emulator one
 * that waits for its token does not: whoever has the token reports.
 */
export type TaskHandlers = Record<string, TaskHandler | TaskMock | TaskMock[]>;

/** What a task comes to, without anybody doing it. */
export interface TaskMock {
  /** The result, as JSON. Default: `{}`. */
  output?: unknown;
  /** It fails with an error of this name, instead. */
  error?: string;
  /** Why it fails. Default: `""`. */
  cause?: string;
  /** How long it takes, in milliseconds of the flow's clock. Default: 0. */
  delayMs?: number;
  /** It gives no answer, ever; what ends it is a timeout. */
  never?: true;
}

/**
 * Does a task. What it returns is the result; what it throws fails the task, `code` being the
 * error's name (else it is `Local.TaskThrew`). Whatever it throws, the emulator goes on.
 */

export type TaskHandler = (
  /** What a function would get. */
  input: unknown,
  task: {
    /** The name of the state. */
    name: string;
    /** The `resourceArn`, or the `Action` where there is none. */
    action: string;
    /** 0 for the first try. */
    attempt: number;
    /** There where the state waits until this is reported. */
    taskToken?: string;
    /** Aborted when nobody wants the result any more. */
    signal: AbortSignal;
  },
) => unknown;

export interface Faults {
  /** StartExecution answers with the status `""`, as recorded in 2020. */
  startWithoutStatus?: boolean;
  /** A long poll is answered after at most this long, whatever it asked for. */
  earlyAfterMs?: number;
  /** A long poll that runs out is answered this much after its time. */
  lateByMs?: number;
  /** Every answer takes this long. */
  latencyMs?: number;
  /** Fields without a value are left out instead of `""`. */
  missingFields?: boolean;
  /** What a status that is not final reads as. */
  status?: string;
  /** Answer a page of another origin, with the headers of Alibaba Cloud's shared gateway. */
  cors?: boolean;
  /** Requests that fail; the first rule that fits counts. */
  fail?: Fail[];
}

export interface Fail {
  /** The operation, such as `DescribeExecution`; every one where it is absent. */
  action?: string;
  /** How many such requests go through first. Default: 0. */
  skip?: number;
  /** How many fail after that. Default: all. */
  times?: number;
  /**
   * `cut`: the request takes effect, but the connection is closed without an answer (`fetch` rejects).
   * `error`, `xml`, `empty`: an error in JSON, in XML, or without a body; the request has no effect.
   * `garbage`: a success whose JSON breaks off; the request has no effect.
   */
  how: "cut" | "error" | "xml" | "empty" | "garbage";
  /** The HTTP status, 400 to 599. Default: 500; of `garbage` 200. */
  status?: number;
  code?: string;
  message?: string;
  /** The header `x-acs-retry-after`. */
  retryAfterMs?: number;
}

/** What `createEmulator` needs of time. `setTimeout` gives what `clearTimeout` takes. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(wake: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * Signs any operation, such as `StartExecution`, with RPC V1 (HMAC-SHA1). For the emulator: the
 * package itself asks the service for executions, and changes nothing there.
 */
export function signRequest(
  action: string,
  parameters?: Record<string, string | number | boolean | undefined>,
  options?: SignOptions,
): Promise<Request>;

export interface SignOptions {
  /** Default: `http://localhost`, which is as good as any for `emulator.fetch`. */
  endpoint?: string;
  /** Default: `emulator`. */
  accessKeyId?: string;
  /** Default: `emulator-secret`. */
  accessKeySecret?: string;
  securityToken?: string;
  /** The time of the request, in milliseconds since 1970. Default: now. */
  now?: number;
  signal?: AbortSignal;
}

/**
 * Turns a flow definition of the `flow` dialect into one of the `StateMachine` dialect that does the
 * same. Comments stay with what they speak of, names stay what they are.
 *
 * What the new dialect cannot say as the old one did is found with the code `migrate-no-equal`; what
 * rests on something undocumented, with `migrate-review`; a name that had to change, with
 * `migrate-renamed`. Every place is in the old text.
 *
 * A definition with errors is not migrated: `text` is null, and the errors are there. One that is a
 * `StateMachine` already comes back as it is.
 */
export function migrateFlow(text: string): Migration;

export interface Migration {
  /** The new definition; null where the old one has errors. */
  text: string | null;
  diagnostics: Diagnostic[];
}

/**
 * Runs a flow on a clock of its own: a wait takes no time. Where a handler is at work, the clock stands.
 *
 * ```js
 * const { status, output, events } = await simulateFlow(text, {
 *   input: { order: 17 },
 *   tasks: {
 *     "acs:fc:*": async (input, task) => ({ seen: input.order }),
 *     "acs:fc:::services/shop/functions/charge": [{ error: "FC.ResourceThrottled" }, { output: { paid: true }, delayMs: 800 }],
 *   },
 * });
 * ```
 *
 * The flow's own failure is an answer, and so is a text that is no flow (`Local.InvalidDefinition`).
 * Error names that begin with `Local.` are not the service's.
 */
export function simulateFlow(text: string, options?: SimulateOptions): Promise<Simulation>;

export interface SimulateOptions {
  /** The input of the execution. Default: `{}`. */
  input?: object;
  /** Who does the tasks. The result of a task that waits for its token counts as the report. */
  tasks?: TaskHandlers;
  /**
   * The flows that this one can start: their names and definitions. They are run for the tasks that
   * name them, before anything in `tasks` is looked at.
   */
  flows?: Record<string, string>;
  /** `Express`: the limits of that mode. Default: `Standard`. */
  mode?: "Standard" | "Express";
  /** Ends it within some 50 ms; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Simulation {
  status: ExecutionStatus;
  /** There where it succeeded. */
  output?: unknown;
  /** There where it failed. */
  error?: string;
  cause?: string;
  events: ExecutionEvent[];
  /** The executions that were started out of it, in this order. There where there are any. */
  children?: ChildExecution[];
}

/** An execution that another one started. */
export interface ChildExecution extends Simulation {
  flowName: string;
  executionName: string;
}

/** One entry of the history, as GetExecutionHistory gives it, its detail read. */
export interface ExecutionEvent {
  eventId: number;
  /** The event that led to this one; 0 for the first. */
  scheduleEventId: number;
  type: string;
  /** `""` where the execution itself is meant. */
  stepName: string;
  time: string;
  detail: Record<string, unknown>;
  /** Where the state stands in the definition, such as `["steps", 0]`. */
  path?: (string | number)[];
}

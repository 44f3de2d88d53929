/**
 * Client for Alibaba Cloud CloudFlow (product `fnf`, API version 2019-03-15), and parser, validator and graph of its
 * flow definitions.
 *
 * All functions can be called directly after the import. An invalid *text* is reported in the result: these functions
 * do not throw for it. An invalid *call* and a failed *request* throw a {@link CloudFlowError}.
 *
 * @module cloudflow-wasm
 */

import type { Replay } from "./replay.js";
import type {
  EventsOptions,
  ExecutionEvent,
  ExecutionsPage,
  HistoryPage,
  HistoryRequest,
  ListExecutionsRequest,
} from "./ask/types.js";

// ---- Client ------------------------------------------------------------------------------------

/**
 * Sends one `DescribeExecution` request and returns the execution.
 *
 * With `waitTimeSeconds` it is a long poll: the service holds the response until the execution ends or the time is
 * over. A status that is not final is a normal result.
 *
 * Throws {@link CloudFlowError}. After an abort it rejects with `signal.reason`.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution
 */
export function describeExecution(
  request: DescribeExecutionRequest,
  options: ClientOptions & CallOptions,
): Promise<Execution>;

/**
 * Sends long polls until the execution has a final status, and returns its last state.
 *
 * Network outages, background tabs and system sleep do not end the call: it sends the next request within one second
 * after their end.
 *
 * Throws {@link CloudFlowError}. After an abort it rejects with `signal.reason`.
 */
export function waitForExecution(request: ExecutionRef, options: ClientOptions & WaitOptions): Promise<Execution>;

/**
 * Returns an iterator over the states of an execution: the current state, then each change once, and the final state
 * last. The first request is sent at the first `next()`. Leaving the loop aborts the request in flight.
 *
 * The iterator throws {@link CloudFlowError}. After an abort it throws `signal.reason`.
 */
export function watchExecution(
  request: ExecutionRef,
  options: ClientOptions & WaitOptions,
): AsyncIterableIterator<Execution>;

export * from "./ask/types.js";

/**
 * Returns the functions above, bound to `options`. Options of a call override options of the client.
 *
 * Calls made through one client that have the same endpoint and account share:
 * - the rate limit: signed calls stay below the service's limit per account, 5 requests per second with a burst of 50;
 *   further calls are queued.
 *   `getExecutionHistory` and `listExecutions` have limits of their own
 * - the credentials: one call of the `credentials` function serves all
 * - the clock offset to the service, and the detection of proxies that cut long polls
 * - the retry budget
 *
 * Calls of the unbound functions share nothing.
 */
export function createClient(options: ClientOptions): Client;

/** The functions that {@link createClient} returns. */
export interface Client {
  /** See {@link describeExecution}. */
  describeExecution(
    request: DescribeExecutionRequest,
    options?: Partial<ClientOptions> & CallOptions,
  ): Promise<Execution>;
  /** See {@link waitForExecution}. */
  waitForExecution(request: ExecutionRef, options?: Partial<ClientOptions> & WaitOptions): Promise<Execution>;
  /** See {@link watchExecution}. */
  watchExecution(
    request: ExecutionRef,
    options?: Partial<ClientOptions> & WaitOptions,
  ): AsyncIterableIterator<Execution>;
  /** See {@link getExecutionHistory}. */
  getExecutionHistory(request: HistoryRequest, options?: Partial<ClientOptions> & CallOptions): Promise<HistoryPage>;
  /** See {@link executionEvents}. */
  executionEvents(
    request: ExecutionRef,
    options?: Partial<ClientOptions> & EventsOptions,
  ): AsyncIterableIterator<ExecutionEvent>;
  /** See {@link listExecutions}. */
  listExecutions(
    request: ListExecutionsRequest,
    options?: Partial<ClientOptions> & CallOptions,
  ): Promise<ExecutionsPage>;
  /** See {@link flowExecutions}. */
  flowExecutions(
    request: ListExecutionsRequest,
    options?: Partial<ClientOptions> & CallOptions,
  ): AsyncIterableIterator<Execution>;
}

/** Identifies an execution. */
export interface ExecutionRef {
  /** Name of the flow. */
  flowName: string;
  /** Name of the execution. */
  executionName: string;
}

/** Parameters of {@link describeExecution}. */
export interface DescribeExecutionRequest extends ExecutionRef {
  /**
   * Maximum time for which the service holds the response, in whole seconds, 0 to 60. Default 0: the service responds
   * immediately.
   */
  waitTimeSeconds?: number | undefined;
}

/**
 * Options of a client.
 *
 * Each call reads the options once: own properties and properties of the object's class, never those of
 * `Object.prototype`. If a getter throws, the call rejects with that error. An option whose value is `undefined` counts as
 * absent, in all functions of the package: an option of the client counts if that of the call is `undefined`.
 */
export interface ClientOptions {
  /** Region, such as `cn-hangzhou`. Requests go to `https://<region>.fnf.aliyuncs.com`. */
  region?: string | undefined;
  /** Base URL of another endpoint: a VPC host, a gateway, the emulator. Overrides `region`. */
  endpoint?: string | undefined;
  /**
   * Credentials, or a function that returns them. The result of the function is cached until shortly before its
   * `expiration`. It is called again when the service reports an expired token. Absent: requests are not signed; use
   * this with a gateway, which signs.
   */
  credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Signature algorithm. Default `HMAC-SHA1` (RPC V1), which the official SDK uses with this product. */
  signature?: "HMAC-SHA1" | "ACS3-HMAC-SHA256" | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
  /** Replaces the global `fetch`: a service binding, `emulator.fetch`, a test double. Called without `this`. */
  fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Headers added to every request, for a gateway. */
  headers?: Record<string, string> | undefined;
  /**
   * Retry policy. `false` disables retries. Only transient errors are retried. Every attempt has a new timestamp, nonce
   * and signature. A pause that the service requests is respected.
   */
  retry?: Partial<RetryOptions> | false | undefined;
  /**
   * Allows credentials without a `securityToken` in a page or a worker of a browser. Default `false`: such a call throws
   * `secret-in-page`, unless the endpoint is a loopback address or `fetch` is that of an emulator.
   */
  dangerouslyAllowBrowser?: boolean | undefined;
  /**
   * Allows credentials without a `securityToken` over plain `http`, for a trusted network. Default `false`: such a call
   * throws `insecure-endpoint`. Loopback addresses are always allowed: `localhost`, `*.localhost`, `127.0.0.0/8`,
   * `[::1]`.
   */
  allowInsecureHttp?: boolean | undefined;
  /**
   * How `waitForExecution`, `watchExecution` and `executionEvents` with `follow` get changes from a gateway. `sse`: one
   * stream of server-sent events per execution, shared by the calls of a client; changes arrive without a request. `poll`:
   * long polls. Default `auto`: a stream after a response of the gateway has said that it has streams. Where a stream
   * cannot be opened, polls are used. Calls with `credentials` are polls; with `sse` they throw `wrong-options`.
   */
  transport?: "sse" | "poll" | "auto" | undefined;
}

/** Retry policy with exponential backoff and full jitter. */
export interface RetryOptions {
  /**
   * Maximum number of consecutive attempts, including the first. A response with an execution resets the count. Some
   * errors have a lower maximum. Default 5; without limit in `waitForExecution` and `watchExecution`.
   */
  maxAttempts: number;
  /** Upper bound of the first pause, in ms. The bound doubles with each further pause. Default 500. */
  baseDelayMs: number;
  /** Maximum pause, in ms. Default 10000; 30000 in `waitForExecution` and `watchExecution`. */
  maxDelayMs: number;
}

/** An AccessKey pair, or temporary credentials of STS. */
export interface Credentials {
  /** AccessKey ID. */
  accessKeyId: string;
  /** AccessKey secret. */
  accessKeySecret: string;
  /** Token of temporary (STS) credentials. */
  securityToken?: string | undefined;
  /** Time at which the credentials expire, RFC 3339. */
  expiration?: string | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** Aborts the call. The call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /**
   * Maximum duration of the call in ms, including retries and pauses. After it the call throws an error of the kind
   * `timeout`. Absent: no maximum.
   */
  timeoutMs?: number | undefined;
}

/** Options of {@link waitForExecution} and {@link watchExecution}. */
export interface WaitOptions extends CallOptions {
  /**
   * Maximum time for which the service holds each response, in whole seconds, 0 to 60. Default 20. With 0, the service
   * responds immediately, and the client pauses 1 to 5 seconds between requests.
   */
  waitTimeSeconds?: number | undefined;
  /**
   * Called once for each change, including the final state. If present, the first request is not a long poll, so that
   * the current state is reported immediately. An exception of the callback, or the rejection of the promise that it
   * returns, ends the call, which rejects with it. The call does not wait for the promise before its next request, but it
   * ends only after the promise has settled.
   */
  onUpdate?: ((execution: Execution) => void | Promise<void>) | undefined;
  /**
   * Called before each pause after a failed attempt, for a display such as "reconnecting, next try in n s". The pause ends
   * early when the page becomes visible or the network returns. Exceptions and promises count as those of `onUpdate`.
   */
  onRetry?: ((retry: Retry) => void | Promise<void>) | undefined;
}

/** A pause after a failed attempt. */
export interface Retry {
  /** Number of consecutive failed attempts, from 1. */
  attempt: number;
  /** Duration of the pause before the next attempt, in ms. */
  delayMs: number;
  /** Reason of the failure. */
  error: CloudFlowError;
}

// ---- Responses ---------------------------------------------------------------------------------

/**
 * Parses the body of a `DescribeExecution` response: text, bytes, or the result of `JSON.parse`. `""`, `null` and
 * absent fields are equivalent. Unknown fields are ignored.
 *
 * `execution` is `null` if the body is not an execution. The JSON and YAML inside the fields are not parsed: use
 * {@link validateExecution}.
 */
export function parseExecution(
  body: string | Uint8Array | object,
  options?: LocaleOptions,
): {
  execution: Execution | null;
  diagnostics: Diagnostic[];
};

/**
 * Checks a `DescribeExecution` response, including the JSON in `Input` and `Output` and the YAML in `FlowDefinition`.
 * For a finding in that YAML, `path` begins with `"FlowDefinition"` and `range` refers to the text of that field.
 */
export function validateExecution(body: string | Uint8Array | object, options?: LocaleOptions): Diagnostic[];

/**
 * An execution, as `DescribeExecution` describes it.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution
 */
export interface Execution {
  /** ID that the service gave to the request. */
  requestId: string;
  /** Name of the flow. */
  flowName: string;
  /** Name of the execution. */
  name: string;
  /** Status. An unknown status is kept as received. */
  status: ExecutionStatus | (string & {});
  /** True if the status is final: `Stopped`, `Succeeded`, `Failed` or `TimedOut`. */
  done: boolean;
  /** RFC 3339, as received. Absent if the service sends `""`. */
  startedTime?: string;
  /** RFC 3339, as received. Absent if the execution has not ended. */
  stoppedTime?: string;
  /** JSON text, as received. Absent if the service sends `""`. */
  input?: string;
  /** JSON text, as received. Absent if there is no output yet. */
  output?: string;
  /** YAML text, as received: the definition at the start of the execution. */
  flowDefinition: string;
  /** Environment variables of the execution. Absent if the service sends none. */
  environment?: { variables: { name: string; value: string }[] };
}

/** Documented statuses. The last four are final. */
export type ExecutionStatus = "Starting" | "Running" | "Stopped" | "Succeeded" | "Failed" | "TimedOut";

// ---- Flow definitions --------------------------------------------------------------------------

/**
 * Parses a flow definition of either dialect. `flow` is `null` if no part of a flow can be read; `dialect` is `null` if
 * the text does not state one.
 */
export function parseFlow(
  text: string,
  options?: LocaleOptions,
): { dialect: Dialect | null; flow: Flow | null; diagnostics: Diagnostic[] };

/** Checks a flow definition. `valid` is true if no diagnostic has the severity `error`. */
export function validateFlow(
  text: string,
  options?: ValidateOptions,
): { dialect: Dialect | null; valid: boolean; diagnostics: Diagnostic[] };

/** Options of {@link validateFlow}. */
export interface ValidateOptions {
  /**
   * `ExecutionMode` of the flow. The definition does not contain it. `"Express"` checks a `StateMachine` against the
   * limits of that mode: waits of at most 20 s, no callbacks, executions of at most 5 minutes. Default `"Standard"`.
   */
  mode?: "Standard" | "Express" | undefined;
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
}

/** Language of messages. `"zh"` needs `import "cloudflow-wasm/zh"`. */
export type Locale = "en" | "zh";

/** Options of functions whose messages may be in another language. */
export interface LocaleOptions {
  /** Language of the messages. `"zh"` needs `import "cloudflow-wasm/zh"`. Default `"en"`. */
  locale?: Locale | undefined;
}

/** Returns the states of a flow as nodes and its transitions as edges. */
export function flowGraph(
  text: string,
  options?: LocaleOptions,
): { nodes: GraphNode[]; edges: GraphEdge[]; diagnostics: Diagnostic[] };

/** Returns the graph of a flow as Mermaid text (https://mermaid.js.org), for use in Markdown. */
export function flowToMermaid(text: string, options?: LocaleOptions): string;

/**
 * Replays the history of an execution on its flow: what happened, by state. Nothing is evaluated.
 *
 * `events` is a list of events, or a response of `GetExecutionHistory`: of the service, of the emulator
 * (`EventDetail` as JSON text or parsed), or the `events` of `simulateFlow`. Events that are already known are ignored,
 * so that pages may overlap. A history without its first events, with unknown types, or of another definition gives
 * what can be told; `missing` and `mismatches` report it.
 *
 * The time is proportional to the number of events, also if they are added in parts. There is nothing to close.
 *
 * @example
 * const replay = replayExecution(definition, events);
 * const { status, failure, nodes } = replay.state;
 * if (failure) console.log(`${failure.name}: ${failure.error}, line ${failure.range?.start.line}`);
 * replay.add(laterEvents);
 */
export function replayExecution(definition: string, events: Iterable<unknown> | object): Replay;

export type {
  Replay,
  ReplayAttempt,
  ReplayFailure,
  ReplayMismatch,
  ReplayNode,
  ReplayProgress,
  ReplayState,
  ReplayStatus,
  ReplayVisit,
} from "./replay.js";

/** Dialect: the value of `type` (`flow`) or `Type` (`StateMachine`) of the document. */
export type Dialect = "flow" | "StateMachine";

/** A flow as a tree. Both dialects have the same shape. Fields that the text does not contain are absent. */
export interface Flow extends FlowBody {
  /** Dialect of the text. */
  dialect: Dialect;
  /** Name. Usually absent in the `flow` dialect. */
  name?: string;
  /** `version` or `SpecVersion`. */
  version?: string;
  /** Description of the flow. */
  description?: string;
  /** Maximum duration of an execution, in seconds. */
  timeoutSeconds?: number;
}

/** A sequence of states. */
export interface FlowBody {
  /** Name of the initial state. Absent in the `flow` dialect, where the first state of the list is the initial one. */
  startAt?: string;
  /** States in text order. */
  states: FlowState[];
}

/** A state (in the `flow` dialect: a step). The fields depend on the type. */
export interface FlowState {
  /** Name. Empty if missing. */
  name: string;
  /** Type as written: `task`, `Task`, `foreach`, `Map`, ... Empty if missing. */
  type: string;
  /** Path in the parsed document. */
  path: (string | number)[];
  /** Range of the whole state in the text. */
  range: Range;
  /** Description of the state. */
  description?: string;
  /** Name of the next state. */
  next?: string;
  /** `end` or `End`. */
  end?: boolean;
  /** Resource or operation that a task calls: `resourceArn`, `action` or `Action`. */
  action?: string;
  /** Invocation mode of a task: `pattern` or `TaskMode`. */
  mode?: string;
  /** Maximum duration of a task, in seconds. */
  timeoutSeconds?: number;
  /** Duration of a wait: seconds, or the expression that computes them. */
  seconds?: number | string;
  /** End of a wait: RFC 3339, or the expression that computes it. */
  timestamp?: string;
  /** Error name of a fail state: `error` or `Code`. */
  error?: string;
  /** Cause of a fail state: `cause` or `Detail`. */
  cause?: string;
  /** Catch rules in order. Absent if there are none. */
  catch?: { errors: string[]; next?: string }[];
  /** Options of a choice, in order. */
  options?: FlowOption[];
  /** Option of a choice that applies if no condition is true. */
  default?: FlowOption;
  /** Branches of a parallel state, in order. */
  branches?: FlowBody[];
  /** States that a `foreach` or `Map` runs for each item. */
  body?: FlowBody;
  /** Expression that computes the items of a `foreach` or `Map`. */
  items?: string;
}

/** An option of a choice. */
export interface FlowOption {
  /** Condition. Absent in a default. */
  condition?: string;
  /** Name of the next state. If there are `states`, it follows them. */
  next?: string;
  /** Steps of the option, in the `flow` dialect. */
  states?: FlowState[];
}

/** A node of a graph. The order is: `start`, all states in text order, `end`. */
export interface GraphNode {
  /**
   * `"start"`, `"end"`, or the path of names to the state, such as `/more/default/tidy`. If a state has no name, or the
   * name of an earlier state in its list, the last part is followed by `#` and the index.
   */
  id: string;
  /** Name of the state. */
  name: string;
  /** Type, with the same names for both dialects: a `Map` is a `"foreach"`. */
  type: "start" | "end" | "task" | "pass" | "wait" | "choice" | "parallel" | "foreach" | "succeed" | "fail" | "unknown";
  /** `id` of the enclosing state. Absent at the top level. */
  parent?: string;
  /** Index of the enclosing branch or option. */
  branch?: number;
  /** Path in the parsed document. Empty for start and end. */
  path: (string | number)[];
  /** Range of the name, or of the whole state if it has no name. Absent for start and end. */
  range?: Range;
}

/** An edge of a graph. */
export interface GraphEdge {
  /** `id` of the source node. */
  from: string;
  /** `id` of the target node. */
  to: string;
  /** Reason for the transition. */
  kind:
    | "start"
    | "next"
    | "choice"
    | "default"
    | "noMatch"
    | "goto"
    | "fork"
    | "join"
    | "iterate"
    | "collect"
    | "catch"
    | "end"
    | "fail";
  /** Condition of an option, error names of a `catch`, or index of a `fork`. */
  label?: string;
  /**
   * For an edge that leaves a choice: the index of the option, `"default"`, or `"noMatch"` if no option is true and there is
   * no default. A choice that ends a branch or an iteration leaves it by `join` and `collect` edges.
   */
  option?: number | "default" | "noMatch";
}

/**
 * One finding. The documentation describes every `code`:
 * https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/diagnostics.md
 */
export interface Diagnostic {
  /** An `error` makes the text invalid. */
  severity: "error" | "warning" | "info";
  /** Stable name of the finding, in kebab-case. */
  code: string;
  /** Description for users. The wording is not stable. */
  message: string;
  /** Path in the parsed document, for example `["States", 2, "Next"]`. */
  path: (string | number)[];
  /** Range in the text. Absent if the finding has no position. */
  range?: Range;
  /** Other positions that belong to the finding. */
  related?: { message: string; range: Range }[];
  /** Edits that together repair the finding. Absent if there is no unambiguous repair. */
  fix?: { title: string; edits: { range: Range; newText: string }[] };
}

/** A range of text. `end` is exclusive. */
export interface Range {
  /** Position of the first character. */
  start: Position;
  /** Position after the last character. */
  end: Position;
}

/** A position in a text. Columns and offsets count UTF-16 code units, as `text.slice` does. */
export interface Position {
  /** Line, from 1. */
  line: number;
  /** Column, from 1. */
  column: number;
  /** Offset, from 0. */
  offset: number;
}

// ---- Errors ------------------------------------------------------------------------------------

/** The error of an invalid call, a refused request or a network failure. Test `kind`: it works across realms. */
export class CloudFlowError extends Error {
  private constructor();
  /** The name of the class. */
  readonly name: "CloudFlowError";
  /**
   * - `request`: the call is invalid; nothing was sent
   * - `credentials`: credentials are missing, invalid, or not allowed here
   * - `service`: the service returned an error; `code` is the service's code
   * - `response`: the response is not a response of the service
   * - `network`: there was no response
   * - `timeout`: `timeoutMs` has passed, or the service did not respond in time
   * - `internal`: a bug of this package
   */
  readonly kind: "request" | "credentials" | "service" | "response" | "network" | "timeout" | "internal";
  /**
   * `Code` of the service, or a code of this package in kebab-case. The documentation describes every code:
   * https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/errors.md
   */
  readonly code: string;
  /** HTTP status. Absent if there was no response. */
  readonly status?: number;
  /** ID that the service gave to the request, for support cases. */
  readonly requestId?: string;
  /** True if the same call may succeed later. */
  readonly retryable: boolean;
  /** Number of requests that were sent for this call. */
  readonly attempts: number;
  /** Findings about the parameters of an invalid call. */
  readonly diagnostics?: Diagnostic[];
  /** Underlying error. It is not part of `toJSON()`. */
  readonly cause?: unknown;
}

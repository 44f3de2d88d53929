/**
 * Ask CloudFlow for executions, read its answers, understand its flow definitions.
 *
 * Every function is ready on import. A bad *text* is an answer, not a throw; a wrong *call* and a
 * failed *request* throw a {@link CloudFlowError}.
 *
 * @module
 */

// ---- Ask ---------------------------------------------------------------------------------------

/**
 * Asks once for the state of an execution (`DescribeExecution`, product `fnf`, 2019-03-15).
 *
 * With `waitTimeSeconds` the service holds the answer until the execution ends or the time is over;
 * an answer that is not final is no error. An aborted call rejects with `signal.reason` itself.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution
 */
export function describeExecution(
  request: DescribeExecutionRequest,
  options: ClientOptions & CallOptions,
): Promise<Execution>;

/** Asks until the execution has a final status; gives its last state. */
export function waitForExecution(request: ExecutionRef, options: ClientOptions & WaitOptions): Promise<Execution>;

/**
 * Gives each change of an execution once, the final state last. Nothing is sent before the first
 * step; leaving the loop ends the request in flight.
 */
export function watchExecution(
  request: ExecutionRef,
  options: ClientOptions & WaitOptions,
): AsyncIterableIterator<Execution>;

/** The three functions above with their options bound; options of a call win. */
export function createClient(options: ClientOptions): Client;

export interface Client {
  describeExecution(request: DescribeExecutionRequest, options?: Partial<ClientOptions> & CallOptions): Promise<Execution>;
  waitForExecution(request: ExecutionRef, options?: Partial<ClientOptions> & WaitOptions): Promise<Execution>;
  watchExecution(request: ExecutionRef, options?: Partial<ClientOptions> & WaitOptions): AsyncIterableIterator<Execution>;
}

export interface ExecutionRef {
  /** Name of the flow. */
  flowName: string;
  /** Name of the execution. */
  executionName: string;
}

export interface DescribeExecutionRequest extends ExecutionRef {
  /** How long the service may hold the answer, in whole seconds, 0 to 60. Absent or 0: it answers at once. */
  waitTimeSeconds?: number | undefined;
}

export interface ClientOptions {
  /** Where the flow lives, such as `cn-hangzhou`: the call goes to `https://<region>.fnf.aliyuncs.com`. */
  region?: string | undefined;
  /** Any other base URL: a VPC host, a gateway, the emulator. Wins over `region`. */
  endpoint?: string | undefined;
  /** The key, or a function that gives it. Absent: the request goes out unsigned, for a gateway to sign. */
  credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Default `HMAC-SHA1` (RPC V1), what the official SDK uses with this product. */
  signature?: "HMAC-SHA1" | "ACS3-HMAC-SHA256" | undefined;
  /** Makes the calls instead of the global `fetch`: a service binding, the emulator's, a double. Called without a `this`. */
  fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Sent with every request, for a gateway. */
  headers?: Record<string, string> | undefined;
  /** How failed attempts are repeated; `false`: not at all. */
  retry?: Partial<RetryOptions> | false | undefined;
  /** A page with a long-lived secret is refused without it. */
  dangerouslyAllowBrowser?: boolean | undefined;
}

export interface RetryOptions {
  /** Attempts in all, the first included. Default 5. */
  maxAttempts: number;
  /** The first pause is drawn from 0 to this, in ms; each further one from up to twice as much. Default 500. */
  baseDelayMs: number;
  /** No pause is longer, in ms. Default 10000. */
  maxDelayMs: number;
}

export interface Credentials {
  accessKeyId: string;
  accessKeySecret: string;
  /** The token of temporary (STS) credentials. */
  securityToken?: string | undefined;
  /** When they end, RFC 3339. */
  expiration?: string | undefined;
}

export interface CallOptions {
  /** Ends the call; it rejects with `signal.reason` itself. */
  signal?: AbortSignal | undefined;
  /** Ends the call, retries and pauses included, after so many ms, with `kind: "timeout"`. */
  timeoutMs?: number | undefined;
}

export interface WaitOptions extends CallOptions {
  /** How long the service may hold each answer, in whole seconds, 1 to 60. Default 20. */
  waitTimeSeconds?: number | undefined;
  /** Told of each change once, the final state included. */
  onUpdate?: ((execution: Execution) => void) | undefined;
}

// ---- Read --------------------------------------------------------------------------------------

/**
 * Reads the body of a `DescribeExecution` answer: its text, its bytes, or the value JSON.parse made
 * of it. `""`, `null` and absent are one; unknown fields and statuses are kept out of the way.
 * `execution` is null only where the body is no execution at all.
 */
export function parseExecution(body: string | Uint8Array | object): {
  execution: Execution | null;
  diagnostics: Diagnostic[];
};

/** Checks an answer down to the JSON in `Input` and `Output` and the YAML in `FlowDefinition`. */
export function validateExecution(body: string | Uint8Array | object): Diagnostic[];

/** What `DescribeExecution` answers. */
export interface Execution {
  requestId: string;
  flowName: string;
  /** Name of the execution. */
  name: string;
  /** An unknown status is kept as it was sent. */
  status: ExecutionStatus | (string & {});
  /** The status is final: `Stopped`, `Succeeded`, `Failed` or `TimedOut`. */
  done: boolean;
  /** RFC 3339 as sent; absent when the service sent `""`. */
  startedTime?: string;
  /** RFC 3339 as sent; absent until the end. */
  stoppedTime?: string;
  /** JSON text as sent. */
  input?: string;
  /** JSON text as sent; absent until there is one. */
  output?: string;
  /** YAML text as sent: the definition as it was when the execution started. */
  flowDefinition: string;
  environment?: { variables: { name: string; value: string }[] };
}

export type ExecutionStatus = "Starting" | "Running" | "Stopped" | "Succeeded" | "Failed" | "TimedOut";

// ---- Understand --------------------------------------------------------------------------------

/** Reads a flow definition of either dialect. `flow` is null where nothing of one could be read. */
export function parseFlow(text: string): { dialect: Dialect | null; flow: Flow | null; diagnostics: Diagnostic[] };

/** Checks a flow definition. `valid` means: no diagnostic is an error. */
export function validateFlow(text: string): { dialect: Dialect | null; valid: boolean; diagnostics: Diagnostic[] };

/** The states of a flow and the ways between them. */
export function flowGraph(text: string): { nodes: GraphNode[]; edges: GraphEdge[]; diagnostics: Diagnostic[] };

/** The graph as Mermaid text (https://mermaid.js.org), ready for a Markdown file. */
export function flowToMermaid(text: string): string;

/** The value the document itself gives as its type. */
export type Dialect = "flow" | "StateMachine";

/** One finding. Every `code` is explained in `docs/diagnostics.md`. */
export interface Diagnostic {
  severity: "error" | "warning" | "info";
  /** Stable, in kebab-case. */
  code: string;
  message: string;
  /** Where in the parsed value, for example `["States", 2, "Next"]`. */
  path: (string | number)[];
  /** Where in the text, if there is one. */
  range?: Range;
  related?: { message: string; range: Range }[];
  /** Edits that repair it when all are applied; only where the repair is certain. */
  fix?: { title: string; edits: { range: Range; newText: string }[] };
}

export interface Range {
  start: Position;
  end: Position;
}

/** Line and column from 1, offset from 0; column and offset in UTF-16 units, as `text.slice` counts. */
export interface Position {
  line: number;
  column: number;
  offset: number;
}

// ---- What goes wrong ---------------------------------------------------------------------------

/** A wrong call, a refused request, a broken network. Test `kind`; it holds across realms. */
export class CloudFlowError extends Error {
  private constructor();
  readonly name: "CloudFlowError";
  /**
   * - `request`: the call itself is wrong; nothing was sent
   * - `credentials`: no key, a wrong one, or one that must not be used here
   * - `service`: the service refused or failed; `code` is its own
   * - `response`: what came back is not an answer of the service
   * - `network`: nothing came back
   * - `timeout`: `timeoutMs` is over, or the service did not answer in time
   * - `internal`: our mistake
   */
  readonly kind: "request" | "credentials" | "service" | "response" | "network" | "timeout" | "internal";
  /** The service's `Code`, or ours in kebab-case. */
  readonly code: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The service's id of the request, for a support case. */
  readonly requestId?: string;
  /** The same call may succeed later. */
  readonly retryable: boolean;
  /** Requests sent for this call. */
  readonly attempts: number;
  readonly diagnostics?: Diagnostic[];
  readonly cause?: unknown;
}

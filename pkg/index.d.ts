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

/**
 * Asks until the execution has a final status; gives its last state. A network that goes away, a page in the
 * background and a machine that sleeps are outlived: it asks again within a second of their end.
 */
export function waitForExecution(request: ExecutionRef, options: ClientOptions & WaitOptions): Promise<Execution>;

/**
 * Gives the state of an execution, then each change once, the final state last. Nothing is sent
 * before the first step; leaving the loop ends the request in flight.
 */
export function watchExecution(
  request: ExecutionRef,
  options: ClientOptions & WaitOptions,
): AsyncIterableIterator<Execution>;

/**
 * The three functions above with their options bound; options of a call win.
 *
 * The calls of one client know of each other, as long as they have one endpoint and one account: signed calls
 * keep within the 5 a second (50 at once) that the service allows an account, and wait their turn; one function
 * call fetches credentials for all; a wrong clock, and a proxy that cuts long waits, are found out once; a
 * budget of retries holds for all. Calls of the functions above, without a client, each stand alone.
 */
export function createClient(options: ClientOptions): Client;

export interface Client {
  describeExecution(
    request: DescribeExecutionRequest,
    options?: Partial<ClientOptions> & CallOptions,
  ): Promise<Execution>;
  waitForExecution(request: ExecutionRef, options?: Partial<ClientOptions> & WaitOptions): Promise<Execution>;
  watchExecution(
    request: ExecutionRef,
    options?: Partial<ClientOptions> & WaitOptions,
  ): AsyncIterableIterator<Execution>;
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

/**
 * Options are read once for each call, from the object itself and from its class, never from `Object.prototype`. What
 * a getter throws, the call rejects with.
 */
export interface ClientOptions {
  /** Where the flow lives, such as `cn-hangzhou`: the call goes to `https://<region>.fnf.aliyuncs.com`. */
  region?: string | undefined;
  /** Any other base URL: a VPC host, a gateway, the emulator. Wins over `region`. */
  endpoint?: string | undefined;
  /**
   * The key, or a function that gives it. What a function gave is kept until shortly before its `expiration`, and asked
   * for anew once where the service says that a token has expired. Absent: the request goes out unsigned, for a gateway to sign.
   */
  credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Default `HMAC-SHA1` (RPC V1), what the official SDK uses with this product. */
  signature?: "HMAC-SHA1" | "ACS3-HMAC-SHA256" | undefined;
  /** Makes the calls instead of the global `fetch`: a service binding, the emulator's, a double. Called without a `this`. */
  fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Sent with every request, for a gateway. */
  headers?: Record<string, string> | undefined;
  /**
   * How failed attempts are repeated; `false`: not at all. Only what can succeed is tried again, with a new
   * timestamp, nonce and signature each time, and not before the service wishes.
   */
  retry?: Partial<RetryOptions> | false | undefined;
  /** A page with a long-lived secret is refused without it. */
  dangerouslyAllowBrowser?: boolean | undefined;
  /**
   * Credentials without a `securityToken` are refused over plain `http`, except to this machine: `localhost`,
   * `*.localhost`, `127.0.0.0/8`, `[::1]`. With `true` they are used, for a network that you trust.
   */
  allowInsecureHttp?: boolean | undefined;
}

export interface RetryOptions {
  /**
   * Attempts in a row, the first included; an answer with an execution begins a new row. Some failures allow less.
   * Default 5.
   */
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
  /**
   * Told of each change once, the final state included. Where there is one, the first request is
   * not held, so that it hears at once how things stand.
   */
  onUpdate?: ((execution: Execution) => void) | undefined;
}

// ---- Read --------------------------------------------------------------------------------------

/**
 * Reads the body of a `DescribeExecution` answer: its text, its bytes, or the value JSON.parse made
 * of it. `""`, `null` and absent are one; unknown fields and statuses are kept out of the way.
 * `execution` is null only where the body is no execution at all. The texts inside it are not read:
 * {@link validateExecution} does.
 */
export function parseExecution(body: string | Uint8Array | object): {
  execution: Execution | null;
  diagnostics: Diagnostic[];
};

/**
 * Checks an answer down to the JSON in `Input` and `Output` and the YAML in `FlowDefinition`. The
 * path of a finding in that YAML begins with `"FlowDefinition"`; its range counts in that text.
 */
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
export function validateFlow(
  text: string,
  options?: ValidateOptions,
): { dialect: Dialect | null; valid: boolean; diagnostics: Diagnostic[] };

export interface ValidateOptions {
  /**
   * The `ExecutionMode` that the flow is created with; its definition does not say. `"Express"`
   * checks a `StateMachine` against the narrower limits of that mode: waits of 20 seconds at most,
   * no callbacks, executions of 5 minutes. Default `"Standard"`.
   */
  mode?: "Standard" | "Express" | undefined;
}

/** The states of a flow and the ways between them. */
export function flowGraph(text: string): { nodes: GraphNode[]; edges: GraphEdge[]; diagnostics: Diagnostic[] };

/** The graph as Mermaid text (https://mermaid.js.org), ready for a Markdown file. */
export function flowToMermaid(text: string): string;

/** The value the document itself gives as its type. */
export type Dialect = "flow" | "StateMachine";

/** A flow as a tree, the same shape for both dialects. What the text does not say is absent. */
export interface Flow extends FlowBody {
  dialect: Dialect;
  /** Its name; the `flow` dialect usually gives none. */
  name?: string;
  /** `version` or `SpecVersion`. */
  version?: string;
  description?: string;
  /** How long an execution may take, in seconds. */
  timeoutSeconds?: number;
}

/** States that run after one another. */
export interface FlowBody {
  /** The name of the first to run; absent in the `flow` dialect, which begins with the first of the list. */
  startAt?: string;
  /** In the order of the text. */
  states: FlowState[];
}

/** A state (`flow`: step). Which fields there are depends on its type. */
export interface FlowState {
  /** Empty where it is missing. */
  name: string;
  /** As the text spells it: `task`, `Task`, `foreach`, `Map`...; empty where it is missing. */
  type: string;
  /** Where in the parsed value. */
  path: (string | number)[];
  /** The whole of it in the text. */
  range: Range;
  description?: string;
  /** The state that follows, by `Next`. */
  next?: string;
  /** `end` or `End`. */
  end?: boolean;
  /** What a task calls: `resourceArn`, `action` or `Action`. */
  action?: string;
  /** How a task waits: `pattern` or `TaskMode`. */
  mode?: string;
  /** How long a task may take, in seconds. */
  timeoutSeconds?: number;
  /** How long a wait takes: seconds, or the expression that gives them. */
  seconds?: number | string;
  /** Until when a wait takes: RFC 3339, or the expression that gives it. */
  timestamp?: string;
  /** The error a fail raises: `error` or `Code`. */
  error?: string;
  /** Why a fail fails: `cause` or `Detail`. */
  cause?: string;
  /** The catch rules, in order; absent where there are none. */
  catch?: { errors: string[]; next?: string }[];
  /** The ways out of a choice, in order. */
  options?: FlowOption[];
  /** The way out of a choice when no option is true. */
  default?: FlowOption;
  /** The branches of a parallel, in order. */
  branches?: FlowBody[];
  /** What a `foreach` or `Map` runs for each item. */
  body?: FlowBody;
  /** The expression that gives the items of a `foreach` or `Map`. */
  items?: string;
}

/** A way out of a choice. */
export interface FlowOption {
  /** Absent in a default. */
  condition?: string;
  /** The state that follows, after the steps if there are any. */
  next?: string;
  /** Its own steps, in the `flow` dialect. */
  states?: FlowState[];
}

/** A node of a graph: `start`, every state in the order of the text, `end`. */
export interface GraphNode {
  /**
   * `"start"`, `"end"`, or the way to the state, such as `/more/default/tidy`. A state without a
   * name, or whose name another of its list has before it, has its index behind a `#`.
   */
  id: string;
  name: string;
  /** One word for both dialects: a `Map` is a `"foreach"`. */
  type: "start" | "end" | "task" | "pass" | "wait" | "choice" | "parallel" | "foreach" | "succeed" | "fail" | "unknown";
  /** The id of the state it stands in; absent at the top. */
  parent?: string;
  /** The index of the branch or option it stands in. */
  branch?: number;
  /** Where in the parsed value; empty for start and end. */
  path: (string | number)[];
  /** Where in the text: the name, or the whole state where it has none; absent for start and end. */
  range?: Range;
}

/** An edge of a graph, between the ids of two nodes. */
export interface GraphEdge {
  from: string;
  to: string;
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
  /** The condition of a `choice`, the errors of a `catch`, the index of a `fork`. */
  label?: string;
}

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

/**
 * A gateway that holds the credentials for web pages, in a Worker or a server.
 *
 * @module cloudflow-wasm/gateway
 */

import type { LimitOptions, LogEntry } from "./gateway/types.js";
import type { ClientOptions, ExecutionRef } from "./index.js";

export type { LimitOptions, LogEntry, RateLimitBinding } from "./gateway/types.js";

/** Options of {@link createGateway}. `Env` is the type of the Worker's `env`. */
export interface GatewayOptions<Env = unknown> {
  /**
   * Returns the client options, with the credentials. Called for each request, because `env` is only valid inside one.
   */
  upstream: (env: Env) => ClientOptions;
  /**
   * Returns `true` if the sender of `request` may read the execution: input, output and definition. Every other value
   * refuses the request with 403. There is no default. `call.action` is the action of the request. For
   * `ListExecutions`, `call.executionName` is `""`: the response has all executions of the flow.
   */
  authorize: (request: Request, call: GatewayCall, env: Env) => boolean | Promise<boolean>;
  /** Actions that are forwarded. Others are refused with `ActionNotSupported`. Default: `["DescribeExecution"]`. */
  actions?: GatewayAction[] | undefined;
  /** Origins of pages that may send cross-origin requests, such as `https://app.example.com`. Default: none. */
  origins?: string[] | undefined;
  /**
   * Maximum `WaitTimeSeconds` of a forwarded request, in whole seconds, 0 to 60. Default 25, which is below the
   * timeouts of common proxies.
   */
  maxWaitSeconds?: number | undefined;
  /**
   * Returns the bindings of the classes {@link Gateway.ExecutionHub} and {@link Gateway.AccountBudget}: then any number of
   * callers share one upstream poll per execution, and the calls stay below the rate limit of the account. `"memory"`
   * keeps the objects in this process, for a gateway that runs on one machine. Without it, or if the function returns
   * `undefined`, each request calls the service itself, which is logged once unless `log` is `false`.
   */
  hub?: "memory" | ((env: Env) => GatewayBindings | undefined) | undefined;
  /** Server-sent events at `GET <address>/events`, for gateways with a `hub`. `false` switches them off. */
  events?: GatewayEvents | false | undefined;
  /** Limits the requests of each caller. Default: no limit. */
  limit?: LimitOptions<Env> | undefined;
  /**
   * Returns the secret that signs tickets, a text of at least 32 characters. The first one of a list signs, all verify.
   * `POST <address>/ticket` with `{ "FlowName", "ExecutionName" }` returns a ticket that is valid for 60 s and for one
   * stream, for `EventSource`, which cannot send headers. Default: no tickets.
   */
  tickets?: ((env: Env) => string | string[] | Promise<string | string[]>) | undefined;
  /** Is called for each upstream call. Default: one line of JSON in the log. `false` switches it off. */
  log?: false | ((entry: LogEntry) => void) | undefined;
}

/** Bindings of a gateway, see {@link GatewayOptions.hub}. */
export interface GatewayBindings {
  /** Binding of the class `ExecutionHub`. */
  executions: ObjectNamespace;
  /** Binding of the class `AccountBudget`. */
  account: ObjectNamespace;
  /**
   * Name of the account, part of the names of its objects. Default: a hash of the AccessKey ID, or `default` for
   * credentials that change.
   */
  name?: string | undefined;
}

/** The part of a Durable Object namespace that the gateway uses. */
export interface ObjectNamespace {
  /** Returns the ID of the object with a name. */
  idFromName(name: string): any;
  /** Returns the object with an ID. */
  get(id: any): { fetch(url: string, init?: any): Promise<any> };
}

/** Server-sent events of a gateway. */
export interface GatewayEvents {
  /** Time in seconds after which a stream ends, 1 to 86,400. The client continues with `Last-Event-ID`. Default 900. */
  maxSeconds?: number | undefined;
  /** Interval in seconds of the comments that keep a stream open, 1 to 3,600. Default 15. */
  heartbeatSeconds?: number | undefined;
}

/** An action that a gateway can forward. */
export type GatewayAction = "DescribeExecution" | "GetExecutionHistory" | "ListExecutions";

/** What a request to the gateway reads. */
export interface GatewayCall extends ExecutionRef {
  /**
   * Action of the request, one of {@link GatewayOptions.actions}. `Metrics` for `GET <address>/metrics`, whose names are
   * `""`.
   */
  action: GatewayAction | "Metrics";
}

/** The default export of a Worker. */
export interface Gateway<Env = unknown> {
  /** Handles a request. Never rejects: errors are responses in the format of the service. */
  fetch(request: Request, env: Env, context?: unknown): Promise<Response>;
  /** Durable Object class with SQLite: one object per execution. Export it from the Worker. */
  ExecutionHub: new (
    state: any,
    env: any,
  ) => GatewayObject;
  /** Durable Object class with SQLite: one object per account and region. Export it from the Worker. */
  AccountBudget: new (
    state: any,
    env: any,
  ) => GatewayObject;
}

/** A Durable Object of a gateway. */
export interface GatewayObject {
  /** Handles a request of the gateway. */
  fetch(request: Request): Promise<Response>;
}

/**
 * Creates a gateway that holds the credentials and forwards `DescribeExecution`, and on demand the other
 * calls that read executions.
 *
 * The gateway implements the protocol of the service without the signature. The client of this package uses it with
 * `endpoint` set to the address of the gateway, and no `credentials`.
 *
 * Throws `CloudFlowError` (`wrong-options`) for invalid options.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution
 *
 * @example
 * export default createGateway({
 *   upstream: (env) => ({
 *     region: "cn-hangzhou",
 *     credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
 *   }),
 *   authorize: (request, { flowName }, env) => flowName === "orders" && isSignedIn(request, env),
 * });
 */
export function createGateway<Env = unknown>(options: GatewayOptions<Env>): Gateway<Env>;

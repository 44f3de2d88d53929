import type { ClientOptions, ExecutionRef } from "./index.js";

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
  actions?: GatewayAction[];
  /** Origins of pages that may send cross-origin requests, such as `https://app.example.com`. Default: none. */
  origins?: string[];
  /**
   * Maximum `WaitTimeSeconds` of a forwarded request, in whole seconds, 0 to 60. Default 25, which is below the
   * timeouts of common proxies.
   */
  maxWaitSeconds?: number;
}

/** An action that a gateway can forward. */
export type GatewayAction = "DescribeExecution" | "GetExecutionHistory" | "ListExecutions";

/** What a request to the gateway reads. */
export interface GatewayCall extends ExecutionRef {
  /** Action of the request, one of {@link GatewayOptions.actions}. */
  action: GatewayAction;
}

/** The default export of a Worker. */
export interface Gateway<Env = unknown> {
  /** Handles a request. Never rejects: errors are responses in the format of the service. */
  fetch(request: Request, env: Env, context?: unknown): Promise<Response>;
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

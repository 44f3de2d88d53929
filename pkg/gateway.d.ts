import type { ClientOptions, ExecutionRef } from "./index.js";

/** How a gateway is set up. */
export interface GatewayOptions<Env = unknown> {
  /** Where to ask, and with which key. Called for each request: `env` exists only inside one. */
  upstream: (env: Env) => ClientOptions;
  /**
   * Whether this caller may see this execution. Only `true` lets a caller in. There is no default:
   * whoever is let in sees the input, the output and the definition.
   */
  authorize: (request: Request, call: ExecutionRef, env: Env) => boolean | Promise<boolean>;
  /** Pages that may call across origins, each like `https://app.example.com`; none by default. */
  origins?: string[];
  /** The longest wait passed on to the service, 0 to 60; 25 by default, below the time-outs of common proxies. */
  maxWaitSeconds?: number;
}

/** A Worker's default export: `fetch` and nothing else. */
export interface Gateway<Env = unknown> {
  fetch(request: Request, env: Env, context?: unknown): Promise<Response>;
}

/**
 * A gateway that holds the key and lets only `DescribeExecution` through.
 *
 * It speaks the service's protocol less the signature, so the client of this package asks it with
 * `endpoint` set to its address and no `credentials`.
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

// Types of options of the gateway.

/** Option `limit` of `createGateway`. `Env` is the type of the Worker's `env`. */
export interface LimitOptions<Env = unknown> {
  /**
   * Returns the caller of a request. If it returns no text, the default applies: the address in the header
   * `cf-connecting-ip`, which Cloudflare and the command `cloudflow-wasm gateway` set. Another server must overwrite the
   * header, or this function is needed: a caller could send any address. An IPv6 address counts by its first 64 bits.
   */
  key?: ((request: Request, env: Env) => string | undefined | Promise<string | undefined>) | undefined;
  /** Returns a rate-limit binding of Workers. It counts instead of the gateway. */
  binding?: ((env: Env) => RateLimitBinding | undefined) | undefined;
  /** Requests of one caller per minute, 1 to 1,000,000. Default 600. Has no effect with a binding. */
  perMinute?: number | undefined;
}

/**
 * A rate-limit binding of Workers.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */
export interface RateLimitBinding {
  /** Counts a request of a caller. `success` is false if the caller is over its limit. */
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** An entry of the log of upstream calls: one call. It contains no secrets. */
export interface LogEntry {
  /** RFC 3339, in UTC. */
  time: string;
  /** The API operation, such as `DescribeExecution`. */
  action: string;
  /** Name of the flow. */
  flow: string;
  /** `""` for `ListExecutions`. */
  execution: string;
  /** HTTP status of the response; 0 without a response. */
  status: number;
  /** Code of the error; `""` without an error. */
  code: string;
  /** Request ID of the service; `""` without a response. */
  requestId: string;
  /** Duration of the call. */
  ms: number;
  /** 1 for the first attempt. */
  attempt: number;
}

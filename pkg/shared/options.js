// The names of all options. Each option set has exactly one table of names, and it is here.
//
// - `tsc --checkJs` compares each table with its interface in the .d.ts files: a name that only one of them has is a
//   type error (`cargo xtask lint --only types-js`).
// - `own` and `checkNames` derive the checks at run time from the tables.
// - tests/js/options.test.mjs passes every name to the WebAssembly module, and compares the tables with the names that
//   the module accepts.

import * as codes from "./codes.js";
import { CloudFlowError } from "./error.js";

/**
 * The names of the members of `T`, each exactly once.
 *
 * @template T
 * @typedef {{ readonly [name in keyof Required<T>]: true }} Names
 */

/** @typedef {Readonly<Record<string, true>>} Table */

/** @type {Names<import("../index.js").DescribeExecutionRequest>} */
export const REQUEST = { flowName: true, executionName: true, waitTimeSeconds: true };

/** @type {Names<import("../index.js").ExecutionRef>} */
export const REFERENCE = { flowName: true, executionName: true };

/** @type {Names<import("../index.js").HistoryRequest>} */
export const HISTORY_PAGE = { flowName: true, executionName: true, limit: true, nextToken: true };

/** @type {Names<import("../index.js").ListExecutionsRequest>} */
export const EXECUTIONS = {
  flowName: true,
  limit: true,
  nextToken: true,
  status: true,
  startedTimeBegin: true,
  startedTimeEnd: true,
  executionNamePrefix: true,
  mapRunName: true,
  metadataOnly: true,
  qualifier: true,
};

/**
 * Options of the client and of one call.
 *
 * @type {Names<import("../index.js").ClientOptions & import("../index.js").WaitOptions>}
 */
export const CLIENT = {
  region: true,
  endpoint: true,
  credentials: true,
  signature: true,
  fetch: true,
  headers: true,
  retry: true,
  dangerouslyAllowBrowser: true,
  allowInsecureHttp: true,
  transport: true,
  signal: true,
  timeoutMs: true,
  waitTimeSeconds: true,
  onUpdate: true,
  onRetry: true,
  locale: true,
};

/** @type {Names<import("../index.js").ClientOptions & import("../index.js").EventsOptions>} */
export const EVENTS = /*#__PURE__*/ Object.assign({ follow: /** @type {const} */ (true) }, CLIENT);

/** @type {Names<import("../index.js").Credentials>} */
export const CREDENTIALS = { accessKeyId: true, accessKeySecret: true, securityToken: true, expiration: true };

/** @type {Names<import("../index.js").RetryOptions>} */
export const RETRY = { maxAttempts: true, baseDelayMs: true, maxDelayMs: true };

/** @type {Names<import("../index.js").ValidateOptions>} */
export const VALIDATE = { mode: true, locale: true };

/** @type {Names<import("../editor.js").FormatOptions>} */
export const FORMAT = { sortKeys: true };

/** @type {Names<import("../gateway.js").GatewayOptions>} */
export const GATEWAY = {
  upstream: true,
  authorize: true,
  actions: true,
  origins: true,
  maxWaitSeconds: true,
  hub: true,
  events: true,
  limit: true,
  tickets: true,
  log: true,
};

/** @type {Names<import("../gateway.js").GatewayEvents>} */
export const GATEWAY_EVENTS = { maxSeconds: true, heartbeatSeconds: true };

/** @type {Names<import("../gateway/auth.js").JwtOptions>} */
export const JWT = {
  jwks: true,
  issuer: true,
  audience: true,
  allow: true,
  algorithms: true,
  clockToleranceSeconds: true,
};

/** @type {Names<import("../gateway/auth.js").AccessOptions>} */
export const ACCESS = { team: true, audience: true, allow: true };

/** @type {Names<import("../gateway/types.js").LimitOptions>} */
export const LIMIT = { key: true, binding: true, perMinute: true };

/** @type {Names<import("../local.js").EmulatorOptions>} */
export const EMULATOR = {
  accessKeys: true,
  securityTokens: true,
  tasks: true,
  quotas: true,
  nonces: true,
  faults: true,
  speed: true,
  skipWaits: true,
  onExecutionFailed: true,
  clock: true,
  locale: true,
};

/** @type {Names<import("../local.js").Faults>} */
export const FAULTS = {
  epochStoppedTime: true,
  earlyAfterMs: true,
  lateByMs: true,
  latencyMs: true,
  missingFields: true,
  status: true,
  cors: true,
  fail: true,
};

/** @type {Names<import("../local.js").Fail>} */
export const FAIL = {
  action: true,
  skip: true,
  times: true,
  how: true,
  status: true,
  code: true,
  message: true,
  retryAfterMs: true,
};

/** @typedef {import("../local.js").Emulator} Emulator */

/** @type {Names<NonNullable<Parameters<Emulator["putFlow"]>[2]>>} */
export const PUT_FLOW = { mode: true };

/** @type {Names<NonNullable<Parameters<Emulator["save"]>[0]>>} */
export const SAVE = { journal: true };

/** @type {Names<import("../local.js").SignOptions>} */
export const SIGN = {
  endpoint: true,
  accessKeyId: true,
  accessKeySecret: true,
  securityToken: true,
  now: true,
  signal: true,
  locale: true,
};

/** @type {Names<import("../local.js").SimulateOptions>} */
export const SIMULATION = { input: true, tasks: true, flows: true, mode: true, signal: true, locale: true };

/** @type {Names<import("../local.js").StateOptions>} */
export const STATE = {
  state: true,
  input: true,
  local: true,
  global: true,
  context: true,
  attempt: true,
  retries: true,
  mock: true,
  iteration: true,
  objectOutput: true,
  mode: true,
  now: true,
  locale: true,
};

/** @type {Names<import("../local.js").StateMock>} */
export const STATE_MOCK = { output: true, error: true, cause: true, delayMs: true, never: true, global: true };

/** @type {Names<import("../local.js").TaskMock>} */
export const MOCK = { output: true, error: true, cause: true, delayMs: true, never: true };

/** @type {Names<import("../local.js").TaskAttempts>} */
export const ATTEMPTS = { attempts: true };

/** Maximum length of a prototype chain that is searched. The chain of a proxy can be infinite. */
const MAX_PROTOTYPES = 100;

/**
 * Returns a copy without a prototype: all own enumerable properties, and the properties in `names` that are not
 * enumerable or belong to the class of the object. A value that is not an object is returned unchanged. A last
 * prototype with `hasOwnProperty` is the `Object.prototype` of a realm, and is not read.
 *
 * @param {any} value
 * @param {Table} names
 */
export function own(value, names) {
  if (!isObject(value)) return value;
  const copy = Object.create(null);
  if (isRoot(Object.getPrototypeOf(value))) {
    // Most options are plain objects. They need no search of prototypes for each name.
    for (const name of Object.getOwnPropertyNames(value))
      if (Object.hasOwn(names, name) || isEnumerable.call(value, name)) take(name);
    return copy;
  }
  for (const name of Object.keys(value)) take(name);
  for (const name of Object.keys(names)) if (!isEnumerable.call(value, name) && has(value, name)) take(name);
  return copy;

  /** @param {string} name */
  function take(name) {
    const given = /** @type {any} */ (value)[name];
    if (given !== undefined) copy[name] = given;
  }
}

const isEnumerable = Object.prototype.propertyIsEnumerable;

/**
 * True for the `Object.prototype` of a realm, which is not read, and for no prototype.
 *
 * @param {object | null} prototype
 */
function isRoot(prototype) {
  return (
    prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty"))
  );
}

/**
 * Throws `wrong-options` if `value` has a property that is not in `names`. Without this check, a misspelled option
 * would have no effect.
 *
 * @param {object | undefined} value
 * @param {Table} names
 * @param {string} what the option set, for the message
 */
export function checkNames(value, names, what) {
  const given = /** @type {Record<string, unknown>} */ (value ?? {});
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name) && given[name] !== undefined);
  if (unknown === undefined) return;
  throw wrongOptions(`\`${unknown}\` is not ${what}; expected one of: ${Object.keys(names).join(", ")}`);
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
export function wrongOptions(message, cause) {
  return new CloudFlowError({ kind: "request", code: codes.wrongOptions, message, cause });
}

/**
 * True for objects except arrays.
 *
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {object} value
 * @param {string} name
 */
function has(value, name) {
  let at = value;
  for (let depth = 0; depth < MAX_PROTOTYPES; depth += 1) {
    if (at !== value && isRoot(at)) return false;
    if (Object.hasOwn(at, name)) return true;
    at = Object.getPrototypeOf(at);
    if (at === null) return false;
  }
  return false;
}

// `CloudFlowError`, the only class of errors of this package. index.d.ts documents the fields.

import * as codes from "./codes.js";

/**
 * The fields of an error, as the module and the facade state them.
 *
 * @typedef {object} Fields
 * @property {string} kind
 * @property {string} code
 * @property {string} message
 * @property {boolean} [retryable]
 * @property {number} [attempts]
 * @property {number} [status]
 * @property {string} [requestId]
 * @property {unknown[]} [diagnostics]
 * @property {unknown} [cause]
 */

const OPTIONAL = /** @type {const} */ (["status", "requestId", "diagnostics", "cause"]);

export class CloudFlowError extends Error {
  /** @param {Fields} fields */
  constructor(fields) {
    super(fields.message);
    this.kind = fields.kind;
    this.code = fields.code;
    this.retryable = fields.retryable ?? false;
    this.attempts = fields.attempts ?? 0;
    for (const name of OPTIONAL) {
      if (!Object.hasOwn(fields, name) || fields[name] === undefined) continue;
      // `cause` is not enumerable, so that JSON does not include it: it can be a response or an error of the host.
      Object.defineProperty(this, name, {
        value: fields[name],
        enumerable: name !== "cause",
        configurable: true,
        writable: true,
      });
    }
  }

  toJSON() {
    return Object.assign({ name: this.name, message: this.message }, this);
  }
}
// `name` is on the prototype: errors have no own property for it.
Object.defineProperty(CloudFlowError.prototype, "name", {
  value: "CloudFlowError",
  configurable: true,
  writable: true,
});

/**
 * The message and the requested pause of the service, for errors that were created from an error response.
 *
 * @type {WeakMap<object, { said: string, retryAfter: number | undefined }>}
 */
const refusals = new WeakMap();

/**
 * Returns `{ said, retryAfter }` of an error response, without secrets, for the gateway.
 *
 * @param {any} error
 */
export const refusalIn = (error) => refusals.get(error);

/** Maximum number of values and of characters that are read from an error. */
const MAX_VALUES = 1000;
const MAX_CHARACTERS = 65_536;

/**
 * Returns all texts of an error, its causes and its nested errors. Undefined if it cannot be read completely.
 *
 * @param {any} error
 */
export function shownTexts(error) {
  /** @type {string[]} */
  const texts = [];
  const seen = new Set();
  const queue = [error];
  for (let at = 0; at < queue.length; at += 1) {
    if (at === MAX_VALUES) return undefined;
    const value = queue[at];
    if (typeof value === "string") texts.push(value);
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    try {
      const names = new Set(["name", "message", "stack", "code", "cause", "errors", ...Reflect.ownKeys(value)]);
      for (const name of names) queue.push(name, value[name]);
    } catch {
      return undefined;
    }
  }
  const all = texts.join("\n");
  return all.length > MAX_CHARACTERS ? undefined : all;
}

/**
 * The error for the fields that the module threw on purpose. Undefined for anything else: the module has trapped, or an
 * error of the host has passed through it.
 *
 * @param {any} thrown
 */
export function errorOf(thrown) {
  if (!isFields(thrown)) return undefined;
  const error = new CloudFlowError(thrown);
  if (Object.hasOwn(thrown, "said")) refusals.set(error, { said: thrown.said, retryAfter: thrown.retryAfter });
  return error;
}

/**
 * The error with a cause, like the constructor sets it.
 *
 * @param {CloudFlowError} error
 * @param {unknown} cause
 */
export function withCause(error, cause) {
  return Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
}

/**
 * The error for a trap of the module, which is a bug of this package.
 *
 * @param {unknown} cause
 */
export function trapped(cause) {
  return new CloudFlowError({
    kind: "internal",
    code: codes.internal,
    message:
      "the WebAssembly module of cloudflow-wasm has trapped; this call is lost, the next call uses a new instance",
    cause,
  });
}

/**
 * The error for a module that the host does not compile or instantiate: its policy forbids it, or it lacks memory.
 *
 * @param {any} cause
 */
export function notStarted(cause) {
  return new CloudFlowError({
    kind: "internal",
    code: codes.moduleNotLoaded,
    message: `the host cannot start the WebAssembly module: ${cause?.message}`,
    cause,
  });
}

/** @param {any} thrown */
function isFields(thrown) {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    Object.getPrototypeOf(thrown) === Object.prototype &&
    typeof thrown.kind === "string" &&
    typeof thrown.code === "string" &&
    typeof thrown.message === "string"
  );
}

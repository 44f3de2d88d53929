// The calls of the client, and the parser of responses. The module converts all values.

import { CLIENT, REQUEST, own } from "../shared/options.js";
import { drive } from "./call.js";
import { usualExecution } from "./execution.js";
import { optionsOf } from "./options.js";
import { relays } from "./signals.js";

/** @typedef {import("../shared/runtime.js").Runtime} Runtime */

/** @typedef {import("../shared/options.js").Table} Table */

/**
 * The kinds of calls. The lowest bit is set for calls that failures do not end, like a wait; `start` in src/ask.rs reads
 * them.
 */
export const DESCRIBE = 0;
export const WAIT = 1;
export const HISTORY = 2;
export const FOLLOW = 3;
export const LIST = 4;

/**
 * What sends the calls of one client.
 *
 * @typedef {object} Bound
 * @property {boolean} isClient false for the functions without a client, which share nothing
 * @property {(kind: number, names: Table, request: unknown, options: any) => Promise<any>} send `names` are the fields of
 *   the request; throws what a getter of the caller throws
 * @property {(call: unknown, names?: Table) => any} options the options of the client and of a call
 * @property {(signal: any) => any} relayed returns the relay of a signal
 * @property {Runtime["call"]} invoke
 */

/** @type {WeakMap<Function, (text: string) => string>} */
const redactors = new WeakMap();

/**
 * Returns the redactor of the instance behind a `describeExecution`, for the gateway.
 *
 * @param {Function} describeExecution
 */
export const redactorOf = (describeExecution) => redactors.get(describeExecution);

/**
 * A function that sends one call.
 *
 * @param {Bound} bound
 * @param {number} kind
 * @param {Table} names
 */
export const asking = (bound, kind, names) => (/** @type {unknown} */ request, /** @type {unknown} */ call) => {
  try {
    return bound.send(kind, names, request, bound.options(call));
  } catch (error) {
    // Thrown by a getter of the caller.
    return Promise.reject(error);
  }
};

/** @param {Runtime} runtime */
export function createAsk(runtime) {
  const relayed = relays();

  /**
   * Client 0 has no shared state.
   *
   * @param {number} client
   * @param {unknown} [options] options of the client
   * @returns {Bound}
   */
  const bind = (client, options) => ({
    isClient: client !== 0,
    send: (kind, names, request, options) => {
      if (options?.signal) options.signal = relayed(options.signal);
      const copy = own(request, names);
      return runtime.start((invoke) => drive(invoke, copy, options, client, kind));
    },
    options: (call, names = CLIENT) => optionsOf(options, call, names),
    relayed,
    invoke: runtime.call,
  });

  const unbound = bind(0);
  const describeExecution = asking(unbound, DESCRIBE, REQUEST);
  redactors.set(describeExecution, (text) => runtime.call("redact", text));
  return {
    bind,
    unbound,
    describeExecution,
    waitForExecution: asking(unbound, WAIT, REQUEST),
    /** @param {unknown} body */
    parseExecution: (body) =>
      (typeof body === "string" ? usualExecution(runtime.call, body) : undefined) ??
      runtime.call("parseExecution", body),
  };
}

/** @typedef {ReturnType<typeof createAsk>} Ask */

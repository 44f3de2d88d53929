// The calls of the client. The module converts all values.

import { RUNTIME } from "../shared/behind.js";
import { CLIENT, own } from "../shared/options.js";
import { drive } from "./call.js";
import { optionsOf } from "./options.js";
import { relayed } from "./signals.js";

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
 * @property {Runtime} runtime
 */

/**
 * A function that sends one call.
 *
 * @param {Bound} bound
 * @param {number} kind
 * @param {Table} names
 */
export const asking = (bound, kind, names) => (/** @type {unknown} */ request, /** @type {unknown} */ call) => {
  if (request === RUNTIME) return /** @type {Promise<any>} */ (/** @type {unknown} */ (bound.runtime));
  try {
    return bound.send(kind, names, request, bound.options(call));
  } catch (error) {
    // Thrown by a getter of the caller.
    return Promise.reject(error);
  }
};

/**
 * What the functions of a client share. Client 0 has no shared state: the functions of the entries use it.
 *
 * @param {Runtime} runtime
 * @param {number} client
 * @param {unknown} [options] options of the client
 * @param {typeof import("../shared/locale.js").inLocale} [speak] absent for the gateway, whose messages are English
 * @returns {Bound}
 */
export const bind = (runtime, client, options, speak) => ({
  isClient: client !== 0,
  send: (kind, names, request, options) => {
    if (options?.signal) options.signal = relayed(options.signal);
    const copy = own(request, names);
    const start = () => runtime.start((invoke) => drive(invoke, copy, options, client, kind));
    return speak ? speak(options, start) : start();
  },
  options: (call, names = CLIENT) => optionsOf(options, call, names),
  runtime,
});

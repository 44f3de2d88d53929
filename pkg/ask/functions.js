// The functions that send requests to the service, and the parser of its responses. The module converts all values.

import { drive } from "./call.js";
import { usualExecution } from "./execution.js";
import { optionsOf, requestOf } from "./options.js";
import { relays } from "./signals.js";
import { watch } from "./watch.js";

/** @typedef {import("../shared/runtime.js").Runtime} Runtime */

/**
 * Starts a call in the module: until the first response, or until the execution is done.
 *
 * @typedef {(untilDone: boolean, request: unknown, options: any) => Promise<any>} Send
 */

/** @type {WeakMap<Function, (text: string) => string>} */
const redactors = new WeakMap();

/**
 * Returns the redactor of the instance behind a `describeExecution`, for the gateway.
 *
 * @param {Function} describeExecution
 */
export const redactorOf = (describeExecution) => redactors.get(describeExecution);

/** @param {Runtime} runtime */
export function createAsk(runtime) {
  // A client is a number. Its shared state is in the module, which removes the state of clients that were not used
  // recently.
  let clients = 0;
  const relayed = relays();

  /**
   * @param {number} client
   * @param {unknown} [bound] options of the client
   */
  const bind = (client, bound) => {
    /** @type {Send} */
    const send = (untilDone, request, options) => {
      if (options?.signal) options.signal = relayed(options.signal);
      const copy = requestOf(request);
      return runtime.start((invoke) => drive(invoke, copy, options, client, untilDone));
    };
    /** @param {boolean} untilDone */
    const ask = (untilDone) => (/** @type {unknown} */ request, /** @type {unknown} */ call) => {
      try {
        return send(untilDone, request, optionsOf(bound, call));
      } catch (error) {
        // Thrown by a getter of the caller.
        return Promise.reject(error);
      }
    };
    return {
      describeExecution: ask(false),
      waitForExecution: ask(true),
      /**
       * @param {unknown} request
       * @param {unknown} call
       */
      watchExecution: (request, call) => watch(send, relayed, request, () => optionsOf(bound, call)),
    };
  };

  // Client 0 has no shared state.
  const unbound = bind(0);
  redactors.set(unbound.describeExecution, (text) => runtime.call("redact", text));
  return {
    ...unbound,
    /** @param {unknown} options */
    createClient(options) {
      clients += 1;
      return bind(clients, options);
    },
    /** @param {unknown} body */
    parseExecution: (body) =>
      (typeof body === "string" ? usualExecution(runtime.call, body) : undefined) ??
      runtime.call("parseExecution", body),
  };
}

// `waitForExecution`, and the wait of `watchExecution`.

import { inLocale } from "../shared/locale.js";
import { REQUEST } from "../shared/options.js";
import { WAIT } from "./functions.js";
import { lineOf, streamsOf } from "./stream.js";

/** @typedef {import("./functions.js").Bound} Bound */

/**
 * Sends a wait, over the event stream of a gateway if the options permit it. Throws what a getter of the caller throws.
 *
 * @param {Bound} bound
 * @param {unknown} request
 * @param {any} options a copy
 */
export function sendWait(bound, request, options) {
  return inLocale(options, () => {
    const line = lineOf(streamsOf(bound), options, () => options.signal);
    if (line === undefined) return bound.send(WAIT, REQUEST, request, options);
    options.fetch = line.fetch;
    return bound.send(WAIT, REQUEST, request, options).finally(line.leave);
  });
}

/** @param {Bound} bound */
export const waiter = (bound) => (/** @type {unknown} */ request, /** @type {unknown} */ call) => {
  try {
    return sendWait(bound, request, bound.options(call));
  } catch (error) {
    return Promise.reject(error);
  }
};

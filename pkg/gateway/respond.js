// Responses for calls that fail.

import { refusal, respond } from "./answer.js";

/** @typedef {import("./cors.js").Cors} Cors */

/**
 * The response for a fault of an upstream call. A caller never gets 429: the gateway waits for its permits itself.
 *
 * @param {{ status: number, throttled?: boolean, retryAfter?: number, body: string }} fault
 * @param {Cors} cors
 */
export function respondFault({ status, throttled, retryAfter = -1, body }, cors) {
  if (throttled || status === 429) return busy(cors, Math.max(retryAfter, 1000));
  return respond(status, body, cors);
}

/**
 * The response when there is no state, or no permit, in time.
 *
 * @param {Cors} cors
 * @param {number} [retryAfterMs]
 */
export function busy(cors, retryAfterMs) {
  /** @type {Record<string, string>} */
  const headers = retryAfterMs === undefined ? {} : { "x-acs-retry-after": String(Math.ceil(retryAfterMs)) };
  const message = "The service did not answer in time. Please try again later.";
  return refusal({ status: 503, code: "ServiceUnavailable", message, headers }, cors);
}

// Responses whose body is the text of a frame.

import { refusal } from "./answer.js";
import { corsHeaders } from "./cors.js";

/** @typedef {import("./cors.js").Cors} Cors */

/**
 * A response with a body in the format of the service.
 *
 * @param {number} status
 * @param {string} body JSON
 * @param {Cors} cors
 * @param {Record<string, string>} [more] further headers
 */
export function respond(status, body, cors, more = {}) {
  const headers = corsHeaders(cors);
  headers.set("content-type", "application/json;charset=utf-8");
  headers.set("x-content-type-options", "nosniff");
  // The bodies are written by this package: the field is the first one.
  const [, id] = /^\{"RequestId":"([\x21\x23-\x5b\x5d-\x7e]{1,128})"/.exec(body) ?? [];
  if (id) headers.set("x-acs-request-id", id);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(body, { status, headers });
}

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

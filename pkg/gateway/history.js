// GetExecutionHistory through the hub: each page of the service is read once.

import { EVENTS, readFrame } from "./hub/effects.js";
import { refusal } from "./answer.js";
import { permitOf } from "./hub/watch.js";
import { busy, respond, respondFault } from "./respond.js";

/** Number of events of a page without `Limit`. */
const PAGE = 60;

/** Maximum time in the queue of the permits, and of a call. */
const PATIENCE_MS = 5000;
const CALL_MS = 20_000;

/**
 * The place of a token of this gateway. Undefined for a token of the service.
 *
 * @param {string | undefined} token
 */
export function placeOf(token) {
  if (token === undefined) return 0;
  const [, place] = /^h1\.(\d{1,15})$/.exec(token) ?? [];
  return place === undefined ? undefined : Number(place);
}

/**
 * @param {import("./gateway.js").Served} served
 * @param {number} after the last event that the caller has
 * @param {number} [limit]
 * @returns {Promise<Response>}
 */
export async function history({ objects, upstream, cors, signal }, after, limit = PAGE) {
  const stored = await pageOf(objects, after, limit);
  if (stored.more && stored.lines.length === 0) {
    const message = "The history is too large for this gateway.";
    return refusal({ status: 500, code: "InternalServerError", message }, cors);
  }
  if (stored.more || stored.done || stored.fresh) return answer(stored, stored.more, cors);

  if (!(await permitOf(objects, EVENTS, PATIENCE_MS, signal))) return busy(cors, PATIENCE_MS);
  upstream.resume(stored.token);
  const { value, fault } = await upstream.history(stored.known, CALL_MS, signal);
  if (fault) {
    // The pause that the service asked for is for all callers.
    if (fault.throttled) await permitOf(objects, EVENTS, 0, signal, Math.max(0, fault.retryAfter));
    return respondFault(fault, cors);
  }
  const frame = `events 0 ${stored.known} ${value.last} ${Number(value.done)}\n${value.body}`;
  await objects.hub("report", {}, { method: "POST", body: frame });
  const page = await pageOf(objects, after, limit);
  return answer(page, page.more || value.more, cors, value.requestId);
}

/**
 * @param {import("./hub/names.js").Objects} objects
 * @param {number} after
 * @param {number} limit
 */
async function pageOf(objects, after, limit) {
  const response = await objects.hub("events", { after, limit });
  const { header, body } = readFrame(await response.text());
  const [word, last, more, done, fresh, known, token = ""] = header.split(" ");
  if (response.status !== 200 || word !== "page") throw new Error(`the hub answered ${response.status}`);
  return {
    lines: body === "" ? [] : body.split("\n"),
    last: Number(last),
    more: more === "1",
    done: done === "1",
    fresh: fresh === "1",
    known: Number(known),
    token,
  };
}

/**
 * @param {{ lines: string[], last: number }} page
 * @param {boolean} more
 * @param {import("./cors.js").Cors} cors
 * @param {string} [requestId]
 */
function answer({ lines, last }, more, cors, requestId = crypto.randomUUID()) {
  const next = more ? `"NextToken":"h1.${last}",` : "";
  return respond(200, `{"RequestId":${JSON.stringify(requestId)},${next}"Events":[${lines.join(",")}]}`, cors);
}

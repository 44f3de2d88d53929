// The calls of the service, as the hub's frames need them.

import { bodyOf } from "../../shared/behind.js";
import { executionBody } from "../answer.js";
import { digest } from "../digest.js";
import { refusalFor } from "../refuse.js";

/** Maximum number of events of a page. */
const MOST_EVENTS = 1000;

/** The types of the last event of an execution. */
const LAST_EVENTS = ["ExecutionStopped", "ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut"];

const FINAL = ["Succeeded", "Failed", "Stopped", "TimedOut"];

/**
 * A failed call. `body` is the error in the format of the service, on one line.
 *
 * @typedef {object} Fault
 * @property {boolean} retryable
 * @property {boolean} throttled
 * @property {number} retryAfter in milliseconds; -1 if the service named no pause
 * @property {number} status
 * @property {string} code
 * @property {string} requestId
 * @property {string} body
 */

/**
 * The state of an execution. `body` is the response of DescribeExecution on one line.
 *
 * @typedef {{ hash: string, rank: number, body: string, requestId: string }} State
 */

/**
 * A part of the history. `body` has one event per line.
 *
 * @typedef {{ last: number, done: boolean, more: boolean, body: string, requestId: string }} Events
 */

/** @typedef {ReturnType<typeof upstreamOf>} Upstream */

/**
 * @param {import("../gateway.js").Forward} forward
 * @param {() => Promise<any>} options returns the client options for a call; may throw
 * @param {import("../log.js").Log} log
 * @param {Observe} observe
 * @param {{ flow: string, execution: string }} names
 */
export function upstreamOf(forward, options, log, observe, { flow, execution }) {
  /** Where the next page of the history starts: the token of a page. @type {string | undefined} */
  let token;
  let limit = MOST_EVENTS;

  /**
   * @template {{ requestId: string }} T
   * @param {string} action
   * @param {AbortSignal | undefined} signal
   * @param {() => Promise<T>} call
   * @returns {Promise<{ value: T, fault?: undefined } | { value?: undefined, fault: Fault }>}
   */
  async function outcome(action, signal, call) {
    const noted = observed(observe, action, { flow, execution });
    try {
      const value = await call();
      noted(200, "", value.requestId);
      return { value };
    } catch (/** @type {any} */ error) {
      // Neither an abandoned call nor a request that was not sent is a failed call.
      const isAbandoned = signal?.aborted;
      const fault = faultOf(error, isAbandoned ? () => {} : log);
      if (!isAbandoned && error?.attempts > 0) noted(error?.status ?? 0, fault.code, error?.requestId);
      return { fault };
    }
  }

  return {
    /**
     * @param {number} seconds
     * @param {number} timeoutMs
     * @param {AbortSignal} [signal]
     */
    describe: (seconds, timeoutMs, signal) =>
      outcome("DescribeExecution", signal, async () => {
        const request = { flowName: flow, executionName: execution, waitTimeSeconds: seconds };
        const result = await forward.DescribeExecution(request, limited(await options(), timeoutMs, signal));
        return stateOf(executionBody(result));
      }),

    /**
     * The events after one.
     *
     * @param {number} after
     * @param {number} timeoutMs
     * @param {AbortSignal} [signal]
     */
    history: (after, timeoutMs, signal) =>
      outcome("GetExecutionHistory", signal, async () => {
        for (;;) {
          const request = { flowName: flow, executionName: execution, limit, nextToken: token };
          let page;
          try {
            page = bodyOf(await forward.GetExecutionHistory(request, limited(await options(), timeoutMs, signal)));
          } catch (/** @type {any} */ error) {
            if (error?.code !== "response-too-large" || limit === 1) throw error;
            limit = Math.max(1, Math.floor(limit / 4));
            continue;
          }
          const next = page.NextToken ? String(page.NextToken) : undefined;
          const more = next !== undefined && next !== token;
          if (more) token = next;
          return eventsOf(page, after, more, token);
        }
      }),

    /**
     * Continues where another reader stopped.
     *
     * @param {string} line the line of a frame
     */
    resume(line) {
      if (token === undefined && line.length > 1) token = line.slice(1);
    },
  };
}

/**
 * Is told of each upstream call.
 *
 * @typedef {(call: { action: string, flow: string, execution: string, status: number, code: string, requestId: string, ms: number }) => void} Observe
 */

/**
 * A call that begins now. The returned function is called at its end.
 *
 * @param {Observe} observe
 * @param {string} action
 * @param {{ flow: string, execution: string }} names
 */
export function observed(observe, action, names) {
  const began = Date.now();
  return (/** @type {number} */ status, /** @type {string} */ code, requestId = "") =>
    observe({ action, ...names, status, code, requestId, ms: Date.now() - began });
}

/**
 * @param {any} options
 * @param {number} timeoutMs
 * @param {AbortSignal} [signal]
 */
function limited(options, timeoutMs, signal) {
  const given = options.timeoutMs;
  return Object.assign(options, {
    signal,
    timeoutMs: typeof given === "number" ? Math.min(given, timeoutMs) : timeoutMs,
  });
}

/**
 * @param {Record<string, any>} body
 * @returns {Promise<State>}
 */
async function stateOf(body) {
  const { RequestId, ...rest } = body;
  const rank = FINAL.includes(rest.Status) ? 3 : rest.Status === "Starting" ? 1 : 2;
  return { hash: await digest(JSON.stringify(rest), 8), rank, body: JSON.stringify(body), requestId: RequestId };
}

/**
 * @param {any} page
 * @param {number} after
 * @param {boolean} more
 * @param {string | undefined} token
 * @returns {Events}
 */
function eventsOf(page, after, more, token) {
  const events = (page.Events ?? []).filter((/** @type {any} */ event) => event.EventId > after);
  const end = events.at(-1);
  const lines = events.map((/** @type {any} */ event) => JSON.stringify(event));
  // Tokens are opaque. A line break would end the line.
  if (token !== undefined && !/[\r\n]/.test(token)) lines.push(`#${token}`);
  const all = page.Events?.at(-1);
  return {
    last: end?.EventId ?? after,
    done: !more && LAST_EVENTS.includes(all?.Type),
    more,
    body: lines.join("\n"),
    requestId: page.RequestId,
  };
}

/**
 * @param {any} error
 * @param {import("../log.js").Log} log
 * @returns {Fault}
 */
export function faultOf(error, log) {
  const { status, code, message, requestId = crypto.randomUUID(), headers } = refusalFor(error, log);
  const pause = Number(headers?.["x-acs-retry-after"] ?? -1);
  return {
    retryable: error?.retryable === true,
    throttled: status === 429 || /throttl/i.test(code),
    retryAfter: Number.isFinite(pause) ? pause : -1,
    status,
    code,
    requestId,
    body: JSON.stringify({ RequestId: requestId, Code: code, Message: message }),
  };
}

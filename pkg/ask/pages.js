// `getExecutionHistory`, `listExecutions` and the iterator over executions. The module has checked that each entry has
// its required fields.

import { withBody } from "../shared/behind.js";
import { EXECUTIONS, HISTORY_PAGE, isObject, own } from "../shared/options.js";
import { HISTORY, LIST, asking } from "./functions.js";
import { iterate, link, pager, partsOf, sharingTime } from "./iterate.js";

/** @typedef {import("./functions.js").Bound} Bound */

/** Maximum number of executions of a page. */
const MOST_EXECUTIONS = 100;

/**
 * @param {Bound} bound
 * @returns {(request: any, call?: any) => Promise<any>}
 */
export function history(bound) {
  const ask = asking(bound, HISTORY, HISTORY_PAGE);
  return (request, call) => ask(request, call).then(historyPage);
}

/**
 * @param {Bound} bound
 * @returns {(request: any, call?: any) => Promise<any>}
 */
export function list(bound) {
  const ask = asking(bound, LIST, EXECUTIONS);
  return (request, call) => ask(request, call).then((body) => executionsPage(bound, body));
}

/**
 * The iterator over the executions of a flow.
 *
 * @param {Bound} bound
 */
export const executions = (bound) => (/** @type {unknown} */ request, /** @type {unknown} */ call) =>
  iterate((controller) => {
    const options = bound.options(call);
    // The module reports what is not an object.
    if (isObject(options)) link(options, controller);
    const copy = own(request, EXECUTIONS);
    const next = isObject(options) ? sharingTime(options) : () => options;
    if (!isObject(copy)) return () => bound.send(LIST, EXECUTIONS, copy, next());
    const { limit = MOST_EXECUTIONS, nextToken } = copy;
    /** @type {Parameters<typeof pager>[0]} */
    const ask = (limit, nextToken) =>
      bound
        .send(LIST, EXECUTIONS, Object.assign(Object.create(null), copy, { limit, nextToken }), next())
        .then((body) => executionsPage(bound, body));
    return partsOf(pager(ask, "executions", limit, nextToken));
  });

/** @param {any} body */
export function historyPage(body) {
  return pageOf(body, "events", (body.Events ?? []).map(eventOf));
}

/**
 * @param {Bound} bound
 * @param {any} body
 */
function executionsPage(bound, body) {
  /** @param {any} entry */
  const executionOf = ({
    FlowName,
    Name,
    Status,
    StartedTime,
    StoppedTime,
    Input,
    Output,
    FlowDefinition,
    Environment,
  }) =>
    bound.runtime.call("parseExecution", {
      RequestId: body.RequestId,
      ...{ FlowName, Name, Status, StartedTime, StoppedTime, Input, Output, FlowDefinition, Environment },
    }).execution;
  return pageOf(body, "executions", (body.Executions ?? []).map(executionOf));
}

/**
 * @param {any} body
 * @param {string} key
 * @param {unknown[]} entries
 */
function pageOf(body, key, entries) {
  /** @type {Record<string, unknown>} */
  const page = { requestId: textOf(body.RequestId), [key]: entries };
  // A number is the same token.
  const token = typeof body.NextToken === "number" ? String(body.NextToken) : textOf(body.NextToken);
  if (token) page.nextToken = token;
  return withBody(page, body);
}

/** @param {any} sent */
function eventOf(sent) {
  const { EventId, ScheduleEventId, Type, StepName, Time, EventDetail, ...others } = sent;
  const detail = detailOf(EventDetail);
  /** @type {Record<string, unknown>} */
  const event = {
    eventId: EventId,
    scheduleEventId: typeof ScheduleEventId === "number" ? ScheduleEventId : 0,
    type: Type,
    stepName: textOf(StepName),
    time: textOf(Time),
    detail: detail ?? {},
  };
  if (detail === undefined || hasLongNumber(EventDetail)) event.eventDetail = EventDetail;
  for (const [key, value] of Object.entries(others)) {
    const name = key.slice(0, 1).toLowerCase() + key.slice(1);
    // Not a field of every event or of every object.
    if (!(name in event)) event[name] = value;
  }
  return event;
}

/**
 * The detail of an event. Undefined if it is not an object.
 *
 * @param {unknown} text
 */
function detailOf(text) {
  if (text === undefined || text === null || text === "") return {};
  try {
    const detail = typeof text === "string" ? JSON.parse(text) : text;
    return isObject(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a number in a detail may have more digits than JavaScript keeps.
 *
 * @param {unknown} text
 */
const hasLongNumber = (text) => typeof text === "string" && /\d{16}|\d[eE]\+?\d{3}/.test(text);

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? value : "");

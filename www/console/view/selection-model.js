// What the panel of the selection shows, without a document.

import { shownDefinition } from "../app/state.js";
import { historyIndex } from "./history-index.js";
import { parseJson } from "./json-model.js";

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("../app/state.js").ExecutionEvent} ExecutionEvent
 * @typedef {import("../../../pkg/index.js").ReplayVisit} Visit
 *
 * @typedef {object} Shown a value with its name
 * @property {string} name key of its name in the words
 * @property {any} [value]
 * @property {string} [text] the value as JSON text
 */

/**
 * The state and the visit of the selection. A selected state without a visit has the visit that determines its status.
 *
 * @param {State} state
 */
export function subjectOf(state) {
  const { selection, replay } = state;
  const chosen = selection.visit === undefined ? undefined : replay?.visits[selection.visit];
  const id = chosen ? chosen.node : selection.node;
  const node = id === undefined ? undefined : shownDefinition(state)?.graph.nodes.find((one) => one.id === id);
  const result = id === undefined ? undefined : replay?.nodes[id];
  const visits =
    result?.visits ??
    (chosen ? (replay?.visits ?? []).filter((one) => one.node === undefined && one.name === chosen.name) : []);
  const visit = chosen ?? result?.visits.findLast(({ status }) => status === result.status) ?? result?.visits.at(-1);
  const isEnd = id === "start" || id === "end";
  const isState = !isEnd && (visit !== undefined || node !== undefined);
  return { node, visit, visits, isState, status: visit?.status ?? result?.status ?? "notReached" };
}

/** @type {WeakMap<object, any>} details with their numbers as sent */
const exact = new WeakMap();

/**
 * The detail of an event. Its numbers are as sent if the event has its text.
 *
 * @param {ExecutionEvent} event
 * @returns {any}
 */
export function detailOf(event) {
  const { detail, eventDetail } = event;
  if (typeof eventDetail !== "string") return eventDetail === undefined ? detail : eventDetail;
  if (!exact.has(event)) {
    const parsed = parseJson(eventDetail);
    exact.set(event, parsed ? parsed.value : eventDetail);
  }
  return exact.get(event);
}

/**
 * A member of the detail of the last event of a type.
 *
 * @param {readonly ExecutionEvent[]} events
 * @param {string} type
 * @param {string} key
 */
function member(events, type, key) {
  const event = events.findLast((one) => one.type === type);
  const detail = event && detailOf(event);
  return typeof detail === "object" && detail !== null && Object.hasOwn(detail, key) ? detail[key] : undefined;
}

/**
 * The values of a visit in the order of their processing: those that say nothing new are left out.
 *
 * @param {State} state
 * @param {Visit} visit
 * @param {number} [attempt]
 * @returns {Shown[]}
 */
export function valuesOf(state, visit, attempt) {
  const index = historyIndex(state);
  const events = index?.eventsOf(visit.id) ?? [];
  const own = attempt === undefined ? events : (index?.eventsOf(visit.id, attempt) ?? []);
  const tried = visit.attempts.find((one) => one.attempt === attempt) ?? visit.attempts.at(-1);
  const input = member(events, "StepStarted", "input") ?? visit.input;
  const output = member(events, "StepSucceeded", "output") ?? visit.output;
  const given = member(events, "StepEntered", "input");
  const local = member(events, "StepEntered", "local");
  const taskInput = member(own, "TaskScheduled", "input") ?? tried?.input;
  const submitted = member(own, "TaskSubmitted", "output");
  const result = member(own, "TaskSucceeded", "output") ?? tried?.output;
  const left = member(events, "StepExited", "local");
  /** @type {Shown[]} */
  const values = [];
  const add = (/** @type {string} */ name, /** @type {any} */ value, /** @type {any[]} */ ...others) => {
    if (value !== undefined && !others.some((other) => same(value, other))) values.push({ name, value });
  };
  add("input", input);
  add("output", output);
  add("given", given, input);
  if (!isEmpty(local)) add("local", local);
  add("taskInput", taskInput, input);
  add("submitted", submitted, result);
  add("result", result, output);
  if (!isEmpty(left)) add("left", left, output, local);
  return values;
}

/** @param {any} value */
const isEmpty = (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** @param {any} a @param {any} b */
function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false;
  }
}

/**
 * The values of the execution: as DescribeExecution sent them, otherwise from the events.
 *
 * @param {State} state
 * @returns {Shown[]}
 */
export function executionValues({ execution, replay }) {
  /** @type {Shown[]} */
  const values = [];
  for (const name of /** @type {const} */ (["input", "output"])) {
    const text = execution?.[name];
    if (text !== undefined) values.push({ name, text });
    else if (replay?.[name] !== undefined) values.push({ name, value: replay[name] });
  }
  const variables = execution?.environment?.variables ?? [];
  if (variables.length > 0) {
    const value = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    values.push({ name: "environment", value });
  }
  return values;
}

/**
 * The execution that a task has started, if the events tell its name.
 *
 * @param {readonly ExecutionEvent[]} events those of one visit
 * @returns {{ flowName: string, executionName: string } | undefined}
 */
export function childOf(events) {
  const scheduled = events.findLast(({ type }) => type === "TaskScheduled");
  if (!scheduled) return undefined;
  const { resource, input } = /** @type {any} */ (scheduled.detail ?? {});
  const ofResource = flowOf(resource) ?? flowOf(input?.resourceArn);
  if (ofResource === undefined && !/^fnf:start/i.test(String(resource))) return undefined;
  for (const event of [...events].reverse()) {
    if (event.type !== "TaskSubmitted" && event.type !== "TaskSucceeded") continue;
    const output = /** @type {any} */ (event.detail)?.output;
    const executionName = textOf(output, "ExecutionName", "executionName", "Name", "name");
    const flowName = textOf(output, "FlowName", "flowName") ?? ofResource;
    if (flowName && executionName && (event.type === "TaskSubmitted" || textOf(output, "FlowName", "flowName")))
      return { flowName, executionName };
  }
  const executionName = textOf(input, "ExecutionName", "executionName");
  const flowName = ofResource ?? textOf(input, "FlowName", "flowName");
  return flowName && executionName ? { flowName, executionName } : undefined;
}

/** @param {unknown} resource */
function flowOf(resource) {
  return typeof resource === "string" ? /^acs:fnf:.*:flow\/([^/]+)/.exec(resource)?.[1] : undefined;
}

/** @param {any} object @param {...string} keys @returns {string | undefined} */
function textOf(object, ...keys) {
  if (typeof object !== "object" || object === null) return undefined;
  return keys.map((key) => object[key]).find((text) => typeof text === "string" && text !== "");
}

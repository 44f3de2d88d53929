// `parseExecution` for the usual response: the engine parses it and copies references, and the module judges status and
// times in one call. For anything unusual the result is undefined, and the module reads the whole body.
//
// 0.6 KB take 1.1 to 1.2 times JSON.parse + zod this way, 5 to 7 times with calls of the module for each field. A test compares both
// ways for every case of `execution`.

import { RUNTIME } from "../shared/behind.js";
import { inLocaleOf } from "../shared/locale.js";

/** Maximum length of a text, in UTF-16 units; src/read.rs refuses longer ones. */
const MAX_UNITS = 8 * 1024 * 1024;

/**
 * Returns `parseExecution`.
 *
 * @param {import("../shared/runtime.js").Runtime} runtime
 */
export const parser = (runtime) => (/** @type {unknown} */ body, /** @type {unknown} */ options) =>
  body === RUNTIME
    ? runtime
    : inLocaleOf(
        options,
        () =>
          (typeof body === "string" ? usualExecution(runtime.call, body) : undefined) ??
          runtime.call("parseExecution", body),
      );

/**
 * @param {(name: string, facts: string) => number} call calls a function of the module
 * @param {string} text
 */
function usualExecution(call, text) {
  if (text.length > MAX_UNITS) return undefined;
  /** @type {any} */
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isUsual(body)) return undefined;
  const started = body.StartedTime ?? "";
  const stopped = body.StoppedTime ?? "";
  /** 0 if one of them is unusual, 2 if the status is final. */
  const judged = call("judgeExecution", `${body.Status}\n${started}\n${stopped}`);
  if (judged === 0) return undefined;
  /** @type {Record<string, any>} */
  const execution = {
    requestId: body.RequestId,
    flowName: body.FlowName,
    name: body.Name,
    status: body.Status,
    done: judged === 2,
  };
  if (started) execution.startedTime = started;
  if (stopped) execution.stoppedTime = stopped;
  if (body.Input) execution.input = body.Input;
  if (body.Output) execution.output = body.Output;
  execution.flowDefinition = body.FlowDefinition;
  if (body.Environment) {
    const variables = usualVariables(body.Environment.Variables);
    if (variables === undefined) return undefined;
    execution.environment = { variables };
  }
  return { execution, diagnostics: [] };
}

/** @param {any} body */
function isUsual(body) {
  return (
    typeof body === "object" &&
    body !== null &&
    // An error of the service has one of these.
    body.Code === undefined &&
    body.code === undefined &&
    isText(body.RequestId) &&
    isText(body.FlowName) &&
    isText(body.Name) &&
    isText(body.Status) &&
    isText(body.FlowDefinition) &&
    isTextOrAbsent(body.StartedTime) &&
    isTextOrAbsent(body.StoppedTime) &&
    isTextOrAbsent(body.Input) &&
    isTextOrAbsent(body.Output) &&
    (typeof body.Environment === "object" || body.Environment === undefined)
  );
}

/** @param {unknown} list */
function usualVariables(list) {
  if (!Array.isArray(list)) return undefined;
  const variables = [];
  for (const entry of list) {
    if (typeof entry !== "object" || entry === null || !isText(entry.Name) || !isTextOrAbsent(entry.Value))
      return undefined;
    variables.push({ name: entry.Name, value: entry.Value ?? "" });
  }
  return variables;
}

/** @param {unknown} value */
const isText = (value) => typeof value === "string" && value !== "";

/** @param {unknown} value */
const isTextOrAbsent = (value) => typeof value === "string" || value === undefined || value === null;

// An execution as text.

import { safeLine } from "../line.js";
import { widthOf } from "../width.js";
import { durationOf, safeJson, shownStatus } from "./client.js";
import { form, say } from "../../shared/words.js";

/** @import { Client, Execution } from "../../index.js" */
/** @import { Style } from "../style.js" */

/** Longer texts of an input or an output are cut. */
const MAX_LENGTH = 2000;

/**
 * @param {Execution} execution
 * @param {Style} style
 */
export function executionText(execution, style) {
  const { flowName, name, status, startedTime, stoppedTime, input, output } = execution;
  const rows = [
    ["execution", `${safeLine(flowName)}/${safeLine(name)}`],
    ["status", shownStatus(status, style)],
    ["started", safeLine(startedTime ?? "")],
    ["stopped", safeLine(stoppedTime ?? "")],
    ["duration", durationOf(execution)],
    ["input", value(input)],
    ["output", value(output)],
  ];
  return rows
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${style.dim(padded(form(name), 10))}${text}\n`)
    .join("");
}

/** @param {string} text @param {number} width */
const padded = (text, width) => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** @param {string | undefined} text JSON as received */
function value(text) {
  if (text === undefined) return "";
  const line = safeLine(
    text
      .split("\n")
      .map((part) => part.trim())
      .join(" "),
  );
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}${form("… (--output json prints all of it)")}` : line;
}

/** @param {Execution} execution */
export function executionJson(execution, space = 2) {
  return `${safeJson(execution, space)}\n`;
}

/**
 * An error and its cause. The causes that this package writes are in the language of the command, all others are data.
 *
 * @param {string | undefined} error
 * @param {string | undefined} cause
 */
export function whyText(error, cause) {
  const shown = cause && /^Local\./.test(error ?? "") ? say(cause) : cause;
  return [error, shown]
    .filter(Boolean)
    .map((text) => safeLine(text ?? ""))
    .join(": ");
}

/**
 * Why an execution failed and in which state, in lines. Empty if this is not known.
 *
 * @param {Client} client
 * @param {Execution} execution
 * @param {AbortSignal} signal
 */
export async function failureText(client, execution, signal) {
  const { replayExecution } = await import("../../language.js");
  const replay = replayExecution(execution.flowDefinition, []);
  try {
    const { flowName, name } = execution;
    for await (const event of client.executionEvents({ flowName, executionName: name }, { signal, timeoutMs: 20_000 }))
      replay.add([event]);
  } catch (error) {
    if (signal.aborted) throw error;
    return "";
  }
  const { failure } = replay.state;
  if (!failure) return "";
  const { name, error, cause, range } = failure;
  const place = range ? `, line ${range.start.line} of the definition` : "";
  const why = whyText(error, cause);
  return `${say(`failed in ${name ? `state \`${safeLine(name)}\`` : "the flow"}${place}: ${why}`)}\n`;
}

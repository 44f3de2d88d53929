// The command `run`: runs a flow on this machine.

import { readStream, readText } from "../check/read.js";
import { failure } from "../failure.js";
import { placeOf } from "../flow-test/execute.js";
import { runLive } from "../flow-test/live.js";
import { placeName, placeText } from "../flow-test/place.js";
import { readTasksFile } from "../flow-test/tasks-file.js";
import { rowsOf, span, timelineText } from "../flow-test/timeline.js";
import { safeLine } from "../line.js";
import { safeJson, shownStatus } from "../service/client.js";
import { findingLines, readSource } from "../source.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";
import { MAX_SPEED } from "../../local/options.js";

/** @import { Definition, Io, Parsed } from "../command.js" */
/** @import { Event } from "../flow-test/live.js" */
/** @import { Style } from "../style.js" */

/** @type {Record<string, number>} */
const CODES = { Succeeded: 0, Failed: 1, TimedOut: 3, Stopped: 4 };
const MAX_DETAIL = 300;
const MAX_OUTPUT = 2000;

/** @type {Definition} */
export const definition = {
  description:
    "Runs a flow on this machine. Prints the events, a timeline of the states, and the reason of a failure with its place in the definition. Nothing is sent.",
  operands: [{ name: "<file>", text: "definition, or - for the standard input" }],
  options: [
    { flags: "--input <json>", text: "input: JSON, @file, or - for the standard input (default: {})" },
    { flags: "--tasks <file>", text: "handlers of tasks (.js, .mjs: the default export), or mocks (.json, .yaml)" },
    {
      flags: "--speed <n>",
      text: "real time: n milliseconds of the flow in a millisecond (default: waits take no time)",
      parse: wholeNumber(1, MAX_SPEED),
    },
    { flags: "--mode <mode>", text: "mode of the flow", choices: ["Standard", "Express"] },
    {
      flags: "--format <format>",
      text: "events: all of it; timeline: without events; json: one object",
      choices: ["events", "json", "timeline"],
      default: "events",
    },
  ],
  examples: [
    ["order.yaml --input '{\"amount\":17}' --tasks mocks.yaml", "with mocks of the tasks"],
    ["order.yaml --input @input.json --tasks tasks.mjs", "with handlers in JavaScript"],
    ["order.yaml --tasks mocks.yaml --speed 1", "watch it in real time"],
    ["order.yaml --format json | jq .output", "for programs"],
  ],
  notes: `Exit code: 0 Succeeded, 1 Failed, 3 TimedOut, 2 the flow could not run, 130 after Ctrl-C.

A key of --tasks is an action, a resourceArn, a pattern with \`*\`, or \`state:NAME\`. A task without one fails with
Local.NoTaskHandler. Without --speed the events are printed when the execution has ended.`,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [file], options }, io) {
  const { format, speed } = options;
  if (file === "-" && options.input === "-")
    throw failure("the standard input cannot be both the definition and --input");
  const style = createStyle(io.color);
  const input = await readInput(options.input, io);
  const text = await readSource(file, io);
  const tasks = options.tasks === undefined ? {} : await readTasksFile(options.tasks);
  const [{ parseFlow, replayExecution, validateFlow }, local] = await Promise.all([
    import("../../language.js"),
    import("../../local.js"),
  ]);
  const shownFile = file === "-" ? "<stdin>" : file;
  const mode = options.mode ?? (/\.express\.\w+$/i.test(file) ? "Express" : "Standard");
  const errors = validateFlow(text, { mode }).diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    for (const line of findingLines(shownFile, errors)) await io.err(`${safeLine(line)}\n`);
    throw failure(`\`${shownFile}\` has errors: it was not run`);
  }
  const { flow } = parseFlow(text);
  if (flow === null) throw failure(`\`${shownFile}\` is not a flow`);

  const stop = new AbortController();
  const reason = new Error("stopped");
  io.stopped.then(() => stop.abort(reason));
  const replay = replayExecution(text, []);
  /** @type {Event[]} */
  const events = [];
  let start = NaN;
  const onEvents = async (/** @type {Event[]} */ some) => {
    replay.add(some);
    events.push(...some);
    if (Number.isNaN(start)) start = Date.parse(some[0].time);
    if (format === "events") await io.out(some.map((event) => eventLine(event, start, style)).join(""));
  };
  let result;
  const { signal } = stop;
  try {
    if (speed === undefined) {
      const { events: all, ...rest } = await local.simulateFlow(text, { input, tasks, mode, signal });
      result = rest;
      if (all.length > 0) await onEvents(/** @type {any} */ (all));
    } else {
      const name = flow.name || "flow";
      result = await runLive(local, text, { name, body: flow, input, tasks, mode, speed, signal, onEvents });
    }
  } catch (error) {
    if (error === reason) result = { status: "Running" };
    else if (error?.kind === undefined) throw error;
    else throw failure(error.message);
  }
  const { state } = replay;
  if (result.error?.startsWith("Local.") && events.length === 0) throw failure(`the flow cannot run: ${result.cause}`);
  const isStopped = result.status === "Running";
  const rows = rowsOf(state);
  const why = result.status === "Succeeded" || isStopped ? undefined : placeOf(state.failure, result);
  if (format === "json") {
    const { status, ...rest } = result;
    await io.out(
      `${safeJson({ status: isStopped ? "Stopped" : status, ...rest, failure: why, timeline: rows, events }, 2)}\n`,
    );
  } else {
    const columns = io.outIsTerminal ? io.columns : 110;
    const table = timelineText(rows, style, columns);
    const total = rows.reduce((most, { startMs, durationMs }) => Math.max(most, startMs + durationMs), 0);
    await io.out(`${format === "events" && events.length > 0 ? "\n" : ""}${table}${table && "\n"}`);
    await io.out(`${style.bold(shownStatus(isStopped ? "stopped" : result.status, style))} after ${span(total)}\n`);
    if (result.status === "Succeeded") await io.out(`${style.dim("output")} ${valueLine(result.output, MAX_OUTPUT)}\n`);
    if (why) await io.out(whyText(why, shownFile, text, style, io.outIsTerminal ? io.columns : undefined));
  }
  if (isStopped) {
    await io.err("stopped\n");
    return 130;
  }
  return CODES[result.status] ?? 2;
}

/**
 * @param {string | undefined} given
 * @param {Io} io
 * @returns {Promise<object>}
 */
async function readInput(given, io) {
  if (given === undefined) return {};
  const isFile = given.startsWith("@");
  const name = given === "-" ? "the standard input" : isFile ? `\`${given.slice(1)}\`` : "--input";
  let text = given;
  try {
    if (given === "-") text = await readStream(io.stdin);
    else if (isFile) text = readText(given.slice(1));
  } catch (error) {
    throw failure(`${name} ${error.message}`);
  }
  let value;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw failure(`${name} is not JSON: ${error.message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw failure(`${name} must be a JSON object: the input of a flow is an object`);
  return value;
}

/**
 * @param {Event} event
 * @param {number} start
 * @param {Style} style
 */
function eventLine({ type, stepName, time, detail }, start, style) {
  const seconds = `+${((Date.parse(time) - start) / 1000).toFixed(3)}`;
  const isBad = /Failed|TimedOut|Aborted/.test(type);
  const tint = isBad ? style.red : /Succeeded/.test(type) ? style.green : (/** @type {string} */ text) => text;
  const shown = valueLine(detail ?? {}, MAX_DETAIL);
  const rest = `${safeLine(stepName) || "-"}${shown === "{}" ? "" : `  ${style.dim(shown)}`}`;
  return `${seconds.padStart(9)}  ${tint(safeLine(type).padEnd(18))}  ${rest}\n`;
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function valueLine(value, most) {
  const text = safeLine(JSON.stringify(value) ?? "");
  return text.length > most ? `${text.slice(0, most)}… (--format json prints all of it)` : text;
}

/**
 * Why an execution failed.
 *
 * @param {import("../flow-test/execute.js").Place} place
 * @param {string} file
 * @param {string} text
 * @param {Style} style
 * @param {number | undefined} columns
 */
function whyText({ state, error, cause, attempts, range }, file, text, style, columns) {
  const rows = [
    ["state", state === undefined ? "" : safeLine(state)],
    ["error", safeLine(error ?? "")],
    ["cause", safeLine(cause ?? "")],
    ["attempts", attempts > 1 ? String(attempts) : ""],
    ["help", error === "Local.NoTaskHandler" ? "--tasks FILE gives the tasks handlers or mocks" : ""],
  ];
  const lines = rows
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${style.dim(name.padEnd(9))}${value}\n`);
  return `${lines.join("")}${range ? `\n${placeName(file, range)}\n${placeText(text, range, style, columns)}` : ""}`;
}

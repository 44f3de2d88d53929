// The command `run`.

import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readInput, readText } from "../check/read.js";
import { excerpt } from "../excerpt.js";
import { failure, reason } from "../failure.js";
import { folded } from "../fold.js";
import { safeLine } from "../line.js";
import { period, safeJson, shownStatus } from "../service/client.js";
import { whyText } from "../service/print.js";
import { withReports } from "../reports.js";
import { findingLines, readSource } from "../source.js";
import { createStyle } from "../style.js";
import { readTasks } from "../tasks.js";
import { timeline } from "../timeline.js";
import { wholeNumber } from "../values.js";
import { form, say } from "../../shared/words.js";
import { fitted, widthOf } from "../width.js";

/** @import { ExecutionEvent, ExecutionStatus, ReplayState } from "../../index.js" */
/** @import { Definition, Io, Parsed } from "../command.js" */
/** @import { Style } from "../style.js" */

/** @type {Record<string, number>} */
const CODES = { Succeeded: 0, Failed: 1, TimedOut: 3, Stopped: 4 };
const MAX_DETAIL = 200;
const KEY = { accessKeyId: "run", accessKeySecret: "run" };

/** @type {Definition} */
export const definition = {
  description: "Runs a flow on this machine. Waits take no time, unless --speed is used.",
  operands: [{ name: "<file>", text: "definition, or - for the standard input" }],
  options: [
    { flags: "--input <json>", text: "input of the execution: JSON, @FILE, or - for the standard input (default: {})" },
    { flags: "--tasks <file>", text: "task handlers (.mjs, .js) or mocks (.json)" },
    { flags: "--flows <folder>", text: "flows that this flow can start: NAME.yaml" },
    { flags: "--mode <mode>", text: "mode of the flow", choices: ["Standard", "Express"] },
    {
      flags: "--speed <n>",
      text: "use a real clock: 1 for real time, 60 for a minute in a second",
      parse: wholeNumber(1, 1e6),
    },
    {
      flags: "--format <format>",
      text: "events and timeline, the result as JSON, or the timeline only",
      choices: ["events", "json", "timeline"],
      default: "events",
    },
  ],
  examples: [
    ["order.yaml --input '{\"amount\": 17}' --tasks tasks.mjs", "events, timeline and result"],
    ["order.yaml --input @order.json --tasks mocks.json --format json", "for programs"],
    ["order.yaml --speed 60 --tasks tasks.mjs", "watch it: a minute of the flow in a second"],
  ],
  exitCodes: [
    [0, "Succeeded"],
    [1, "Failed, or the definition has errors"],
    [2, "the flow could not be started"],
    [3, "TimedOut"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: "A task without a handler fails with Local.NoTaskHandler.",
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [file], options }, io) {
  const style = createStyle(io.color);
  if (file === "-" && options.input === "-") throw failure("`-` cannot be both the definition and the input");
  const text = await readSource(file, io);
  const input = await inputOf(options.input, io);
  const tasks = options.tasks === undefined ? {} : await tasksOf(options.tasks);
  const flows = options.flows === undefined ? {} : readFlows(options.flows);
  const mode = options.mode ?? (/\.express\.\w+$/i.test(file) ? "Express" : "Standard");
  const { replayExecution, validateFlow } = await import("../../language.js");
  const errors = validateFlow(text, { mode }).diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    for (const line of findingLines(file, errors)) await io.err(`${safeLine(line)}\n`);
    return 1;
  }
  const stop = new AbortController();
  const stopped = new Error("stopped");
  io.stopped.then(() => stop.abort(stopped));
  const replay = replayExecution(text, []);
  const print = options.format === "events" ? eventPrinter(io, style) : () => Promise.resolve();
  const settings = { text, input, tasks, flows, mode, signal: stop.signal };
  try {
    const result =
      options.speed === undefined ? await simulated(settings) : await timed(settings, options.speed, print);
    if (options.speed === undefined) for (const event of result.events) await print(event);
    replay.add(result.events);
    const { status } = result;
    const { failure: place } = replay.state;
    if (options.format === "json") await io.out(`${safeJson(place ? { ...result, failure: place } : result, 2)}\n`);
    else {
      if (options.format === "events") await io.out("\n");
      await io.out(timeline(replay.state, style, io.outIsTerminal ? io.columns : 100));
      const columns = io.outIsTerminal ? io.columns : undefined;
      await io.out(`\n${shownStatus(status, style)}${total(replay.state)}${output(result.output)}\n`);
      await io.out(folded(explained(file, text, replay.state, style, columns), columns));
    }
    return CODES[status] ?? 2;
  } catch (error) {
    if (error === stopped) return 130;
    if (error?.kind !== undefined) throw failure(`${error.code}: ${say(error.message)}`);
    throw error;
  }
}

/**
 * @typedef {object} Settings
 * @property {string} text
 * @property {object} input
 * @property {import("../../local.js").TaskHandlers} tasks
 * @property {Record<string, string>} flows
 * @property {"Standard" | "Express"} mode
 * @property {AbortSignal} signal
 */

/** @typedef {{ status: ExecutionStatus, output?: unknown, error?: string, cause?: string, events: ExecutionEvent[] }} Result */

/** @param {Settings} settings @returns {Promise<Result>} */
async function simulated({ text, ...options }) {
  const { simulateFlow } = await import("../../local.js");
  return simulateFlow(text, options);
}

/**
 * Runs the flow in an emulator, whose clock is a real one.
 *
 * @param {Settings} settings
 * @param {number} speed
 * @param {(event: ExecutionEvent) => Promise<void>} onEvent
 * @returns {Promise<Result>}
 */
async function timed({ text, input, tasks, flows, mode, signal }, speed, onEvent) {
  const [{ createEmulator, signRequest }, { createClient }, { parseFlow }] = await Promise.all([
    import("../../local.js"),
    import("../../ask.js"),
    import("../../language.js"),
  ]);
  const endpoint = "http://localhost";
  const call = async (/** @type {string} */ action, /** @type {Record<string, string>} */ parameters) =>
    emulator.fetch(await signRequest(action, parameters, { ...KEY, endpoint }));
  const { flow } = parseFlow(text);
  // The service requires that the names of a flow and of its definition are the same.
  const execution = { flowName: flow?.name || "flow", executionName: "run" };
  const emulator = createEmulator({
    tasks: withReports(tasks, flow, { speed, signal, call }),
    speed,
    accessKeys: { [KEY.accessKeyId]: KEY.accessKeySecret },
  });
  try {
    for (const [name, definition] of Object.entries(flows)) emulator.putFlow(name, definition);
    emulator.putFlow(execution.flowName, text, { mode });
    const { flowName: FlowName, executionName: ExecutionName } = execution;
    const started = await call("StartExecution", { FlowName, ExecutionName, Input: JSON.stringify(input) });
    if (started.status !== 200) {
      const { Code, Message } = await started.json();
      throw failure(`${Code}: ${Message}`);
    }
    const client = createClient({ endpoint, credentials: KEY, fetch: emulator.fetch });
    /** @type {ExecutionEvent[]} */
    const events = [];
    for await (const event of client.executionEvents(execution, { signal, follow: true })) {
      events.push(event);
      await onEvent(event);
    }
    const { status, output } = await client.describeExecution(execution, { signal });
    const last = events.at(-1)?.detail ?? {};
    return {
      status: /** @type {ExecutionStatus} */ (status),
      ...(output === undefined ? {} : { output: JSON.parse(output) }),
      ...(typeof last.error === "string" ? { error: last.error } : {}),
      ...(typeof last.cause === "string" ? { cause: last.cause } : {}),
      events,
    };
  } finally {
    emulator.close();
  }
}

/**
 * @param {string | undefined} given
 * @param {Io} io
 */
async function inputOf(given, io) {
  if (given === undefined) return {};
  let text = given;
  try {
    if (given === "-") text = await readInput(io);
    else if (given.startsWith("@")) text = readText(given.slice(1));
  } catch (error) {
    if (error.exitCode === 130) throw error;
    const name = given === "-" ? "the standard input" : `\`${given.slice(1)}\``;
    throw failure(form("{}: {}", "--input", say(`${name} ${error.message}`)));
  }
  let value;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw failure(`--input is not valid JSON: ${error.message.split("\n", 1)[0]}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw failure("--input must be a JSON object");
  return value;
}

/** @param {string} file */
async function tasksOf(file) {
  try {
    return await readTasks(resolve(file));
  } catch (error) {
    throw failure(`--tasks: ${error.message.split("\n", 1)[0]}`);
  }
}

/** @param {string} folder */
function readFlows(folder) {
  /** @type {Record<string, string>} */
  const flows = {};
  try {
    for (const name of readdirSync(folder)) {
      const [, flow] = /^(.+?)(?:\.express)?\.ya?ml$/i.exec(name) ?? [];
      // Tests of flows can lie beside them.
      if (flow !== undefined && !/\.flowtest$/i.test(flow)) flows[flow] = readText(join(folder, name));
    }
  } catch (error) {
    const why = `\`${folder}\` ${error.exitCode === undefined ? reason(error) : error.message}`;
    throw failure(form("{}: {}", "--flows", say(why)));
  }
  return flows;
}

/**
 * @param {Io} io
 * @param {Style} style
 */
function eventPrinter(io, style) {
  let start = NaN;
  return (/** @type {ExecutionEvent} */ { type, stepName, time, detail }) => {
    const at = Date.parse(time);
    if (Number.isNaN(start)) start = at;
    const text = safeLine(JSON.stringify(detail));
    const columns = io.outIsTerminal ? io.columns : Infinity;
    // On a terminal, one line for each event. A narrow one has no room for details.
    const isNarrow = columns < 72;
    const kind = safeLine(type).padEnd(isNarrow ? 0 : 22);
    const rest = columns - 13 - widthOf(kind);
    const name = fitted(safeLine(stepName), Math.max(8, rest));
    const room = Math.min(MAX_DETAIL, rest - widthOf(name) - 2);
    const shown = text === "{}" || isNarrow || room < 8 ? "" : fitted(text, room);
    const tint = /Failed|TimedOut|Aborted/.test(type) ? style.red : /Succeeded/.test(type) ? style.green : String;
    const seconds = `+${((at - start) / 1000).toFixed(3)}`.padStart(10);
    const line = `${style.dim(seconds)}  ${tint(kind)} ${name}${name && "  "}${style.dim(shown)}`;
    return io.out(`${line.trimEnd()}\n`);
  };
}

/** @param {ReplayState} state */
function total({ startedAt, stoppedAt }) {
  if (startedAt === undefined || stoppedAt === undefined) return "";
  return form(" after {}", period(Date.parse(stoppedAt) - Date.parse(startedAt)));
}

/** @param {unknown} value */
function output(value) {
  return value === undefined ? "" : `${form(": ")}${safeLine(JSON.stringify(value))}`;
}

/**
 * Why the flow failed, with the line of the state.
 *
 * @param {string} file
 * @param {string} text
 * @param {ReplayState} state
 * @param {Style} style
 * @param {number | undefined} columns
 */
function explained(file, text, { failure, error, cause }, style, columns) {
  if (!failure && error === undefined) return "";
  const why = whyText(failure?.error ?? error, failure?.cause ?? cause);
  const { range, name, attempts = 0 } = failure ?? {};
  if (!range || !name) return `${style.red(why)}\n`;
  const { line, column } = range.start;
  const source = text.split(/\r\n|\n|\r/)[line - 1] ?? "";
  const to = range.end.line === line ? range.end.column - 1 : source.length;
  const cut = excerpt(source, column - 1, to, "^", columns === undefined ? undefined : Math.max(20, columns - 10));
  const number = String(line);
  const tries = attempts > 1 ? `, after ${attempts} attempts` : "";
  const state = safeLine(name);
  const what = say(why === "" ? `state \`${state}\` timed out` : `state \`${state}\` failed${tries}: ${why}`);
  return `${style.bold(`${safeLine(file)}:${line}:${column}`)}: ${style.red(what)}
 ${style.blue(`${number} |`)} ${cut.text}
 ${" ".repeat(number.length)} ${style.blue("|")} ${style.red(cut.marks)}
`;
}

// The command `watch`.

import { failure } from "../failure.js";
import { folded } from "../fold.js";
import { safeLine } from "../line.js";
import {
  EXECUTION,
  FLOW,
  SERVICE_NOTES,
  SERVICE_OPTIONS,
  durationOf,
  shownStatus,
  withClient,
} from "../service/client.js";
import { executionJson, executionText, failureText } from "../service/print.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";
import { fitted, widthOf } from "../width.js";

/** @import { Execution } from "../../index.js" */
/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Record<string, number>} */
const CODES = { Succeeded: 0, Failed: 1, TimedOut: 3, Stopped: 4 };
const TIMED_OUT = 5;
const SIGNS = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** @type {Definition} */
export const definition = {
  description: "Follows an execution until it ends: a live line on a terminal, a line for each change elsewhere.",
  operands: [FLOW, EXECUTION],
  options: [
    ...SERVICE_OPTIONS,
    { flags: "--timeout <seconds>", text: "stop watching after this time", parse: wholeNumber(1, 31_536_000) },
  ],
  examples: [
    ["orders order-42", "wait for the end"],
    ["orders order-42 --timeout 600 && ./deploy", "continue only if it succeeds"],
    ["orders order-42 -o json", "one JSON object in a line for each change"],
  ],
  exitCodes: [
    [0, "Succeeded"],
    [1, "Failed"],
    [2, "the execution could not be watched"],
    [3, "TimedOut"],
    [4, "Stopped"],
    [5, "still running after --timeout"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: `The execution is never changed.\n\n${SERVICE_NOTES}`,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [flowName, executionName], options }, io) {
  const style = createStyle(io.color);
  const isJson = options.output === "json";
  const isLive = io.outIsTerminal && !isJson;
  /** @type {Execution | undefined} */
  let current;
  let note = "";
  let turn = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const draw = () => {
    if (!current || current.done) return;
    turn = (turn + 1) % SIGNS.length;
    const { status } = current;
    const rest = `  ${durationOf(current)}${note && `  ${note}`}`;
    // A line that the terminal wraps could not be drawn again.
    const room = Math.max(8, io.columns - 6 - widthOf(status) - widthOf(rest));
    const name = fitted(`${safeLine(flowName)}/${safeLine(executionName)}`, room);
    const line = `${SIGNS[turn]} ${name}  ${shownStatus(status, style)}${note ? style.yellow(rest) : rest}`;
    io.out(`\r\u001b[K${line}`).catch(() => {});
  };
  const clear = () => (isLive && current ? io.out("\r\u001b[K") : Promise.resolve());

  const code = await withClient(options, io, async (client, signal) => {
    const timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
    if (isLive) timer = setInterval(draw, 120);
    try {
      const states = client.watchExecution(
        { flowName, executionName },
        {
          signal,
          timeoutMs,
          onRetry: ({ error, delayMs, attempt }) => {
            note = `${safeLine(error.code).slice(0, 30)}: next try in ${Math.ceil(delayMs / 1000)} s`;
            if (!isLive)
              return io.err(
                `attempt ${attempt} failed: ${safeLine(error.code)}; next in ${Math.ceil(delayMs / 1000)} s
`,
              );
          },
        },
      );
      for await (const execution of states) {
        current = execution;
        note = "";
        if (isJson) await io.out(executionJson(execution, 0));
        else if (isLive) draw();
        else if (!execution.done)
          await io.out(`${new Date().toISOString()}  ${safeLine(execution.status)}  ${durationOf(execution)}\n`);
      }
    } catch (error) {
      if (error?.code !== "timeout" && error?.kind !== "timeout") throw error;
      await clear();
      throw failure(`the execution was still ${safeLine(current?.status ?? "unknown")} after ${options.timeout} s`, {
        exitCode: TIMED_OUT,
      });
    } finally {
      clearInterval(timer);
    }
    if (current === undefined) throw failure("the service returned no state");
    await clear();
    if (isJson) return CODES[current.status] ?? 2;
    await io.out(executionText(current, style));
    if (current.status === "Failed") {
      const text = await failureText(client, current, signal);
      const columns = io.outIsTerminal ? io.columns : undefined;
      if (text) await io.out(`${folded(style.red(text.trimEnd()), columns)}\n`);
    }
    return CODES[current.status] ?? 2;
  });
  if (code === 130) {
    await clear();
    await io.err("stopped watching; the execution is not changed\n");
  }
  return code;
}

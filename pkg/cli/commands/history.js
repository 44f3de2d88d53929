// The command `history`.

import { safeLine } from "../line.js";
import { EXECUTION, FLOW, SERVICE_NOTES, SERVICE_OPTIONS, safeJson, table, withClient } from "../service/client.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** Events that are printed at once: their columns are aligned. */
const BATCH = 500;
const MAX_DETAIL = 300;

/** @type {Definition} */
export const definition = {
  description: "Prints the events of an execution in their order.",
  operands: [FLOW, EXECUTION],
  options: [
    ...SERVICE_OPTIONS,
    { flags: "--limit <n>", text: "maximum number of events", parse: wholeNumber(1, 1e9) },
    { flags: "--step <name>", text: "events of this state only" },
    { flags: "-f, --follow", text: "continue until the execution ends" },
  ],
  examples: [
    ["orders order-42", "all events"],
    ["orders order-42 --step Charge", "events of a state"],
    ["orders order-42 -o json > events.jsonl", "one JSON object in a line for each event"],
  ],
  exitCodes: [
    [0, "the events were printed"],
    [2, "the service did not return the events"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: SERVICE_NOTES,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export function run({ operands: [flowName, executionName], options }, io) {
  const style = createStyle(io.color);
  const { limit = Infinity, step, follow = false, output } = options;
  return withClient(options, io, async (client, signal) => {
    /** @type {string[][]} */
    let rows = [];
    let start = NaN;
    let count = 0;
    const flush = async () => {
      if (rows.length === 0) return;
      const shown = rows;
      rows = [];
      await io.out(
        table(
          shown,
          (text, column) => (column === 2 ? tint(text, style) : column === 4 ? style.dim(text) : text),
          io.outIsTerminal ? io.columns : undefined,
        ),
      );
    };
    for await (const event of client.executionEvents({ flowName, executionName }, { signal, follow })) {
      if (step !== undefined && event.stepName !== step) continue;
      if (output === "json") await io.out(`${safeJson(event)}\n`);
      else {
        const time = Date.parse(event.time);
        if (Number.isNaN(start)) start = time;
        const detail = safeLine(JSON.stringify(event.eventDetail ?? event.detail));
        rows.push([
          String(event.eventId),
          `+${((time - start) / 1000).toFixed(3)}`,
          safeLine(event.type),
          safeLine(event.stepName) || "-",
          detail === "{}" ? "" : detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail,
        ]);
        if (follow || rows.length === BATCH) await flush();
      }
      count += 1;
      if (count >= limit) break;
    }
    await flush();
    return 0;
  });
}

/** @param {string} type @param {import("../style.js").Style} style */
function tint(type, style) {
  if (/Failed|TimedOut|Aborted/.test(type)) return style.red(type);
  return /Succeeded/.test(type) ? style.green(type) : type;
}

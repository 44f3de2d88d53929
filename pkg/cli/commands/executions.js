// The command `executions`.

import { safeLine } from "../line.js";
import {
  FLOW,
  SERVICE_NOTES,
  SERVICE_OPTIONS,
  durationOf,
  safeJson,
  shownStatus,
  table,
  withClient,
} from "../service/client.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";
import { form, say } from "../../shared/words.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

const MAX_PAGE = 100;

/** @type {Definition} */
export const definition = {
  description: "Lists the executions of a flow, newest first.",
  operands: [FLOW],
  options: [
    ...SERVICE_OPTIONS,
    { flags: "--limit <n>", text: "maximum number of executions", parse: wholeNumber(1, 1e9), default: 20 },
    {
      flags: "--status <status>",
      text: "executions with this status",
      choices: ["Starting", "Running", "Stopped", "Succeeded", "Failed", "TimedOut"],
    },
    { flags: "--prefix <text>", text: "executions whose name begins with this text" },
    { flags: "--since <time>", text: "executions that were started at this time or later (RFC 3339)" },
  ],
  examples: [
    ["orders", "the last 20"],
    ["orders --status Failed --since 2026-11-01T00:00:00Z", "failures of this month"],
    ["orders -o json --limit 1000 | jq -r .name", "one JSON object in a line for each execution"],
  ],
  exitCodes: [
    [0, "the list was printed, which may be empty"],
    [2, "the service did not return the list"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: SERVICE_NOTES,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export function run({ operands: [flowName], options }, io) {
  const style = createStyle(io.color);
  const { limit, status, prefix, since, output } = options;
  return withClient(options, io, async (client, signal) => {
    const request = {
      flowName,
      limit: Math.min(limit, MAX_PAGE),
      metadataOnly: true,
      ...(status === undefined ? {} : { status }),
      ...(prefix === undefined ? {} : { executionNamePrefix: prefix }),
      ...(since === undefined ? {} : { startedTimeBegin: since }),
    };
    const rows = [["NAME", "STATUS", "STARTED", "DURATION"].map((title) => form(title))];
    let count = 0;
    for await (const execution of client.flowExecutions(request, { signal })) {
      if (output === "json") await io.out(`${safeJson(execution)}\n`);
      else
        rows.push([
          safeLine(execution.name),
          safeLine(execution.status),
          safeLine(execution.startedTime ?? ""),
          durationOf(execution),
        ]);
      count += 1;
      if (count >= limit) break;
    }
    if (output === "json") return 0;
    if (count === 0) await io.err(`${say(`the flow \`${safeLine(flowName)}\` has no such executions`)}\n`);
    else
      await io.out(
        table(rows, (text, column, row) =>
          row === 0 ? style.dim(text) : column === 1 ? shownStatus(text, style) : text,
        ),
      );
    return 0;
  });
}

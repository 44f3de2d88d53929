// The command `describe`.

import { EXECUTION, FLOW, SERVICE_NOTES, SERVICE_OPTIONS, withClient } from "../service/client.js";
import { executionJson, executionText } from "../service/print.js";
import { createStyle } from "../style.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description: "Prints the state of an execution.",
  operands: [FLOW, EXECUTION],
  options: SERVICE_OPTIONS,
  examples: [
    ["orders order-42", "status, times, input and output"],
    ["orders order-42 -o json | jq -r .output", "one field"],
    ["orders order-42 --endpoint http://127.0.0.1:8791", "in the emulator"],
  ],
  exitCodes: [
    [0, "the execution was printed, with any status"],
    [2, "the service did not return the execution"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: SERVICE_NOTES,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export function run({ operands: [flowName, executionName], options }, io) {
  return withClient(options, io, async (client, signal) => {
    const execution = await client.describeExecution({ flowName, executionName }, { signal });
    await io.out(
      options.output === "json" ? executionJson(execution) : executionText(execution, createStyle(io.color)),
    );
    return 0;
  });
}

// A process with the emulator and the quotas of the service, over HTTP on loopback. Its executions end when the parent
// says so. It records every request that reads an execution.
//
//     fork("upstream.mjs")         → { url }
//     { start: name }              → { started: name }
//     { end: name }                → { ended: name, at }
//     { record: true }             → { record: [{ at, action, execution, wait, status, ms }] }
//
// The output of an execution contains the time of its end, `endedAt` in ms since 1970. It is the time before the
// emulator works on the end, so that a latency measured from it includes the emulator.

import process from "node:process";
import { serveFetch } from "../../pkg/cli/serve.js";
import { createEmulator } from "../../pkg/dist/local.js";
import { senderTo } from "../js/support/sender.mjs";

const definition = `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: Work
States:
  - Type: Task
    Name: Work
    Action: HTTP:Request
    Parameters:
      url: https://example.com/
      name.$: $Input.name
    OutputConstructor:
      endedAt.$: $Output.endedAt
    End: true
`;

/** What ends an execution, by its name. */
const ends = new Map();

const emulator = createEmulator({
  quotas: true,
  tasks: { "HTTP:Request": ({ name }) => new Promise((resolve) => ends.set(name, resolve)) },
});

const record = [];

const { url } = await serveFetch(async (request) => {
  const { searchParams } = new URL(request.url);
  const entry = {
    at: Date.now(),
    action: searchParams.get("Action") ?? request.headers.get("x-acs-action") ?? "",
    execution: searchParams.get("ExecutionName") ?? "",
    wait: Number(searchParams.get("WaitTimeSeconds") ?? 0),
    // Replaced by the status of the response, or -1 if the caller has disconnected.
    status: 0,
    ms: 0,
  };
  record.push(entry);
  try {
    const response = await emulator.fetch(request);
    entry.status = response.status;
    return response;
  } catch (error) {
    entry.status = -1;
    throw error;
  } finally {
    entry.ms = Date.now() - entry.at;
  }
});

const send = senderTo(emulator);

await send("CreateFlow", { Name: "f", Definition: definition, Description: "ends on demand", Type: "FDL" });

process.on("message", async (message) => {
  if (message.record) process.send({ record });
  if (message.end !== undefined) {
    const at = Date.now();
    ends.get(message.end)({ endedAt: at });
    process.send({ ended: message.end, at });
  }
  if (message.start === undefined) return;
  await send("StartExecution", {
    FlowName: "f",
    ExecutionName: message.start,
    Input: JSON.stringify({ name: message.start }),
  });
  // The handler of the task is called after the response.
  while (!ends.has(message.start)) await new Promise((resolve) => setTimeout(resolve, 5));
  process.send({ started: message.start });
});
process.on("disconnect", () => process.exit(0));
process.send({ url });

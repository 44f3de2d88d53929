// A process with the emulator and its quotas, over HTTP. It starts the executions that its parent names, and counts
// requests.
//
//     fork("watched.mjs")  → { url }
//     { start: name, seconds }  → { started: name }
//     { counts: true }  → { requests, throttled, seconds: [requests in each second] }

import process from "node:process";
import { createEmulator } from "../../../pkg/dist/local.js";
import { serveFetch } from "../../../pkg/cli/serve.js";
import { senderTo } from "./sender.mjs";

const definition = `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds.$: $Input.seconds
    End: true
`;

const emulator = createEmulator({ quotas: true });
const counts = { requests: 0, throttled: 0, seconds: [] };
const began = Date.now();

const { url } = await serveFetch(async (request) => {
  const second = Math.floor((Date.now() - began) / 1000);
  counts.requests += 1;
  counts.seconds[second] = (counts.seconds[second] ?? 0) + 1;
  const response = await emulator.fetch(request);
  if (response.status === 429) counts.throttled += 1;
  return response;
});

// The quota of the account: a burst of 100 starts, and 100 per second. Further starts wait.
const send = senderTo(emulator);

await send("CreateFlow", { Name: "f", Definition: definition, Description: "naps", Type: "FDL" });

process.on("message", async ({ start, seconds, counts: wanted }) => {
  if (wanted) process.send({ counts });
  if (start === undefined) return;
  await send("StartExecution", { FlowName: "f", ExecutionName: start, Input: JSON.stringify({ seconds }) });
  process.send({ started: start });
});
process.on("disconnect", () => process.exit(0));
process.send({ url });

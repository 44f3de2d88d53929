// The program that every host runs: what a program of a user does, as the README describes it.

import { CloudFlowError, describeExecution, validateFlow, waitForExecution } from "cloudflow-wasm";
import { createEmulator, signRequest } from "cloudflow-wasm/local";

const FLOW = `version: v1
type: flow
steps:
  - {type: pass, name: pack}
`;

/** Returns one line. */
export async function program() {
  const { dialect, valid } = validateFlow(FLOW);
  const [mistake] = validateFlow(FLOW.replace("pass", "pas")).diagnostics;

  const emulator = createEmulator();
  const flow = { Name: "orders", Definition: FLOW, Description: "orders", Type: "FDL" };
  await emulator.fetch(await signRequest("CreateFlow", flow));
  await emulator.fetch(await signRequest("StartExecution", { FlowName: "orders", ExecutionName: "first" }));
  const options = {
    endpoint: "http://localhost", // no request leaves the program: the emulator answers
    fetch: emulator.fetch,
    credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
  };
  const { status } = await waitForExecution({ flowName: "orders", executionName: "first" }, options);
  const error = await describeExecution({ flowName: "orders", executionName: "none" }, options).catch((error) => error);
  emulator.close();

  const failure = error instanceof CloudFlowError ? `${error.kind} ${error.code}` : String(error);
  const place = `${mistake?.range?.start.line}:${mistake?.range?.start.column}`;
  return [dialect, valid, mistake?.code, place, status, failure].join(" ");
}

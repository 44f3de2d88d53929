// A program that uses the types of the package. It is compiled and never run.

import {
  CloudFlowError,
  createClient,
  flowGraph,
  listExecutions,
  parseExecution,
  replayExecution,
  validateFlow,
  watchExecution,
  type Diagnostic,
  type Execution,
  type ExecutionEvent,
  type Retry,
} from "cloudflow-wasm";
import { describeExecution, type ClientOptions } from "cloudflow-wasm/ask";
import { parseFlow, type Flow, type ReplayState } from "cloudflow-wasm/language";
import { init } from "cloudflow-wasm/slim";

export async function watch(signal: AbortSignal): Promise<string> {
  const client = createClient({
    region: "cn-hangzhou",
    credentials: async () => ({ accessKeyId: "id", accessKeySecret: "secret", securityToken: "token" }),
    signature: "ACS3-HMAC-SHA256",
  });
  try {
    const execution: Execution = await client.describeExecution(
      { flowName: "a", executionName: "b", waitTimeSeconds: 20 },
      { signal },
    );
    if (execution.done) return execution.output ?? "";
    const onRetry = ({ attempt, delayMs, error }: Retry) => console.log(attempt, delayMs / 1000, error.code);
    const watching = { endpoint: "/api/", transport: "sse", signal, onRetry } as const;
    for await (const next of watchExecution({ flowName: "a", executionName: "b" }, watching)) {
      if (next.status === "Succeeded") return next.flowDefinition;
    }
  } catch (error) {
    if (error instanceof CloudFlowError && error.kind === "service") return `${error.code} ${error.status ?? ""}`;
    throw error;
  }
  return "";
}

export function first(text: string): string {
  const { valid, diagnostics } = validateFlow(text);
  const found: Diagnostic | undefined = diagnostics[0];
  if (valid || !found) return "";
  return `${found.range?.start.line ?? 0}: ${found.severity} ${found.code}: ${found.message}`;
}

export function sizes(text: string): [number, number, number] {
  const { nodes, edges } = flowGraph(text);
  return [nodes.length, edges.length, parseExecution(new Uint8Array()).diagnostics.length];
}

export const ready: Promise<void> = init({ ask: new URL("https://example.com/ask.wasm"), language: new Uint8Array() });
// @ts-expect-error there is no module of this name
init({ core: new Uint8Array() });

export async function definition(options: ClientOptions): Promise<Flow | null> {
  return parseFlow((await describeExecution({ flowName: "a", executionName: "b" }, options)).flowDefinition).flow;
}

// @ts-expect-error `executionName` is required
createClient({}).describeExecution({ flowName: "a" });
validateFlow("type: flow", { mode: "Express" });
// @ts-expect-error a flow is a string
validateFlow(17);
// @ts-expect-error unknown mode
validateFlow("type: flow", { mode: "express" });
// @ts-expect-error unknown signature
createClient({ signature: "MD5" });

export function whatHappened(definition: string, pages: object[]): string {
  const replay = replayExecution(definition, []);
  for (const page of pages) replay.add(page);
  const { status, nodes, failure, visits }: ReplayState = replay.state;
  const waiting = Object.entries(nodes).filter(([, node]) => node.status === "waiting" && node.attempts > 0);
  const last = visits.at(-1)?.attempts.at(-1)?.error ?? failure?.error ?? "";
  return `${status} ${waiting.map(([id]) => id).join()} ${last} ${failure?.range?.start.line ?? 0}`;
}
export async function failed(signal: AbortSignal): Promise<[string[], string | undefined]> {
  const client = createClient({ endpoint: "/api/" });
  const { events, nextToken } = await client.getExecutionHistory({ flowName: "a", executionName: "b", limit: 9 });
  const names = events.filter(({ type }: ExecutionEvent) => type === "TaskFailed").map(({ stepName }) => stepName);
  for await (const { detail } of client.executionEvents(
    { flowName: "a", executionName: "b" },
    { follow: true, signal },
  ))
    if (typeof detail.error === "string") names.push(detail.error);
  for await (const { name } of client.flowExecutions({ flowName: "a", status: "Failed" })) names.push(name);
  return [names, nextToken];
}

// @ts-expect-error `flowName` is required
listExecutions({ status: "Failed" }, { endpoint: "/api/" });

// A program that uses the types of "cloudflow-wasm/local". It is compiled, never run.

import { createEmulator, migrateFlow, signRequest, simulateFlow, simulateState } from "cloudflow-wasm/local";
import type {
  ChildExecution,
  Emulator,
  EmulatorOptions,
  ExecutionEvent,
  ExecutionFailure,
  Migration,
  Restored,
  Simulation,
  StateOptions,
  StateResult,
  TaskHandlers,
} from "cloudflow-wasm/local";
import { describeExecution } from "cloudflow-wasm";

const tasks: TaskHandlers = {
  "acs:fc:*": async (input, { name, attempt, signal }) => ({ input, name, attempt, aborted: signal.aborted }),
  "MNS:SendMessage": () => undefined,
};

const mocks: TaskHandlers = {
  "acs:fc:*": { output: { a: 1 }, delayMs: 5 },
  "acs:mns:*": [{ error: "Busy", cause: "later" }, { never: true }],
  "acs:fc:*/functions/pack*": { attempts: [{ error: "Busy" }, { output: 1 }] },
};

const options: EmulatorOptions = {
  accessKeys: { a: "b" },
  tasks,
  quotas: true,
  speed: 60,
  skipWaits: true,
  onExecutionFailed: ({ flowName, executionName, status, state, error, cause }: ExecutionFailure) =>
    console.log(flowName, executionName, status === "TimedOut", state?.length, error, cause),
  faults: {
    latencyMs: 100,
    epochStoppedTime: true,
    fail: [{ action: "DescribeExecution", times: 1, how: "error", status: 503 }],
  },
};

const emulator: Emulator = createEmulator(options);
const { fetch } = emulator;
const response: Response = await fetch(await signRequest("StartExecution", { FlowName: "f" }));
await describeExecution({ flowName: "f", executionName: "e" }, { endpoint: "http://localhost", fetch });
const changed: boolean = emulator.putFlow("f", "type: flow", { mode: "Express" });
const { flows, executions, problems }: Restored = emulator.restore(emulator.save());
emulator.setFaults({ fail: [{ how: "garbage" }] });
emulator.setFallbackTasks(mocks);
const time: number = emulator.now();
console.log(time);
console.log(
  changed,
  flows + executions + emulator.changes(),
  problems.map((problem) => problem.length),
  emulator.removeFlow("f"),
);
emulator.answerHeld();
emulator.close();

const simulation: Simulation = await simulateFlow("type: flow", { input: { a: 1 }, tasks });
const parent = await simulateFlow("type: flow", { tasks: mocks, flows: { child: "type: flow" }, mode: "Express" });
const children: ChildExecution[] = parent.children ?? [];
console.log(children.map((child) => [child.flowName, child.executionName, child.status, child.events.length]));
const events: ExecutionEvent[] = simulation.events;
console.log(
  response.status,
  events.map((event) => event.path),
  simulation.error?.length,
);

const single: StateOptions = {
  state: ["steps", 0],
  input: [1],
  context: { Execution: { Name: "e" } },
  attempt: 1,
  mock: { error: "Busy", cause: "later" },
  mode: "Express",
};
const { status, next, rule, values, choice, map, wait }: StateResult = simulateState("type: flow", single);
console.log(
  status === "retriable",
  next?.path.length,
  rule?.kind === "retry" && rule.pauseMs,
  rule?.range.start.line,
  values.output,
  choice?.conditions.map(({ condition, result, problem }) => [condition, !result, problem?.length]),
  map?.iteration?.start?.id,
  wait?.until.length,
);

const { text, diagnostics }: Migration = migrateFlow("type: flow");
console.log(
  text?.length,
  diagnostics.map((found) => found.range?.start.line),
);

// @ts-expect-error unknown `how`
createEmulator({ faults: { fail: [{ how: "explode" }] } });
// @ts-expect-error an input is an object
await simulateFlow("type: flow", { input: 1 });
// @ts-expect-error a definition is a string
migrateFlow(1);
// @ts-expect-error a mock needs a property
await simulateFlow("type: flow", { tasks: { "*": { outptu: 1 } } });
// @ts-expect-error a state is needed
simulateState("type: flow", {});
// @ts-expect-error a mock has no list of attempts
simulateState("type: flow", { state: "a", mock: { attempts: [] } });
// @ts-expect-error unknown mode
await simulateFlow("type: flow", { mode: "Fast" });

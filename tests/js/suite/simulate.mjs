// The driver of the simulation: tasks and mocks, child flows, options, signals. tests/cases/simulate tests the
// interpreter.

import { assert } from "../harness.mjs";

const task = (name, more = "") => `version: v1
type: flow
steps:
  - type: task
    name: ${name}
    resourceArn: acs:fc:::services/s/functions/${name}
${more}`;

export const tests = {
  "a mock is an output, an error, a time, or one for each attempt": async ({ local }) => {
    const flow = task("f", "    retry: [{errors: [Busy], intervalSeconds: 10, maxAttempts: 3, multiplier: 1}]\n");
    const key = "acs:fc:::services/s/functions/f";
    const cases = [
      [{ output: { a: 1 } }, 0, { status: "Succeeded", output: { a: 1 } }],
      [{ output: { a: 1 }, delayMs: 1500 }, 1500, { status: "Succeeded", output: { a: 1 } }],
      [{ delayMs: 86_400_000 }, 86_400_000, { status: "Succeeded", output: {} }],
      [{ error: "Odd", cause: "why" }, 0, { status: "Failed", error: "Odd", cause: "why" }],
      [
        [{ error: "Busy" }, { error: "Busy", delayMs: 5 }, { output: { a: 2 } }],
        20_005,
        { status: "Succeeded", output: { a: 2 } },
      ],
      [[{ error: "Busy" }], 30_000, { status: "Failed", error: "Busy", cause: "" }],
      [{ never: true }, 31_536_000_000, { status: "TimedOut" }],
    ];
    for (const [mock, time, expected] of cases) {
      const { events, ...result } = await local.simulateFlow(flow, { tasks: { [key]: mock } });
      assert.deepEqual(result, expected);
      assert.equal(took(events), time, JSON.stringify(mock));
    }
  },

  "a task without a result times out on the clock of the flow": async ({ local }) => {
    const flow = task(
      "f",
      "    timeoutSeconds: 3600\n    catch: [{errors: [FnF.TaskTimeout], goto: late}]\n  - {type: fail, name: no}\n  - {type: pass, name: late}\n",
    );
    const { status, events } = await local.simulateFlow(flow, { tasks: { "*": { never: true } } });
    assert.equal(status, "Succeeded");
    assert.equal(took(events), 3_600_000);
  },

  "a wrong mock or option is refused by name": async ({ local }) => {
    const cases = [
      [{ tasks: { k: { outptu: 1 } } }, "outptu"],
      [{ tasks: { k: { output: 1, error: "E" } } }, "output"],
      [{ tasks: { k: { error: "" } } }, "error"],
      [{ tasks: { k: { error: 1 } } }, "error"],
      [{ tasks: { k: { cause: "c", output: 1 } } }, "cause"],
      [{ tasks: { k: { delayMs: -1 } } }, "delayMs"],
      [{ tasks: { k: { delayMs: "1" } } }, "delayMs"],
      [{ tasks: { k: { never: false } } }, "never"],
      [{ tasks: { k: {} } }, "k"],
      [{ tasks: { k: [] } }, "k"],
      [{ tasks: { k: [{ output: 1 }, "x"] } }, "k"],
      [{ tasks: { k: "x" } }, "k"],
      [{ tasks: [] }, "tasks"],
      [{ task: {} }, "task"],
      [{ input: 1 }, "input"],
      [{ input: [] }, "input"],
      [{ flows: { f: 1 } }, "f"],
      [{ mode: "express" }, "express"],
    ];
    for (const [options, name] of cases) {
      await assert.rejects(local.simulateFlow(task("f"), options), (error) => {
        assert.equal(error.kind, "request");
        assert.equal(error.code, "wrong-options");
        assert.ok(error.message.includes(`\`${name}\``), error.message);
      });
    }
    assert.throws(
      () => local.createEmulator({ tasks: { k: { outptu: 1 } } }),
      (error) => assert.equal(error.code, "wrong-options"),
    );
  },

  "a task without a handler fails, also where it waits for its token": async ({ local }) => {
    for (const more of ["", "    pattern: waitForCallback\n"]) {
      const result = await local.simulateFlow(task("f", more), { tasks: { "acs:mns:*": { output: 1 } } });
      assert.equal(result.error, "Local.NoTaskHandler");
      assert.ok(result.cause.includes("services/s/functions/f"), result.cause);
    }
  },

  "child flows run, in every mode, with the same tasks": async ({ local }) => {
    const flow = `version: v1
type: flow
steps:
  - type: task
    name: run
    resourceArn: acs:fnf:::flow/child
    pattern: sync
    inputMappings: [{target: n, source: $input.n}]
  - type: task
    name: begin
    resourceArn: acs:fnf:::flow/child
    outputMappings: [{target: started, source: $local.FlowName}]
`;
    const tasks = { "acs:fc:*": async ({ n }) => ({ got: n ?? "none" }) };
    const result = await local.simulateFlow(flow, { input: { n: 7 }, tasks, flows: { child: task("work") } });
    assert.equal(result.status, "Succeeded", result.cause);
    assert.deepEqual(result.output, { got: 7, started: "child" });
    assert.deepEqual(
      result.children.map((child) => [child.flowName, child.status, child.output]),
      [
        ["child", "Succeeded", { got: 7 }],
        ["child", "Succeeded", { got: 7 }],
      ],
    );
    assert.deepEqual(result.children[0].events.find((event) => event.stepName === "work").path, ["steps", 0]);
    const broken = await local.simulateFlow(flow, { flows: { child: "type: flow\n" } });
    assert.equal(broken.error, "Local.InvalidDefinition");
    assert.ok(broken.cause.includes("`child`"), broken.cause);
    const endless = await local.simulateFlow(flow, { flows: { child: flow } });
    assert.equal(endless.error, "Local.TooManyExecutions");
  },

  "the express mode has its own limits": async ({ local }) => {
    const flow =
      "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: W\nStates:\n  - {Type: Wait, Name: W, Seconds: 30, End: true}\n";
    assert.equal((await local.simulateFlow(flow, { mode: "Standard" })).status, "Succeeded");
    const result = await local.simulateFlow(flow, { mode: "Express" });
    assert.equal(result.error, "Local.InvalidDefinition");
    assert.ok(result.cause.startsWith("line 6,"), result.cause);
  },

  "an endless flow fails, and a long flow ends": async ({ local }) => {
    const flow =
      "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - type: choice\n    name: b\n    choices: [{condition: true, goto: a}]\n";
    const { status, error, events } = await local.simulateFlow(flow);
    assert.equal(status, "Failed");
    assert.equal(error, "Local.HistoryLimitExceeded");
    assert.equal(events.length, 5000);
  },

  "an output of 65 KiB is too large": async ({ local }) => {
    const result = await local.simulateFlow(task("f"), { tasks: { "*": { output: { x: "y".repeat(65 * 1024) } } } });
    assert.equal(result.error, "Local.DataLimitExceeded");
  },

  "a long run can be aborted": async ({ local }) => {
    // A thousand child flows in a chain, with five thousand events each.
    const loop = `version: v1
type: flow
steps:
  - type: task
    name: next
    resourceArn: acs:fnf:::flow/again
  - {type: pass, name: a}
  - type: choice
    name: b
    choices: [{condition: true, goto: a}]
`;
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 1);
    await assert.rejects(local.simulateFlow(loop, { flows: { again: loop }, signal: controller.signal }), (reason) => {
      assert.equal(reason, "enough");
    });
    // Many tasks with immediate results.
    const tasks = task("f", "    retry: [{errors: [Busy], maxAttempts: 100000, intervalSeconds: 1, multiplier: 1}]\n");
    const second = new AbortController();
    const handlers = {
      "*": async () => {
        second.abort("here");
        throw Object.assign(new Error("x"), { code: "Busy" });
      },
    };
    await assert.rejects(local.simulateFlow(tasks, { tasks: handlers, signal: second.signal }), (reason) =>
      assert.equal(reason, "here"),
    );
  },

  "mocks can be handlers of the emulator": async ({ local }) => {
    const emulator = local.createEmulator({
      tasks: {
        "acs:fc:*": [
          { error: "Busy", delayMs: 5 },
          { output: { a: 1 }, delayMs: 5 },
        ],
      },
    });
    const send = async (action, parameters) =>
      (await emulator.fetch(await local.signRequest(action, parameters))).json();
    const flow = task("f", "    retry: [{errors: [Busy], intervalSeconds: 1}]\n");
    await send("CreateFlow", { Name: "f", Definition: flow, Description: "d", Type: "FDL" });
    await send("StartExecution", { FlowName: "f", ExecutionName: "e" });
    const execution = await send("DescribeExecution", { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 20 });
    assert.equal(execution.Status, "Succeeded");
    assert.equal(execution.Output, '{"a":1}');
    emulator.close();
  },
};

function took(events) {
  return Date.parse(events.at(-1).time) - Date.parse(events[0].time);
}

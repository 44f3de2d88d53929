// Mocks and the keys of tasks: which answer a call gets, and which key matches a task.

import { assert } from "../harness.mjs";

const FUNCTION = "acs:fc:::services/s/functions/f";

/** Mocks whose answers are their numbers. */
const numbered = (length) => Array.from({ length }, (_, n) => ({ output: { n } }));

const state = (name, more) =>
  `  - {Type: Task, Name: ${name}, Action: 'FC:InvokeFunction', Parameters: {resourceArn: '${FUNCTION}', invocationType: Sync}, ${more}}`;

const RETRY = "Retry: [{Errors: [Busy], MaxAttempts: 9, IntervalSeconds: 1}]";

const machine = (...states) =>
  ["Type: StateMachine", "SpecVersion: v1", "Name: f", "StartAt: A", "States:", ...states, ""].join("\n");

/** A loop: the step a runs until its answer is 3. */
const loopOfSteps = `version: v1
type: flow
steps:
  - type: task
    name: a
    resourceArn: ${FUNCTION}
    outputMappings: [{target: n, source: $local.n}]
  - type: choice
    name: more
    choices: [{condition: $.n < 3, goto: a}]
    default: {goto: done}
  - {type: succeed, name: done}
`;

/** A task for each item of the input. */
const EACH = `version: v1
type: flow
steps:
  - type: foreach
    name: each
    iterationMapping: {collection: $.items, item: item}
    inputMappings: [{target: items, source: $input.items}]
    steps:
      - type: task
        name: a
        resourceArn: ${FUNCTION}
        retry: [{errors: [Busy], maxAttempts: 9, intervalSeconds: 1}]
        outputMappings: [{target: n, source: $local.n}]
    outputMappings: [{target: seen, source: "$local[*].n"}]
`;

const list = (count) => Array.from({ length: count }, (_, n) => n);

/** The answers of `calls` calls from a list of `length` numbered mocks: the last one is repeated. */
const answers = (calls, length) => list(calls).map((call) => Math.min(call, length - 1));

export const tests = {
  "a list answers call after call, across the items of an iteration; the last answer is repeated": async ({
    local,
  }) => {
    let tried = 0;
    for (const calls of [1, 2, 3, 5, 20])
      for (const length of [1, 2, 3, 5, 21]) {
        const { status, output } = await local.simulateFlow(EACH, {
          input: { items: list(calls) },
          tasks: { [FUNCTION]: numbered(length) },
        });
        assert.equal(status, "Succeeded");
        assert.deepEqual(output.seen, answers(calls, length), `${calls} calls, ${length} mocks`);
        tried += 1;
      }
    assert.equal(tried, 25);
  },

  "a list answers call after call, across the rounds of a loop": async ({ local }) => {
    const { status, output } = await local.simulateFlow(loopOfSteps, { tasks: { "acs:fc:*": numbered(4) } });
    assert.deepEqual([status, output], ["Succeeded", { n: 3 }]);
  },

  "each state counts its own calls, also under one key": async ({ local }) => {
    const flow = machine(
      state("A", "OutputConstructor: {a.$: $Output.Body.n}, Next: B"),
      state("B", "OutputConstructor: {a.$: $Input.a, b.$: $Output.Body.n}, End: true"),
    );
    const { output } = await local.simulateFlow(flow, { tasks: { "acs:fc:*": numbered(3) } });
    assert.deepEqual(output, { a: 0, b: 0 });
  },

  "an attempt is a call: a list of an error and an output answers a retry": async ({ local }) => {
    const flow = machine(state("A", `${RETRY}, OutputConstructor: {n.$: $Output.Body.n}, End: true`));
    const tasks = { [FUNCTION]: [{ error: "Busy" }, { error: "Busy" }, { output: { n: 7 } }] };
    const { output } = await local.simulateFlow(flow, { tasks });
    assert.deepEqual(output, { n: 7 });
  },

  "`attempts` begins anew with each entry of a state, a list does not": async ({ local }) => {
    for (const count of [1, 2, 7]) {
      const attempts = [{ error: "Busy" }, { error: "Busy" }, { output: { n: 7 } }];
      const input = { items: list(count) };
      const each = await local.simulateFlow(EACH, { input, tasks: { [FUNCTION]: { attempts } } });
      assert.deepEqual(each.output.seen, Array(count).fill(7));
      const retried = (events) => events.filter((event) => event.type === "TaskFailed").length;
      assert.equal(retried(each.events), 2 * count);
      const once = await local.simulateFlow(EACH, { input, tasks: { [FUNCTION]: attempts } });
      assert.equal(retried(once.events), 2);
    }
  },

  "the emulator counts the calls of an execution; the next execution begins anew": async ({ local }) => {
    const emulator = local.createEmulator({ tasks: { [FUNCTION]: numbered(3) } });
    emulator.putFlow("f", EACH);
    for (const ExecutionName of ["one", "two"]) {
      const run = { FlowName: "f", ExecutionName };
      await send(local, emulator, "StartExecution", { ...run, Input: '{"items":[1,2,3]}' });
      const { Output } = await send(local, emulator, "DescribeExecution", { ...run, WaitTimeSeconds: 10 });
      assert.equal(Output, '{"seen":[0,1,2]}');
    }
    emulator.close();
  },

  "a handler gets the number of the call": async ({ local }) => {
    const seen = [];
    const tasks = { "*": (_, { call, attempt }) => (seen.push([call, attempt]), { n: 0 }) };
    await local.simulateFlow(EACH, { input: { items: [1, 2, 3] }, tasks });
    assert.deepEqual(seen, [
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  },

  "wrong `attempts` are refused, with the name": async ({ local }) => {
    const cases = [
      [{ attempts: [] }, "k"],
      [{ attempts: 1 }, "attempts"],
      [{ attempts: [{ output: 1 }, "x"] }, "k"],
      [{ attempts: [{ outptu: 1 }] }, "outptu"],
      [{ attempts: [{ output: 1 }], output: 1 }, "output"],
      [{ attempts: [{ attempts: [{ output: 1 }] }] }, "attempts"],
      [[{ attempts: [{ output: 1 }] }], "attempts"],
    ];
    for (const [mock, name] of cases) {
      await assert.rejects(local.simulateFlow(EACH, { tasks: { k: mock } }), (error) => {
        assert.equal(error.code, "wrong-options");
        assert.ok(error.message.includes(`\`${name}\``), error.message);
      });
    }
  },

  "a pattern matches a function under its names of Function Compute 2.0 and 3.0": async ({ local }) => {
    let tried = 0;
    const places = ["::", "cn-hangzhou:123456789:", "cn-hangzhou::", "ap-southeast-1:1:"];
    for (const place of places)
      for (const [name, packs] of [
        ["services/shop/functions/pack", true],
        ["services/shop.LATEST/functions/pack", true],
        ["services/shop/functions/pack-small", true],
        ["services/shop/functions/charge", false],
        ["functions/pack", true],
        ["functions/pack/LATEST", true],
        ["functions/pack/prod", true],
        ["functions/packing", true],
        ["functions/charge", false],
        ["functions/unpack", false],
      ])
        for (const [pattern, isGeneral] of [
          ["acs:fc:*/functions/pack*", false],
          ["acs:fc:*functions/pack*", false],
          ["acs:fc:*:functions/pack*", false],
          ["*/functions/pack*", false],
          ["acs:fc:*", true],
          ["*", true],
        ]) {
          const expected = packs || isGeneral;
          const action = `acs:fc:${place}${name}`;
          for (const flow of both(action)) {
            const { status, error } = await local.simulateFlow(flow, { tasks: { [pattern]: { output: {} } } });
            assert.equal(error ?? status, expected ? "Succeeded" : "Local.NoTaskHandler", `${action}, ${pattern}`);
            tried += 1;
          }
        }
    assert.equal(tried, 480);
  },

  "an exact key is exact: it matches one spelling of a name": async ({ local }) => {
    const names = ["acs:fc:::services/s/functions/f", "acs:fc:::functions/f", "acs:fc:cn-hangzhou:1:functions/f"];
    for (const key of names)
      for (const action of names) {
        const [flow] = both(action);
        const { error } = await local.simulateFlow(flow, { tasks: { [key]: { output: {} } } });
        assert.equal(error, key === action ? undefined : "Local.NoTaskHandler", `${action}, ${key}`);
      }
  },

  "the key `state:NAME` matches the tasks of a state, and precedes all others": async ({ local }) => {
    const flow = machine(state("A", "Next: B"), state("B", `${RETRY}, End: true`));
    const other = { output: { by: "function" } };
    const run = (tasks) => local.simulateFlow(flow, { tasks });
    const { output, events } = await run({
      [FUNCTION]: other,
      "*": other,
      "state:B": [{ error: "Busy" }, { output: { by: "state" } }],
    });
    assert.deepEqual(output, { Body: { by: "state" } });
    assert.equal(events.filter(({ type, stepName }) => type === "TaskFailed" && stepName === "B").length, 1);
    assert.equal((await run({ "state:B": other })).error, "Local.NoTaskHandler", "A has no mock");
    // A name that an action could have is not the name of a state, and a state has no pattern.
    assert.equal((await run({ A: other, B: other })).error, "Local.NoTaskHandler");
    assert.equal((await run({ "state:*": other })).error, "Local.NoTaskHandler");
  },

  "the longest pattern applies, whichever name of the function it matches": async ({ local }) => {
    const tasks = { "acs:fc:*": { output: { by: "general" } }, "acs:fc:*/functions/pack*": { output: { by: "pack" } } };
    for (const [name, by] of [
      ["services/s/functions/pack", "pack"],
      ["functions/pack", "pack"],
      ["functions/charge", "general"],
    ]) {
      const { output } = await local.simulateFlow(both(`acs:fc:::${name}`)[1], { tasks });
      assert.deepEqual(output, { Body: { by } });
    }
  },

  "speed and skipped waits shorten waits, pauses before retries, timeouts and delays of mocks alike": async ({
    local,
  }) => {
    const flow = machine(
      "  - {Type: Wait, Name: A, Seconds: 300, Next: B}",
      state("B", `${RETRY.replace("IntervalSeconds: 1", "IntervalSeconds: 600")}, Next: C`),
      state("C", "Timeout: 3600, Catch: [{Errors: [FnF.TaskTimeout], Next: Late}], End: true"),
      "  - {Type: Pass, Name: Late, OutputConstructor: {late: true}, End: true}",
    );
    // B fails once.
    const tasks = { "acs:fc:*": (_, { name, call }) => (name === "B" && call === 0 ? fail("Busy") : {}) };
    const slow = machine(
      state(
        "A",
        "Timeout: 3600, Catch: [{Errors: [FnF.TaskTimeout], Next: Late}], OutputConstructor: {n.$: $Output.Body.n}, End: true",
      ),
      "  - {Type: Pass, Name: Late, OutputConstructor: {late: true}, End: true}",
    );
    for (const pace of [{ skipWaits: true }, { speed: 100_000 }, { speed: 1000, skipWaits: true }])
      for (const [definition, handlers, output, seconds] of [
        [flow, tasks, '{"Body":{}}', 900],
        [slow, { "*": { never: true } }, '{"late":true}', 3600],
        [slow, { "*": { output: { n: 1 }, delayMs: 3_599_000 } }, '{"n":1}', 3599],
        [slow, { "*": { output: { n: 1 }, delayMs: 3_600_000 } }, '{"late":true}', 3600],
      ]) {
        const emulator = local.createEmulator({ ...pace, tasks: handlers });
        emulator.putFlow("f", definition);
        const run = { FlowName: "f", ExecutionName: "e" };
        const began = Date.now();
        await send(local, emulator, "StartExecution", run);
        const ended = await send(local, emulator, "DescribeExecution", { ...run, WaitTimeSeconds: 20 });
        assert.deepEqual([ended.Status, ended.Output], ["Succeeded", output], JSON.stringify(pace));
        assert.ok(Date.now() - began < 5000);
        const took = (Date.parse(ended.StoppedTime) - Date.parse(ended.StartedTime)) / 1000;
        // A handler takes its time on the clock of the flows.
        assert.ok(took >= seconds && took < seconds + 0.5 * (pace.speed ?? 1), `${took} s, not ${seconds} s`);
        emulator.close();
      }
  },

  "onExecutionFailed is called for each execution that fails or times out": async ({ local }) => {
    const seen = [];
    const onExecutionFailed = (execution) => seen.push(execution);
    const tasks = { [FUNCTION]: { error: "OutOfStock", cause: "no box is left" } };
    const emulator = local.createEmulator({ tasks, onExecutionFailed, skipWaits: true });
    const flows = {
      failing: EACH,
      bare: "version: v1\ntype: flow\nsteps:\n  - {type: fail, name: no}\n",
      late: "version: v1\ntype: flow\ntimeoutSeconds: 5\nsteps:\n  - {type: wait, name: nap, duration: 60}\n",
      fine: "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: p}\n",
    };
    for (const [FlowName, text] of Object.entries(flows)) {
      emulator.putFlow(FlowName, text);
      const run = { FlowName, ExecutionName: "e" };
      await send(local, emulator, "StartExecution", { ...run, Input: '{"items":[1,2]}' });
      await send(local, emulator, "DescribeExecution", { ...run, WaitTimeSeconds: 20 });
    }
    const e = { executionName: "e" };
    assert.deepEqual(seen, [
      { flowName: "failing", ...e, status: "Failed", state: "a", error: "OutOfStock", cause: "no box is left" },
      { flowName: "bare", ...e, status: "Failed", state: "no", error: "", cause: "" },
      { flowName: "late", ...e, status: "TimedOut", error: "", cause: "" },
    ]);
    const saved = emulator.save();
    emulator.close();
    const restored = local.createEmulator({ tasks, onExecutionFailed });
    restored.restore(saved);
    await send(local, restored, "ListFlows", {});
    assert.equal(seen.length, 3, "an execution that failed before the restart is not reported again");
    restored.close();
  },

  "fallback tasks are used where no key of `tasks` matches, from their next start on": async ({ local }) => {
    const tasks = { "acs:fc:*/functions/mine": { output: { by: "tasks" } } };
    const emulator = local.createEmulator({ tasks, skipWaits: true });
    const step = (name, more = "") =>
      `  - {type: task, name: ${name}, resourceArn: 'acs:fc:::services/s/functions/${name}'${more}, outputMappings: [{target: by, source: $local.by}]}\n`;
    const head = "version: v1\ntype: flow\nsteps:\n";
    emulator.putFlow("mine", head + step("mine"));
    emulator.putFlow("other", head + step("other"));
    emulator.putFlow("token", head + step("token", ", pattern: waitForCallback"));
    let count = 0;
    const end = async (FlowName) => {
      count += 1;
      const run = { FlowName, ExecutionName: `e${count}` };
      await send(local, emulator, "StartExecution", run);
      const { Status, Output } = await send(local, emulator, "DescribeExecution", { ...run, WaitTimeSeconds: 1 });
      return Output === "" ? Status : JSON.parse(Output).by;
    };
    assert.deepEqual([await end("mine"), await end("other")], ["tasks", "Failed"]);
    emulator.setFallbackTasks({
      "acs:fc:::services/s/functions/mine": { output: { by: "exact" } },
      "*": [{ output: { by: "fallback" } }],
    });
    assert.deepEqual([await end("mine"), await end("other")], ["tasks", "fallback"]);
    assert.throws(
      () => emulator.setFallbackTasks({ "*": [] }),
      (error) => error.code === "wrong-options",
    );
    assert.equal(await end("other"), "fallback", "a refused call has no effect");
    emulator.setFallbackTasks({});
    assert.equal(await end("other"), "Failed");
    // Without a match, a task that waits for its task token waits for the report.
    assert.equal(await end("token"), "Running");
    emulator.close();
  },

  "`now` is the time of the clock of the flows, before and after a jump": async ({ local }) => {
    const emulator = local.createEmulator({ skipWaits: true });
    const before = Date.now();
    assert.ok(emulator.now() >= before && emulator.now() <= Date.now());
    emulator.putFlow("f", "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 86400}\n");
    const run = { FlowName: "f", ExecutionName: "e" };
    await send(local, emulator, "StartExecution", run);
    const { StoppedTime } = await send(local, emulator, "DescribeExecution", { ...run, WaitTimeSeconds: 20 });
    assert.ok(emulator.now() >= Date.parse(StoppedTime), StoppedTime);
    const restored = local.createEmulator();
    restored.restore(emulator.save());
    assert.ok(restored.now() >= Date.parse(StoppedTime), "the clock does not go back");
    emulator.close();
    restored.close();
  },

  "a wrong speed or callback is refused": ({ local }) => {
    for (const [options, name] of [
      [{ speed: 0 }, "speed"],
      [{ speed: 1.5 }, "speed"],
      [{ speed: "2" }, "speed"],
      [{ speed: 1_000_001 }, "speed"],
      [{ speed: Number.NaN }, "speed"],
      [{ skipWaits: 1 }, "skipWaits"],
      [{ onExecutionFailed: {} }, "onExecutionFailed"],
    ])
      assert.throws(
        () => local.createEmulator(options),
        (error) => {
          assert.equal(error.code, "wrong-options");
          assert.ok(error.message.includes(`\`${name}\``), error.message);
        },
      );
  },
};

/** A flow of one task in each dialect. */
function both(action) {
  return [
    `version: v1\ntype: flow\nsteps:\n  - {type: task, name: a, resourceArn: '${action}'}\n`,
    machine(
      `  - {Type: Task, Name: A, Action: 'FC:InvokeFunction', Parameters: {resourceArn: '${action}', invocationType: Sync}, End: true}`,
    ),
  ];
}

function fail(code) {
  throw Object.assign(new Error(code), { code });
}

async function send(local, emulator, action, parameters) {
  const response = await emulator.fetch(await local.signRequest(action, parameters));
  const body = await response.json();
  if (!response.ok) throw new Error(`${action}: ${body.Message}`);
  return body;
}

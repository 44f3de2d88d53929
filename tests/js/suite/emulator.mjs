// The driver of the emulator: requests, timers, signals, tasks. tests/cases/emulate tests its responses and the order
// of its checks.

import { assert } from "../harness.mjs";
import { virtually } from "../support/clock.mjs";

const waits = (seconds) => `Type: StateMachine
SpecVersion: v1
Name: f
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds: ${seconds}
    End: true
`;

const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
const ref = { flowName: "f", executionName: "e" };

export const tests = {
  "requests of this package are accepted with either signature": async ({ cloudflow, local }) => {
    const { emulator, options } = await started(local, waits(300));
    for (const signature of ["HMAC-SHA1", "ACS3-HMAC-SHA256"]) {
      const execution = await cloudflow.describeExecution(ref, { ...options, signature });
      assert.equal(execution.status, "Running");
      assert.equal(execution.name, "e");
      assert.equal(execution.flowDefinition, waits(300));
    }
    emulator.close();
  },

  "an execution whose end is the epoch has not ended": async ({ cloudflow, local }) => {
    const { emulator, options, send } = await started(local, waits(300), { faults: { epochStoppedTime: true } });
    const { body } = await send("DescribeExecution", { FlowName: "f", ExecutionName: "e" });
    assert.equal(body.StoppedTime, "1970-01-01T00:00:00Z");
    const execution = await cloudflow.describeExecution(ref, options);
    assert.equal(execution.done, false);
    assert.ok(!("stoppedTime" in execution), "absent");
    await send("StopExecution", { FlowName: "f", ExecutionName: "e" });
    assert.ok((await cloudflow.describeExecution(ref, options)).stoppedTime);
    emulator.close();
  },

  "a long poll is held until the execution ends": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const { emulator, options } = await started(local, waits(10));
      const execution = await time.until(cloudflow.describeExecution({ ...ref, waitTimeSeconds: 20 }, options));
      assert.equal(execution.status, "Succeeded");
      assert.equal(time.now(), 10_000);
      emulator.close();
    }),

  "a long poll is held until its timeout": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const { emulator, options } = await started(local, waits(300));
      const execution = await time.until(cloudflow.describeExecution({ ...ref, waitTimeSeconds: 7 }, options));
      assert.equal(execution.status, "Running");
      assert.equal(time.now(), 7000);
      emulator.close();
    }),

  "a stop answers waiting requests": async ({ cloudflow, local }) => {
    const { emulator, options, send } = await started(local, waits(300));
    const poll = cloudflow.describeExecution({ ...ref, waitTimeSeconds: 60 }, options);
    await pause(50);
    const stopped = await send("StopExecution", { FlowName: "f", ExecutionName: "e" });
    assert.equal(stopped.body.Status, "Stopped");
    assert.equal((await poll).status, "Stopped");
    emulator.close();
  },

  "the request of a client that disconnects is dropped, and the execution continues": async ({ cloudflow, local }) => {
    const { emulator, options, send } = await started(local, waits(300));
    const controller = new AbortController();
    const poll = cloudflow.describeExecution(
      { ...ref, waitTimeSeconds: 60 },
      { ...options, signal: controller.signal },
    );
    await pause(50);
    controller.abort("enough");
    await assert.rejects(poll, (reason) => assert.equal(reason, "enough"));
    const raw = new AbortController();
    const request = await local.signRequest(
      "DescribeExecution",
      { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 60 },
      { signal: raw.signal },
    );
    const held = emulator.fetch(request);
    await pause(50);
    raw.abort(new Error("gone"));
    await assert.rejects(held, (error) => assert.ok(/gone|abort/i.test(String(error)), "the reason of the signal"));
    await send("StopExecution", { FlowName: "f", ExecutionName: "e" });
    const execution = await cloudflow.describeExecution({ ...ref, waitTimeSeconds: 20 }, options);
    assert.equal(execution.status, "Stopped");
    emulator.close();
  },

  "wrong requests get the codes of the service, and the emulator continues": async ({ cloudflow, local }) => {
    const { emulator, options } = await started(local, waits(300));
    const cases = [
      [
        { ...options, credentials: { ...credentials, accessKeySecret: "wrong" } },
        ref,
        "SignatureNotMatch",
        403,
        "credentials",
      ],
      [
        { ...options, credentials: { ...credentials, accessKeyId: "nobody" } },
        ref,
        "InvalidAccessKeyID",
        403,
        "credentials",
      ],
      [options, { ...ref, flowName: "g" }, "FlowNotExists", 404, "service"],
      [options, { ...ref, executionName: "x" }, "ExecutionNotExists", 404, "service"],
    ];
    for (const [used, which, code, status, kind] of cases) {
      await assert.rejects(cloudflow.describeExecution(which, used), (error) => {
        assert.equal(error.kind, kind);
        assert.equal(error.code, code);
        assert.equal(error.status, status);
        assert.ok(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(error.requestId), "a request id");
        assert.ok(!error.message.includes("secret"), "no secret");
      });
    }
    assert.equal((await cloudflow.describeExecution(ref, options)).status, "Running");
    emulator.close();
  },

  "an invalid definition is refused with the message of validateFlow": async ({ local }) => {
    const emulator = local.createEmulator();
    const send = sender(local, emulator);
    const broken = waits(1).replace("StartAt: Nap", "StartAt: Map");
    const { status, body } = await send("CreateFlow", { Name: "f", Definition: broken, Description: "d", Type: "FDL" });
    assert.equal(status, 400);
    assert.equal(body.Code, "InvalidArgument");
    assert.ok(
      body.Message.startsWith("line 4, column 10:") && body.Message.includes("`Map`"),
      `a place and a name in ${body.Message}`,
    );
    emulator.close();
  },

  "temporary credentials require their token": async ({ cloudflow, local }) => {
    const emulator = local.createEmulator({ accessKeys: { "STS.k": "s" }, securityTokens: { "STS.k": "token+/=" } });
    const send = sender(local, emulator, { accessKeyId: "STS.k", accessKeySecret: "s", securityToken: "token+/=" });
    await send("CreateFlow", { Name: "f", Definition: waits(300), Description: "d", Type: "FDL" });
    await send("StartExecution", { FlowName: "f", ExecutionName: "e" });
    const options = { endpoint: "http://localhost", fetch: emulator.fetch };
    const pair = { accessKeyId: "STS.k", accessKeySecret: "s" };
    for (const signature of ["HMAC-SHA1", "ACS3-HMAC-SHA256"]) {
      const good = { ...options, signature, credentials: { ...pair, securityToken: "token+/=" } };
      assert.equal((await cloudflow.describeExecution(ref, good)).status, "Running");
      await assert.rejects(cloudflow.describeExecution(ref, { ...options, signature, credentials: pair }), (error) => {
        assert.equal(error.code, "MissingSecurityToken");
      });
    }
    emulator.close();
  },

  "a cut connection is a failed fetch": async ({ local }) => {
    const emulator = local.createEmulator({ faults: { fail: [{ action: "ListFlows", times: 1, how: "cut" }] } });
    const send = sender(local, emulator);
    await assert.rejects(send("ListFlows"), (error) => assert.ok(error instanceof TypeError, "a TypeError"));
    assert.equal((await send("ListFlows")).status, 200);
    emulator.close();
  },

  "quotas throttle with a hint": async ({ local }) => {
    const emulator = local.createEmulator({ quotas: true, clock: stoppedClock() });
    const send = sender(local, emulator, { now: 1_700_000_000_000 });
    for (let i = 0; i < 10; i += 1) assert.equal((await send("ListFlows")).status, 200);
    const { status, body, headers } = await send("ListFlows");
    assert.equal(status, 429);
    assert.equal(body.Code, "ResourceThrottled");
    assert.equal(headers.get("x-acs-retry-after"), "500");
    emulator.close();
  },

  "handlers run the tasks of the emulator": async ({ cloudflow, local }) => {
    const seen = [];
    const tasks = {
      "acs:fc:*:functions/double*": async (input, task) => {
        seen.push([input, task.name, task.action, task.attempt]);
        if (task.attempt === 0) throw Object.assign(new Error("busy"), { code: "Busy" });
        return { n: input.n * 2 };
      },
      "*": () => {
        throw new Error("the wrong handler");
      },
    };
    const flow = `version: v1
type: flow
steps:
  - type: task
    name: double
    resourceArn: acs:fc:::functions/double/LATEST
    retry:
      - {errors: [Busy], intervalSeconds: 1, maxAttempts: 1}
`;
    const { emulator, options } = await started(local, flow, { tasks }, { n: 21 });
    const execution = await cloudflow.describeExecution({ ...ref, waitTimeSeconds: 20 }, options);
    assert.equal(execution.status, "Succeeded");
    assert.deepEqual(JSON.parse(execution.output), { n: 42 });
    assert.deepEqual(
      seen.map(([input, name, , attempt]) => [input, name, attempt]),
      [
        [{ n: 21 }, "double", 0],
        [{ n: 21 }, "double", 1],
      ],
    );
    emulator.close();
  },

  "many polls are held and answered": async ({ cloudflow, local }) => {
    const { emulator, options } = await started(local, waits(1));
    const polls = Array.from({ length: 200 }, () =>
      cloudflow.describeExecution({ ...ref, waitTimeSeconds: 30 }, options),
    );
    for (const execution of await Promise.all(polls)) assert.equal(execution.status, "Succeeded");
    emulator.close();
  },

  "a closed emulator answers its held requests": async ({ local }) => {
    const { emulator, send } = await started(local, waits(300));
    const poll = send("DescribeExecution", { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 60 });
    await pause(50);
    emulator.close();
    const closed = (error) => {
      assert.equal(error.name, "CloudFlowError");
      assert.deepEqual(
        [error.kind, error.code, error.message],
        ["request", "emulator-closed", "the emulator is closed"],
      );
      return true;
    };
    await assert.rejects(poll, closed);
    await assert.rejects(send("ListFlows"), closed);
    const calls = [
      () => emulator.putFlow("g", waits(1)),
      () => emulator.removeFlow("f"),
      () => emulator.setFaults({}),
      () => emulator.setFallbackTasks({}),
      () => emulator.now(),
      () => emulator.save(),
      () => emulator.restore(""),
    ];
    for (const call of calls) assert.throws(call, closed, String(call));
    // These have no effect, so that a server can stop in any order.
    emulator.close();
    emulator.answerHeld();
    assert.deepEqual([emulator.changes(), emulator.journal()], [0, ""]);
  },

  "executions are restored in another emulator": async ({ cloudflow, local }) => {
    const { emulator, options, send } = await started(local, waits(1));
    await send("StartExecution", { FlowName: "f", ExecutionName: "other", Input: '{"流": "😀"}' });
    const poll = send("DescribeExecution", { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 60 });
    await pause(50);
    const text = emulator.save();
    emulator.close();
    await assert.rejects(poll);
    const next = local.createEmulator();
    assert.deepEqual(next.restore(text), { flows: 1, executions: 2, problems: [] });
    const [one, other] = await Promise.all(
      ["e", "other"].map((executionName) =>
        cloudflow.describeExecution(
          { flowName: "f", executionName, waitTimeSeconds: 20 },
          { ...options, fetch: next.fetch },
        ),
      ),
    );
    assert.equal(one.status, "Succeeded");
    assert.equal(other.input, '{"流": "😀"}');
    for (const broken of [text.slice(0, -5), text.replace('"seed":', '"seed":1'), "", "{}"]) {
      assert.throws(
        () => local.createEmulator().restore(broken),
        (error) => assert.equal(error.code, "wrong-state"),
      );
    }
    assert.throws(
      () => next.restore(text),
      (error) => assert.equal(error.code, "wrong-state"),
    );
    next.close();
  },

  "faults can be changed at run time": ({ cloudflow, local }) =>
    virtually(async (time) => {
      const { emulator, options, send } = await started(local, waits(300));
      emulator.setFaults({ fail: [{ action: "DescribeExecution", how: "garbage" }] });
      await assert.rejects(cloudflow.describeExecution(ref, { ...options, retry: false }), (error) =>
        assert.equal(error.kind, "response"),
      );
      const unavailable = { how: "error", status: 503, code: "ServiceUnavailable", times: 1 };
      emulator.setFaults({ latencyMs: 300, fail: [unavailable] });
      const request = await local.signRequest("ListFlows");
      const began = time.now();
      assert.equal((await time.until(emulator.fetch(request))).status, 503);
      assert.equal(time.now() - began, 300);
      emulator.setFaults();
      assert.equal((await send("ListFlows")).status, 200);
      assert.throws(
        () => emulator.setFaults({ late: 1 }),
        (error) => assert.equal(error.code, "wrong-options"),
      );
      emulator.close();
    }),

  "a synchronous start is answered at the end of the execution, which continues if the client disconnects": async ({
    local,
  }) => {
    const emulator = local.createEmulator();
    const send = sender(local, emulator);
    const created = await send("CreateFlow", {
      Name: "f",
      Definition: waits(1),
      Description: "d",
      Type: "FDL",
      ExecutionMode: "Express",
    });
    assert.equal(created.status, 200, JSON.stringify(created.body));
    const gone = new AbortController();
    const left = emulator.fetch(
      await local.signRequest("StartSyncExecution", { FlowName: "f", ExecutionName: "left" }, { signal: gone.signal }),
    );
    const { body } = await Promise.all([
      send("StartSyncExecution", { FlowName: "f", ExecutionName: "e", Input: '{"n": 1}' }),
      assert.rejects(left),
      pause(100).then(() => gone.abort()),
    ]).then(([answer]) => answer);
    assert.equal(body.Status, "Succeeded");
    assert.ok(/^e:[0-9a-f-]{36}$/.test(body.Name), body.Name);
    const { body: list } = await send("ListExecutions", { FlowName: "f", MetadataOnly: true });
    assert.deepEqual(list.Executions.map(({ Name, Status }) => [Name.split(":")[0], Status]).sort(), [
      ["e", "Succeeded"],
      ["left", "Succeeded"],
    ]);
    emulator.close();
  },

  "an endless definition and an output that is too long fail the execution": async ({ cloudflow, local }) => {
    const loop =
      "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";
    const endless = await started(local, loop);
    assert.equal((await cloudflow.describeExecution(ref, endless.options)).status, "Failed");
    endless.emulator.close();
    const task =
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";
    const large = await started(local, task, { tasks: { "*": () => ({ text: "x".repeat(65 * 1024) }) } });
    assert.equal((await cloudflow.describeExecution({ ...ref, waitTimeSeconds: 20 }, large.options)).status, "Failed");
    const { body } = await large.send("GetExecutionHistory", { FlowName: "f", ExecutionName: "e" });
    assert.ok(body.Events.at(-1).EventDetail.includes("more than 65536"), body.Events.at(-1).EventDetail);
    assert.equal((await large.send("ListFlows")).status, 200);
    large.emulator.close();
  },

  "a poll of a deleted flow continues until its step ends": async ({ local }) => {
    const { emulator, send } = await started(
      local,
      waits(1).replace("End: true", "Next: Then\n  - {Type: Succeed, Name: Then}"),
    );
    const poll = send("DescribeExecution", { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 60 });
    await pause(50);
    await send("DeleteFlow", { Name: "f" });
    assert.equal((await send("DescribeExecution", { FlowName: "f", ExecutionName: "e" })).status, 404);
    assert.equal((await poll).body.Status, "Stopped");
    emulator.close();
  },

  "wrong options are refused by createEmulator": ({ local }) => {
    for (const options of [
      { faults: { fail: [{ how: "maybe" }] } },
      { quota: true },
      { faults: { latencyMs: "1" } },
      { faults: { late: 1 } },
    ]) {
      assert.throws(
        () => local.createEmulator(options),
        (error) => {
          assert.equal(error.kind, "request");
          assert.equal(error.code, "wrong-options");
        },
      );
    }
  },

  "a flow with a long wait is simulated without delay": async ({ local }) => {
    const flow = `version: v1
type: flow
steps:
  - {type: wait, name: day, duration: 86400}
  - type: task
    name: ask
    resourceArn: acs:fc:::services/s/functions/ask
  - type: task
    name: token
    resourceArn: acs:fc:::services/s/functions/later
    pattern: waitForCallback
`;
    const tasks = {
      "acs:fc:*": async (input) => ({ answer: input.n + 1 }),
      "acs:fc:*/later": (_, task) => ({ said: typeof task.taskToken }),
    };
    const result = await local.simulateFlow(flow, { input: { n: 1 }, tasks });
    assert.equal(result.status, "Succeeded", JSON.stringify(result));
    assert.deepEqual(result.output, { answer: 2, said: "string" });
    const types = result.events.map((event) => event.type);
    assert.equal(types[0], "ExecutionStarted");
    assert.equal(types.at(-1), "ExecutionSucceeded");
    assert.deepEqual(result.events.find((event) => event.stepName === "ask").path, ["steps", 1]);
    const [start, end] = [result.events[0], result.events.at(-1)].map((event) => Date.parse(event.time));
    assert.equal(end - start, 86_400_000);
  },

  "the result reports a flow that cannot be simulated": async ({ local }) => {
    const broken = await local.simulateFlow("type: flow\n");
    assert.equal(broken.status, "Failed");
    assert.equal(broken.error, "Local.InvalidDefinition");
    const flow =
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";
    const unmatched = await local.simulateFlow(flow);
    assert.equal(unmatched.error, "Local.NoTaskHandler");
    const cyclic = {};
    cyclic.self = cyclic;
    const result = await local.simulateFlow(flow, { tasks: { "*": () => cyclic } });
    assert.equal(result.error, "Local.TaskThrew");
  },

  "an abort of a simulation aborts its tasks": async ({ local }) => {
    const flow =
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";
    const controller = new AbortController();
    let aborted = false;
    const tasks = {
      "*": (_, { signal }) => new Promise(() => signal.addEventListener("abort", () => (aborted = true))),
    };
    const run = local.simulateFlow(flow, { tasks, signal: controller.signal });
    await pause(20);
    controller.abort("stop");
    await assert.rejects(run, (reason) => assert.equal(reason, "stop"));
    assert.ok(aborted, "the task's signal");
  },
};

async function started(local, definition, emulatorOptions, input = {}) {
  const emulator = local.createEmulator(emulatorOptions);
  const send = sender(local, emulator);
  const created = await send("CreateFlow", { Name: "f", Definition: definition, Description: "d", Type: "FDL" });
  assert.equal(created.status, 200, JSON.stringify(created.body));
  const start = await send("StartExecution", { FlowName: "f", ExecutionName: "e", Input: JSON.stringify(input) });
  assert.equal(start.status, 200, JSON.stringify(start.body));
  return {
    emulator,
    send,
    options: { endpoint: "http://localhost", fetch: emulator.fetch, credentials },
  };
}

function sender(local, emulator, signing) {
  return async (action, parameters) => {
    const response = await emulator.fetch(await local.signRequest(action, parameters, signing));
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
}

function stoppedClock() {
  return { now: () => 1_700_000_000_000, setTimeout: () => 0, clearTimeout: () => {} };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Options of "cloudflow-wasm/local" that are wrong, that throw when they are read, or that a prototype provides.

import { assert } from "../harness.mjs";

const LOOP =
  "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";
const TASK =
  "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";

export const tests = {
  "an error in a getter of an option or a mock is thrown by the call": async ({ local }) => {
    const error = new Error("mine");
    const trap = () => {
      throw error;
    };
    const same = (thrown) => assert.equal(thrown, error);
    const mocks = [
      {
        get output() {
          return trap();
        },
      },
      {
        get error() {
          return trap();
        },
      },
      {
        error: "E",
        get cause() {
          return trap();
        },
      },
      {
        get delayMs() {
          return trap();
        },
      },
      [
        { output: 1 },
        {
          get never() {
            return trap();
          },
        },
      ],
      new Proxy({}, { ownKeys: trap }),
    ];
    for (const mock of mocks) {
      assert.throws(() => local.createEmulator({ tasks: { "*": mock } }), same);
      await assert.rejects(local.simulateFlow(TASK, { tasks: { "*": mock } }), same);
    }
    for (const name of ["accessKeys", "securityTokens", "tasks", "quotas", "nonces", "faults", "clock"]) {
      assert.throws(
        () =>
          local.createEmulator({
            get [name]() {
              return trap();
            },
          }),
        same,
      );
    }
    for (const name of ["input", "tasks", "flows", "mode", "signal"]) {
      await assert.rejects(
        local.simulateFlow(TASK, {
          get [name]() {
            return trap();
          },
        }),
        same,
      );
    }
    assert.throws(
      () =>
        local.createEmulator({
          tasks: {
            get x() {
              return trap();
            },
          },
        }),
      same,
    );
    const cyclic = {};
    cyclic.self = cyclic;
    for (const output of [1n, cyclic, { toJSON: trap }]) {
      assert.throws(
        () => local.createEmulator({ tasks: { "*": { output } } }),
        (thrown) => assert.equal(thrown.code, "wrong-options"),
      );
    }
    // A mock is read at the call. Later changes have no effect.
    let reads = 0;
    const tasks = {
      "*": {
        get output() {
          reads += 1;
          return { reads };
        },
      },
    };
    assert.deepEqual((await local.simulateFlow(TASK, { tasks })).output, { reads: 1 });
  },

  "invalid options are refused with a CloudFlowError": async ({ cloudflow, local }) => {
    const nested = JSON.parse("[".repeat(5000) + "]".repeat(5000));
    const endless = new Proxy({}, { getPrototypeOf: () => endless });
    const cyclic = {};
    cyclic.self = cyclic;
    const values = [
      null,
      0,
      NaN,
      1n,
      Symbol("s"),
      true,
      "",
      "x",
      "\ud800",
      [],
      {},
      Object.create(null),
      () => {},
      nested,
      endless,
      cyclic,
      new Array(2 ** 32 - 1),
      new Map(),
      Promise.resolve(),
    ];
    const emulator = local.createEmulator();
    emulator.putFlow("f", TASK);
    const only = (names, given) => names.map((name) => ({ [name]: given }));
    const faults = ["epochStoppedTime", "earlyAfterMs", "lateByMs", "latencyMs", "missingFields", "status", "cors"];
    const rules = ["action", "skip", "times", "how", "status", "code", "message", "retryAfterMs"];
    const calls = values.flatMap((value) => [
      () => local.createEmulator(value).close(),
      ...only(["accessKeys", "securityTokens", "tasks", "quotas", "nonces", "faults", "clock"], value).map(
        (options) => () => local.createEmulator(options).close(),
      ),
      () => local.createEmulator({ accessKeys: { x: value } }).close(),
      () => emulator.setFaults(value),
      () => emulator.setFallbackTasks(value),
      () => emulator.setFallbackTasks({ x: value }),
      ...only([...faults, "fail"], value).map((options) => () => emulator.setFaults(options)),
      ...only(rules, value).map((rule) => () => emulator.setFaults({ fail: [rule] })),
      () => emulator.putFlow(value, TASK),
      () => emulator.putFlow("f", value),
      () => emulator.putFlow("f", TASK, value),
      () => emulator.putFlow("f", TASK, { mode: value }),
      () => emulator.removeFlow(typeof value === "string" ? "g" : value),
      () => emulator.save(value),
      () => emulator.restore(value),
      () => local.migrateFlow(value),
      () => local.simulateFlow(value),
      () => local.simulateFlow(LOOP.replace("1 == 1", "1 == 2"), value),
      ...only(["input", "tasks", "flows", "mode", "signal"], value).map(
        (options) => () => local.simulateFlow(TASK, { tasks: { "*": { output: {} } }, ...options }),
      ),
      () => local.simulateFlow(TASK, { tasks: { "*": value } }),
      () => local.simulateState(value, { state: "s" }),
      () => local.simulateState(TASK, value),
      ...only(["state", "local", "global", "context", "attempt", "retries", "mock", "mode", "now"], value).map(
        (options) => () => local.simulateState(TASK, { state: ["steps", 0], ...options }),
      ),
      ...only(["iteration", "objectOutput"], value).map(
        (options) => () => local.simulateState(TASK, { state: ["steps", 0], ...options }),
      ),
      () => local.simulateState(TASK, { state: ["steps", 0], input: { value: value?.length > 1e9 ? 0 : value } }),
      // The JSON of a sparse list would have 2^32 values.
      () =>
        local.simulateFlow(TASK, { input: { value: value?.length > 1e9 ? 0 : value }, tasks: { "*": { output: {} } } }),
      () => local.signRequest(value),
      () => local.signRequest("ListFlows", typeof value === "object" ? { value } : value),
      () => local.signRequest("ListFlows", {}, value),
      ...only(["endpoint", "accessKeyId", "accessKeySecret", "securityToken", "now", "signal"], value).map(
        (options) => () => local.signRequest("ListFlows", {}, options),
      ),
    ]);
    for (const [number, call] of calls.entries()) {
      try {
        await call();
      } catch (error) {
        assert.ok(error instanceof cloudflow.CloudFlowError, `${call} (${number}): ${error}`);
        assert.ok(error.kind === "request", `${call} (${number}): ${error.kind} ${error.code}`);
      }
    }
    emulator.setFaults({});
    // The emulator still has its flows after the invalid calls.
    emulator.putFlow("f", TASK);
    assert.equal((await sender(local, emulator)("DescribeFlow", { Name: "f" })).status, 200);
    emulator.close();
  },

  "properties of Object.prototype are not options": async ({ local }) => {
    const evil = {
      accessKeys: { evil: "evil-secret" },
      tasks: { "*": { output: { evil: true } } },
      endpoint: "http://evil.example",
      accessKeyId: "evil",
      accessKeySecret: "evil-secret",
      securityTokens: { emulator: "evil" },
      input: { evil: true },
      error: "Evil",
      journal: true,
      mock: { output: { evil: true } },
      local: { evil: true },
      attempt: -1,
    };
    for (const [name, value] of Object.entries(evil)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: false, writable: true });
    }
    try {
      const emulator = local.createEmulator({ quotas: false });
      const request = await local.signRequest("ListFlows", {}, { now: Date.now() });
      assert.ok(request.url.startsWith("http://localhost/?AccessKeyId=emulator&"), request.url);
      assert.equal((await emulator.fetch(request)).status, 200);
      const own = { accessKeyId: "evil", accessKeySecret: "evil-secret" };
      assert.equal((await emulator.fetch(await local.signRequest("ListFlows", {}, own))).status, 403);
      const { error } = await local.simulateFlow(TASK, {});
      assert.equal(error, "Local.NoTaskHandler");
      const { status } = await local.simulateFlow(TASK, { tasks: { "*": { output: {} } } });
      assert.equal(status, "Succeeded");
      const { status: alone, values } = local.simulateState(TASK, { state: ["steps", 0] });
      assert.deepEqual([alone, values.input], ["pending", {}]);
      emulator.close();
    } finally {
      for (const name of Object.keys(evil)) delete Object.prototype[name];
    }
  },
};

function sender(local, emulator) {
  return async (action, parameters) => {
    const response = await emulator.fetch(await local.signRequest(action, parameters));
    return { status: response.status, body: await response.json() };
  };
}

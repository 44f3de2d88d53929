// The tables of option names in pkg/shared/options.js are the names that the WebAssembly modules accept.
// `cargo xtask lint --only types-js` compares the same tables with the .d.ts files.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import * as cloudflow from "../../pkg/dist/index.js";
import { openFlow } from "../../pkg/dist/editor.js";
import { createEmulator, signRequest, simulateFlow, simulateState } from "../../pkg/dist/local.js";
import { createGateway } from "../../pkg/dist/gateway.js";
import * as options from "../../pkg/shared/options.js";
import { createRuntime } from "../../pkg/shared/runtime.js";
import { bytes } from "../../pkg/wasm/local.inline.js";
import { instantiate } from "../../pkg/wasm/local.js";

/** A name that is similar to no option, so that the module lists all names. */
const UNKNOWN = "zzzzzzzzzzzzzzzzzzzzzzzz";

/** By name. */
const tables = { ...options };

const CALL = { flowName: "f", executionName: "e" };
const OPTIONS = { endpoint: "http://localhost", fetch: () => assert.fail("a request was sent") };
const local = createRuntime(instantiate, () => new WebAssembly.Module(bytes()));

/** The names that a message lists after the unknown name. */
function listed({ message }) {
  const [, list] = message.split(`\`${UNKNOWN}\``);
  assert.ok(list !== undefined, message);
  return [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort();
}

async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("an unknown name was accepted");
}

const names = (table, ...without) =>
  Object.keys(table)
    .filter((name) => !without.includes(name))
    .sort();

test("the module of the client accepts the names of the tables", async () => {
  const { describeExecution, getExecutionHistory, listExecutions, validateFlow, waitForExecution } = cloudflow;
  const unknown = { [UNKNOWN]: 1 };
  const cases = {
    REQUEST: [names(tables.REQUEST), () => describeExecution({ ...CALL, ...unknown }, OPTIONS)],
    "REQUEST of a wait": [
      names(tables.REQUEST, "waitTimeSeconds"),
      () => waitForExecution({ ...CALL, ...unknown }, OPTIONS),
    ],
    // The module does not see the language.
    CLIENT: [names(tables.CLIENT, "locale"), () => waitForExecution(CALL, { ...OPTIONS, ...unknown })],
    "CLIENT of one request": [
      names(tables.CLIENT, "waitTimeSeconds", "onUpdate", "onRetry", "locale"),
      () => describeExecution(CALL, { ...OPTIONS, ...unknown }),
    ],
    HISTORY_PAGE: [names(tables.HISTORY_PAGE), () => getExecutionHistory({ ...CALL, ...unknown }, OPTIONS)],
    EXECUTIONS: [names(tables.EXECUTIONS), () => listExecutions({ flowName: "f", ...unknown }, OPTIONS)],
    CREDENTIALS: [names(tables.CREDENTIALS), () => describeExecution(CALL, { ...OPTIONS, credentials: unknown })],
    RETRY: [names(tables.RETRY), () => describeExecution(CALL, { ...OPTIONS, retry: unknown })],
    VALIDATE: [names(tables.VALIDATE), () => validateFlow("type: flow", unknown)],
  };
  for (const [name, [expected, call]] of Object.entries(cases)) {
    const { diagnostics } = await thrown(call);
    const found = diagnostics.find(({ code }) => code === "unknown-option");
    assert.deepEqual(listed(found), expected, name);
  }
});

test("the module of the emulator reads the names of the tables", () => {
  const cases = {
    // The handlers, the callback, the clock and the language are options of the JavaScript driver.
    EMULATOR: [names(tables.EMULATOR, "tasks", "clock", "onExecutionFailed", "locale"), {}, (options) => options],
    FAULTS: [names(tables.FAULTS), {}, (faults) => ({ faults })],
    FAIL: [names(tables.FAIL), { how: "cut" }, (rule) => ({ faults: { fail: [rule] } })],
  };
  for (const [name, [expected, values, place]] of Object.entries(cases)) {
    const read = new Set();
    const options = place(
      new Proxy(values, {
        get(target, key) {
          if (typeof key === "string") read.add(key);
          return target[key];
        },
      }),
    );
    local.call("emulatorClose", local.call("emulatorCreate", options, 0, 0));
    assert.deepEqual([...read].sort(), expected, name);
  }
});

test("JavaScript refuses a name that is not in its table", async () => {
  const unknown = { [UNKNOWN]: 1 };
  const cases = {
    EMULATOR: () => createEmulator(unknown),
    FAULTS: () => createEmulator({ faults: unknown }),
    FAIL: () => createEmulator({ faults: { fail: [unknown] } }),
    MOCK: () => createEmulator({ tasks: { "*": unknown } }),
    PUT_FLOW: () => createEmulator().putFlow("f", "type: flow", unknown),
    SAVE: () => createEmulator().save(unknown),
    SIGN: () => signRequest("ListFlows", {}, unknown),
    FORMAT: () => openFlow("type: flow").format(unknown),
    SIMULATION: () => simulateFlow("type: flow", unknown),
    STATE: () => simulateState("type: flow", unknown),
    STATE_MOCK: () => simulateState("type: flow", { state: "s", mock: unknown }),
  };
  for (const [name, call] of Object.entries(cases)) {
    const error = await thrown(call);
    assert.equal(error.code, "wrong-options", name);
    assert.ok(error.message.startsWith(`\`${UNKNOWN}\` is not `), error.message);
    assert.ok(error.message.endsWith(`expected one of: ${Object.keys(tables[name]).join(", ")}`), error.message);
  }
});

test("options of a class of another realm are read, and its Object.prototype is not", async () => {
  const options = runInNewContext(`
    Object.prototype.maxWaitSeconds = 99;
    class Base { get authorize() { return () => false; } }
    class Options extends Base { get upstream() { return () => ({}); } }
    new Options();
  `);
  assert.equal(options.maxWaitSeconds, 99);
  // A value of 99 would be refused.
  const gateway = createGateway(options);
  const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=f&ExecutionName=e";
  assert.equal((await gateway.fetch(new Request(`http://localhost/?${query}`), {})).status, 403);
});

test("options inherited from a class are read", async () => {
  class Options {
    get upstream() {
      return () => assert.fail("not called");
    }
    get authorize() {
      return () => false;
    }
  }
  const gateway = createGateway(new Options());
  const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=f&ExecutionName=e";
  assert.equal((await gateway.fetch(new Request(`http://localhost/?${query}`), {})).status, 403);
});

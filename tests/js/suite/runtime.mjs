// The behaviour of the runtime after a trap of the module.

import { createRuntime } from "../../../pkg/shared/runtime.js";
import { assert } from "../harness.mjs";

/** An instance whose functions trap on request: in a call, later in a callback, or by stack overflow. */
function trapping() {
  const born = [];
  const instantiate = (module, wrap) => {
    const raw = wrap({
      answer: () => 42,
      trap() {
        throw new WebAssembly.RuntimeError("unreachable");
      },
      overflow() {
        throw new RangeError("Maximum call stack size exceeded");
      },
      host() {
        throw new TypeError("a host without a clock");
      },
    });
    born.push(raw);
    return {
      answer: () => raw.answer(),
      trap: () => raw.trap(),
      overflow: () => raw.overflow(),
      refuse() {
        throw { kind: "request", code: "wrong-type", message: "no", retryable: false, attempts: 0 };
      },
      answerLater: async () => raw.answer(),
      // A callback of the host: there is no caller that catches an error.
      trapLater: () => new Promise(() => setTimeout(() => raw.trap(), 1)),
      hostLater: () => new Promise(() => setTimeout(() => raw.host()[1], 1)),
      never: () => new Promise(() => {}),
      callersOwn: (thrown) => Promise.reject([thrown]),
    };
  };
  return { born, runtime: createRuntime(instantiate, () => "module") };
}

const isInternal = (error) =>
  assert.deepEqual([error.name, error.kind, error.code], ["CloudFlowError", "internal", "internal"]);

export const tests = {
  "a trap is an error of the call, and the next one has a fresh instance": () => {
    const { born, runtime } = trapping();
    for (const name of ["trap", "overflow"]) {
      const before = born.length;
      assert.throws(() => runtime.call(name), isInternal);
      assert.equal(runtime.call("answer"), 42);
      assert.equal(born.length, Math.max(before, 1) + 1, name);
    }
  },

  "a trap in a callback rejects every call in flight": async () => {
    const { born, runtime } = trapping();
    const calls = [runtime.start("never"), runtime.start("trapLater"), runtime.start("never")];
    for (const call of calls) await assert.rejects(call, isInternal, { withinMs: 1000 });
    assert.equal(await runtime.start("answerLater"), 42);
    assert.equal(born.length, 2);
  },

  "an error of the host that passes through the module rejects the calls in flight": async () => {
    const { born, runtime } = trapping();
    for (const call of [runtime.start("never"), runtime.start("hostLater")])
      await assert.rejects(call, isInternal, { withinMs: 1000 });
    assert.equal(runtime.call("answer"), 42);
    assert.equal(born.length, 2);
  },

  "an error of the caller is passed on unchanged, even if it resembles an error of the package": async () => {
    const { runtime } = trapping();
    for (const own of [
      { kind: "request", code: "x", message: "y" },
      ["a"],
      undefined,
      Object.freeze(new Error("mine")),
    ]) {
      await assert.rejects(runtime.start("callersOwn", own), (error) => assert.equal(error, own));
    }
  },

  "an error is not a trap": () => {
    const { born, runtime } = trapping();
    assert.throws(
      () => runtime.call("refuse"),
      (error) => assert.deepEqual([error.kind, error.code], ["request", "wrong-type"]),
    );
    assert.equal(runtime.call("answer"), 42);
    assert.equal(born.length, 1);
  },

  "a refused connection is one error, and the module continues to work": async ({ cloudflow }) => {
    const request = { flowName: "f", executionName: "e" };
    // The port of the discard protocol: no server listens on it, and browsers refuse to use it.
    const options = { endpoint: "http://127.0.0.1:9", retry: false };
    await assert.rejects(
      cloudflow.describeExecution(request, options),
      (error) => {
        assert.deepEqual(
          [error.name, error.kind, error.retryable, error.attempts],
          ["CloudFlowError", "network", true, 1],
        );
        assert.ok(error.message.includes("127.0.0.1:9"), error.message);
      },
      { withinMs: 10_000 },
    );
    assert.equal(cloudflow.validateFlow("type: flow").dialect, "flow");
  },
};

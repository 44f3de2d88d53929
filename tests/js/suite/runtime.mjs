// The behaviour of the runtime after a trap of the module.

import { createRuntime } from "../../../pkg/shared/runtime.js";
import { assert } from "../harness.mjs";

/** An instance whose functions trap when told to, as one call, later in a callback, or by the engine's stack. */
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
      // The host calls back: nobody is there to catch what comes out.
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

  "an error of the host that passes through the module ends what is in flight, too": async () => {
    const { born, runtime } = trapping();
    for (const call of [runtime.start("never"), runtime.start("hostLater")])
      await assert.rejects(call, isInternal, { withinMs: 1000 });
    assert.equal(runtime.call("answer"), 42);
    assert.equal(born.length, 2);
  },

  "what is the caller's own comes out as it is, even if it looks like ours": async () => {
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

  "an error is no trap": () => {
    const { born, runtime } = trapping();
    assert.throws(
      () => runtime.call("refuse"),
      (error) => assert.deepEqual([error.kind, error.code], ["request", "wrong-type"]),
    );
    assert.equal(runtime.call("answer"), 42);
    assert.equal(born.length, 1);
  },

  "nobody answers: one clear error, and the module goes on": async ({ cloudflow }) => {
    const request = { flowName: "f", executionName: "e" };
    // The port of the discard protocol: nothing listens there, and browsers refuse to ask.
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

// The behaviour of the runtime after a trap of the module.

import { createRuntime } from "../../../pkg/shared/runtime.js";
import { assert } from "../harness.mjs";

/** An instance whose functions trap on request: by themselves, by stack overflow, or in the host. */
function trapping() {
  const born = [];
  const instantiate = () => {
    born.push(born.length);
    return {
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
      refuse() {
        throw { kind: "request", code: "wrong-type", message: "no", retryable: false, attempts: 0 };
      },
    };
  };
  return { born, runtime: createRuntime(instantiate, () => "module") };
}

const never = () => new Promise(() => {});

/** A sequence that calls a function after a while. */
const later = (name) => async (invoke) => {
  await new Promise((done) => setTimeout(done, 1));
  return invoke(name);
};

const isInternal = (error) =>
  assert.deepEqual([error.name, error.kind, error.code], ["CloudFlowError", "internal", "internal"]);

export const tests = {
  "a trap is an error of the call, and the next one has a fresh instance": () => {
    const { born, runtime } = trapping();
    for (const name of ["trap", "overflow", "host"]) {
      const before = born.length;
      assert.throws(() => runtime.call(name), isInternal);
      assert.equal(runtime.call("answer"), 42);
      assert.equal(born.length, Math.max(before, 1) + 1, name);
    }
  },

  "a host that does not start the module gives an error, and the next call starts again": async () => {
    const functions = { answer: () => 42 };
    for (const cause of [new WebAssembly.CompileError("forbidden"), new WebAssembly.LinkError("no import"), "x"]) {
      let refuses = true;
      const started = (value) => {
        if (refuses) throw cause;
        return value;
      };
      const isRefused = (error) => {
        assert.deepEqual([error.name, error.kind, error.code], ["CloudFlowError", "internal", "module-not-loaded"]);
        assert.equal(error.cause, cause);
      };
      for (const runtime of [
        createRuntime(
          () => started(functions),
          () => "module",
        ),
        createRuntime(
          () => functions,
          () => started("module"),
        ),
      ]) {
        refuses = true;
        assert.throws(() => runtime.call("answer"), isRefused);
        await assert.rejects(runtime.start(later("answer")), isRefused);
        refuses = false;
        assert.equal(await runtime.start(later("answer")), 42);
      }
    }
  },

  "a trap rejects every sequence of calls in flight": async () => {
    for (const name of ["trap", "host"]) {
      const { born, runtime } = trapping();
      const calls = [runtime.start(never), runtime.start(later(name)), runtime.start(never)];
      for (const call of calls) await assert.rejects(call, isInternal, { withinMs: 1000 });
      assert.equal(await runtime.start(later("answer")), 42);
      assert.equal(born.length, 2, name);
    }
  },

  "a sequence does not use an instance that has trapped, nor the one after it": async () => {
    const { born, runtime } = trapping();
    let seen;
    const orphan = runtime.start(async (invoke) => {
      await new Promise((done) => setTimeout(done, 5));
      try {
        seen = invoke("answer");
      } catch (error) {
        seen = error;
      }
    });
    assert.throws(() => runtime.call("trap"), isInternal);
    await assert.rejects(orphan, isInternal, { withinMs: 1000 });
    await new Promise((done) => setTimeout(done, 10));
    isInternal(seen);
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
      await assert.rejects(
        runtime.start(() => Promise.reject(own)),
        (error) => assert.equal(error, own),
      );
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

// One `AbortSignal` for many calls.

import { assert } from "../harness.mjs";
import { CALL, countingSignal, DONE, never, plain, rejection, scripted } from "../support/doubles.mjs";

const ENDPOINT = "https://service.example";
const base = (fetch, more) => ({ endpoint: ENDPOINT, fetch, dangerouslyAllowBrowser: true, retry: false, ...more });

export const tests = {
  "one signal for hundreds of calls has one listener, and every call ends with its reason": async ({ cloudflow }) => {
    for (const reason of [new Error("enough"), "enough", { kind: "mine" }]) {
      const signal = countingSignal();
      let most = 0;
      const add = signal.addEventListener;
      signal.addEventListener = (...rest) => {
        add.apply(signal, rest);
        most = Math.max(most, signal.listening);
      };
      const client = cloudflow.createClient(base(never, { signal }));
      const calls = Array.from({ length: 1000 }, (_, at) => {
        const request = { flowName: "f", executionName: `e${at}` };
        if (at % 3 === 0) return client.describeExecution(request);
        return at % 3 === 1 ? client.waitForExecution(request) : client.watchExecution(request).next();
      });
      const ended = calls.map(rejection);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(signal.listening, 1);
      const begin = performance.now();
      signal.abort(reason);
      for (const end of ended) assert.equal(await end, reason);
      assert.ok(performance.now() - begin < 5000, `${performance.now() - begin} ms`);
      assert.deepEqual([most, signal.listening], [1, 0]);
    }
  },

  "no warning about listeners: a thousand concurrent watches, sequential watches, and a signal of another realm":
    async ({ cloudflow, runtime }) => {
      if (runtime !== "node") return;
      const warnings = [];
      const note = (warning) => warnings.push(warning);
      process.on("warning", note);
      const { runInNewContext } = await import("node:vm");
      const make = runInNewContext(
        "(Base, bind) => ({ get aborted() { return Base.aborted; }, get reason() { return Base.reason; }, addEventListener: bind(Base.addEventListener, Base), removeEventListener: bind(Base.removeEventListener, Base) })",
      );
      const bind = (method, self) => method.bind(self);
      for (const foreign of [false, true]) {
        const controller = new AbortController();
        const signal = foreign ? make(controller.signal, bind) : controller.signal;
        const client = cloudflow.createClient(base(never));
        const watches = Array.from({ length: 1000 }, (_, at) =>
          client.watchExecution({ flowName: "f", executionName: `e${at}` }, { signal }),
        );
        const ended = watches.map((watch) => rejection(watch.next()));
        await new Promise((resolve) => setTimeout(resolve, 30));
        controller.abort("enough");
        for (const end of ended) assert.equal(await end, "enough");
      }
      const { signal } = new AbortController();
      for (let at = 0; at < 100; at += 1)
        await cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { signal }));
      await new Promise((resolve) => setTimeout(resolve, 10));
      process.off("warning", note);
      assert.deepEqual(warnings.map(String), []);
    },
};

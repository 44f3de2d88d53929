// Reads another execution, to be compared with the watched one.

import { problemOf } from "./problem.js";
import { modules } from "./ready.js";
import { shownDefinition } from "./state.js";

/**
 * @param {object} context
 * @param {import("./store.js").Store} context.store
 * @param {import("./api.js").Api} context.api
 * @param {(text: string) => Promise<import("./state.js").Checked>} context.check
 * @param {() => Promise<typeof import("../../../pkg/index.js").replayExecution>} context.loadReplay
 */
export function createCompared({ store, api, check, loadReplay }) {
  /** @type {AbortController | undefined} */
  let pending;

  return {
    /** @param {{ flowName: string, executionName: string }} reference */
    async compare(reference) {
      pending?.abort();
      const controller = new AbortController();
      const { signal } = controller;
      pending = controller;
      store.set({ compared: { ...reference } });
      let action = "DescribeExecution";
      try {
        await modules.ready("ask");
        const execution = await api.client.describeExecution(reference, { signal });
        action = "GetExecutionHistory";
        const events = [];
        for await (const event of api.client.executionEvents(reference, { signal })) events.push(event);
        const definition = execution.flowDefinition || shownDefinition(store.get())?.text || "";
        const [ran, replayExecution] = await Promise.all([check(definition), loadReplay()]);
        if (signal.aborted) return;
        store.set({ compared: { ...reference, execution, ran, replay: replayExecution(definition, events).state } });
      } catch (error) {
        if (!signal.aborted) store.set({ compared: { ...reference, problem: problemOf(error, action) } });
      }
    },

    endComparison() {
      pending?.abort();
      store.set({ compared: undefined });
    },
  };
}

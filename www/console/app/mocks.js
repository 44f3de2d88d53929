// The answers of the tasks without a handler.

import { parseFlow } from "cloudflow-wasm";
import { problemOf } from "./problem.js";
import { samples } from "./samples.js";
import { tasksOf } from "./tasks.js";

/** @param {{ store: import("./store.js").Store, api: import("./api.js").Api }} context */
export function createMocks({ store, api }) {
  let request = 0;
  /** The last reading. */
  let reading = Promise.resolve();

  /** The tasks of the definition in the editor, then those of the definition that ran. */
  function tasks() {
    const { text, definition } = store.get();
    const own = tasksOf(text, parseFlow);
    if (!definition || definition === text) return own;
    const known = new Set(own.map(({ key }) => key));
    return [...own, ...tasksOf(definition, parseFlow).filter(({ key }) => !known.has(key))];
  }

  async function load() {
    request += 1;
    const own = request;
    store.set({ mocks: { ...store.get().mocks, isLoading: true, problem: undefined } });
    try {
      await api.ready;
      const found = tasks();
      const keys = found.map(({ key }) => key);
      const [known, given] = await Promise.all([keys.length > 0 ? api.tasks(keys) : { tasks: [] }, api.answers()]);
      if (own !== request) return;
      /** @type {Map<string, any>} */
      const handlers = new Map(known.tasks.map((/** @type {any} */ task) => [task.action, task.handler]));
      const items = found.map(({ key, states }) => ({
        key,
        states,
        handler: handlers.get(key) ?? "none",
        answer: given.answers?.[key],
      }));
      store.set({ mocks: { items, isLoading: false } });
    } catch (error) {
      if (own === request) store.set({ mocks: { ...store.get().mocks, isLoading: false, problem: problemOf(error) } });
    }
  }

  const mocks = {
    /** Finds the tasks, and how each is answered. Resolves after the last reading, which may be a later one. */
    async read() {
      reading = load();
      for (let last; last !== reading; ) {
        last = reading;
        await last;
      }
    },

    /**
     * Sets the answer of a task, or removes it. Throws what the control server reports.
     *
     * @param {string} key
     * @param {object[] | null} answer
     */
    async answer(key, answer) {
      await api.putAnswer(key, answer);
      await mocks.read();
    },

    /**
     * Sets up what the sample of a text needs: answers of tasks without a handler, and the flows that it starts.
     *
     * @param {string} text
     */
    async prepare(text) {
      const sample = samples.find((candidate) => candidate.text === text);
      if (sample === undefined) return;
      const { capabilities } = store.get();
      const { answers = {}, flows = {} } = sample;
      const keys = Object.keys(answers);
      if (capabilities.mocks && keys.length > 0) {
        const { tasks } = await api.tasks(keys);
        for (const { action, handler } of tasks)
          if (handler === "none" && answers[action]) await api.putAnswer(action, answers[action]);
      }
      if (capabilities.flows)
        for (const [name, definition] of Object.entries(flows)) await api.putFlow(name, { definition });
    },
  };
  return mocks;
}

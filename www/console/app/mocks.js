// The answers of the tasks without a handler.

import { loadFunctions } from "./functions.js";
import { problemOf } from "./problem.js";
import { samples } from "./samples.js";
import { tasksOf } from "./tasks.js";

/** @param {{ store: import("./store.js").Store, api: import("./api.js").Api }} context */
export function createMocks({ store, api }) {
  let request = 0;
  /** The newest reading. @type {Promise<void>} */
  let reading = Promise.resolve();

  /** @param {number} own */
  async function read(own) {
    store.set({ mocks: { ...store.get().mocks, isLoading: true, problem: undefined } });
    try {
      const { parseFlow } = await loadFunctions();
      const { text, definition = "" } = store.get();
      const tasks = joined(tasksOf(text, parseFlow), definition === text ? [] : tasksOf(definition, parseFlow));
      const keys = tasks.map(({ key }) => key);
      const [known, given] = await Promise.all([keys.length > 0 ? api.tasks(keys) : { tasks: [] }, api.answers()]);
      // A newer one replaces this one.
      if (own !== request) return reading;
      /** @type {Map<string, any>} */
      const handlers = new Map(known.tasks.map((/** @type {any} */ task) => [task.action, task.handler]));
      const items = tasks.map(({ key, states }) => ({
        key,
        states,
        handler: handlers.get(key) ?? "none",
        answer: Object.hasOwn(given.answers ?? {}, key) ? given.answers[key] : undefined,
      }));
      store.set({ mocks: { items, isLoading: false } });
    } catch (error) {
      if (own !== request) return reading;
      store.set({ mocks: { ...store.get().mocks, isLoading: false, problem: problemOf(error) } });
    }
  }

  const mocks = {
    /** Finds the tasks of the definitions in the editor and of the execution, and how each is answered. */
    read() {
      request += 1;
      reading = read(request);
      return reading;
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

/**
 * The tasks of two definitions.
 *
 * @param {{ key: string, states: string[] }[]} first
 * @param {{ key: string, states: string[] }[]} second
 */
function joined(first, second) {
  const tasks = new Map(first.map(({ key, states }) => [key, states]));
  for (const { key, states } of second) tasks.set(key, [...new Set([...(tasks.get(key) ?? []), ...states])]);
  return [...tasks].map(([key, states]) => ({ key, states }));
}

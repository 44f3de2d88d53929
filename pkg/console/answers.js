// Answers that were set in the page: mocks for the tasks without a handler.

import { handles, readTasks } from "../local/tasks.js";
import { Refusal, invalid } from "./reply.js";

/** Maximum number of answers, and their maximum size as JSON in UTF-16 units. */
const MAX_ANSWERS = 1000;
const MAX_SIZE = 8 * 1024 * 1024;

/** Maximum length of an action or `resourceArn`, in UTF-16 units. */
const MAX_ACTION = 1024;

/** @typedef {import("../local.js").TaskHandlers} TaskHandlers */

/**
 * @param {object} options
 * @param {import("../local.js").Emulator} options.emulator
 * @param {TaskHandlers} options.tasks handlers that take precedence
 * @param {TaskHandlers} options.unmatched handlers for the tasks without handler and answer
 * @param {Record<string, unknown>} [options.answers] answers of an earlier run
 * @param {(answers: Record<string, unknown>) => void} [options.onChange]
 */
export function createAnswers({ emulator, tasks, unmatched, answers: given = {}, onChange = () => {} }) {
  const handlers = readTasks(tasks);
  let answers = new Map(Object.entries(given));
  let read = readTasks(all(answers));
  emulator.setFallbackTasks(fallback(answers));

  /** @param {Map<string, unknown>} of @returns {TaskHandlers} */
  function fallback(of) {
    // The fallback "*" comes first: an answer for the same key replaces it.
    return /** @type {TaskHandlers} */ ({ ...unmatched, ...all(of) });
  }

  return {
    /** Returns the answers by action. */
    all: () => all(answers),

    /**
     * Returns what performs a task.
     *
     * @param {string} action
     * @returns {"module" | "answer" | "none"}
     */
    handler(action) {
      const task = /** @type {import("../local/tasks.js").Task} */ ({ action });
      if (handles(handlers, task)) return "module";
      return handles(read, task) ? "answer" : "none";
    },

    /**
     * Sets or removes the answer to a task.
     *
     * @param {string} action
     * @param {unknown} mocks a list of mocks; null removes the answer
     */
    set(action, mocks) {
      if (action.length > MAX_ACTION) throw invalid(`\`action\` is longer than ${MAX_ACTION} characters`);
      const next = new Map(answers);
      if (mocks === null) next.delete(action);
      else {
        if (!Array.isArray(mocks)) throw invalid("`mocks` must be a list of mocks, or null");
        if (this.handler(action) === "module")
          throw new Refusal(409, "Local.HandlerExists", `a handler of the server performs \`${action}\``);
        next.set(action, mocks);
      }
      if (next.size > MAX_ANSWERS) throw invalid(`there are more than ${MAX_ANSWERS} answers`);
      if (JSON.stringify(all(next)).length > MAX_SIZE)
        throw invalid(`the answers are longer than ${MAX_SIZE} characters together`);
      try {
        read = readTasks(all(next));
      } catch (error) {
        if (error.code !== "wrong-options") throw error;
        throw invalid(error.message);
      }
      emulator.setFallbackTasks(fallback(next));
      answers = next;
      onChange(all(answers));
    },
  };
}

/**
 * @param {Map<string, unknown>} answers
 * @returns {Record<string, any>}
 */
function all(answers) {
  return Object.fromEntries(answers);
}

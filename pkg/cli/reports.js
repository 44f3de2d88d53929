// Tasks that wait for the report of a task token, in an emulator: the result of a handler or a mock is the report, as in
// a simulation.

import { setTimeout as sleep } from "node:timers/promises";
import { attempt, readTasks } from "../local/tasks.js";

/** @import { Flow, FlowState } from "../index.js" */
/** @import { TaskHandler, TaskHandlers } from "../local.js" */

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns the tasks, with handlers for the states that wait for a report.
 *
 * @param {TaskHandlers} tasks
 * @param {Flow | null} flow
 * @param {object} options
 * @param {number} options.speed
 * @param {AbortSignal} options.signal
 * @param {(action: string, parameters: Record<string, string>) => Promise<unknown>} options.call calls the emulator
 * @returns {TaskHandlers}
 */
export function withReports(tasks, flow, { speed, signal, call }) {
  const handlers = readTasks(tasks);
  const reported = reportedTasks(flow?.states ?? []);
  /** @type {TaskHandler} */
  const perform = async (input, task) => {
    const { name, action, taskToken } = task;
    const asked = { ...task, id: 0, action: reported.get(name) ?? action, resource: action };
    const outcome = await attempt(handlers, { ...asked, input: JSON.stringify(input ?? null) }, task.signal);
    const { output = "{}", code, message = "", delay } = outcome;
    if (taskToken === undefined) {
      // Another state with the name waits for a report.
      await pause(delay / speed, task.signal);
      if (code !== undefined) throw Object.assign(new Error(message), { code });
      return JSON.parse(output);
    }
    pause(delay / speed, signal)
      .then(() =>
        code === undefined
          ? call("ReportTaskSucceeded", { TaskToken: taskToken, Output: output })
          : call("ReportTaskFailed", { TaskToken: taskToken, Error: code, Cause: message }),
      )
      // The execution was stopped, or has ended meanwhile.
      .catch(() => {});
    return {};
  };
  return { ...tasks, ...Object.fromEntries([...reported.keys()].map((name) => [`state:${name}`, perform])) };
}

/**
 * Waits also for longer than a timer can.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 */
async function pause(ms, signal) {
  for (let left = ms; left > 0; left -= MAX_TIMER_MS)
    await sleep(Math.min(left, MAX_TIMER_MS), undefined, { signal, ref: false });
}

/**
 * The states that wait for a report, with their actions.
 *
 * @param {FlowState[]} states
 * @param {Map<string, string>} [found]
 */
function reportedTasks(states, found = new Map()) {
  for (const { name, action = "", mode = "", options = [], default: other, branches = [], body } of states) {
    if (/callback/i.test(mode)) found.set(name, action);
    for (const part of [...options, other, ...branches, body]) reportedTasks(part?.states ?? [], found);
  }
  return found;
}

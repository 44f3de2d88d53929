// Runs a flow in real time, in an emulator.

import { setTimeout as sleep } from "node:timers/promises";
import { attempt, readTasks } from "../../local/tasks.js";

/** @import { Simulation, TaskHandlers } from "../../local.js" */
/** @import { FlowBody } from "../../index.js" */

/** @typedef {{ eventId: number, type: string, stepName: string, time: string, detail: any }} Event */

/** Interval between two looks at the history, in ms. */
const INTERVAL_MS = 25;
const MAX_TIMER_MS = 2 ** 31 - 1;
const FINAL = ["Succeeded", "Failed", "TimedOut", "Stopped"];

/**
 * @param {typeof import("../../local.js")} local
 * @param {string} text
 * @param {object} options
 * @param {string} options.name name of the flow
 * @param {FlowBody} options.body
 * @param {object} options.input
 * @param {TaskHandlers} options.tasks
 * @param {"Standard" | "Express"} options.mode
 * @param {number} options.speed
 * @param {AbortSignal} options.signal
 * @param {(events: Event[]) => Promise<void>} options.onEvents
 * @returns {Promise<Pick<Simulation, "status" | "output" | "error" | "cause">>} `Running` if it was aborted
 */
export async function runLive(
  { createEmulator, signRequest },
  text,
  { name, body, input, tasks, mode, speed, signal, onEvents },
) {
  const handlers = readTasks(tasks);
  const reported = reportedTasks(body);
  const call = async (/** @type {string} */ action, /** @type {Record<string, string>} */ parameters) =>
    (await emulator.fetch(await signRequest(action, parameters))).json();

  /**
   * Performs a task of a state that waits for the report of a task token. The result of its handler is the report, as in
   * a simulation.
   *
   * @type {import("../../local.js").TaskHandler}
   */
  const perform = async (input, task) => {
    const { name, action, taskToken } = task;
    const { output, code, message, delay } = await attempt(
      handlers,
      { ...task, id: 0, action: reported.get(name) ?? action, resource: action, input: JSON.stringify(input ?? null) },
      task.signal,
    );
    if (taskToken === undefined) {
      if (delay > 0) await sleepLong(delay / speed, task.signal);
      if (code !== undefined) throw Object.assign(new Error(message), { code });
      return JSON.parse(output ?? "{}");
    }
    sleepLong(delay / speed, signal)
      .then(() =>
        code === undefined
          ? call("ReportTaskSucceeded", { TaskToken: taskToken, Output: output ?? "{}" })
          : call("ReportTaskFailed", { TaskToken: taskToken, Error: code, Cause: message ?? "" }),
      )
      .catch(() => {});
    return {};
  };

  const emulator = createEmulator({
    speed,
    tasks: { ...tasks, ...Object.fromEntries([...reported.keys()].map((name) => [`state:${name}`, perform])) },
  });
  try {
    emulator.putFlow(name, text, { mode });
    const execution = { FlowName: name, ExecutionName: "run" };
    const started = await call("StartExecution", { ...execution, Input: JSON.stringify(input) });
    if (started.Code !== undefined)
      throw Object.assign(new Error(started.Message), { kind: "service", code: started.Code });
    let last = 0;
    let error;
    for (;;) {
      const described = await call("DescribeExecution", execution);
      for (;;) {
        const page = await call("GetExecutionHistory", {
          ...execution,
          NextToken: last === 0 ? "" : String(last + 1),
          Limit: "1000",
        });
        const events = (page.Events ?? []).map(eventOf).filter((/** @type {Event} */ { eventId }) => eventId > last);
        if (events.length === 0) break;
        last = events.at(-1).eventId;
        if (/^Execution(Failed|TimedOut)$/.test(events.at(-1).type)) error = events.at(-1).detail;
        await onEvents(events);
      }
      if (FINAL.includes(described.Status)) {
        const output = described.Output ? JSON.parse(described.Output) : undefined;
        return {
          status: described.Status,
          ...(described.Status === "Succeeded" ? { output } : { error: error?.error, cause: error?.cause }),
        };
      }
      if (signal.aborted) return { status: "Running" };
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    emulator.close();
  }
}

/** @param {{ EventId: number, Type: string, StepName: string, Time: string, EventDetail: string }} event @returns {Event} */
function eventOf({ EventId, Type, StepName, Time, EventDetail }) {
  return {
    eventId: EventId,
    type: Type,
    stepName: StepName,
    time: Time,
    detail: EventDetail ? JSON.parse(EventDetail) : {},
  };
}

/**
 * Waits also for longer than a timer can, and for ever.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 */
async function sleepLong(ms, signal) {
  for (let left = ms; left >= 0; left -= MAX_TIMER_MS)
    await sleep(Math.min(left, MAX_TIMER_MS), undefined, { signal, ref: false });
}

/**
 * The states that wait for the report of a task token, with their actions.
 *
 * @param {FlowBody} body
 * @returns {Map<string, string>}
 */
function reportedTasks(body) {
  const found = new Map();
  const walk = (/** @type {import("../../index.js").FlowState[]} */ states) => {
    for (const { name, action = "", mode = "", options = [], default: other, branches = [], body } of states) {
      if (/callback/i.test(mode)) found.set(name, action);
      for (const option of [...options, other]) walk(option?.states ?? []);
      for (const part of [...branches, body]) walk(part?.states ?? []);
    }
  };
  walk(body.states);
  return found;
}

// The driver of the simulation: connects the state machine in the module with task handlers.

import { onAbort } from "../shared/abort.js";
import { SIMULATION, isObject, wrongOptions } from "../shared/options.js";
import { MAX_TEXT, jsonOf, modeOf, optionsOf, signalOf, textOf } from "./options.js";
import { attempt, readTasks } from "./tasks.js";

/** Number of turns between pauses. A pause lets other code run, such as an abort, and takes up to 4 ms. */
const TURNS_PER_PAUSE = 500;

/** @typedef {import("../shared/runtime.js").Runtime} Runtime */

/**
 * @param {Runtime} runtime
 * @param {string} text
 * @param {import("../local.js").SimulateOptions} [options]
 */
export async function simulateFlow(runtime, text, options) {
  const given = optionsOf(options, SIMULATION, "an option of the simulation");
  const { input = {} } = given;
  const flows = given.flows ?? {};
  const mode = modeOf(given.mode);
  const signal = signalOf(given.signal);
  check({ input, flows });
  const handlers = readTasks(given.tasks ?? {});
  signal?.throwIfAborted();
  const definitions = Object.entries(flows);
  const long = [["the text", text], ...definitions.map(([name, text]) => [`the flow \`${name}\``, text])].find(
    ([, text]) => typeof text === "string" && text.length > MAX_TEXT,
  );
  if (long !== undefined) {
    const cause = `${long[0]} is longer than the maximum of ${MAX_TEXT} bytes`;
    return { status: "Failed", error: "Local.InvalidDefinition", cause, events: [] };
  }
  const json = jsonOf(input, "input");
  if (json.length > MAX_TEXT) {
    const cause = `the input is longer than the maximum of ${MAX_TEXT} bytes`;
    return { status: "Failed", error: "Local.DataLimitExceeded", cause, events: [] };
  }
  const plain = { input: json, flows: definitions, express: mode === "Express" };
  const started = runtime.call(
    "simulationStart",
    text,
    plain,
    Date.now(),
    ...crypto.getRandomValues(new Uint32Array(2)),
  );
  // An invalid text is a result, not an error.
  if (typeof started === "string")
    return { status: "Failed", error: "Local.InvalidDefinition", cause: started, events: [] };
  /** @type {Map<number, AbortController>} */
  const working = new Map();
  /** @type {[number, import("./tasks.js").Outcome][]} */
  const finished = [];
  let wake = () => {};
  const removeListener = signal && onAbort(signal, () => wake());
  const begin = (/** @type {import("./tasks.js").Task} */ task) => {
    const controller = new AbortController();
    const result = attempt(handlers, task, controller.signal);
    working.set(task.id, controller);
    if (!(result instanceof Promise)) return finished.push([task.id, result]);
    return result.then((result) => {
      finished.push([task.id, result]);
      wake();
    });
  };
  /**
   * @param {number} id
   * @param {import("./tasks.js").Outcome} outcome
   */
  const finish = (id, { output, code, message, delay }) => {
    if (code === undefined) runtime.call("simulationTaskSucceeded", started, id, output, delay);
    else runtime.call("simulationTaskFailed", started, id, code, message, delay);
  };
  try {
    for (let turns = 1; ; turns += 1) {
      const { requested, cancelled, more } = runtime.call("simulationTurn", started, working.size > 0);
      for (const id of cancelled) {
        working.get(id)?.abort(new Error("the result of the task is no longer needed"));
        working.delete(id);
      }
      requested.forEach(begin);
      if (requested.length === 0 && !more && runtime.call("simulationIsOver", started))
        return await result(runtime, started, signal);
      // `more`: the module returns the requested tasks in parts. Results are reported after the last part.
      while (!more && working.size > 0 && finished.length === 0) {
        signal?.throwIfAborted();
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
        });
      }
      if (more || turns % TURNS_PER_PAUSE === 0) await pause();
      signal?.throwIfAborted();
      if (!more) for (const [id, result] of finished.splice(0)) if (working.delete(id)) finish(id, result);
    }
  } finally {
    removeListener?.();
    for (const controller of working.values()) controller.abort(new Error("the simulation is over"));
    runtime.call("simulationClose", started);
  }
}

/**
 * Assembles the result from parts. Between the parts other code can run.
 *
 * @param {Runtime} runtime
 * @param {number} started
 * @param {AbortSignal | undefined} signal
 */
async function result(runtime, started, signal) {
  const executions = [];
  for (let parts = 0; ; parts += 1) {
    const text = runtime.call("simulationPart", started);
    if (text === undefined) break;
    const part = JSON.parse(text);
    if (Array.isArray(part)) for (const event of part) executions.at(-1).events.push(event);
    else executions.push(part);
    if (text.length > (1024 * 1024) / 2 || parts % TURNS_PER_PAUSE === TURNS_PER_PAUSE - 1) await pause();
    signal?.throwIfAborted();
  }
  const [flow, ...children] = executions;
  return children.length > 0 ? { ...flow, children } : flow;
}

/** Lets other code run. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {{ input: unknown, flows: unknown }} given */
function check({ input, flows }) {
  if (!isObject(input)) throw wrongOptions("`input` must be an object");
  if (!isObject(flows)) throw wrongOptions("`flows` must be an object with definitions by name");
  for (const [name, text] of Object.entries(flows)) textOf(text, name);
}

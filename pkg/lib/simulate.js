// A flow on a clock of its own: the module decides, what is here does its tasks.

import { isObject, jsonOf, modeOf, optionsOf, signalOf, textOf, wrong } from "./given.js";
import { onAbort } from "./signal.js";
import { attempt, readTasks } from "./tasks.js";

/** Turns without a pause: whoever wants to abort must get his turn, and a pause costs up to 4 ms. */
const TURNS_AT_ONCE = 500;

/** Longer texts are not copied into the module: a definition may have 1 MiB. */
export const LONGEST_TEXT = 1024 * 1024;

export async function simulateFlow(runtime, text, options) {
  const given = optionsOf(options, ["input", "tasks", "flows", "mode", "signal"], "an option of the simulation");
  const { input = {}, tasks, flows } = given;
  const mode = modeOf(given.mode);
  const signal = signalOf(given.signal);
  check({ input, flows: flows ?? {} });
  const handlers = readTasks(tasks ?? {});
  signal?.throwIfAborted();
  const definitions = Object.entries(flows ?? {});
  const long = [["the text", text], ...definitions.map(([name, text]) => [`the flow \`${name}\``, text])].find(
    ([, text]) => typeof text === "string" && text.length > LONGEST_TEXT,
  );
  if (long !== undefined) {
    const cause = `${long[0]} is longer than ${LONGEST_TEXT} bytes, the most that a definition may have`;
    return { status: "Failed", error: "Local.InvalidDefinition", cause, events: [] };
  }
  const json = jsonOf(input, "input");
  if (json.length > LONGEST_TEXT) {
    const cause = `the input takes more than ${LONGEST_TEXT} bytes`;
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
  // A bad text is an answer, not a throw.
  if (typeof started === "string")
    return { status: "Failed", error: "Local.InvalidDefinition", cause: started, events: [] };
  const working = new Map();
  const finished = [];
  let wake = () => {};
  const deaf = signal && onAbort(signal, () => wake());
  const begin = (task) => {
    const controller = new AbortController();
    const result = attempt(handlers, task, controller.signal);
    working.set(task.id, controller);
    if (!(result instanceof Promise)) return finished.push([task.id, result]);
    return result.then((result) => {
      finished.push([task.id, result]);
      wake();
    });
  };
  const finish = (id, { output, code, message, delay }) => {
    if (code === undefined) runtime.call("simulationTaskSucceeded", started, id, output, delay);
    else runtime.call("simulationTaskFailed", started, id, code, message, delay);
  };
  try {
    for (let turns = 1; ; turns += 1) {
      const { wanted, cancelled, more } = runtime.call("simulationTurn", started, working.size > 0);
      for (const id of cancelled) {
        working.get(id)?.abort(new Error("the task is no longer wanted"));
        working.delete(id);
      }
      wanted.forEach(begin);
      if (wanted.length === 0 && !more && runtime.call("simulationIsOver", started))
        return await result(runtime, started, signal);
      // It tells what it wants in parts: before the last one nothing may change.
      while (!more && working.size > 0 && finished.length === 0) {
        signal?.throwIfAborted();
        await new Promise((resolve) => (wake = resolve));
      }
      if (more || turns % TURNS_AT_ONCE === 0) await pause();
      signal?.throwIfAborted();
      if (!more) for (const [id, result] of finished.splice(0)) if (working.delete(id)) finish(id, result);
    }
  } finally {
    deaf?.();
    for (const controller of working.values()) controller.abort(new Error("the simulation is over"));
    runtime.call("simulationClose", started);
  }
}

/** The result, out of parts that are small enough to be read in between other things. */
async function result(runtime, started, signal) {
  const executions = [];
  for (let parts = 0; ; parts += 1) {
    const text = runtime.call("simulationPart", started);
    if (text === undefined) break;
    const part = JSON.parse(text);
    if (Array.isArray(part)) for (const event of part) executions.at(-1).events.push(event);
    else executions.push(part);
    if (text.length > (1024 * 1024) / 2 || parts % TURNS_AT_ONCE === TURNS_AT_ONCE - 1) await pause();
    signal?.throwIfAborted();
  }
  const [flow, ...children] = executions;
  return children.length > 0 ? { ...flow, children } : flow;
}

/** Lets everything else have its turn. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

function check({ input, flows }) {
  if (!isObject(input)) throw wrong("`input` must be an object");
  if (!isObject(flows)) throw wrong("`flows` must be an object: names of flows and their definitions");
  for (const [name, text] of Object.entries(flows)) textOf(text, name);
}

// A flow on a clock of its own: the module decides, what is here does its tasks.

import { CloudFlowError } from "./error.js";
import { attempt, checkTasks } from "./tasks.js";

/** Turns without a pause: whoever wants to abort must get his turn, and a pause costs up to 4 ms. */
const TURNS_AT_ONCE = 500;

export async function simulateFlow(runtime, text, options = {}) {
  const { input = {}, tasks: handlers = {}, flows = {}, mode, signal } = options;
  check({ input, flows, mode }, options);
  checkTasks(handlers);
  signal?.throwIfAborted();
  const plain = { input: JSON.stringify(input), flows: Object.entries(flows), express: mode === "Express" };
  const started = runtime.call("simulationStart", text, plain, Date.now(), ...crypto.getRandomValues(new Uint32Array(2)));
  // A bad text is an answer, not a throw.
  if (typeof started === "string") return { status: "Failed", error: "Local.InvalidDefinition", cause: started, events: [] };
  const working = new Map();
  const finished = [];
  let wake = () => {};
  const aborted = () => wake();
  signal?.addEventListener("abort", aborted);
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
      for (const task of wanted) {
        const controller = new AbortController();
        const result = attempt(handlers, task, controller.signal);
        if (!(result instanceof Promise)) {
          finish(task.id, result);
          continue;
        }
        working.set(task.id, controller);
        result.then((result) => {
          finished.push([task.id, result]);
          wake();
        });
      }
      const end = wanted.length === 0 && !more ? runtime.call("simulationEnd", started) : undefined;
      if (end !== undefined) return JSON.parse(end);
      while (wanted.length === 0 && working.size > 0 && finished.length === 0) {
        signal?.throwIfAborted();
        await new Promise((resolve) => (wake = resolve));
      }
      if (more || turns % TURNS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      for (const [id, result] of finished.splice(0)) if (working.delete(id)) finish(id, result);
    }
  } finally {
    signal?.removeEventListener("abort", aborted);
    for (const controller of working.values()) controller.abort(new Error("the simulation is over"));
    runtime.call("simulationClose", started);
  }
}

function check({ input, flows, mode }, options) {
  const names = ["input", "tasks", "flows", "mode", "signal"];
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger !== undefined) throw wrong(`\`${stranger}\` is not an option of the simulation; these are: ${names.join(", ")}`);
  if (!isObject(input)) throw wrong("`input` must be an object");
  if (mode !== undefined && mode !== "Standard" && mode !== "Express") {
    throw wrong(`\`mode\` must be \`Standard\` or \`Express\`, not \`${mode}\``);
  }
  if (!isObject(flows)) throw wrong("`flows` must be an object: names of flows and their definitions");
  for (const [name, text] of Object.entries(flows)) {
    if (typeof text !== "string") throw wrong(`\`flows\`: the definition of \`${name}\` must be a text`);
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(message) {
  return new CloudFlowError({ kind: "request", code: "wrong-options", message });
}

// Who does the tasks: handlers and mocks, for the simulation and for the emulator.

import { CloudFlowError } from "./error.js";

const PARTS = ["output", "error", "cause", "delayMs", "never"];

/** A slip in a mock would be a task that succeeds with nothing. */
export function checkTasks(tasks) {
  if (!isObject(tasks)) throw wrong("`tasks` must be an object: the keys are names or patterns of tasks");
  for (const [key, task] of Object.entries(tasks)) {
    if (typeof task === "function") continue;
    const mocks = Array.isArray(task) ? task : [task];
    if (mocks.length === 0) throw wrong(`\`tasks\`: the list of \`${key}\` is empty; it holds one mock for each attempt`);
    for (const mock of mocks) checkMock(mock, key);
  }
}

function checkMock(mock, key) {
  const refuse = (what) => {
    throw wrong(`\`tasks\`: the mock of \`${key}\` ${what}`);
  };
  if (!isObject(mock)) refuse("must be a function, an object such as `{ output }`, or a list of such objects");
  const stranger = Object.keys(mock).find((name) => !PARTS.includes(name));
  if (stranger !== undefined) refuse(`has no \`${stranger}\`; these are: ${PARTS.join(", ")}`);
  const ends = ["output", "error", "never"].filter((name) => mock[name] !== undefined);
  if (ends.length > 1) refuse(`cannot have both \`${ends[0]}\` and \`${ends[1]}\``);
  if (mock.error !== undefined && (typeof mock.error !== "string" || mock.error === "")) refuse("needs an `error` that is a name");
  if (mock.cause !== undefined && typeof mock.cause !== "string") refuse("needs a `cause` that is a text");
  if (mock.cause !== undefined && mock.error === undefined) refuse("has a `cause` without an `error`");
  if (mock.never !== undefined && mock.never !== true) refuse("needs a `never` that is `true`");
  const { delayMs } = mock;
  if (delayMs !== undefined && !(typeof delayMs === "number" && delayMs >= 0)) refuse("needs a `delayMs` of 0 or more milliseconds");
  if (ends.length === 0 && delayMs === undefined) refuse("says nothing; it needs one of `output`, `error`, `delayMs`, `never`");
}

/**
 * What a task comes to: `{ output, delay }` with JSON text, or `{ code, message, delay }`. A mock tells at
 * once, a function later: then it is a promise.
 */
export function attempt(handlers, task, signal) {
  const found = find(handlers, task);
  if (found === undefined) {
    const what = task.resource ?? task.action;
    return { code: "Local.NoTaskHandler", message: `nothing in \`tasks\` is for \`${what}\` of \`${task.name}\``, delay: 0 };
  }
  return typeof found === "function" ? run(found, task, signal) : mocked(found, task);
}

/** True where a handler or a mock is for the task. */
export function handles(handlers, task) {
  return find(handlers, task) !== undefined;
}

/** The last of a list is for all attempts that follow. */
function mocked(found, task) {
  const mock = Array.isArray(found) ? found[Math.min(task.attempt, found.length - 1)] : found;
  const delay = mock.never ? Infinity : (mock.delayMs ?? 0);
  if (mock.error !== undefined) return { code: mock.error, message: mock.cause ?? "", delay };
  return { output: text(mock.output), delay };
}

/** What a handler gives travels as JSON text, so that it is plain data. */
async function run(handler, task, signal) {
  try {
    const { name, action, attempt, taskToken } = task;
    const context = { name, action: task.resource ?? action, attempt, signal, ...(taskToken && { taskToken }) };
    return { output: text(await handler(JSON.parse(task.input), context)), delay: 0 };
  } catch (error) {
    const code = typeof error?.code === "string" && error.code !== "" ? error.code : "Local.TaskThrew";
    return { code, message: String(error?.message ?? error), delay: 0 };
  }
}

function text(output) {
  return JSON.stringify(output ?? {}) ?? "{}";
}

/** What stands under the name as it is, else under the longest pattern with `*` that matches. */
function find(handlers, { action, resource }) {
  const names = [resource, action].filter((name) => name !== undefined);
  for (const name of names) if (Object.hasOwn(handlers, name)) return handlers[name];
  const patterns = Object.keys(handlers).filter((pattern) => pattern.includes("*"));
  patterns.sort((a, b) => b.length - a.length);
  return handlers[patterns.find((pattern) => names.some((name) => matches(pattern, name)))];
}

function matches(pattern, name) {
  const [first, ...parts] = pattern.split("*");
  if (!name.startsWith(first)) return false;
  const last = parts.pop();
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(message) {
  return new CloudFlowError({ kind: "request", code: "wrong-options", message });
}

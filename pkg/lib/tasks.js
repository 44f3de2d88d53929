// Who does the tasks: handlers and mocks, for the simulation and for the emulator.

import { LONGEST_LIST, isObject, wrong } from "./given.js";
import { own } from "./options.js";

const PARTS = ["output", "error", "cause", "delayMs", "never"];

/** The longest name of an error and the longest cause, in characters: those that the service takes. */
const LONGEST_CODE = 128;
const LONGEST_CAUSE = 4096;

/** JSON of this length is more than a state may have, whatever it holds. It goes no further. */
const LONGEST_OUTPUT = 512 * 1024;

/**
 * The handlers and mocks, read once: a slip in a mock would be a task that succeeds with nothing, and a getter that
 * throws does so here, not in the middle of an execution.
 */
export function readTasks(tasks) {
  if (!isObject(tasks)) throw wrong("`tasks` must be an object: the keys are names or patterns of tasks");
  const read = Object.create(null);
  for (const [key, task] of Object.entries(tasks)) {
    if (typeof task === "function") {
      read[key] = task;
      continue;
    }
    if (Array.isArray(task) && task.length > LONGEST_LIST)
      throw wrong(`\`tasks\`: the list of \`${key}\` has more than ${LONGEST_LIST} mocks`);
    const mocks = Array.isArray(task) ? [...task] : [task];
    if (mocks.length === 0)
      throw wrong(`\`tasks\`: the list of \`${key}\` is empty; it holds one mock for each attempt`);
    read[key] = mocks.map((mock) => readMock(mock, key));
  }
  return read;
}

function readMock(given, key) {
  const refuse = (what, cause) => {
    throw wrong(`\`tasks\`: the mock of \`${key}\` ${what}`, cause);
  };
  if (!isObject(given)) refuse("must be a function, an object such as `{ output }`, or a list of such objects");
  const mock = own(given, PARTS);
  const stranger = Object.keys(mock).find((name) => !PARTS.includes(name));
  if (stranger !== undefined) refuse(`has no \`${stranger}\`; these are: ${PARTS.join(", ")}`);
  const ends = ["output", "error", "never"].filter((name) => mock[name] !== undefined);
  if (ends.length > 1) refuse(`cannot have both \`${ends[0]}\` and \`${ends[1]}\``);
  if (mock.error !== undefined && (typeof mock.error !== "string" || mock.error === ""))
    refuse("needs an `error` that is a name");
  if (mock.cause !== undefined && typeof mock.cause !== "string") refuse("needs a `cause` that is a text");
  if (mock.cause !== undefined && mock.error === undefined) refuse("has a `cause` without an `error`");
  if (mock.never !== undefined && mock.never !== true) refuse("needs a `never` that is `true`");
  const { delayMs } = mock;
  if (delayMs !== undefined && !(typeof delayMs === "number" && delayMs >= 0))
    refuse("needs a `delayMs` of 0 or more milliseconds");
  if (ends.length === 0 && delayMs === undefined)
    refuse("says nothing; it needs one of `output`, `error`, `delayMs`, `never`");
  const delay = mock.never ? Infinity : (delayMs ?? 0);
  if (mock.error !== undefined) return { ...failed(mock.error, mock.cause ?? ""), delay };
  try {
    return { ...succeeded(mock.output), delay };
  } catch (error) {
    return refuse(`needs an \`output\` that can be written as JSON: ${messageOf(error)}`, error);
  }
}

/**
 * What a task comes to: `{ output, delay }` with JSON text, or `{ code, message, delay }`. A mock tells at
 * once, a function later: then it is a promise, which never rejects.
 */
export function attempt(handlers, task, signal) {
  const found = find(handlers, task);
  if (found === undefined) {
    const what = task.resource ?? task.action;
    return {
      code: "Local.NoTaskHandler",
      message: `nothing in \`tasks\` is for \`${what}\` of \`${task.name}\``,
      delay: 0,
    };
  }
  return typeof found === "function" ? run(found, task, signal) : found[Math.min(task.attempt, found.length - 1)];
}

/** True where a handler or a mock is for the task. */
export function handles(handlers, task) {
  return find(handlers, task) !== undefined;
}

/** What a handler gives travels as JSON text, so that it is plain data. */
async function run(handler, task, signal) {
  try {
    const { name, action, attempt, taskToken } = task;
    const context = { name, action: task.resource ?? action, attempt, signal, ...(taskToken && { taskToken }) };
    return { ...succeeded(await handler(JSON.parse(task.input), context)), delay: 0 };
  } catch (error) {
    return { ...failed(codeOf(error), messageOf(error)), delay: 0 };
  }
}

function succeeded(output) {
  const text = JSON.stringify(output ?? {}) ?? "{}";
  if (text.length <= LONGEST_OUTPUT) return { output: text };
  return failed("Local.DataLimitExceeded", `the result of the task takes more than ${LONGEST_OUTPUT} bytes`);
}

function failed(code, message) {
  return { code: code.slice(0, LONGEST_CODE), message: message.slice(0, LONGEST_CAUSE) };
}

/** The name of an error that was thrown. What was thrown may be anything, also something whose getters throw. */
function codeOf(error) {
  try {
    const code = error?.code;
    if (typeof code === "string" && code !== "") return code;
  } catch {
    // The name for what has none.
  }
  return "Local.TaskThrew";
}

function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "what the handler threw cannot be shown: to read it throws, too";
  }
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

// Handlers and mocks of tasks, for the simulation and the emulator.

import { ATTEMPTS, MOCK, checkNames, isObject, own, wrongOptions } from "../shared/options.js";
import { MAX_LIST } from "./options.js";

/** The fields of both forms of a mock. */
const FIELDS = { ...MOCK, ...ATTEMPTS };

/** Maximum length of an error name and of a cause, in characters: the limits of the service. */
const MAX_CODE = 128;
const MAX_CAUSE = 4096;

/** Maximum length of a result as JSON, in UTF-16 units. The limit of the service is lower in all cases. */
const MAX_OUTPUT = 512 * 1024;

/**
 * A task that the module wants to be performed. `input` is JSON text.
 *
 * @typedef {object} Task
 * @property {number} id
 * @property {string} name
 * @property {string} action
 * @property {string} [resource]
 * @property {number} attempt number of the attempt of one entry of the state, from 0
 * @property {number} call number of the call of the state in its execution, from 0
 * @property {string} input
 * @property {string} [taskToken]
 */

/**
 * The outcome of a task: `output` is JSON text; `code` and `message` describe an error. `delay` is in ms.
 *
 * @typedef {{ output?: string, code?: string, message?: string, delay: number }} Outcome
 */

/**
 * Outcomes of a mock, by the number of the call or of the attempt. The last one is repeated.
 *
 * @typedef {{ by: "call" | "attempt", outcomes: Outcome[] }} Mocks
 */

/** @typedef {Record<string, import("../local.js").TaskHandler | Mocks>} Handlers */

/**
 * Reads and checks handlers and mocks. They are read once: an error in a mock, or a getter that throws, is reported
 * here and not during an execution.
 *
 * @param {unknown} tasks
 * @returns {Handlers}
 */
export function readTasks(tasks) {
  if (!isObject(tasks)) throw wrongOptions("`tasks` must be an object; its keys are names or patterns of tasks");
  const read = Object.create(null);
  for (const [key, task] of Object.entries(tasks)) {
    if (typeof task === "function") {
      read[key] = task;
      continue;
    }
    const mock = own(task, FIELDS);
    if (Array.isArray(task)) read[key] = { by: "call", outcomes: readList(task, key, "call of the state") };
    else if (mock?.attempts !== undefined) read[key] = { by: "attempt", outcomes: readAttempts(mock, key) };
    else read[key] = { by: "call", outcomes: [readMock(mock, key)] };
  }
  return read;
}

/**
 * @param {{ attempts?: unknown }} mock
 * @param {string} key
 * @returns {Outcome[]}
 */
function readAttempts(mock, key) {
  checkNames(mock, ATTEMPTS, `a field of the mock of \`${key}\` beside \`attempts\``);
  const { attempts } = mock;
  if (!Array.isArray(attempts)) throw wrongOptions(`\`tasks\`: \`attempts\` of \`${key}\` must be a list of mocks`);
  return readList(attempts, key, "attempt");
}

/**
 * @param {unknown[]} list
 * @param {string} key
 * @param {string} unit what one mock is for, for the message
 * @returns {Outcome[]}
 */
function readList(list, key, unit) {
  if (list.length > MAX_LIST) throw wrongOptions(`\`tasks\`: the list of \`${key}\` has more than ${MAX_LIST} mocks`);
  if (list.length === 0)
    throw wrongOptions(`\`tasks\`: the list of \`${key}\` is empty; expected one mock for each ${unit}`);
  return Array.from(list, (mock) => readMock(mock, key));
}

/**
 * @param {unknown} given
 * @param {string} key
 * @returns {Outcome}
 */
function readMock(given, key) {
  /** @type {Refuse} */
  const refuse = (what, cause) => {
    throw wrongOptions(`\`tasks\`: the mock of \`${key}\` ${what}`, cause);
  };
  if (!isObject(given)) return refuse("must be a function, an object such as `{ output }`, or a list of such objects");
  /** @type {Record<string, any>} */
  const mock = own(given, FIELDS);
  if (mock.attempts !== undefined)
    return refuse("has `attempts` inside a list; use `{ attempts: [...] }` without a list, or a function");
  checkNames(mock, MOCK, `a field of the mock of \`${key}\``);
  const { delay } = checkMock(mock, refuse);
  if (mock.error !== undefined) return { ...failed(mock.error, mock.cause ?? ""), delay };
  try {
    return { ...succeeded(mock.output), delay };
  } catch (error) {
    return refuse(`must have a JSON value as \`output\`: ${messageOf(error)}`, error);
  }
}

/** @typedef {(what: string, cause?: unknown) => never} Refuse */

/**
 * Checks the fields of a mock. Returns its delay in ms; infinite if the task does not end.
 *
 * @param {Record<string, any>} mock
 * @param {Refuse} refuse
 */
export function checkMock(mock, refuse) {
  const ends = ["output", "error", "never"].filter((name) => mock[name] !== undefined);
  if (ends.length > 1) refuse(`cannot have both \`${ends[0]}\` and \`${ends[1]}\``);
  if (mock.error !== undefined && (typeof mock.error !== "string" || mock.error === ""))
    refuse("must have a non-empty string as `error`");
  if (mock.cause !== undefined && typeof mock.cause !== "string") refuse("must have a string as `cause`");
  if (mock.cause !== undefined && mock.error === undefined) refuse("has `cause` without `error`");
  if (mock.never !== undefined && mock.never !== true) refuse("must have `true` as `never`");
  const { delayMs } = mock;
  if (delayMs !== undefined && !(typeof delayMs === "number" && delayMs >= 0))
    refuse("must have a number of 0 or more as `delayMs`");
  if (ends.length === 0 && delayMs === undefined) refuse("must have one of `output`, `error`, `delayMs`, `never`");
  return { delay: mock.never ? Infinity : (delayMs ?? 0) };
}

/**
 * Returns the outcome of a task: immediately for a mock, as a promise for a handler. The promise never rejects.
 *
 * @param {Handlers} handlers
 * @param {Task} task
 * @param {AbortSignal} signal
 * @returns {Outcome | Promise<Outcome>}
 */
export function attempt(handlers, task, signal) {
  const found = find(handlers, task);
  if (found === undefined) {
    const what = task.resource ?? task.action;
    return {
      code: "Local.NoTaskHandler",
      message: `no handler in \`tasks\` matches \`${what}\` of \`${task.name}\``,
      delay: 0,
    };
  }
  if (typeof found === "function") return run(found, task, signal);
  const { by, outcomes } = found;
  return outcomes[Math.min(task[by], outcomes.length - 1)];
}

/**
 * True if a handler or a mock matches the task.
 *
 * @param {Handlers} handlers
 * @param {Task} task
 */
export function handles(handlers, task) {
  return find(handlers, task) !== undefined;
}

/**
 * Runs a handler. Its result is converted to JSON text, so that it is plain data.
 *
 * @param {import("../local.js").TaskHandler} handler
 * @param {Task} task
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function run(handler, task, signal) {
  try {
    const { name, action, attempt, call, taskToken } = task;
    const context = { name, action: task.resource ?? action, attempt, call, signal, ...(taskToken && { taskToken }) };
    return { ...succeeded(await handler(JSON.parse(task.input), context)), delay: 0 };
  } catch (error) {
    return { ...failed(codeOf(error), messageOf(error)), delay: 0 };
  }
}

/** @param {unknown} output */
function succeeded(output) {
  const text = JSON.stringify(output ?? {}) ?? "{}";
  if (text.length <= MAX_OUTPUT) return { output: text };
  return failed("Local.DataLimitExceeded", `the result of the task is longer than ${MAX_OUTPUT} bytes`);
}

/**
 * @param {string} code
 * @param {string} message
 */
function failed(code, message) {
  return { code: code.slice(0, MAX_CODE), message: message.slice(0, MAX_CAUSE) };
}

/**
 * Returns the error name of a thrown value. Its getters may throw.
 *
 * @param {any} error
 */
function codeOf(error) {
  try {
    const code = error?.code;
    if (typeof code === "string" && code !== "") return code;
  } catch {
    // The getter has thrown: the default name applies.
  }
  return "Local.TaskThrew";
}

/** @param {any} error */
function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "the handler threw a value that cannot be converted to text";
  }
}

/**
 * Returns the value of the key with the name of the state, of the exact key, or of the longest matching pattern with `*`. A pattern matches a function under
 * the name of Function Compute 2.0 and of 3.0.
 *
 * @param {Handlers} handlers
 * @param {Task} task
 */
function find(handlers, { name, action, resource }) {
  const state = `state:${name}`;
  if (Object.hasOwn(handlers, state)) return handlers[state];
  const names = resource === undefined ? [action] : [resource, action];
  for (const name of names) if (Object.hasOwn(handlers, name)) return handlers[name];
  const patterns = Object.keys(handlers).filter((pattern) => pattern.includes("*"));
  patterns.sort((a, b) => b.length - a.length);
  const all = names.flatMap((name) => [name, ...otherNames(name)]);
  const found = patterns.find((pattern) => all.some((name) => matches(pattern, name)));
  return found === undefined ? undefined : handlers[found];
}

/**
 * Returns further names of a function, for patterns. `acs:fc:REGION:ACCOUNT:functions/F` (3.0) is also
 * `acs:fc:REGION:ACCOUNT/functions/F`, so that `acs:fc:*` followed by `/functions/F` matches it.
 * `acs:fc:REGION:ACCOUNT:services/S/functions/F` (2.0) is also `acs:fc:REGION:ACCOUNT:functions/F`.
 *
 * @param {string} name
 * @returns {string[]}
 */
function otherNames(name) {
  const [, account, service, rest] = /^(acs:fc:[^:]*:[^:]*):(services\/[^/]*\/)?(functions\/.*)$/s.exec(name) ?? [];
  if (account === undefined) return [];
  return service === undefined ? [`${account}/${rest}`] : [`${account}:${rest}`];
}

/**
 * @param {string} pattern
 * @param {string} name
 */
function matches(pattern, name) {
  const [first = "", ...parts] = pattern.split("*");
  if (!name.startsWith(first)) return false;
  const last = parts.pop() ?? "";
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

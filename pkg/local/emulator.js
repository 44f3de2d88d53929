// The driver of the emulator: connects the state machine in the module with clock, timers, task handlers and requests.

import { onAbort } from "../shared/abort.js";
import { emulated } from "../shared/behind.js";
import * as codes from "../shared/codes.js";
import { CloudFlowError } from "../shared/error.js";
import { inLocale, inLocaleOf } from "../shared/locale.js";
import { EMULATOR, PUT_FLOW, SAVE, SIMULATION, STATE, own } from "../shared/options.js";
import { MAX_SPEED, MAX_STATE, MAX_TEXT, clockOf, faultsOf, flagOf, functionOf, modeOf } from "./options.js";
import { optionsOf, textOf, textsOf, wholeOf } from "./options.js";
import { TEST_KEYS } from "./sign.js";
import { simulateFlow } from "./simulate.js";
import { simulateState } from "./state.js";
import { attempt, handles, readTasks } from "./tasks.js";

/** Maximum delay of a timer, in ms: 31 bits. Longer waits use several timers. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Maximum number of rounds without a pause for other code, while mocks answer. */
const MAX_ROUNDS = 10;

/** Interval at which a held request with its own timer checks for changes, in ms. */
const OWN_TIMER_MS = 250;

/** Maximum number of bytes of a request that are passed to the module: its limit plus one. */
const MAX_REQUEST = 1024 * 1024 + 1;

/** Maximum number of headers that are passed to the module: its limit plus one. */
const MAX_HEADERS = 257;

/** @typedef {import("../shared/runtime.js").Runtime} Runtime */

/** @typedef {import("./tasks.js").Task} Task */

/** @typedef {{ waiter: number, status: number, headers: [string, string][], body: string, cut: boolean }} Answer */

/** @type {import("../local.js").Clock} */
const systemClock = {
  now: () => Date.now(),
  setTimeout: (wake, ms) => setTimeout(wake, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {any} */ (timer)),
};

/**
 * Returns the functions of "cloudflow-wasm/local".
 *
 * @param {Runtime} runtime
 * @param {{ ownTimers?: boolean }} [host] `ownTimers`: each held request uses its own timer, because in a Worker a
 *   timer belongs to the request that started it. Otherwise all requests share one timer.
 */
export function createLocal(runtime, { ownTimers = false } = {}) {
  return {
    /** @param {import("../local.js").EmulatorOptions} [options] */
    createEmulator: (options) => inLocale(own(options, EMULATOR), (given) => createEmulator(runtime, ownTimers, given)),
    /**
     * @param {string} text
     * @param {unknown} [options]
     */
    migrateFlow: (text, options) => inLocaleOf(options, () => runtime.call("migrateFlow", text)),
    /**
     * @param {string} text
     * @param {import("../local.js").SimulateOptions} [options]
     */
    simulateFlow: async (text, options) =>
      inLocale(own(options, SIMULATION), (given) => simulateFlow(runtime, text, given)),
    /**
     * @param {string} text
     * @param {import("../local.js").StateOptions} options
     */
    simulateState: (text, options) => inLocale(own(options, STATE), (given) => simulateState(runtime, text, given)),
  };
}

/**
 * @param {Runtime} runtime
 * @param {boolean} ownTimers
 * @param {import("../local.js").EmulatorOptions} [options]
 */
function createEmulator(runtime, ownTimers, options) {
  const given = optionsOf(options, EMULATOR, "an option of the emulator");
  const clock = clockOf(given.clock) ?? systemClock;
  const handlers = readTasks(given.tasks ?? {});
  let fallback = readTasks({});
  const onExecutionFailed = functionOf(given.onExecutionFailed, "onExecutionFailed");
  const plain = {
    quotas: flagOf(given.quotas, "quotas"),
    nonces: flagOf(given.nonces, "nonces"),
    faults: faultsOf(given.faults),
    speed: wholeOf(given.speed, "speed", MAX_SPEED),
    skipWaits: flagOf(given.skipWaits, "skipWaits"),
    accessKeys: textsOf(given.accessKeys ?? TEST_KEYS, "accessKeys"),
    securityTokens: textsOf(given.securityTokens ?? {}, "securityTokens"),
  };
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: unknown) => void }>} */
  const waiting = new Map();
  /** @type {Map<number, AbortController>} */
  const working = new Map();
  /** @type {number | undefined} */
  let emulator;
  let closed = false;
  let finishing = false;
  /** @type {any} */
  let timer;

  // The module checks the options here. The emulator itself is created at the first call: it needs random numbers,
  // which Workers provide only inside a request.
  runtime.call("emulatorClose", runtime.call("emulatorCreate", plain, 0, 0));

  /**
   * @param {string} name
   * @param {any[]} args
   */
  const call = (name, ...args) => runtime.call(name, emulator, ...args);

  /**
   * @param {Request | string | URL} input
   * @param {RequestInit} [init]
   */
  async function fetch(input, init) {
    // The signal is not passed to the Request: each Request would add a listener to it.
    const { signal: own, ...rest } = init ?? {};
    const request = init === undefined && input instanceof Request ? input : new Request(input, rest);
    const signal = own ?? request.signal;
    signal.throwIfAborted();
    const body = await bodyOf(request, signal);
    signal.throwIfAborted();
    create();
    const url = new URL(request.url);
    const query = url.search.slice(1, MAX_REQUEST + 1);
    const headers = headersOf(request);
    let answer;
    try {
      answer = call(
        "emulatorRequest",
        clock.now(),
        request.method,
        url.host,
        url.pathname.slice(0, MAX_REQUEST),
        query,
        headers,
        body,
      );
    } catch (error) {
      lost(error);
      throw error;
    }
    const held = answer.waiter === undefined ? answer : hold(answer.waiter, signal);
    // Prevents an unhandled rejection before the `await` below.
    if (held !== answer) held.catch(() => {});
    pump();
    // A Worker ends with its response: work that the request has started must end first. One request does this for
    // all, so that the others are answered meanwhile.
    if (ownTimers && !finishing) {
      finishing = true;
      try {
        while (untilWake() === 0) {
          await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 0));
          pump();
        }
      } finally {
        finishing = false;
      }
    }
    return respond(await held);
  }

  /**
   * @param {number} waiter
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  function hold(waiter, signal) {
    return new Promise((resolve, reject) => {
      const over = (/** @type {(value: any) => void} */ settle) => (/** @type {unknown} */ value) => {
        waiting.delete(waiter);
        removeListener();
        settle(value);
      };
      const disconnect = () => {
        call("emulatorDisconnect", waiter);
        entry.reject(signal.reason);
        pump();
      };
      const entry = { resolve: over(resolve), reject: over(reject) };
      const removeListener = onAbort(signal, disconnect);
      waiting.set(waiter, entry);
      if (ownTimers) poll(waiter);
    });
  }

  /** @param {number} waiter */
  function poll(waiter) {
    clock.setTimeout(
      () => {
        pump();
        if (waiting.has(waiter)) poll(waiter);
      },
      Math.min(untilWake() ?? OWN_TIMER_MS, OWN_TIMER_MS),
    );
  }

  /** Delivers due responses, starts tasks, and sets the next timer. */
  function pump() {
    if (emulator === undefined || closed) return;
    try {
      // A mock answers at once, on a clock that may be fast. Further rounds are left to the timer.
      for (let rounds = 0; rounds < MAX_ROUNDS && round(clock.now()); rounds += 1);
      if (!ownTimers) schedule(untilWake());
    } catch (error) {
      lost(error);
    }
  }

  /**
   * @param {number} now
   * @returns {boolean} true if a mock has answered
   */
  function round(now) {
    for (const answer of call("emulatorAdvance", now)) waiting.get(answer.waiter)?.resolve(answer);
    const { requested, cancelled, failed } = call("emulatorTasks");
    for (const id of cancelled) working.get(id)?.abort(new Error("the result of the task is no longer needed"));
    const later = [];
    for (const task of requested) {
      const controller = new AbortController();
      const outcome = perform(task, controller.signal);
      if (outcome instanceof Promise) later.push({ task, controller, outcome });
      else finish(now, task, outcome);
    }
    for (const { task, controller, outcome } of later) work(task, controller, outcome);
    for (const execution of failed) tell(execution);
    return !closed && requested.length > later.length;
  }

  /**
   * Calls the callback outside of the emulator. An exception of it is an unhandled rejection of the host.
   *
   * @param {import("../local.js").ExecutionFailure} execution
   */
  async function tell(execution) {
    await undefined;
    onExecutionFailed?.(execution);
  }

  function untilWake() {
    const at = closed ? undefined : call("emulatorWakeAt");
    return at === undefined ? undefined : Math.min(Math.max(at - clock.now(), 0), MAX_TIMER_MS);
  }

  /** @param {number | undefined} delay in ms */
  function schedule(delay) {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = delay === undefined ? undefined : clock.setTimeout(pump, delay);
    // A held request keeps the process alive; an execution does not.
    if (waiting.size === 0) timer?.unref?.();
  }

  /**
   * Returns the result of a task. A task that waits for its task token needs no handler.
   *
   * @param {Task} task
   * @param {AbortSignal} signal
   * @returns {import("./tasks.js").Outcome | Promise<import("./tasks.js").Outcome>}
   */
  function perform(task, signal) {
    const tasks = handles(handlers, task) ? handlers : fallback;
    if (task.taskToken !== undefined && !handles(tasks, task)) return { output: "{}", delay: 0 };
    return attempt(tasks, task, signal);
  }

  /**
   * @param {Task} task
   * @param {AbortController} controller
   * @param {Promise<import("./tasks.js").Outcome>} outcome
   */
  async function work(task, controller, outcome) {
    working.set(task.id, controller);
    try {
      const result = await outcome;
      working.delete(task.id);
      finish(clock.now(), task, result);
    } catch (error) {
      lost(error);
    }
    pump();
  }

  /**
   * Passes the outcome of a task. The module applies the delay of a mock, on the clock of the flows.
   *
   * @param {number} now
   * @param {Task} task
   * @param {import("./tasks.js").Outcome} outcome
   */
  function finish(now, task, { output, code, message, delay }) {
    // A handler can close the emulator.
    if (closed) return;
    if (code === undefined) call("emulatorTaskSucceeded", now, task.id, output, delay);
    else call("emulatorTaskFailed", now, task.id, code, message, delay);
  }

  /**
   * Rejects all held requests. After a trap of the instance they would never settle.
   *
   * @param {unknown} error
   */
  function lost(error) {
    for (const { reject } of [...waiting.values()]) reject(error);
  }

  function close() {
    if (closed) return;
    closed = true;
    if (timer !== undefined) clock.clearTimeout(timer);
    for (const controller of working.values()) controller.abort(new Error("the emulator is closed"));
    lost(closedError());
    if (emulator !== undefined) runtime.call("emulatorClose", emulator);
  }

  /** Creates the emulator at the first call, and returns its number. */
  function create() {
    if (closed) throw closedError();
    return (emulator ??= runtime.call("emulatorCreate", plain, ...seed()));
  }

  /** @param {string} text */
  function restore(text) {
    create();
    if (typeof text !== "string") throw wrong(codes.wrongState, "the saved state must be a string");
    if (text.length > MAX_STATE)
      throw wrong(codes.wrongState, `the saved state is longer than the maximum of ${MAX_STATE} characters`);
    const restored = call("emulatorRestore", text);
    pump();
    return restored;
  }

  /** @param {import("../local.js").Faults} [given] */
  function setFaults(given) {
    const faults = faultsOf(given);
    create();
    call("emulatorFaults", faults);
  }

  /** @param {import("../local.js").TaskHandlers} tasks */
  function setFallbackTasks(tasks) {
    const read = readTasks(tasks);
    if (closed) throw closedError();
    fallback = read;
  }

  /** @param {{ journal?: boolean }} [options] */
  function save(options) {
    const { journal } = optionsOf(options, SAVE, "an option of `save`");
    create();
    return call("emulatorSave", journal === true);
  }

  const journal = () => (emulator === undefined || closed ? "" : call("emulatorJournal"));

  /**
   * @param {string} name
   * @param {string} definition
   * @param {{ mode?: "Standard" | "Express" }} [options]
   */
  function putFlow(name, definition, options) {
    const mode = modeOf(optionsOf(options, PUT_FLOW, "an option of `putFlow`").mode);
    const [flow, text] = [textOf(name, "name"), textOf(definition, "definition")];
    create();
    if (text.length > MAX_TEXT)
      throw wrong(codes.wrongDefinition, `the definition is longer than the maximum of ${MAX_TEXT} bytes`);
    if (flow.length > MAX_TEXT)
      throw wrong(codes.wrongDefinition, "the name of the flow is longer than the maximum of 128 characters");
    const changed = call("emulatorPutFlow", clock.now(), flow, text, mode === "Express");
    pump();
    return changed;
  }

  /** @param {string} name */
  function removeFlow(name) {
    create();
    const known = call("emulatorRemoveFlow", clock.now(), textOf(name, "name"));
    pump();
    return known;
  }

  function answerHeld() {
    if (emulator === undefined || closed) return;
    call("emulatorAnswerHeld", clock.now());
    pump();
  }

  const changes = () => (emulator === undefined || closed ? 0 : call("emulatorChanges"));

  const now = () => {
    create();
    return call("emulatorTime", clock.now());
  };

  return {
    fetch: emulated(fetch),
    putFlow,
    removeFlow,
    setFaults,
    setFallbackTasks,
    now,
    save,
    journal,
    restore,
    changes,
    answerHeld,
    close,
  };
}

function closedError() {
  return wrong(codes.emulatorClosed, "the emulator is closed");
}

/**
 * @param {string} code
 * @param {string} message
 */
function wrong(code, message) {
  return new CloudFlowError({ kind: "request", code, message });
}

/**
 * Reads the body of a request, up to the maximum.
 *
 * @param {Request} request
 * @param {AbortSignal} signal
 */
async function bodyOf(request, signal) {
  if (request.body === null || request.body === undefined) return new Uint8Array(await request.arrayBuffer());
  const reader = request.body.getReader();
  const cancel = () => reader.cancel().catch(() => {});
  const removeListener = onAbort(signal, cancel);
  const parts = [];
  let size = 0;
  try {
    while (size < MAX_REQUEST) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, MAX_REQUEST - size);
      parts.push(part);
      size += part.length;
    }
  } finally {
    removeListener();
  }
  if (size === MAX_REQUEST) cancel();
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** @param {Request} request */
function headersOf(request) {
  const headers = [];
  let size = 0;
  for (const [name, value] of request.headers) {
    headers.push(name, value.slice(0, MAX_REQUEST));
    size += name.length + value.length;
    if (headers.length >= 2 * MAX_HEADERS || size > MAX_REQUEST) break;
  }
  return headers;
}

/**
 * Returns the response. A closed connection is a `TypeError`, as for the global `fetch`.
 *
 * @param {Answer} answer
 */
function respond({ status, headers, body, cut }) {
  if (cut) throw new TypeError("the connection was closed without a response");
  return new Response(body, { status, headers });
}

function seed() {
  return crypto.getRandomValues(new Uint32Array(2));
}

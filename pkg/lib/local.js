// The functions of "cloudflow-wasm/local" over a runtime: the emulator and the simulation decide,
// what is here drives them with the host's clock, timers and promises.

import { CloudFlowError } from "./error.js";
import {
  EMULATOR,
  LONGEST_STATE,
  clockOf,
  faultsOf,
  modeOf,
  optionsOf,
  signalOf,
  textOf,
  textsOf,
  wrong,
} from "./given.js";
import { onAbort } from "./signal.js";
import { LONGEST_TEXT, simulateFlow } from "./simulate.js";
import { attempt, handles, readTasks } from "./tasks.js";

/** What signs where nobody said otherwise. A pair for tests, known to everybody. */
const TEST_KEYS = { emulator: "emulator-secret" };

/** Timers hold 31 bits; a longer wait is taken in parts. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How often a held request with a timer of its own looks whether others have moved something. */
const OWN_TIMER = 250;

/** Of a request no more than this gets into the module, which refuses it with one byte less. */
const LONGEST_REQUEST = 1024 * 1024 + 1;

/** The same of the number of its headers. */
const MOST_HEADERS = 257;

const systemClock = {
  now: () => Date.now(),
  setTimeout: (wake, ms) => setTimeout(wake, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

/**
 * @param runtime the module's instance
 * @param ownTimers every held request waits with a timer of its own: a Worker's timers belong to the
 *   request that set them. Elsewhere one timer serves all.
 */
export function createLocal(runtime, { ownTimers = false } = {}) {
  return {
    createEmulator: (options) => createEmulator(runtime, ownTimers, options),
    migrateFlow: (text) => runtime.call("migrateFlow", text),
    simulateFlow: (text, options) => simulateFlow(runtime, text, options),
  };
}

function createEmulator(runtime, ownTimers, given) {
  const {
    accessKeys,
    securityTokens,
    tasks,
    clock: ownClock,
    ...rest
  } = optionsOf(given, EMULATOR, "an option of the emulator");
  const clock = clockOf(ownClock) ?? systemClock;
  const handlers = readTasks(tasks ?? {});
  const plain = {
    quotas: switchOf(rest.quotas, "quotas"),
    nonces: switchOf(rest.nonces, "nonces"),
    faults: faultsOf(rest.faults),
    accessKeys: textsOf(accessKeys ?? TEST_KEYS, "accessKeys"),
    securityTokens: textsOf(securityTokens ?? {}, "securityTokens"),
  };
  const waiting = new Map();
  const working = new Map();
  let emulator;
  let closed = false;
  let timer;

  // Options are checked at once. What they make is made at the first request: it needs random
  // numbers, and Workers have none before that.
  runtime.call("emulatorClose", runtime.call("emulatorCreate", plain, 0, 0));

  const call = (name, ...args) => runtime.call(name, emulator, ...args);

  async function fetch(input, init) {
    // The signal stays out of the Request: hosts give each of those a listener of its own on it.
    const { signal: own, ...rest } = init ?? {};
    const request = init === undefined && input instanceof Request ? input : new Request(input, rest);
    const signal = own ?? request.signal;
    signal.throwIfAborted();
    const body = await bodyOf(request, signal);
    signal.throwIfAborted();
    made();
    const url = new URL(request.url);
    const query = url.search.slice(1, LONGEST_REQUEST + 1);
    const headers = headersOf(request);
    let answer;
    try {
      answer = call(
        "emulatorRequest",
        clock.now(),
        request.method,
        url.host,
        url.pathname.slice(0, LONGEST_REQUEST),
        query,
        headers,
        body,
      );
    } catch (error) {
      lost(error);
      throw error;
    }
    const held = answer.waiter === undefined ? answer : hold(answer.waiter, signal);
    // It is awaited further down.
    if (held !== answer) held.catch(() => {});
    pump();
    // A Worker ends with its answer: what the request has set going ends before.
    while (ownTimers && untilWake() === 0) {
      await new Promise((resolve) => clock.setTimeout(resolve, 0));
      pump();
    }
    return respond(await held);
  }

  function hold(waiter, signal) {
    return new Promise((resolve, reject) => {
      const over = (settle) => (value) => {
        waiting.delete(waiter);
        deaf();
        settle(value);
      };
      const gone = () => {
        call("emulatorDisconnect", waiter);
        entry.reject(signal.reason);
        pump();
      };
      const entry = { resolve: over(resolve), reject: over(reject) };
      const deaf = onAbort(signal, gone);
      waiting.set(waiter, entry);
      if (ownTimers) look(waiter);
    });
  }

  function look(waiter) {
    clock.setTimeout(
      () => {
        pump();
        if (waiting.has(waiter)) look(waiter);
      },
      Math.min(untilWake() ?? OWN_TIMER, OWN_TIMER),
    );
  }

  /** Hands out what is due, starts what is wanted, and sets the next timer. */
  function pump() {
    if (emulator === undefined || closed) return;
    try {
      for (const answer of call("emulatorAdvance", clock.now())) waiting.get(answer.waiter)?.resolve(answer);
      const { wanted, cancelled } = call("emulatorTasks");
      for (const id of cancelled) working.get(id)?.abort(new Error("the task is no longer wanted"));
      for (const task of wanted) work(task);
      if (!ownTimers) schedule(untilWake());
    } catch (error) {
      lost(error);
    }
  }

  function untilWake() {
    const at = closed ? undefined : call("emulatorWakeAt");
    return at === undefined ? undefined : Math.min(Math.max(at - clock.now(), 0), LONGEST_TIMER);
  }

  function schedule(delay) {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = delay === undefined ? undefined : clock.setTimeout(pump, delay);
    // An execution alone keeps no process alive; a request that is held does.
    if (waiting.size === 0) timer?.unref?.();
  }

  /** A task that waits for its token needs nobody here: whoever has the token reports. */
  async function done(task, signal) {
    if (task.taskToken !== undefined && !handles(handlers, task)) return { output: "{}" };
    const result = await attempt(handlers, task, signal);
    if (result.delay > 0) await later(result.delay, signal);
    return result;
  }

  /** The time of a mock; without end where it never answers. */
  function later(delay, signal) {
    return new Promise((resolve) => {
      const end = clock.now() + delay;
      const wait = () => {
        if (signal.aborted) return;
        const left = end - clock.now();
        if (left <= 0) resolve();
        else clock.setTimeout(wait, Math.min(left, LONGEST_TIMER));
      };
      if (delay !== Infinity) wait();
    });
  }

  async function work(task) {
    const controller = new AbortController();
    working.set(task.id, controller);
    try {
      const result = await done(task, controller.signal);
      working.delete(task.id);
      if (closed) return;
      if (result.code === undefined) call("emulatorTaskSucceeded", clock.now(), task.id, result.output);
      else call("emulatorTaskFailed", clock.now(), task.id, result.code, result.message);
    } catch (error) {
      lost(error);
    }
    pump();
  }

  /** The instance is gone, and with it every flow: nobody may wait for an answer that cannot come. */
  function lost(error) {
    for (const { reject } of [...waiting.values()]) reject(error);
  }

  function close() {
    if (closed) return;
    closed = true;
    if (timer !== undefined) clock.clearTimeout(timer);
    for (const controller of working.values()) controller.abort(new Error("the emulator is closed"));
    lost(new TypeError("the emulator is closed"));
    if (emulator !== undefined) runtime.call("emulatorClose", emulator);
  }

  /** Made by whatever comes first; a Worker has no random numbers before its first request. */
  function made() {
    if (closed) throw new TypeError("the emulator is closed");
    return (emulator ??= runtime.call("emulatorCreate", plain, ...seed()));
  }

  function restore(text) {
    made();
    if (typeof text !== "string") throw wrong("the saved state must be a text", undefined, "wrong-state");
    if (text.length > LONGEST_STATE)
      throw wrong(`the saved state is longer than ${LONGEST_STATE} bytes`, undefined, "wrong-state");
    const restored = call("emulatorRestore", text);
    pump();
    return restored;
  }

  function setFaults(given) {
    const faults = faultsOf(given);
    made();
    call("emulatorFaults", faults);
  }

  function save(options) {
    const { journal } = optionsOf(options, ["journal"], "an option of `save`");
    made();
    return call("emulatorSave", journal === true);
  }

  const journal = () => (emulator === undefined || closed ? "" : call("emulatorJournal"));

  function putFlow(name, definition, options) {
    const mode = modeOf(optionsOf(options, ["mode"], "an option of `putFlow`").mode);
    const [flow, text] = [textOf(name, "name"), textOf(definition, "definition")];
    made();
    const refuse = (message) => wrong(message, undefined, "wrong-definition");
    if (text.length > LONGEST_TEXT) throw refuse(`the definition is longer than ${LONGEST_TEXT} bytes`);
    if (flow.length > LONGEST_TEXT) throw refuse("the name of a flow has at most 128 characters");
    const changed = call("emulatorPutFlow", clock.now(), flow, text, mode === "Express");
    pump();
    return changed;
  }

  function removeFlow(name) {
    made();
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

  return { fetch, putFlow, removeFlow, setFaults, save, journal, restore, changes, answerHeld, close };
}

function switchOf(value, name) {
  if (value !== undefined && value !== null && typeof value !== "boolean") throw wrong(`\`${name}\` must be a boolean`);
  return value ?? false;
}

/** No more of a body than the module wants to see; the rest is not read. */
async function bodyOf(request, signal) {
  if (request.body === null || request.body === undefined) return new Uint8Array(await request.arrayBuffer());
  const reader = request.body.getReader();
  const leave = () => reader.cancel().catch(() => {});
  const deaf = onAbort(signal, leave);
  const parts = [];
  let size = 0;
  try {
    while (size < LONGEST_REQUEST) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, LONGEST_REQUEST - size);
      parts.push(part);
      size += part.length;
    }
  } finally {
    deaf();
  }
  if (size === LONGEST_REQUEST) leave();
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

function headersOf(request) {
  const headers = [];
  let size = 0;
  for (const [name, value] of request.headers) {
    headers.push(name, value.slice(0, LONGEST_REQUEST));
    size += name.length + value.length;
    if (headers.length >= 2 * MOST_HEADERS || size > LONGEST_REQUEST) break;
  }
  return headers;
}

/** As `fetch` would: a connection that is cut is a failed fetch, not a response. */
function respond({ status, headers, body, cut }) {
  if (cut) throw new TypeError("the connection was cut");
  return new Response(body, { status, headers });
}

function seed() {
  return crypto.getRandomValues(new Uint32Array(2));
}

/**
 * Signs any operation for the emulator, the RPC V1 way (HMAC-SHA1), as a `Request` of the form the
 * official SDKs send: common parameters in the query, the operation's own in a form.
 */
export async function signRequest(action, parameters, options) {
  const { endpoint: address, accessKeyId, accessKeySecret, securityToken, now, signal } = signingOf(options);
  const endpoint = address.replace(/\/+$/, "");
  const common = {
    AccessKeyId: accessKeyId,
    Action: textOf(action, "action"),
    Format: "json",
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: crypto.randomUUID(),
    SignatureVersion: "1.0",
    Timestamp: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    Version: "2019-03-15",
    ...(securityToken !== undefined && { SecurityToken: securityToken }),
  };
  const own = {};
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value === undefined) continue;
    if (!["string", "number", "boolean", "bigint"].includes(typeof value)) throw wrong(`\`${name}\` must be a text`);
    if (Object.hasOwn(common, name) || name === "Signature") {
      throw new CloudFlowError({
        kind: "request",
        code: "reserved-parameter",
        message: `\`${name}\` is set by the signature`,
      });
    }
    own[name] = String(value);
  }
  for (const [name, value] of Object.entries({ ...common, ...own, accessKeySecret })) refuseHalves(name, String(value));
  const text = `POST&%2F&${encode(join({ ...common, ...own }))}`;
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(`${accessKeySecret}&`), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
  const query = join({ ...common, Signature: btoa(String.fromCharCode(...mac)) });
  return new Request(`${endpoint}/?${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: join(own),
    signal: signal && derived(signal),
  });
}

const SIGNING = ["endpoint", "accessKeyId", "accessKeySecret", "securityToken", "now", "signal"];

function signingOf(given) {
  const options = optionsOf(given, SIGNING, "an option of `signRequest`");
  const endpoint = textOf(options.endpoint ?? "http://localhost", "endpoint");
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    throw wrong("`endpoint` must be an address such as `http://localhost:8791`", undefined, "bad-endpoint");
  }
  const now = options.now ?? Date.now();
  // The times that a date of JavaScript can hold.
  if (typeof now !== "number" || !(Math.abs(now) <= 8.64e15)) throw wrong("`now` must be a time in milliseconds");
  const securityToken = options.securityToken ?? undefined;
  return {
    endpoint,
    accessKeyId: textOf(options.accessKeyId ?? "emulator", "accessKeyId"),
    accessKeySecret: textOf(options.accessKeySecret ?? TEST_KEYS.emulator, "accessKeySecret"),
    securityToken: securityToken === undefined ? undefined : textOf(securityToken, "securityToken"),
    now,
    signal: signalOf(options.signal),
  };
}

/** Encoders replace half of a character by another one, silently. */
function refuseHalves(name, value) {
  if (name.isWellFormed() && value.isWellFormed()) return;
  const message = `\`${name.toWellFormed()}\` has a lone surrogate: half of a character, which no request can hold`;
  throw new CloudFlowError({ kind: "request", code: "out-of-range", message });
}

/** A signal that follows another without a listener on it, where the host has such: a Request would set one. */
function derived(signal) {
  try {
    return AbortSignal.any?.([signal]) ?? signal;
  } catch (error) {
    // It behaves as one, but no request takes it.
    throw wrong("`signal` must be an `AbortSignal`", error);
  }
}

function join(parameters) {
  const names = Object.keys(parameters).sort();
  return names.map((name) => `${encode(name)}=${encode(parameters[name])}`).join("&");
}

function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

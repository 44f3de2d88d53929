// The driver of the machine `Watch`: one connection to the hub, one timer, the upstream calls of a leader. The machine
// decides.

import {
  BUCKETS,
  DESCRIBE,
  EVENTS,
  HISTORY,
  INPUT,
  KINDS,
  LEAF,
  LIST,
  effectsIn,
  frameOf,
  readFrame,
} from "./effects.js";

/** Maximum hold of an upstream call, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** How long a watch may continue after its caller was answered. */
const LINGER_MS = 25_000;

/** A connection that fails this often before the first success is given up. */
const MAX_FAILURES = 3;

/** A watch that has not ended so long after its deadline was lost with its request. */
const LOST_MS = 120_000;

/** Time limit of a page of the history. */
const HISTORY_MS = 20_000;

/** @typedef {import("./machines.js").Machines} Machines */

/**
 * What a watcher waits for.
 *
 * @typedef {object} Wanted
 * @property {number} kind
 * @property {number} since
 * @property {number} after
 * @property {boolean} history
 * @property {number} deadline
 */

/**
 * What a watch tells its caller.
 *
 * @typedef {object} Receiver
 * @property {(header: string, body: string) => void} [state] a new state. Without this function, the state is an answer
 * @property {(header: string, body: string, after: number, done: boolean) => void} [events] events, one per line
 * @property {(header: string, body: string) => void} fault
 * @property {(header: string, body: string) => void} answer the last state; "" if there is none. A stream ends
 * @property {(error: unknown) => void} unreachable the hub cannot be reached
 */

/**
 * @typedef {object} Watching
 * @property {() => void} leave the caller has gone
 * @property {Promise<void>} ended
 */

/** The open watches, and when each of them is lost: a request may end without notice. @type {Map<number, number>} */
const open = new Map();

/**
 * Starts a watch.
 *
 * @param {Pick<import("../gateway.js").Served, "machines" | "objects" | "upstream" | "log" | "metrics">} served
 * @param {Wanted} wanted
 * @param {Receiver} receiver
 * @returns {Watching}
 */
export function watch(served, wanted, receiver) {
  const { machines, objects, upstream, log, metrics } = served;
  const { call } = machines;
  const { kind, since, after, history, deadline } = wanted;
  releaseLost(call);
  const bits = kind + (history ? HISTORY : 0);
  /** @type {number} */
  const id = call("watchOpen", bits, since, after, deadline, MAX_WAIT_SECONDS, LINGER_MS);
  open.set(id, deadline + LOST_MS);

  let isOver = false;
  let isAnswered = false;
  let failures = 0;
  let wasJoined = false;
  /** Frames of an earlier connection are not read. */
  let connection = 0;
  /** @type {any} */
  let socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** Results of abandoned calls are not read. */
  let calls = new AbortController();
  /** The last request for a permit of each bucket. */
  const permits = BUCKETS.map(() => 0);
  /** The body of the frame or result that is handled. */
  let current = { header: "", body: "" };
  /** The results of the last upstream calls, or the bodies of the parent's frames. @type {Record<string, string>} */
  const results = { state: "", events: "", fault: "" };
  /** The last state. */
  let kept = { header: "", body: "" };
  /** @type {Watching | undefined} */
  let parent;
  let isLeader = false;
  let hasCalled = false;
  /** When the permits were asked for. */
  const asked = BUCKETS.map(() => 0);
  metrics.count("watchers", { kind: KINDS[kind] });

  /** @type {() => void} */
  let finish = () => {};
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    finish = resolve;
  });

  function end() {
    if (isOver) return;
    isOver = true;
    metrics.count("watchers", { kind: KINDS[kind] }, -1);
    lead(false);
    open.delete(id);
    clearTimeout(timer);
    calls.abort();
    disconnect();
    parent?.leave();
    call("machineClose", id);
    finish();
  }

  /** @param {unknown} error */
  function fail(error) {
    if (isOver) return;
    log("a watch failed", error);
    end();
    if (!isAnswered) receiver.unreachable(error);
    isAnswered = true;
  }

  /**
   * @param {number} input
   * @param {string} [text]
   * @param {number[]} numbers
   */
  function step(input, text = "", ...numbers) {
    if (isOver) return;
    try {
      const [a = 0, b = 0, c = 0, d = 0] = numbers;
      const effects = effectsIn(call("watchStep", id, Date.now(), input, text, a, b, c, d));
      for (const effect of effects) act(effect);
    } catch (error) {
      fail(error);
    }
  }

  /** @param {string[]} effect */
  function act([name, a = "", b = "", c = "", d = ""]) {
    if (isOver) return;
    if (name === "connect") connect(a, b, c, d);
    else if (name === "send") send(a, b === "" ? undefined : results[b]);
    else if (name === "permit") permit(Number(a), b);
    else if (name === "describe") describe(Number(a), Number(b));
    else if (name === "history") readHistory(Number(a));
    else if (name === "parent") watchParent(Number(a), Number(b), c === "1", Number(d));
    else if (name === "leave") parent?.leave();
    else if (name === "abort") {
      calls.abort();
      calls = new AbortController();
    } else if (name === "wake") wake(Number(a));
    else if (name === "keep") kept = current;
    else if (name === "deliver") {
      kept = current;
      if (receiver.state) {
        observeAge();
        receiver.state(kept.header, kept.body);
      } else answer();
    } else if (name === "deliver-events") receiver.events?.(current.header, current.body, Number(a), b === "1");
    else if (name === "deliver-fault") {
      isAnswered = true;
      receiver.fault(current.header, current.body);
    } else if (name === "answer") {
      isAnswered = true;
      receiver.answer(kept.header, kept.body);
    } else if (name === "disconnect") disconnect();
    else if (name === "done") end();
  }

  /** @param {boolean} leads */
  function lead(leads) {
    if (leads !== isLeader) metrics.count("leaders", {}, leads ? 1 : -1);
    isLeader = leads;
  }

  /** The number of a state is the time at which the hub got it. */
  function observeAge() {
    const seq = Number(kept.header.split(" ")[1]);
    if (seq > 0) metrics.observe("answer_age_seconds", { kind: KINDS[kind] }, Math.max(0, Date.now() - seq) / 1000);
  }

  function answer() {
    isAnswered = true;
    if (!receiver.state) observeAge();
    if (!hasCalled && kept.header) metrics.count("coalesced_total", { action: "DescribeExecution" });
    receiver.answer(kept.header, kept.body);
  }

  /**
   * @param {string} since
   * @param {string} deadline
   * @param {string} after
   * @param {string} leaf
   */
  async function connect(since, deadline, after, leaf) {
    disconnect();
    connection += 1;
    const mine = connection;
    /** @type {any} */
    let response;
    /** @type {unknown} */
    let error;
    try {
      /** @type {Record<string, string>} */
      const query = { since, deadline, after, kind: KINDS[kind], history: history ? "1" : "0" };
      response = await objects.hub("join", query, { headers: { upgrade: "websocket" } }, leaf);
    } catch (failure) {
      error = failure;
    }
    if (isOver || mine !== connection) {
      if (response?.status === 101) closeQuietly(response.webSocket);
      return;
    }
    if (response?.status === 101) {
      opened(response.webSocket, mine);
      return;
    }
    if (response?.status === 307) {
      step(INPUT.leaves, "", Number(response.headers.get("x-hub-leaves")) || 1);
      return;
    }
    try {
      if (response?.status === 200) {
        wasJoined = true;
        received(await response.text());
        return;
      }
      error ??= new Error(`the hub answered ${response.status}: ${(await response.text()).slice(0, 100)}`);
    } catch (failure) {
      error = failure;
    }
    failures += 1;
    metrics.count("resets_total", { cause: "join" });
    // Another version of the protocol stays one.
    if (!wasJoined && (failures >= MAX_FAILURES || response?.status === 400)) fail(error);
    else step(INPUT.joinFailed);
  }

  /**
   * @param {any} opened
   * @param {number} mine
   */
  function opened(opened, mine) {
    socket = opened;
    wasJoined = true;
    const isMine = () => mine === connection && socket !== undefined;
    const closed = () => {
      if (!isMine()) return;
      disconnect();
      lead(false);
      metrics.count("resets_total", { cause: "closed" });
      step(INPUT.closed);
    };
    socket.addEventListener("message", (/** @type {any} */ event) => {
      if (isMine() && typeof event.data === "string") received(event.data);
    });
    socket.addEventListener("close", closed);
    socket.addEventListener("error", closed);
    socket.accept();
    step(INPUT.joined);
  }

  /** @param {string} text */
  function received(text) {
    // The automatic answer.
    if (text === "q") return;
    current = readFrame(text);
    if (current.header.startsWith("lead ")) {
      upstream.resume(current.body);
      lead(true);
    }
    step(INPUT.frame, current.header);
  }

  /**
   * @param {string} header
   * @param {string | undefined} body
   */
  function send(header, body) {
    try {
      socket?.send(frameOf(header, body));
    } catch {
      // Its event follows.
    }
  }

  function disconnect() {
    const old = socket;
    socket = undefined;
    if (old) closeQuietly(old);
  }

  /**
   * @param {number} bucket
   * @param {string} throttled
   */
  async function permit(bucket, throttled) {
    permits[bucket] += 1;
    asked[bucket] ||= Date.now();
    const mine = permits[bucket];
    try {
      const { wait, stretch } = await objects.permit({ bucket: BUCKETS[bucket], throttled: throttled || "-" });
      if (mine !== permits[bucket]) return;
      if (wait === 0) {
        metrics.observe("permit_wait_seconds", { bucket: BUCKETS[bucket] }, (Date.now() - asked[bucket]) / 1000);
        asked[bucket] = 0;
      }
      step(INPUT.permit, "", bucket, wait, stretch);
    } catch {
      if (mine === permits[bucket]) step(INPUT.permitFailed, "", bucket);
    }
  }

  /**
   * @param {number} seconds
   * @param {number} timeoutMs
   */
  async function describe(seconds, timeoutMs) {
    const { signal } = calls;
    hasCalled = true;
    const { value, fault } = await upstream.describe(seconds, timeoutMs, signal);
    if (signal.aborted) return;
    if (fault) faulted(DESCRIBE, fault);
    else {
      current = { header: `state 0 ${value.rank}`, body: value.body };
      results.state = value.body;
      step(INPUT.answered, value.hash, value.rank);
    }
  }

  /** @param {number} after */
  async function readHistory(after) {
    const { signal } = calls;
    const { value, fault } = await upstream.history(after, HISTORY_MS, signal);
    if (signal.aborted) return;
    if (fault) faulted(EVENTS, fault);
    else {
      current = { header: "", body: value.body };
      results.events = value.body;
      step(INPUT.events, "", value.last, Number(value.done), Number(value.more));
    }
  }

  /**
   * @param {number} bucket
   * @param {import("./upstream.js").Fault} fault
   */
  function faulted(bucket, { retryable, throttled, retryAfter, status, body }) {
    current = { header: `fault ${status}`, body };
    results.fault = body;
    step(INPUT.fault, "", bucket, Number(retryable) + 2 * Number(throttled), retryAfter, status);
  }

  /**
   * The leader of a leaf hub watches the hub itself, and passes on what it receives.
   *
   * @param {number} since
   * @param {number} after
   * @param {boolean} history
   * @param {number} deadline
   */
  function watchParent(since, after, history, deadline) {
    const pass = (/** @type {string} */ name) => (/** @type {string} */ header, /** @type {string} */ body) => {
      current = { header, body };
      results[name] = body;
      step(INPUT.parent, header);
    };
    parent?.leave();
    const started = watch(
      served,
      { kind: LEAF, since, after, history, deadline },
      {
        state: pass("state"),
        events: (header, body) => pass("events")(header, body),
        fault: pass("fault"),
        answer: () => {},
        unreachable: () => {},
      },
    );
    parent = started;
  }

  /** @param {number} at */
  function wake(at) {
    clearTimeout(timer);
    timer = setTimeout(() => step(INPUT.woke), Math.max(0, Math.min(at - Date.now(), 2 ** 31 - 1)) + 1);
  }

  step(INPUT.start);
  return { leave: () => step(INPUT.callerGone), ended };
}

/**
 * The permit of a call without a watch. Undefined if it does not come in time.
 *
 * @param {import("./names.js").Objects} objects
 * @param {typeof DESCRIBE | typeof EVENTS | typeof LIST} bucket
 * @param {number} patienceMs
 * @param {AbortSignal} [signal]
 * @param {number} [throttled] pause that the service asked for
 */
export async function permitOf(objects, bucket, patienceMs, signal, throttled) {
  const until = Date.now() + patienceMs;
  /** @type {string | number} */
  let refused = throttled ?? "-";
  for (;;) {
    const { wait } = await objects.permit({ bucket: BUCKETS[bucket], throttled: refused });
    refused = "-";
    if (wait === 0) return true;
    if (Date.now() + wait > until || signal?.aborted) return false;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * The status of the frame of a fault.
 *
 * @param {string} header
 */
export const statusIn = (header) => Number(header.split(" ")[1]) || 503;

/** @param {any} socket */
function closeQuietly(socket) {
  try {
    socket.accept();
  } catch {
    // It was accepted.
  }
  try {
    socket.close(1000, "");
  } catch {
    // It is closed.
  }
}

/** @param {import("../../shared/runtime.js").Invoke} call */
function releaseLost(call) {
  const now = Date.now();
  for (const [id, until] of open) {
    if (until > now) return;
    open.delete(id);
    call("machineClose", id);
  }
}

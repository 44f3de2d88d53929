// The gateway with counters around its objects: how often each was constructed and called, and for how long something
// kept it awake. Worker and objects share an isolate in local workerd, so that reading the counters wakes no object.
//
// An object is awake, and is billed, while a handler runs, and while a fetch, a timer, a promise of `waitUntil` or an
// accepted WebSocket of it is pending. Time in which it only waits for hibernation is not billed.

import { AsyncLocalStorage } from "node:async_hooks";
import { createGateway } from "cloudflow-wasm/gateway";
import { options } from "./options.js";

const gateway = createGateway({ ...options, hub: (env) => ({ executions: env.HUB, account: env.BUDGET }) });

/** The counts of an object: found by what runs in its context. */
const current = new AsyncLocalStorage();

/** @type {Map<string, ReturnType<typeof newCounts>>} */
const objects = new Map();

function newCounts() {
  /** @type {{ constructed: number, calls: Record<string, number>, spans: [number, number][], pending: Map<object, [string, number]> }} */
  const counts = { constructed: 0, calls: {}, spans: [], pending: new Map() };
  return counts;
}

/** Marks something as pending. Returns the function that ends it. */
function begin(counts, what) {
  const key = {};
  counts.pending.set(key, [what, Date.now()]);
  return () => {
    const entry = counts.pending.get(key);
    if (!entry) return;
    counts.pending.delete(key);
    counts.spans.push([entry[1], Date.now()]);
  };
}

/** Runs a handler in the context of its object. */
async function handled(counts, name, run) {
  counts.calls[name] = (counts.calls[name] ?? 0) + 1;
  const end = begin(counts, name);
  try {
    return await current.run(counts, run);
  } finally {
    end();
  }
}

const { fetch: realFetch, setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
const { setInterval: realSetInterval, clearInterval: realClearInterval } = globalThis;
const timers = new Map();

globalThis.fetch = async (...args) => {
  const counts = current.getStore();
  if (!counts) return realFetch(...args);
  counts.calls.upstream = (counts.calls.upstream ?? 0) + 1;
  const end = begin(counts, "fetch");
  try {
    return await realFetch(...args);
  } finally {
    end();
  }
};

globalThis.setTimeout = (run, ms, ...args) => {
  const counts = current.getStore();
  if (!counts) return realSetTimeout(run, ms, ...args);
  const end = begin(counts, "timer");
  const timer = realSetTimeout(() => {
    timers.delete(timer);
    end();
    run(...args);
  }, ms);
  timers.set(timer, end);
  return timer;
};

globalThis.setInterval = (run, ms, ...args) => {
  const counts = current.getStore();
  const timer = realSetInterval(run, ms, ...args);
  if (counts) timers.set(timer, begin(counts, "interval"));
  return timer;
};

const stop = (clear) => (timer) => {
  timers.get(timer)?.();
  timers.delete(timer);
  clear(timer);
};
globalThis.clearTimeout = stop(realClearTimeout);
globalThis.clearInterval = stop(realClearInterval);

const realAccept = WebSocket.prototype.accept;
WebSocket.prototype.accept = function accept(...args) {
  const counts = current.getStore();
  if (counts) {
    const end = begin(counts, "websocket");
    this.addEventListener("close", end);
    this.addEventListener("error", end);
  }
  return realAccept.apply(this, args);
};

/** A class that counts what happens to the objects of another class. */
function counted(Class) {
  return class {
    constructor(state, env) {
      const name = `${Class.name || "object"} ${state.id.name ?? state.id}`;
      if (!objects.has(name)) objects.set(name, newCounts());
      this.counts = objects.get(name);
      this.counts.constructed += 1;
      // What an evicted instance had pending has ended with it.
      for (const [key, [, since]] of this.counts.pending) {
        this.counts.pending.delete(key);
        this.counts.spans.push([since, Date.now()]);
      }
      const waitUntil = state.waitUntil.bind(state);
      state.waitUntil = (promise) => {
        const end = begin(this.counts, "waitUntil");
        waitUntil(Promise.resolve(promise).finally(end));
      };
      this.object = current.run(this.counts, () => new Class(state, env));
    }
    fetch(request) {
      return handled(this.counts, "fetch", () => this.object.fetch(request));
    }
    alarm(info) {
      return handled(this.counts, "alarm", () => this.object.alarm?.(info));
    }
    webSocketMessage(socket, message) {
      return handled(this.counts, "message", () => this.object.webSocketMessage?.(socket, message));
    }
    webSocketClose(...args) {
      return handled(this.counts, "close", () => this.object.webSocketClose?.(...args));
    }
    webSocketError(...args) {
      return handled(this.counts, "error", () => this.object.webSocketError?.(...args));
    }
  };
}

export const ExecutionHub = counted(gateway.ExecutionHub);
export const AccountBudget = counted(gateway.AccountBudget);

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/counts") return Response.json(report(Date.now()));
    return gateway.fetch(request, env, context);
  },
};

/** The counts of each object, with the time for which anything kept it awake, in ms. */
function report(now) {
  return Object.fromEntries(
    [...objects].map(([name, { constructed, calls, spans, pending }]) => [
      name,
      {
        constructed,
        calls,
        awakeMs: union([...spans, ...[...pending.values()].map(([, since]) => [since, now])]),
        pending: [...pending.values()].map(([what]) => what),
      },
    ]),
  );
}

/** Length of the union of intervals. */
function union(spans) {
  let [sum, reached] = [0, 0];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    sum += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return sum;
}

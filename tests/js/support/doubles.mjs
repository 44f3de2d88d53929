// Test doubles for the suites of the client.

export const CALL = { flowName: "f", executionName: "e" };
export const KEYS = { accessKeyId: "testid", accessKeySecret: "very-secret", securityToken: "very-token" };
export const RUNNING = {
  RequestId: "r",
  FlowName: "f",
  Name: "e",
  Status: "Running",
  FlowDefinition: "type: flow\n",
  Output: "",
};
export const DONE = { ...RUNNING, Status: "Succeeded", Output: "{}" };

/** A response whose body is available without a turn of the event loop. */
export function plain(body, status = 200, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Headers(headers), text: () => Promise.resolve(text) };
}

export const never = () => new Promise(() => {});

/** Waits in real time. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Returns the error of a promise. Fails if it does not reject in time. */
export async function rejection(promise) {
  const caught = promise.then(
    (value) => ({ value }),
    (error) => ({ error, rejected: true }),
  );
  const outcome = await caught;
  if (!outcome.rejected) throw new Error(`it did not reject but gave ${JSON.stringify(outcome.value)}`);
  return outcome.error;
}

/**
 * A `fetch` with scripted responses: one entry for each request, the last one for all further requests. An entry is a
 * response or a function of (url, init). `fetch.seen` contains all requests: { url, query, signal, at }.
 */
export function scripted(...steps) {
  const seen = [];
  const fetch = (url, init) => {
    const step = steps[Math.min(seen.length, steps.length - 1)];
    seen.push({ url, query: new URL(url).searchParams, signal: init.signal, at: performance.now() });
    return typeof step === "function" ? step(url, init) : step;
  };
  fetch.seen = seen;
  return fetch;
}

/** A signal that counts its listeners and can be aborted. */
export function countingSignal() {
  const controller = new AbortController();
  const listeners = new Set();
  const signal = {
    get listening() {
      return listeners.size;
    },
    get aborted() {
      return controller.signal.aborted;
    },
    get reason() {
      return controller.signal.reason;
    },
    addEventListener(event, listener, ...rest) {
      listeners.add(listener);
      controller.signal.addEventListener(event, listener, ...rest);
    },
    removeEventListener(event, listener, ...rest) {
      listeners.delete(listener);
      controller.signal.removeEventListener(event, listener, ...rest);
    },
    abort(reason) {
      controller.abort(reason);
    },
  };
  return signal;
}

/** Sets properties of the global object while `body` runs. */
export async function withGlobals(properties, body) {
  const before = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return await body();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }
}

// The functions of ".", over a runtime. They convert nothing: the module does.

import { readText } from "./body.js";
import { shownTexts } from "./error.js";
import { credentialsOf, flowOptionsOf, optionsOf, requestOf } from "./options.js";
import { relays } from "./signals.js";

/** What the module borrows for a call. */
const FACADE = Object.freeze({ keys: credentialsOf, read: readText, texts: shownTexts });

const redactors = new WeakMap();

/** For the gateway: `(text) => text` of the instance that is behind a `describeExecution`. */
export const redactorOf = (describeExecution) => redactors.get(describeExecution);

export function createFunctions(runtime) {
  // A client is a number, and nothing happens before its first call. What its calls share stands in the
  // module, which forgets the clients that were not used for long.
  let clients = 0;
  const relayed = relays();

  const callsOf = (client, bound) => {
    const send = (untilDone, request, options) => {
      if (options?.signal) options.signal = relayed(options.signal);
      return runtime.start("askExecution", requestOf(request), options, client, untilDone, FACADE);
    };
    const callOf = (untilDone) => (request, call) => {
      try {
        return send(untilDone, request, optionsOf(bound, call));
      } catch (error) {
        // What a getter of the caller threw.
        return Promise.reject(error);
      }
    };
    return {
      describeExecution: callOf(false),
      waitForExecution: callOf(true),
      watchExecution: (request, call) => watch(send, relayed, request, () => optionsOf(bound, call)),
    };
  };

  // Client 0 is none: each of these calls stands alone.
  const alone = callsOf(0);
  redactors.set(alone.describeExecution, (text) => runtime.call("redact", text));
  return {
    ...alone,
    createClient(options) {
      clients += 1;
      return callsOf(clients, options);
    },
    parseExecution: (body) => runtime.call("parseExecution", body),
    validateExecution: (body) => runtime.call("validateExecution", body),
    parseFlow: (text) => runtime.call("parseFlow", text),
    validateFlow: (text, options) => runtime.call("validateFlow", text, flowOptionsOf(options)),
    flowGraph: (text) => runtime.call("flowGraph", text),
    flowToMermaid: (text) => runtime.call("flowToMermaid", text),
  };
}

// Every change once, in order; leaving the loop ends the request in flight. Nothing is sent before
// the first `next()`.
function watch(send, relayed, request, read) {
  const changes = [];
  const waiting = [];
  const controller = new AbortController();
  let started = false;
  let finished = false;
  let failure;

  function start() {
    started = true;
    let options;
    let running;
    let outer;
    const onAbort = () => controller.abort(outer.reason);
    try {
      options = read();
      running = send(true, request, typeof options === "object" && options !== null ? watched(options) : options);
    } catch (error) {
      running = Promise.reject(error);
    }
    running
      .then(undefined, (error) => {
        if (!finished) failure = { error };
      })
      .finally(() => {
        outer?.removeEventListener("abort", onAbort);
        finished = true;
        settle();
      });

    function watched(options) {
      const { signal, onUpdate: told } = options;
      const onUpdate = (execution) => {
        told?.(execution);
        if (finished) return;
        changes.push(execution);
        settle();
      };
      const given = signal === undefined || signal === null ? undefined : relayed(signal);
      // What is no signal, or no function, is for the module to refuse.
      if (given !== undefined && given === signal) return options;
      outer = given;
      if (outer?.aborted) onAbort();
      else outer?.addEventListener("abort", onAbort);
      const isTold = told === undefined || told === null || typeof told === "function";
      return Object.assign(options, { signal: controller.signal, onUpdate: isTold ? onUpdate : told });
    }
  }

  function settle() {
    while (waiting.length > 0 && (changes.length > 0 || finished)) {
      const { resolve, reject } = waiting.shift();
      if (changes.length > 0) resolve({ value: changes.shift(), done: false });
      else if (failure) {
        reject(failure.error);
        failure = undefined;
      } else resolve({ value: undefined, done: true });
    }
  }

  function leave() {
    finished = true;
    failure = undefined;
    changes.length = 0;
    if (started) controller.abort();
    settle();
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!started && !finished) start();
        settle();
      });
    },
    return(value) {
      leave();
      return Promise.resolve({ value, done: true });
    },
    throw(error) {
      leave();
      return Promise.reject(error);
    },
  };
}

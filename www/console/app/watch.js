// Watches one execution: its state, its events, and the replay of them. All of it is published once per frame.

import { serviceNow } from "./clock.js";
import { connectionAfter, isActive } from "./connection.js";
import { isNotOffered, isResponse, problemOf } from "./problem.js";
import { modules } from "./ready.js";
import { isLastEvent } from "./status.js";

/**
 * @typedef {import("./state.js").Checked} Checked
 * @typedef {import("./state.js").Execution} Execution
 * @typedef {import("./state.js").ExecutionEvent} ExecutionEvent
 * @typedef {{ flowName: string, executionName: string }} Reference
 */

/**
 * Maximum time for which one half of the state waits for the other one, in ms: the end in DescribeExecution for the end
 * in the history and vice versa, and both for the definition.
 */
const HOLD_MS = 3000;

/** A smaller lead of the clock of the service is within the precision of `clockOffset`, in ms. */
const LEAST_AHEAD_MS = 1000;

/** What is known of an execution before the first response. */
const NOTHING = {
  execution: undefined,
  eventCount: 0,
  historyProblem: undefined,
  definition: undefined,
  ran: undefined,
  replayer: undefined,
  replay: undefined,
};

/**
 * @typedef {object} WatchOptions
 * @property {import("./store.js").Store} store
 * @property {Pick<import("./api.js").Api, "client" | "flow">} api
 * @property {(text: string) => Promise<Checked>} check
 * @property {() => Promise<typeof import("../../../pkg/index.js").replayExecution>} loadReplay
 * @property {(flush: () => void) => void} schedule calls a function at the next frame
 * @property {() => boolean} isOnline
 */

/** @param {WatchOptions} options */
export function createWatch({ store, api, check, loadReplay, schedule, isOnline }) {
  /** @type {ReturnType<typeof beginRun> | undefined} */
  let run;

  /** @param {import("./connection.js").WatchEvent} event */
  function move(event) {
    store.set({ connection: connectionAfter(store.get().connection, event) });
  }

  /** @param {Reference} reference */
  function beginRun(reference) {
    return {
      reference,
      controller: new AbortController(),
      /** @type {ExecutionEvent[]} */
      events: [],
      /** @type {ExecutionEvent[]} */
      fresh: [],
      /** @type {Execution | undefined} */
      execution: undefined,
      /** @type {{ definition: string, ran: Checked } | undefined} */
      defined: undefined,
      /** Set with `defined`. @type {typeof import("../../../pkg/index.js").replayExecution | undefined} */
      replayExecution: undefined,
      isDefining: false,
      /** No further event will come. */
      isComplete: false,
      /** @type {import("./state.js").Problem | undefined} */
      historyProblem: undefined,
      /** Since when one half waits for the other one. @type {number | undefined} */
      heldSince: undefined,
      isPlanned: false,
    };
  }

  /** @typedef {ReturnType<typeof beginRun>} Run */

  /** @param {Run} own */
  function plan(own) {
    if (own.isPlanned || own !== run) return;
    own.isPlanned = true;
    schedule(() => {
      own.isPlanned = false;
      if (own === run) publish(own);
    });
  }

  /**
   * True while the two halves contradict each other, or the definition is missing, but not for ever.
   *
   * @param {Run} own
   */
  function isHeld(own) {
    const isEnded = own.isComplete || isLastEvent(own.fresh.at(-1) ?? own.events.at(-1));
    if (own.defined && (own.execution?.done ?? false) === isEnded) {
      own.heldSince = undefined;
      return false;
    }
    const now = performance.now();
    if (own.heldSince === undefined) {
      own.heldSince = now;
      setTimeout(() => plan(own), HOLD_MS);
    }
    return now - own.heldSince < HOLD_MS - 50;
  }

  /** @param {Run} own */
  function publish(own) {
    if (isHeld(own)) return;
    const { events, fresh, execution, defined, historyProblem } = own;
    const state = store.get();
    /** @type {Partial<import("./state.js").State>} */
    const change = { execution: execution ?? state.execution, historyProblem };
    if (fresh.length > 0) {
      for (const event of fresh) events.push(event);
      own.fresh = [];
      change.eventCount = events.length;
    }
    if (defined && own.replayExecution && state.replayer === undefined) {
      const replayer = own.replayExecution(defined.definition, events);
      Object.assign(change, defined, { replayer, replay: replayer.state });
    } else if (state.replayer && fresh.length > 0) change.replay = state.replayer.add(fresh);
    // An event of the future: the clock of the service is ahead, or faster.
    const ahead = Date.parse(events.at(-1)?.time ?? "") - serviceNow(state);
    if (ahead > LEAST_AHEAD_MS) change.clockOffset = state.clockOffset + ahead;
    const isEnd = own.isComplete && execution?.done;
    if (isEnd) change.connection = connectionAfter(state.connection, { type: "end" });
    else if (execution || events.length > 0) {
      // Data that were read before an outage do not end it.
      const { connection } = state;
      if (connection.state === "starting") change.connection = connectionAfter(connection, { type: "data" });
    }
    store.set(change);
  }

  /** @param {Run} own @param {Execution} execution */
  function received(own, execution) {
    if (own !== run) return;
    own.execution = execution;
    if (!own.isDefining) {
      own.isDefining = true;
      void define(own, execution);
    }
    plan(own);
  }

  /** @param {Run} own @param {Execution} execution */
  async function define(own, execution) {
    const definition = await definitionOf(own.reference.flowName, execution);
    const known = store.get().checked;
    const [ran, replayExecution] = await Promise.all([
      known && known.text === definition ? known : check(definition),
      loadReplay(),
    ]);
    own.replayExecution = replayExecution;
    own.defined = { definition, ran };
    plan(own);
  }

  /** @param {string} flowName @param {Execution} execution */
  async function definitionOf(flowName, execution) {
    if (execution.flowDefinition) return execution.flowDefinition;
    const { capabilities, text } = store.get();
    if (!capabilities.flows) return text;
    return api.flow(flowName).then(
      ({ definition }) => definition,
      () => text,
    );
  }

  /** @param {Run} own @param {{ delayMs: number, error?: any }} retry */
  function retried(own, { delayMs, error }) {
    // An endpoint that does not know the execution yet responds.
    if (own !== run || isResponse(error?.status)) return;
    move({ type: "retry", at: Date.now() + delayMs });
    if (!isOnline()) move({ type: "offline" });
  }

  /** @param {Run} own */
  async function follow(own) {
    const { reference, controller } = own;
    const { signal } = controller;
    const onRetry = (/** @type {any} */ retry) => retried(own, retry);
    const onUpdate = (/** @type {Execution} */ execution) => received(own, execution);
    try {
      await modules.ready("ask");
      for await (const event of api.client.executionEvents(reference, { follow: true, signal, onUpdate, onRetry })) {
        own.fresh.push(event);
        plan(own);
      }
    } catch (error) {
      if (signal.aborted) return;
      // The history may be gone or refused while the execution itself is still available.
      await withoutHistory(own, error, { signal, onRetry });
      return;
    }
    own.isComplete = true;
    plan(own);
  }

  /** @param {Run} own @param {unknown} reason @param {{ signal: AbortSignal, onRetry: (retry: any) => void }} options */
  async function withoutHistory(own, reason, options) {
    try {
      for await (const execution of api.client.watchExecution(own.reference, options)) {
        own.historyProblem = problemOf(reason, "GetExecutionHistory");
        if (execution.done) own.isComplete = true;
        received(own, execution);
      }
    } catch (error) {
      if (options.signal.aborted || own !== run) return;
      const { connection } = store.get();
      const refusal = problemOf(error, "DescribeExecution");
      // What is known stays.
      own.heldSince = Number.NEGATIVE_INFINITY;
      publish(own);
      store.set({ connection: connectionAfter(connection, { type: "refuse", error: refusal }) });
      end(own);
    }
  }

  /** @param {Run} own */
  function end(own) {
    own.controller.abort();
    if (run === own) run = undefined;
  }

  return {
    /**
     * Watches an execution instead of the current one.
     *
     * @param {Reference} reference
     * @param {import("./state.js").Selection} [selection]
     */
    open(reference, selection = {}) {
      if (run) end(run);
      const own = beginRun(reference);
      run = own;
      store.set({
        ...reference,
        ...NOTHING,
        selection,
        events: own.events,
      });
      move({ type: "start" });
      if (!isOnline()) move({ type: "offline" });
      void follow(own);
    },

    /** Ends the watch. The execution continues. */
    leave() {
      if (run) end(run);
      move({ type: "leave" });
    },

    /** Shows no execution. */
    close() {
      if (run) end(run);
      store.set({
        ...NOTHING,
        flowName: "",
        executionName: "",
        events: [],
        selection: {},
        connection: { state: "idle" },
      });
    },

    /** The endpoint responded. */
    responded() {
      if (run && isActive(store.get().connection))
        move({ type: "response", known: store.get().execution !== undefined });
    },

    /**
     * The network of the machine went away, or is back.
     *
     * @param {boolean} online
     */
    network(online) {
      if (run) move({ type: online ? "online" : "offline" });
    },
  };
}

/** @typedef {ReturnType<typeof createWatch>} Watch */

/**
 * How the history is missing: the endpoint does not offer it, a permission is missing, it is gone, or another error.
 *
 * @param {import("./state.js").Problem} problem
 * @returns {"notOffered" | "permission" | "gone" | "other"}
 */
export function kindOfHistoryProblem(problem) {
  if (isNotOffered(problem)) return "notOffered";
  if (problem.permission) return "permission";
  return problem.status === 404 ? "gone" : "other";
}

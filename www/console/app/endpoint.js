// Connects the state with the endpoint: what it offers, its clock, and whether it responds.

import { offsetOf } from "./clock.js";
import { isResponse, problemOf } from "./problem.js";

/** Pauses before further requests for what the endpoint offers, in ms. */
const PAUSES_MS = [1000, 2000, 5000, 10_000, 30_000];

/** A smaller change of the clock is not shown, in ms. */
const LEAST_CHANGE_MS = 200;

/**
 * @param {object} context
 * @param {import("./store.js").Store} context.store
 * @param {import("./api.js").Api} context.api
 * @param {import("./watch.js").Watch} context.watch
 * @param {import("./actions.js").Actions} context.actions
 * @param {boolean} context.needsNetwork
 */
export function connectEndpoint({ store, api, watch, actions, needsNetwork }) {
  /** The control server states its time exactly. */
  let isExact = false;
  /** @type {import("./state.js").Problem | undefined} */
  let problem;

  api.onResponse((response) => {
    if (!isExact) setOffset(offsetOf(response.headers.get("date"), Date.now()));
    if (isResponse(response.status)) watch.responded();
  });
  if (needsNetwork) {
    addEventListener("online", () => watch.network(true));
    addEventListener("offline", () => watch.network(false));
  }
  void ask(0);

  /** @param {number} attempt */
  async function ask(attempt) {
    try {
      const { capabilities, clock, isKept } = await api.capabilities();
      if (clock !== undefined) {
        isExact = true;
        store.set({ clockSpeed: clock.speed, clockReadAt: Date.now() });
        setOffset(clock.offset);
      }
      store.set({ capabilities, isKept, isEndpointKnown: true });
      if (problem && store.get().problem === problem) actions.dismissProblem();
      if (!capabilities.flows) return;
      const { flowName } = store.get();
      if (flowName) void actions.list(flowName);
      await actions.readFlows();
      const { listed, form, flows } = store.get();
      // The flow of the form may be a sample that was never started.
      if (!listed && flows.items?.some(({ name }) => name === form.flowName)) void actions.list(form.flowName);
    } catch (error) {
      store.set({ isEndpointKnown: true });
      // A watch shows by itself that it is not connected.
      if (problem === undefined && store.get().connection.state === "idle") {
        problem = problemOf(error);
        store.set({ problem });
      }
      setTimeout(() => void ask(attempt + 1), PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]);
    }
  }

  /** @param {number | undefined} offset */
  function setOffset(offset) {
    if (offset === undefined || Math.abs(offset - store.get().clockOffset) < LEAST_CHANGE_MS) return;
    store.set({ clockOffset: Math.round(offset) });
  }
}

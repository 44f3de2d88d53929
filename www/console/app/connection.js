// The states of the watch of an execution: a pure function of what happens.

/** @typedef {import("./state.js").Connection} Connection */

/**
 * What happens to a watch.
 *
 * - `start`: a watch begins
 * - `data`: a part of the execution is known
 * - `response`: the endpoint responded; `known` if a part of the execution is known
 * - `retry`: a request failed; the next one is sent at `at`, in ms since 1970
 * - `offline`, `online`: the network of the machine went away, or is back
 * - `leave`: the user ended the watch
 * - `end`: the execution has ended, and all of it is known
 * - `refuse`: the endpoint refused permanently
 *
 * @typedef {{ type: "start" | "data" | "offline" | "online" | "leave" | "end" }
 *   | { type: "response", known: boolean }
 *   | { type: "retry", at: number }
 *   | { type: "refuse", error: import("./state.js").Problem }} WatchEvent
 */

/** The states in which requests are sent. */
const ACTIVE = new Set(["starting", "watching", "reconnecting", "offline"]);

/** @param {Connection} connection */
export const isActive = ({ state }) => ACTIVE.has(state);

/**
 * The state after an event. The same object if nothing changes.
 *
 * @param {Connection} connection
 * @param {WatchEvent} event
 * @returns {Connection}
 */
export function connectionAfter(connection, event) {
  if (event.type === "start") return { state: "starting" };
  // What arrives after the end of a watch changes nothing.
  if (!isActive(connection)) return connection;
  const { state } = connection;
  switch (event.type) {
    case "data":
      return state === "watching" ? connection : { state: "watching" };
    case "response":
      // A response proves that there is a connection, also if the machine reports that it has no network.
      if (state !== "reconnecting" && state !== "offline") return connection;
      return { state: event.known ? "watching" : "starting" };
    case "retry":
      // The pause ends when the network is back.
      return state === "offline" ? connection : { state: "reconnecting", nextTryAt: event.at };
    case "offline":
      return { state: "offline" };
    case "online":
      return state === "offline" ? { state: "reconnecting" } : connection;
    case "leave":
      return { state: "left" };
    case "end":
      return { state: "ended" };
    case "refuse":
      return { state: "refused", error: event.error };
  }
}

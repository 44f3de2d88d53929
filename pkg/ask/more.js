// The functions that an entry makes of `createAsk`. A bundler removes each one that is not used: their arguments are
// names, whose evaluation has no effect.

import { events } from "./events.js";
import { executions, history, list } from "./pages.js";
import { watcher } from "./watch.js";

/** @typedef {import("./functions.js").Ask} Ask */

/** @param {Ask} ask */
export const watchOf = (ask) => watcher(ask.unbound);

/** @param {Ask} ask */
export const historyOf = (ask) => history(ask.unbound);

/** @param {Ask} ask */
export const eventsOf = (ask) => events(ask.unbound);

/** @param {Ask} ask */
export const listOf = (ask) => list(ask.unbound);

/** @param {Ask} ask */
export const executionsOf = (ask) => executions(ask.unbound);

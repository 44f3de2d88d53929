// Completes a selection with what the replay knows.

/** @typedef {import("./state.js").Selection} Selection */

/**
 * The visit of a selected event, the node of a selected visit, and the last visit of a selected node.
 *
 * @param {Selection} selection
 * @param {Pick<import("./state.js").State, "replay" | "replayer">} state
 * @returns {Selection}
 */
export function completeSelection(selection, { replay, replayer }) {
  if (!replay) return selection;
  let { node, visit, attempt, event } = selection;
  if (visit === undefined && event !== undefined) visit = replayer?.visitOf(event)?.id;
  if (visit === undefined && node !== undefined) visit = replay.nodes[node]?.visits.at(-1)?.id;
  if (visit !== undefined && replay.visits[visit]) node = replay.visits[visit].node ?? node;
  /** @type {Selection} */
  const complete = {};
  if (node !== undefined) complete.node = node;
  if (visit !== undefined) complete.visit = visit;
  if (attempt !== undefined) complete.attempt = attempt;
  if (event !== undefined) complete.event = event;
  return complete;
}

/** @param {Selection} a @param {Selection} b */
export const equalSelections = (a, b) =>
  a.node === b.node && a.visit === b.visit && a.attempt === b.attempt && a.event === b.event;

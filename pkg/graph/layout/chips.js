// In a long scope, lines to a distant handler of many states hide the main way. A short text at the source replaces them.

import { FONT_LABEL, wrap } from "./text.js";

/** @import { Edge, Item, Scope, Settings } from "./types.js" */

/** Items of a long scope, and the distance of a handler that is far away. */
const LONG = 60;
const FAR = 25;
const MAX_WIDTH = 190;

/**
 * Replaces the edges to distant shared handlers of a long scope.
 *
 * @param {Scope} scope
 * @param {Settings} settings
 */
export function replaceByChips(scope, { measure, words }) {
  if (scope.items.length < LONG) return;
  /** @type {Map<Item, Edge[]>} */
  const byHandler = new Map();
  for (const edge of scope.edges) {
    if (!edge.caught) continue;
    const known = byHandler.get(edge.to);
    if (known) known.push(edge);
    else byHandler.set(edge.to, [edge]);
  }
  /** @type {Set<Edge>} */
  const replaced = new Set();
  for (const [handler, edges] of byHandler) {
    if (!edges.some(({ from }) => Math.abs(handler.index - from.index) > FAR)) continue;
    for (const edge of edges) {
      const source = edge.texts.join(" / ") || words.anyError;
      const target = handler.node?.name || words.noName;
      const { lines, width } = wrap(`${source} → ${target}`, MAX_WIDTH, FONT_LABEL, 1, measure);
      edge.from.chips.push({
        text: lines[0],
        width: Math.ceil(width) + 12,
        edges: edge.edges,
        target: handler.id,
        dy: 0,
      });
      replaced.add(edge);
    }
  }
  scope.edges = scope.edges.filter((edge) => !replaced.has(edge));
}

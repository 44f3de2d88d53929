// The layout of a graph: places of nodes, boxes, lines and labels. It needs no document.

import * as codes from "../shared/codes.js";
import { CloudFlowError } from "../shared/error.js";
import { HEADER, measureBox } from "./layout/boxes.js";
import { replaceByChips } from "./layout/chips.js";
import { createModel } from "./layout/model.js";
import { placeScope } from "./layout/place.js";
import { createMeasure } from "./layout/text.js";
import { wordsOf } from "./words.js";

/** @import { Item, Point, Scope, Settings } from "./layout/types.js" */
/** @import { GraphLayout, LayoutLine, LayoutOptions } from "../graph.js" */
/** @import { GraphNode } from "../index.js" */

const MARGIN = 16;

/** @type {import("./layout/types.js").Measure | undefined} */
let common;

/** Measures all texts again, after fonts have been loaded. */
export function forgetWidths() {
  common = undefined;
}

/** @param {import("../graph.js").Graph} graph */
export function checkGraph(graph) {
  if (!Array.isArray(graph?.nodes) || !Array.isArray(graph.edges)) {
    throw wrong("`graph` must have `nodes` and `edges`, as `flowGraph` returns them");
  }
  graph.nodes.forEach((node, index) => {
    if (!isText(node?.id) || !isText(node.name) || !isText(node.type)) {
      throw wrong(`\`graph.nodes[${index}]\` must have an \`id\`, a \`name\` and a \`type\`, each a string`);
    }
  });
  graph.edges.forEach((edge, index) => {
    if (!isText(edge?.from) || !isText(edge.to) || !(edge.label === undefined || isText(edge.label))) {
      throw wrong(`\`graph.edges[${index}]\` must have \`from\` and \`to\`, each a string; a \`label\` is a string`);
    }
  });
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string";
}

/** @param {string} message */
function wrong(message) {
  return new CloudFlowError({ kind: "request", code: codes.wrongOptions, message });
}

/**
 * Places of everything in a drawing of the graph.
 *
 * @type {typeof import("../graph.js").layoutGraph}
 */
export function layoutGraph(graph, options = {}) {
  checkGraph(graph);
  const settings = readOptions(options);
  const { root, scopes, items } = createModel(graph, settings);
  /** Lanes of a box that have not been placed. @type {Map<Item, number>} */
  const pending = new Map();
  // Scopes follow the scopes around them.
  for (const scope of scopes.toReversed()) {
    replaceByChips(scope, settings);
    placeScope(scope);
    if (!scope.owner) continue;
    const left = (pending.get(scope.owner) ?? scope.owner.lanes.length) - 1;
    pending.set(scope.owner, left);
    if (left === 0) measureBox(scope.owner);
  }
  return resolve(root, scopes, new Set(items.values()));
}

/**
 * @param {LayoutOptions} options
 * @returns {Settings}
 */
function readOptions({ measure, lang, collapsed }) {
  common ??= createMeasure();
  const { graph: words } = wordsOf(lang);
  return { measure: measure ?? common, words, collapsed: new Set(collapsed) };
}

/**
 * Absolute places.
 *
 * @param {Scope} root
 * @param {Scope[]} scopes
 * @param {Set<Item>} items
 * @returns {GraphLayout}
 */
function resolve(root, scopes, items) {
  /** @type {GraphLayout} */
  const layout = {
    width: root.block.left + root.block.right + 2 * MARGIN,
    height: root.block.height + 2 * MARGIN,
    nodes: [],
    boxes: [],
    lanes: [],
    lines: [],
    marks: [],
    chips: [],
  };
  /** @type {{ scope: Scope, x: number, y: number }[]} */
  const stack = [{ scope: root, x: MARGIN + root.block.left, y: MARGIN }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    for (const { column, x } of top.scope.block.parts) placeColumn(column, top.x + x, top.y, layout, stack);
  }
  for (const scope of scopes) {
    for (const edge of scope.edges) {
      if (edge.points.length > 1) layout.lines.push(lineOf(edge));
    }
  }
  return layout;
}

/**
 * @param {import("./layout/types.js").Column} first
 * @param {number} left
 * @param {number} top
 * @param {GraphLayout} layout
 * @param {{ scope: Scope, x: number, y: number }[]} scopes
 */
function placeColumn(first, left, top, layout, scopes) {
  first.x = left;
  first.y = top;
  const columns = [first];
  for (let column = columns.pop(); column; column = columns.pop()) {
    for (const row of column.rows) {
      const x = column.x + row.x;
      const y = column.y + row.y;
      for (const lane of row.lanes) {
        lane.x = x + lane.offset;
        lane.y = y;
        columns.push(lane);
      }
      if (row.item) placeItem(row.item, x - row.extentLeft, y, layout, scopes);
    }
  }
}

/**
 * @param {Item} item
 * @param {number} x
 * @param {number} y
 * @param {GraphLayout} layout
 * @param {{ scope: Scope, x: number, y: number }[]} scopes
 */
function placeItem(item, x, y, layout, scopes) {
  const { id, type, lines, width, height } = item;
  if (type === "in") return;
  if (type === "out") {
    layout.marks.push({ x, y, radius: 3, text: "" });
  } else if (type === "circle") {
    layout.marks.push({ x: x + width / 2, y: y + height / 2, radius: width / 2, text: lines[0] });
  } else if (item.grid.length > 0) {
    layout.boxes.push({ id, type, lines, x, y, width, height, node: nodeOf(item), header: HEADER });
    item.lanes.forEach((scope, i) => {
      const cell = item.grid[i];
      if (type === "parallel") {
        layout.lanes.push({
          id,
          branch: scope.branch,
          x: x + cell.x,
          y: y + cell.y,
          width: cell.width,
          height: cell.height,
        });
      }
      scopes.push({ scope, x: x + cell.x + cell.spine, y: y + cell.y });
    });
  } else {
    layout.nodes.push({
      id,
      type,
      lines,
      x,
      y,
      width,
      height,
      node: nodeOf(item),
      collapsed: item.collapsed,
      inside: item.inside,
    });
  }
  for (const chip of item.chips) {
    layout.chips.push({
      id,
      target: chip.target,
      text: chip.text,
      edges: chip.edges,
      x: x + width + 8,
      y: y + chip.dy,
      width: chip.width,
      height: 18,
    });
  }
}

/** @param {Item} item A state, the start or the end. */
function nodeOf({ node }) {
  return /** @type {GraphNode} */ (node);
}

/**
 * @param {import("./layout/types.js").Edge} edge
 * @returns {LayoutLine}
 */
function lineOf(edge) {
  const { from, to, back, caught, edges, label, at, texts } = edge;
  const arrow = to.type !== "out" && to.type !== "circle";
  const loop = back;
  return {
    from: from.id,
    to: to.id,
    edges,
    caught,
    loop,
    arrow,
    points: simplify(edge.points),
    label: label && at && { ...label, x: at.column.x + at.x, y: at.column.y + at.y, text: texts.join(" / ") },
  };
}

/**
 * Absolute points without repeated and collinear ones.
 *
 * @param {Point[]} points
 */
function simplify(points) {
  /** @type {[number, number][]} */
  const line = [];
  for (const { column, x, y } of points) {
    const at = /** @type {[number, number]} */ ([column.x + x, column.y + y]);
    const [last, before] = [line[line.length - 1], line[line.length - 2]];
    if (last && same(last[0], at[0]) && same(last[1], at[1])) continue;
    if (
      before &&
      ((same(before[0], last[0]) && same(last[0], at[0])) || (same(before[1], last[1]) && same(last[1], at[1])))
    ) {
      line.pop();
    }
    line.push(at);
  }
  return line;
}

/** @param {number} a @param {number} b */
function same(a, b) {
  return Math.abs(a - b) < 0.01;
}

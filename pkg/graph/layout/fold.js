// Breaks a long column into parts side by side. Numbered circles show where it goes on.

import { linkRows, newColumn, newRow } from "./columns.js";
import { blank, newEdge } from "./model.js";

/** @import { Column, Edge, Row, Way } from "./types.js" */

/** A column that is not higher is not folded. */
const MAX_HEIGHT = 2400;
/** Usual width of a part, and preferred ratio of width to height of all parts. */
const WIDTH = 420;
const ASPECT = 1.5;
const BETWEEN = 30;
const CIRCLE = 24;

/**
 * @param {Column} column A column without an outer one, with measured rows.
 * @returns {Column[]} The column itself if it is not folded.
 */
export function foldColumn(column) {
  const heights = column.rows.map((row) => row.height + BETWEEN);
  const total = heights.reduce((sum, height) => sum + height, 0);
  if (total < MAX_HEIGHT) return [column];
  const bridges = findBridges(column);
  const count = Math.max(2, Math.round(Math.sqrt((ASPECT * total) / WIDTH)));
  /** @type {{ first: number, bridge: Way | undefined }[]} */
  const cuts = [{ first: 0, bridge: undefined }];
  let height = 0;
  heights.forEach((more, i) => {
    if (bridges[i] && height > total / count) {
      cuts.push({ first: i, bridge: bridges[i] });
      height = 0;
    }
    height += more;
  });
  if (cuts.length < 2) return [column];
  return cuts.map(({ first, bridge }, i) => makePart(column, first, bridge, cuts[i + 1], i));
}

/**
 * For each row the way to it, if no other edge passes between it and the row above.
 *
 * @param {Column} column
 */
function findBridges(column) {
  const { rows } = column;
  const passing = new Int32Array(rows.length + 1);
  /** @type {(Way | undefined)[]} */
  const straight = rows.map(() => undefined);
  for (const way of column.ways) {
    const { row, target } = way;
    if (!target) continue;
    passing[Math.min(row.index, target.index) + 1] += 1;
    passing[Math.max(row.index, target.index) + 1] -= 1;
    if (way.role === "straight" && target.index === row.index + 1) straight[target.index] = way;
  }
  let open = 0;
  return straight.map((way, i) => {
    open += passing[i];
    return open === 1 && rows[i].strip === 0 ? way : undefined;
  });
}

/**
 * @param {Column} column
 * @param {number} first
 * @param {Way | undefined} from The way from the part before.
 * @param {{ first: number, bridge: Way | undefined } | undefined} next
 * @param {number} number
 */
function makePart(column, first, from, next, number) {
  const rows = column.rows.slice(first, next?.first);
  const part = newColumn(column.scope, column.root, undefined, 0);
  for (const row of rows) row.column = part;
  part.rows = rows;
  part.ways = [];
  if (from?.target?.item) {
    const { row, edge } = circle(part, number, `${from.edge.to.id}#from`);
    part.rows = [row, ...rows];
    const on = newEdge(edge.from, from.target.item, "next", false);
    on.edges = from.edge.edges;
    row.straight = wayTo(on, row, from.target);
    column.scope.edges.push(on);
  }
  if (next?.bridge) {
    const { row } = circle(part, number + 1, `${next.bridge.edge.to.id}#to`);
    const { bridge } = next;
    part.rows = [...part.rows, row];
    const to = newEdge(bridge.edge.from, /** @type {import("./types.js").Item} */ (row.item), bridge.edge.kind, false);
    to.edges = bridge.edge.edges;
    to.label = bridge.edge.label;
    bridge.row.straight = wayTo(to, bridge.row, row);
    column.scope.edges.push(to);
  }
  linkRows(part);
  const inside = new Set(part.rows);
  part.ways = column.ways.filter(({ row, target }) => inside.has(row) && target && inside.has(target));
  return part;
}

/**
 * @param {Column} part
 * @param {number} number
 * @param {string} id
 */
function circle(part, number, id) {
  const item = blank(id, "circle", part.scope);
  item.width = CIRCLE;
  item.height = CIRCLE;
  item.lines = [String(number)];
  const row = newRow(part, item, 0);
  row.height = CIRCLE;
  row.extentLeft = CIRCLE / 2;
  row.extentRight = CIRCLE / 2;
  return { row, edge: newEdge(item, item, "next", false) };
}

/**
 * @param {Edge} edge
 * @param {Row} row
 * @param {Row} target
 * @returns {Way}
 */
function wayTo(edge, row, target) {
  return { edge, row, target, outer: undefined, inner: undefined, role: "straight", side: "right", dy: 0 };
}

// Decides how each edge leaves its row: to the next row, to a lane, or through a gutter at the left or at the right.

import { rowIn } from "./columns.js";

/** @import { Column, Edge, Row, Side, Way } from "./types.js" */

/** Comparisons of ways of one column. Columns with more ways use the default sides. */
const MAX_COMPARISONS = 200_000;
const ROUNDS = 3;

/**
 * Gives each edge its ways: one in each column that it leaves, and one in the column of both its ends.
 *
 * @param {Column[]} columns All columns of a scope, each after the one around it.
 * @param {Edge[]} edges
 */
export function chooseWays(columns, edges) {
  for (const edge of edges) {
    let row = edge.from.row;
    /** @type {Way | undefined} */
    let inner;
    while (row) {
      const target = rowIn(row.column, edge.to);
      /** @type {Way} */
      const way = { edge, row, target, outer: undefined, inner, role: "side", side: "right", dy: 0 };
      row.column.ways.push(way);
      if (inner) inner.outer = way;
      inner = way;
      row = target ? undefined : row.column.outer;
    }
  }
  for (const column of columns) {
    chooseRoles(column);
    chooseSides(column);
    for (const way of column.ways) attach(way);
  }
}

/** @param {Column} column */
function chooseRoles(column) {
  const last = column.rows.length - 1;
  for (const way of column.ways) {
    const { edge, row, target } = way;
    if (edge.back) {
      way.role = "loop";
      way.side = loopSide(way);
    } else if (row.lanes.length > 0) {
      if (target ? target === row.next : !row.next) way.role = target ? "next" : "down";
    } else if (edge.caught) {
      way.side = "right";
    } else if (target?.after === row && target.lanes.length > 0) {
      way.role = "fork";
    } else if (target && target === row.next && !row.straight) {
      way.role = "straight";
      row.straight = way;
    } else if (!row.next && !row.down && (!target || (row.strip === 1 && target.strip === 0))) {
      way.role = "down";
      row.down = way;
    }
    // From the second strip to the first one: between them, or around the second one to the last row.
    if (way.role === "side" && row.strip === 1 && target?.strip === 0 && target.index < last) way.side = "left";
  }
}

/**
 * Loops use the left gutter. Those out of a second strip use the right one, where they cross no way into that strip.
 *
 * @param {Way} way
 * @returns {Side}
 */
function loopSide({ row, target, outer }) {
  if (target && row.strip !== target.strip) return "right";
  return outer ? outer.side : "left";
}

/** @param {Way} way */
function attach(way) {
  const { edge, row, target, role, side } = way;
  if (role === "loop" && target) {
    if (side === "right" && target.strip === 0) target.loopRight = true;
    else target.loopLeft = true;
  } else if (target && (role === "side" || (role === "down" && row.lanes.length === 0))) {
    target.entered = true;
  }
  if (!row.item) return;
  if (role === "side" || role === "loop") row[side].push(way);
  if (role === "fork" && target) {
    const lane = edge.to.row?.column;
    if (lane?.outer === target) lane.fork = edge;
  }
}

/**
 * What a way occupies in a gutter: rows from `low` to `high`, and a line that crosses the gutter at `through`.
 *
 * @typedef {object} Span
 * @property {Way} way
 * @property {Side} side
 * @property {number} low
 * @property {number} high
 * @property {number | undefined} through
 */

/**
 * Ways past rows of the main strip may use either gutter. The right one is the default, the left one for loops; the other
 * one is used where it saves crossings. Long ways choose first, and all of them choose again when they know the choice of the others.
 *
 * @param {Column} column
 */
function chooseSides(column) {
  /** @type {Span[]} */
  const spans = [];
  /** Ways of one row, or of one lane, to one target. @type {Map<string, Span[]>} */
  const groups = new Map();
  for (const way of column.ways) {
    if (way.role !== "side" && way.role !== "loop" && !(way.role === "down" && way.target)) continue;
    const span = spanOf(way, column);
    if (span.through === undefined && way.row.strip === 1) continue;
    spans.push(span);
    if (!isFree(way)) continue;
    const key = `${way.row.index} ${laneOf(way)} ${way.edge.to.index}`;
    const group = groups.get(key);
    if (group) group.push(span);
    else groups.set(key, [span]);
  }
  if (groups.size * spans.length > MAX_COMPARISONS) return;
  const order = [...groups.values()].sort(([a], [b]) => b.high - b.low - (a.high - a.low));
  const beside = outOfLanes(column);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const group of order) {
      const [{ way }] = group;
      const cost = { left: lanesPassed(way, "left", beside), right: lanesPassed(way, "right", beside) };
      for (const other of spans) if (crosses(group[0], other)) cost[other.side] += 1;
      const second = way.inner?.row.strip === 1;
      const usual = way.role === "loop" ? (second ? "right" : "left") : (hint(way) ?? "right");
      const left = cost.left < cost.right || (cost.left === cost.right && usual === "left");
      for (const span of group) span.side = span.way.side = left ? "left" : "right";
    }
  }
}

/** @param {Way} way */
function isFree(way) {
  const { row, target, role, edge } = way;
  if (row.strip === 1 || target?.strip === 1) return false;
  if (role === "loop") return target !== undefined && target !== row;
  return role === "side" && !edge.caught;
}

/**
 * @param {Way} way
 * @param {Column} column
 * @returns {Span}
 */
function spanOf(way, column) {
  const { row, target } = way;
  const from = row.index;
  const to = target ? target.index : way.edge.back ? -1 : column.rows.length;
  const through = row.strip === 0 ? (target?.strip === 1 ? from : undefined) : target?.strip === 0 ? to : undefined;
  const side = through === undefined ? way.side : "right";
  return { way, side, low: Math.min(from, to), high: Math.max(from, to), through };
}

/** @param {Span} a @param {Span} b */
function crosses(a, b) {
  if (a.way.edge.to === b.way.edge.to) return false;
  const within = (/** @type {number} */ y, /** @type {Span} */ span) => span.low < y && y < span.high;
  if (b.through !== undefined) return within(b.through, a);
  return (a.low < b.low && within(a.high, b)) || (b.low < a.low && within(b.high, a));
}

/**
 * The ways out of lanes, by their row.
 *
 * @param {Column} column
 */
function outOfLanes(column) {
  /** @type {Map<Row, { lane: number, way: Way }[]>} */
  const found = new Map();
  for (const way of column.ways) {
    const lane = laneOf(way);
    if (lane < 0 || way.edge.back) continue;
    const list = found.get(way.row);
    if (list) list.push({ lane, way });
    else found.set(way.row, [{ lane, way }]);
  }
  return found;
}

/**
 * Number of lanes whose ways a way out of a lane would cross.
 *
 * @param {Way} way
 * @param {Side} side
 * @param {ReturnType<typeof outOfLanes>} beside
 */
function lanesPassed(way, side, beside) {
  const from = laneOf(way);
  if (from < 0) return 0;
  if (way.edge.back) {
    // Past the ways into the other lanes, and past the ways into the second strip of its own lane.
    const { lanes } = way.row;
    const second = way.inner?.row.strip === 1;
    if (side === "left") return from + (second ? 2 : 0);
    return lanes.length - 1 - from + (!second && lanes[from].rows.some((row) => row.strip === 1) ? 1 : 0);
  }
  const passed = new Set();
  for (const { lane, way: other } of beside.get(way.row) ?? []) {
    if (other.edge.to === way.edge.to) continue;
    const at = lane - from || (other.inner?.row.strip ?? 0) - (way.inner?.row.strip ?? 0);
    if (side === "left" ? at < 0 : at > 0) passed.add(lane);
  }
  return passed.size;
}

/**
 * The lane that the way comes out of, -1 if it is that of an item.
 *
 * @param {Way} way
 */
function laneOf({ edge, row }) {
  if (row.item) return -1;
  let column = edge.from.row?.column;
  while (column && column.outer !== row) column = column.outer?.column;
  return column?.lane ?? -1;
}

/**
 * The side at which the edge goes on in an outer column.
 *
 * @param {Way} way
 */
function hint(way) {
  let at = way.outer;
  while (at?.role === "down") at = at.outer;
  return at?.role === "side" ? at.side : undefined;
}

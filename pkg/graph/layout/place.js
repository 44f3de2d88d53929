// Places the rows of columns and draws the lines between them.

import { buildColumns } from "./columns.js";
import { foldColumn } from "./fold.js";
import { arrivalSide, forkLine, placeBuses } from "./gutters.js";
import { orderScope } from "./order.js";
import { EXIT, TRACK, measureRows, stackRows } from "./rows.js";
import { chooseWays } from "./ways.js";

/** @import { Bus, Column, Edge, Row, Scope } from "./types.js" */

/** Between the two strips. */
const STRIP_GAP = 34;
/** Between a vertical line and its label. */
export const LABEL_GAP = 7;
/** Between the parts of a folded column. */
const FOLD_GAP = 26;

/**
 * Places the contents of a scope. The scopes inside have been placed.
 *
 * @param {Scope} scope
 */
export function placeScope(scope) {
  if (scope.items.length === 0) return;
  const columns = buildColumns(scope, orderScope(scope));
  chooseWays(columns, scope.edges);
  // Lanes before the columns around them.
  for (const column of columns.toReversed()) {
    measureRows(column);
    if (column !== columns[0]) finishColumn(column);
  }
  const parts = foldColumn(columns[0]);
  let right = 0;
  scope.block = { parts: [], left: 0, right: 0, height: 0 };
  for (const column of parts) {
    finishColumn(column);
    const x = scope.block.parts.length === 0 ? 0 : right + FOLD_GAP + column.left;
    if (scope.block.parts.length === 0) scope.block.left = column.left;
    scope.block.parts.push({ column, x });
    right = x + column.right;
    scope.block.height = Math.max(scope.block.height, column.height);
  }
  scope.block.right = right;
}

/** @param {Column} column */
function finishColumn(column) {
  let bottom = stackRows(column);
  for (const row of column.rows) {
    const label = row.down && !row.down.target ? row.down.edge.label : undefined;
    if (label) bottom = Math.max(bottom, row.y + row.height + label.height + 8);
    if (row.exitTracks > 0) bottom = Math.max(bottom, row.y + row.height + EXIT + row.exitTracks * TRACK);
  }
  if (column.rows.some((row) => row.right.some((way) => !way.target))) bottom += 4;
  const { buses, extents } = placeBuses(column, bottom);
  const two = column.rows.some((row) => row.strip === 1);
  const second = two ? extents[0].right + STRIP_GAP + extents[1].left : 0;
  for (const row of column.rows) row.x = row.strip === 1 ? second : 0;
  column.left = extents[0].left;
  column.right = two ? second + extents[1].right : extents[0].right;
  column.height = bottom;
  for (const bus of buses) drawBus(column, bus, second);
  for (const row of column.rows) {
    if (row.item) drawItemWays(column, row);
    else drawLaneWays(column, row);
  }
}

/**
 * @param {Column} column
 * @param {Edge} edge
 * @param {...[number, number]} points
 */
function line(column, edge, ...points) {
  for (const [x, y] of points) edge.points.push({ column, x, y });
}

/**
 * @param {Column} column
 * @param {Bus} bus
 * @param {number} second
 */
function drawBus(column, bus, second) {
  const { target, end } = bus;
  const x = (bus.strip === 1 ? second : 0) + (bus.side === "right" ? bus.x : -bus.x);
  /** @type {[number, number][]} */
  const rest = [[x, end]];
  if (target && bus.loop) {
    const arrival = arrivalSide(bus) === "right" ? target.x + target.extentRight : target.x - target.extentLeft;
    rest.push([arrival, end]);
  } else if (target) {
    rest.push([target.x, end], [target.x, target.y]);
  }
  for (const { edges, path, row, y } of bus.pins) {
    for (const edge of edges) {
      for (const at of path) line(column, edge, [row.x + at.x, at.y]);
      line(column, edge, [x, y], ...rest);
    }
  }
  if (!target) {
    const edges = bus.pins.flatMap((pin) => pin.edges);
    (bus.loop ? column.ups : column.exits).push({ x, target: bus.item, caught: bus.caught, edges });
  }
}

/**
 * @param {Column} column
 * @param {Row} row
 */
function drawItemWays(column, row) {
  const below = row.y + row.height;
  for (const [side, ways] of /** @type {const} */ ([
    ["right", row.right],
    ["left", row.left],
  ])) {
    for (const { edge, dy } of ways) {
      if (!edge.label) continue;
      const x = side === "right" ? row.extentRight + 8 : -row.extentLeft - 8 - edge.label.width;
      edge.at = { column, x: row.x + x, y: row.y + dy - edge.label.height - 2 };
    }
  }
  const next = row.straight?.target;
  if (row.straight && next) {
    line(column, row.straight.edge, [row.x, below], [next.x, next.y]);
    row.straight.edge.at = { column, x: row.x + LABEL_GAP, y: below + 4 };
  }
  if (!row.down) return;
  const { edge, target } = row.down;
  edge.at = { column, x: row.x + LABEL_GAP, y: below + 3 };
  if (target) {
    line(column, edge, [row.x, below], [row.x, target.track], [target.x, target.track], [target.x, target.y]);
  } else {
    line(column, edge, [row.x, below], [row.x, column.height]);
    column.exits.push({ x: row.x, target: edge.to, caught: edge.caught, edges: [edge] });
  }
}

/**
 * @param {Column} column
 * @param {Row} row
 */
function drawLaneWays(column, row) {
  const above = /** @type {Row} */ (row.after);
  const fork = forkLine(row);
  for (const { fork: edge, offset } of row.lanes) {
    if (!edge) continue;
    const x = row.x + offset;
    line(column, edge, [above.x, above.y + above.height], [above.x, fork], [x, fork], [x, row.y]);
    edge.at = { column, x: x + LABEL_GAP, y: fork + 4 + row.upTracks * TRACK };
  }
  const below = row.y + row.height;
  for (const exit of row.exits) {
    const { role, target, edge } = exit.way;
    const x = row.x + exit.x;
    // The lanes of a row have different heights.
    if (role === "next" && target) {
      for (const one of exit.edges) {
        line(column, one, [x, below], [x, target.track], [target.x, target.track], [target.x, target.y]);
      }
    } else if (role === "down") {
      for (const one of exit.edges) line(column, one, [x, below], [x, column.height]);
      column.exits.push({ x, target: edge.to, caught: edge.caught, edges: exit.edges });
    }
  }
}

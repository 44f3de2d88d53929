// Shapes of the drawing as SVG path data. The page, the SVG file and the picture use the same ones.

/** @import { GraphNode } from "../index.js" */
/** @import { GraphStatus, LayoutLine, LayoutPlace } from "../graph.js" */

const RADIUS = 8;

/** Icons of the types, in a square of 16 px. @satisfies {Record<GraphNode["type"], string>} */
export const TYPE_ICONS = {
  start: "",
  end: "",
  task: "M3 4.5h10v7H3zM6 12v2M10 12v2M6 2v2M10 2v2",
  pass: "M2.5 8h10M9 4.5L12.5 8L9 11.5",
  wait: "M8 2.5a5.5 5.5 0 1 0 .01 0zM8 5v3l2 1.6",
  choice: "M8 2l6 6l-6 6l-6-6z",
  parallel: "M4 3v10M8 3v10M12 3v10",
  foreach: "M3 8a5 5 0 0 1 8.6-3.5M13 8a5 5 0 0 1-8.6 3.5M11.8 1.8v2.9H9M4.2 14.2v-2.9H7",
  succeed: "M8 2.5a5.5 5.5 0 1 0 .01 0zM5.5 8.2l1.8 1.8l3.3-3.6",
  fail: "M8 2.5a5.5 5.5 0 1 0 .01 0zM6 6l4 4M10 6l-4 4",
  unknown: "M6 6.2a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1v.6M8 12v.4",
};

/** Marks of the statuses, in a square of 16 px: the status without its colour. @satisfies {Record<GraphStatus, string>} */
export const STATUS_ICONS = {
  notReached: "",
  running: "M6 4.5l5.5 3.5l-5.5 3.5z",
  waiting: "M6 5v6M10 5v6",
  retrying: "M11.5 8a3.5 3.5 0 1 1-1.2-2.6M10.8 3.6v2.2H8.6",
  succeeded: "M4.5 8.4l2.4 2.4l4.6-5.2",
  failed: "M5 5l6 6M11 5l-6 6",
  caught: "M8 4v5M8 11.4v.4",
  timedOut: "M5.5 4h5l-5 8h5z",
  stopped: "M5.5 5.5h5v5h-5z",
};

/** Half of the height of the mark of a status, which lies on the upper border of a state. */
export const BADGE = 9;
/** Room of the number of attempts in that mark. */
export const ATTEMPTS = 20;

/**
 * A line with round corners.
 *
 * @param {LayoutLine["points"]} points
 */
export function roundedLine(points) {
  let path = `M${at(points[0])}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const [before, corner, after] = [points[i - 1], points[i], points[i + 1]];
    const radius = Math.min(RADIUS, distance(before, corner) / 2, distance(corner, after) / 2);
    path += `L${at(towards(corner, before, radius))}Q${at(corner)} ${at(towards(corner, after, radius))}`;
  }
  return `${path}L${at(points[points.length - 1])}`;
}

/**
 * The head of an arrow that ends at the last point.
 *
 * @param {LayoutLine["points"]} points
 */
export function arrowHead(points) {
  const end = points[points.length - 1];
  const [x, y] = end;
  const [dx, dy] = direction(points[points.length - 2], end);
  const [left, right] = /** @type {const} */ ([1, -1]).map((side) => [
    x - 8 * dx - side * 4 * dy,
    y - 8 * dy + side * 4 * dx,
  ]);
  return `M${at([x, y])}L${at(left)}L${at(right)}z`;
}

/**
 * Corner radius of a state.
 *
 * @param {GraphNode["type"]} type
 * @param {number} height
 */
export function cornerOf(type, height) {
  return type === "choice" || type === "start" || type === "end" ? Math.min(18, height / 2) : 6;
}

/**
 * Places of the lines of a name.
 *
 * @param {LayoutPlace & { lines: string[] }} node
 */
export function linesOf({ y, height, lines }) {
  return lines.map((text, i) => ({ text, y: y + height / 2 + 4.5 + (i - (lines.length - 1) / 2) * 16 }));
}

/**
 * The mark of a status: a round rectangle on the upper border, at the right.
 *
 * @param {LayoutPlace} node
 * @param {number} attempts
 */
export function badgeOf({ x, y, width }, attempts) {
  const wide = 2 * BADGE + (attempts > 1 ? ATTEMPTS : 0);
  return { x: x + width - wide - 6, y: y - BADGE, width: wide, height: 2 * BADGE };
}

/** @param {readonly number[]} point */
function at([x, y]) {
  return `${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100}`;
}

/** @param {readonly number[]} a @param {readonly number[]} b */
function distance(a, b) {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
}

/** @param {readonly number[]} from @param {readonly number[]} to */
function direction(from, to) {
  return [Math.sign(to[0] - from[0]), Math.sign(to[1] - from[1])];
}

/** @param {readonly number[]} from @param {readonly number[]} to @param {number} length */
function towards(from, to, length) {
  const [dx, dy] = direction(from, to);
  return [from[0] + dx * length, from[1] + dy * length];
}

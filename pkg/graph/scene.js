// A drawing as a list of shapes with their colours: for files, where no style sheet applies.

import { FONT_LABEL, FONT_NAME } from "./layout/text.js";
import { STATUS_ICONS, TYPE_ICONS, arrowHead, badgeOf, cornerOf, linesOf, roundedLine } from "./shapes.js";
import { takenEdges } from "./status.js";
import { PALETTES } from "./theme.js";

/** @import { Graph, GraphLayout, GraphNodeReplay, GraphReplay, LayoutBox, LayoutNode } from "../graph.js" */

/**
 * A path, or a text. Absent colours are not drawn.
 *
 * @typedef {object} Shape
 * @property {string} [d]
 * @property {string} [text]
 * @property {number} x Offset of the path, or place of the text.
 * @property {number} y
 * @property {string} [fill]
 * @property {string} [stroke]
 * @property {number} [width]
 * @property {number[]} [dash]
 * @property {string} [font]
 * @property {"start" | "middle" | "end"} [anchor]
 */

/**
 * @param {Graph} graph
 * @param {GraphLayout} layout
 * @param {GraphReplay | undefined} replay
 * @param {"light" | "dark"} theme
 */
export function sceneOf(graph, layout, replay, theme) {
  const palette = PALETTES[theme];
  /** @type {Shape[]} */
  const shapes = [{ d: rectangle(0, 0, layout.width, layout.height, 0), x: 0, y: 0, fill: palette.canvas }];
  const taken = takenEdges(graph, replay);
  const replayOf = (/** @type {string} */ id) =>
    replay && Object.hasOwn(replay.nodes, id) ? replay.nodes[id] : undefined;

  /** @type {Map<string, GraphLayout["lanes"]>} */
  const lanes = new Map(layout.boxes.map(({ id }) => [id, []]));
  for (const lane of layout.lanes) lanes.get(lane.id)?.push(lane);
  for (const box of layout.boxes) {
    const known = statusOf(replayOf(box.id));
    const { edge } = known ? palette.status[known] : { edge: palette.border };
    const { x, y, width, height } = box;
    shapes.push({
      d: rectangle(x, y, width, height, 10),
      x: 0,
      y: 0,
      fill: palette.box,
      stroke: edge,
      width: known ? 1.8 : 1.2,
    });
    shapes.push(icon(TYPE_ICONS[box.type], x + 12, y + 9, palette.quiet));
    shapes.push({ text: box.lines[0], x: x + 35, y: y + 21.5, fill: palette.text, font: FONT_NAME });
    for (const lane of lanes.get(box.id) ?? []) {
      const d = rectangle(lane.x, lane.y, lane.width, lane.height, 6);
      shapes.push({ d, x: 0, y: 0, fill: palette.canvas, stroke: palette.border, width: 1, dash: [3, 3] });
    }
  }
  for (const { points, edges, caught, arrow } of layout.lines) {
    const used = edges.some((index) => taken.has(index));
    const colour = caught ? palette.error : used ? palette.text : palette.line;
    const dash = caught ? [5, 3] : undefined;
    shapes.push({ d: roundedLine(points), x: 0, y: 0, stroke: colour, width: used ? 2.4 : 1.4, ...(dash && { dash }) });
    if (arrow) shapes.push({ d: arrowHead(points), x: 0, y: 0, fill: colour });
  }
  for (const { x, y, radius, text } of layout.marks) {
    const d = rectangle(x - radius, y - radius, 2 * radius, 2 * radius, radius);
    if (!text) shapes.push({ d, x: 0, y: 0, fill: palette.line });
    else {
      shapes.push({ d, x: 0, y: 0, fill: palette.canvas, stroke: palette.line, width: 1 });
      shapes.push({ text, x, y: y + 4, fill: palette.text, font: FONT_LABEL, anchor: "middle" });
    }
  }
  for (const node of layout.nodes) drawNode(shapes, node, replayOf(node.id), palette);
  for (const box of layout.boxes) drawBadge(shapes, box, replayOf(box.id), palette);
  for (const { label, caught } of layout.lines) {
    const fill = caught ? palette.error : palette.quiet;
    label?.lines.forEach((text, i) =>
      shapes.push({ text, x: label.x, y: label.y + 11 + 14 * i, fill, font: FONT_LABEL }),
    );
  }
  for (const { x, y, width, height, text } of layout.chips) {
    shapes.push({
      d: rectangle(x, y, width, height, 9),
      x: 0,
      y: 0,
      fill: palette.canvas,
      stroke: palette.error,
      width: 1,
      dash: [4, 2],
    });
    shapes.push({ text, x: x + 6, y: y + 13, fill: palette.error, font: FONT_LABEL });
  }
  return shapes;
}

/**
 * @param {Shape[]} shapes
 * @param {LayoutNode} node
 * @param {GraphNodeReplay | undefined} replay
 * @param {import("./theme.js").Palette} palette
 */
function drawNode(shapes, node, replay, palette) {
  const { type, x, y, width, height } = node;
  const status = statusOf(replay);
  const end = type === "start" || type === "end";
  const colours = status ? palette.status[status] : { fill: palette.paper, edge: palette.border };
  const d = rectangle(x, y, width, height, cornerOf(type, height));
  const fill = end ? palette.text : colours.fill;
  shapes.push({ d, x: 0, y: 0, fill, stroke: end ? palette.text : colours.edge, width: status ? 1.8 : 1.2 });
  if (end) {
    for (const line of linesOf(node)) {
      shapes.push({ ...line, x: x + width / 2, fill: palette.canvas, font: FONT_NAME, anchor: "middle" });
    }
    return;
  }
  shapes.push(icon(TYPE_ICONS[type] ?? TYPE_ICONS.unknown, x + 12, y + height / 2 - 8, palette.quiet));
  for (const line of linesOf(node)) shapes.push({ ...line, x: x + 35, fill: palette.text, font: FONT_NAME });
  drawBadge(shapes, node, replay, palette);
}

/**
 * @param {Shape[]} shapes
 * @param {LayoutNode | LayoutBox} place
 * @param {GraphNodeReplay | undefined} replay
 * @param {import("./theme.js").Palette} palette
 */
function drawBadge(shapes, place, replay, palette) {
  const status = statusOf(replay);
  if (!status || status === "notReached") return;
  const attempts = typeof replay?.attempts === "number" ? replay.attempts : (replay?.attempts?.length ?? 0);
  const { x, y, width, height } = badgeOf(place, attempts);
  shapes.push({ d: rectangle(x, y, width, height, height / 2), x: 0, y: 0, fill: palette.status[status].edge });
  shapes.push({ ...icon(STATUS_ICONS[status], x + 1, y + 1, palette.canvas), width: 1.8 });
  if (attempts > 1) {
    shapes.push({ text: `×${Math.min(attempts, 99)}`, x: x + 17, y: y + 13, fill: palette.canvas, font: FONT_LABEL });
  }
}

/** @param {GraphNodeReplay | undefined} replay */
function statusOf(replay) {
  return replay && Object.hasOwn(STATUS_ICONS, replay.status) ? replay.status : undefined;
}

/** @param {string} d @param {number} x @param {number} y @param {string} stroke @returns {Shape} */
function icon(d, x, y, stroke) {
  return { d, x, y, stroke, width: 1.5 };
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} radius */
function rectangle(x, y, width, height, radius) {
  const r = Math.min(radius, width / 2, height / 2);
  if (r === 0) return `M${x} ${y}h${width}v${height}h${-width}z`;
  const [w, h] = [width - 2 * r, height - 2 * r];
  const arc = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${w}${arc(r, r)}v${h}${arc(-r, r)}h${-w}${arc(-r, -r)}v${-h}${arc(r, -r)}z`;
}

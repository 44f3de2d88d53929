// Draws a layout as SVG elements. All texts become text nodes.

import { STATUS_ICONS, TYPE_ICONS, arrowHead, badgeOf, cornerOf, linesOf, roundedLine } from "./shapes.js";

/** @import { GraphLayout, LayoutBox, LayoutLine, LayoutNode } from "../graph.js" */
/** @import { Words } from "./words.js" */

const SVG = "http://www.w3.org/2000/svg";

/**
 * What is shown of the replay of a state.
 *
 * @typedef {{ status: string | undefined, attempts: number, done: number | undefined, total: number | undefined, error: string | undefined }} Shown
 */

/**
 * A state of the drawing.
 *
 * @typedef {object} Part
 * @property {LayoutNode | LayoutBox} place
 * @property {SVGGElement} root
 * @property {SVGGElement} group The button: a shape with an icon and a name for screen readers.
 * @property {SVGGElement} over What is written on it. Screen readers get the name instead.
 * @property {SVGGElement} badge
 * @property {SVGTextElement} progress
 * @property {Shown | undefined} shown What the drawing shows now; see status.js.
 */

/**
 * @typedef {object} Drawing
 * @property {SVGGElement} world
 * @property {Map<string, Part>} parts By the `id` of the state, in the order of the graph.
 * @property {{ line: LayoutLine | { edges: number[] }, group: SVGGElement, taken: boolean }[]} lines
 */

/**
 * @param {GraphLayout} layout
 * @param {readonly { id: string }[]} nodes The order of the states.
 * @param {Words} words
 * @returns {Drawing}
 */
export function draw(layout, nodes, words) {
  const world = make("g", {});
  /** @type {Drawing} */
  const drawing = { world, parts: new Map(), lines: [] };
  /** @type {Map<string, Part>} */
  const made = new Map();
  // Outer boxes come first.
  for (const box of layout.boxes) made.set(box.id, drawBox(box, words));
  for (const node of layout.nodes) made.set(node.id, drawNode(node, words));

  const lanes = layout.lanes.map(({ x, y, width, height }) =>
    make("rect", { class: "lane", x, y, width, height, rx: 6 }),
  );
  const boxes = make("g", {});
  const states = make("g", {});
  // A lane lies on its box and below the boxes inside.
  /** @type {Map<string, SVGRectElement[]>} */
  const byBox = new Map(layout.boxes.map(({ id }) => [id, []]));
  layout.lanes.forEach(({ id }, i) => byBox.get(id)?.push(lanes[i]));
  for (const box of layout.boxes) {
    const part = made.get(box.id);
    if (part) boxes.append(part.root);
    for (const lane of byBox.get(box.id) ?? []) boxes.append(lane);
  }
  for (const node of layout.nodes) {
    const part = made.get(node.id);
    if (part) states.append(part.root);
  }
  for (const { id } of nodes) {
    const part = made.get(id);
    if (part) drawing.parts.set(id, part);
  }
  const lines = make("g", {});
  const labels = make("g", {});
  for (const line of layout.lines) {
    const group = drawLine(line);
    lines.append(group);
    drawing.lines.push({ line, group, taken: false });
    if (line.label) labels.append(drawLabel(line));
  }
  const marks = layout.marks.flatMap(({ x, y, radius, text }) => [
    make("circle", { class: text ? "circle" : "mark", cx: x, cy: y, r: radius }),
    ...(text ? [make("text", { class: "number", x, y: y + 4 }, text)] : []),
  ]);
  for (const chip of layout.chips) {
    const { x, y, width, height, text, target } = chip;
    const group = make("g", { class: "chip line", "data-target": target });
    group.append(make("rect", { x, y, width, height, rx: 9 }), make("text", { x: x + 6, y: y + 13 }, text));
    labels.append(group);
    drawing.lines.push({ line: chip, group, taken: false });
  }
  const points = make("g", {});
  for (const mark of marks) points.append(mark);
  world.append(boxes, lines, points, states, labels);
  return drawing;
}

/**
 * @param {LayoutNode} node
 * @param {Words} words
 * @returns {Part}
 */
function drawNode(node, words) {
  const { type, x, y, width, height } = node;
  const end = type === "start" || type === "end";
  const part = newPart(node, end ? "end" : "", cornerOf(type, height));
  const { group, over } = part;
  if (end) {
    for (const line of linesOf(node)) over.append(make("text", { x: x + width / 2, y: line.y - 0.5 }, line.text));
    return part;
  }
  group.append(icon(TYPE_ICONS[type] ?? TYPE_ICONS.unknown, x + 12, y + height / 2 - 8));
  for (const line of linesOf(node)) over.append(make("text", { x: x + 35, y: line.y }, line.text));
  if (node.collapsed) {
    over.append(make("text", { class: "more", x: x + width - 46, y: y + height / 2 + 4 }, String(node.inside)));
    over.append(...toggle(x + width - 28, y + height / 2 - 12, words.expand, false));
  }
  over.append(part.badge);
  return part;
}

/**
 * @param {LayoutBox} box
 * @param {Words} words
 * @returns {Part}
 */
function drawBox(box, words) {
  const { type, x, y, width, lines } = box;
  const part = newPart(box, "box", 10);
  part.group.append(icon(TYPE_ICONS[type], x + 12, y + 9));
  part.progress.setAttribute("x", String(x + width - 36));
  part.progress.setAttribute("y", String(y + 21.5));
  const name = make("text", { x: x + 35, y: y + 21.5 }, lines[0]);
  part.over.append(name, part.progress, ...toggle(x + width - 30, y + 5, words.collapse, true), part.badge);
  return part;
}

/**
 * @param {LayoutNode | LayoutBox} place
 * @param {string} kind
 * @param {number} corner
 * @returns {Part}
 */
function newPart(place, kind, corner) {
  const { id, x, y, width, height, lines, node } = place;
  const role = { role: "button", tabindex: -1, "aria-pressed": "false" };
  const group = make("g", { class: `state ${kind}`, "data-id": id, ...role });
  group.append(ring(place, corner), make("rect", { class: "shape", x, y, width, height, rx: corner }));
  const over = make("g", { class: `over ${kind}`, "data-id": id, "aria-hidden": "true" });
  const root = make("g", {});
  // The whole name, if the drawing shows a part of it.
  if (lines.some((line) => line.endsWith("…"))) root.append(make("title", {}, node.name));
  root.append(group, over);
  const progress = make("text", { class: "more", "text-anchor": "end" });
  return { place, root, group, over, progress, badge: make("g", { class: "badge" }), shown: undefined };
}

/**
 * Fills the mark of a status.
 *
 * @param {Part} part
 * @param {keyof typeof STATUS_ICONS} status
 * @param {number} attempts
 */
export function drawBadge({ badge, place }, status, attempts) {
  const { x, y, width, height } = badgeOf(place, attempts);
  /** @type {SVGElement[]} */
  const shapes = [
    make("rect", { x, y, width, height, rx: height / 2 }),
    make("path", { d: STATUS_ICONS[status] ?? "", transform: `translate(${x + 1} ${y + 1})` }),
  ];
  if (attempts > 1) shapes.push(make("text", { x: x + 17, y: y + 13 }, `×${attempts > 99 ? "99" : attempts}`));
  badge.replaceChildren(...shapes);
}

/** @param {LayoutNode | LayoutBox} place @param {number} corner */
function ring({ x, y, width, height }, corner) {
  return make("rect", { class: "ring", x: x - 4, y: y - 4, width: width + 8, height: height + 8, rx: corner + 4 });
}

/** @param {string} d @param {number} x @param {number} y */
function icon(d, x, y) {
  return make("path", { class: "icon", d, transform: `translate(${x} ${y})` });
}

/**
 * The button that collapses or expands a box. Keys and names are those of the box.
 *
 * @param {number} x
 * @param {number} y
 * @param {string} name
 * @param {boolean} open
 */
function toggle(x, y, name, open) {
  const button = make("rect", { class: "toggle", x, y, width: 24, height: 24 });
  button.append(make("title", {}, name));
  const d = open ? "M7 10l5 5l5-5" : "M10 7l5 5l-5 5";
  return [button, make("path", { d, transform: `translate(${x} ${y})` })];
}

/** @param {LayoutLine} line */
function drawLine({ points, arrow, caught, loop }) {
  const group = make("g", { class: `line${caught ? " caught" : ""}${loop ? " loop" : ""}`, "aria-hidden": "true" });
  group.append(make("path", { d: roundedLine(points) }));
  if (arrow) group.append(make("path", { class: "head", d: arrowHead(points) }));
  return group;
}

/** @param {LayoutLine} line */
function drawLabel({ label, caught }) {
  const group = make("g", { "aria-hidden": "true" });
  if (!label) return group;
  label.lines.forEach((text, i) => {
    group.append(
      make("text", { class: caught ? "label caught" : "label", x: label.x, y: label.y + 11 + 14 * i }, text),
    );
  });
  if (label.lines.some((text) => text.endsWith("…"))) group.append(make("title", {}, label.text));
  return group;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function make(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const name in attributes) element.setAttribute(name, String(attributes[name]));
  if (text !== undefined) element.textContent = text;
  return element;
}

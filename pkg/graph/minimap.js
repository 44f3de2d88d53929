// A small map of the whole drawing, with the visible part as a frame.

import { make } from "./draw.js";

/** @import { GraphLayout, GraphReplay } from "../graph.js" */
/** @import { View } from "./view.js" */

const WIDTH = 200;
const HEIGHT = 150;

const BAD = new Set(["failed", "caught", "timedOut"]);
const BUSY = new Set(["running", "waiting", "retrying"]);

/** The map of a drawing. */
export class Minimap {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.svg = make("svg", { class: "map", "aria-hidden": "true" });
    this.all = make("path", {});
    this.bad = make("path", { class: "bad" });
    this.busy = make("path", { class: "busy" });
    this.frame = make("rect", {});
    this.svg.append(this.all, this.bad, this.busy, this.frame);
    /** @type {GraphLayout | undefined} */
    this.layout = undefined;
    const move = (/** @type {PointerEvent} */ event) => this.move(event);
    this.svg.addEventListener("pointerdown", (event) => {
      this.svg.setPointerCapture(event.pointerId);
      move(event);
    });
    this.svg.addEventListener("pointermove", (event) => event.buttons > 0 && move(event));
  }

  /** @param {GraphLayout | undefined} layout Absent: no map. */
  open(layout) {
    this.layout = layout;
    this.svg.toggleAttribute("hidden", !layout);
    if (!layout) return;
    const scale = Math.min(WIDTH / layout.width, HEIGHT / layout.height);
    this.svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.svg.setAttribute("width", String(Math.max(12, Math.round(layout.width * scale))));
    this.svg.setAttribute("height", String(Math.max(12, Math.round(layout.height * scale))));
    this.all.setAttribute("d", layout.nodes.map(rectangle).join(""));
    this.show();
  }

  /** Shows which part is visible. */
  show() {
    if (!this.layout) return;
    const { x, y, scale } = this.view;
    const { width, height } = this.view.frame;
    const place = { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale };
    for (const [name, value] of Object.entries(place)) this.frame.setAttribute(name, String(Math.round(value)));
  }

  /** @param {GraphReplay | undefined} replay */
  showReplay(replay) {
    if (!this.layout) return;
    const nodes = replay?.nodes ?? {};
    const [bad, busy] = [[], []].map(() => /** @type {string[]} */ ([]));
    for (const node of this.layout.nodes) {
      const status = Object.hasOwn(nodes, node.id) ? nodes[node.id]?.status : "";
      if (BAD.has(status)) bad.push(rectangle(node));
      else if (BUSY.has(status)) busy.push(rectangle(node));
    }
    for (const [path, d] of /** @type {const} */ ([
      [this.bad, bad.join("")],
      [this.busy, busy.join("")],
    ]))
      if (path.getAttribute("d") !== d) path.setAttribute("d", d);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.layout) return;
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * this.layout.width;
    this.view.center(x, ((event.clientY - top) / height) * this.layout.height);
  }
}

/** @param {{ x: number, y: number, width: number, height: number }} place */
function rectangle({ x, y, width, height }) {
  return `M${Math.round(x)} ${Math.round(y)}h${Math.round(width)}v${Math.round(height)}h${-Math.round(width)}z`;
}

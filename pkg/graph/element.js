// `<cloudflow-graph>`: the properties, events and keys of the element.

import * as codes from "../shared/codes.js";
import { CloudFlowError } from "../shared/error.js";
import { draw, make } from "./draw.js";
import { pngFile, svgFile } from "./export.js";
import { handleKey } from "./keys.js";
import { checkGraph, forgetWidths, layoutGraph } from "./layout.js";
import { Minimap } from "./minimap.js";
import { Ways } from "./navigate.js";
import { sceneOf } from "./scene.js";
import { showReplay } from "./status.js";
import { CSS } from "./theme.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";
import { wordsOf } from "./words.js";

/** @import { CloudflowGraphElement, Graph, GraphLayout, GraphReplay } from "../graph.js" */
/** @import { Drawing } from "./draw.js" */

/** Graphs with more states have a map. */
const MAP_FROM = 50;
const PROPERTIES = /** @type {const} */ (["graph", "replay", "selected", "collapsed"]);

/** @type {(new () => CloudflowGraphElement) | undefined} */
let known;

/** @type {typeof import("../graph.js").defineGraph} */
export function defineGraph(name = "cloudflow-graph") {
  if (typeof customElements === "undefined" || typeof HTMLElement === "undefined") {
    throw wrong(codes.wrongState, "`defineGraph` needs a document: call it in a page");
  }
  known ??= createClass();
  const defined = customElements.get(name);
  if (defined && defined !== known && !(defined.prototype instanceof known)) {
    throw wrong(codes.wrongState, `\`${name}\` is the name of another element: pass another name`);
  }
  // A class belongs to one name.
  if (!defined) customElements.define(name, customElements.getName?.(known) === null ? known : class extends known {});
  return /** @type {new () => CloudflowGraphElement} */ (customElements.get(name));
}

/** @param {string} code @param {string} message */
function wrong(code, message) {
  return new CloudFlowError({ kind: "request", code, message });
}

/** @returns {new () => CloudflowGraphElement} */
function createClass() {
  /** @type {CSSStyleSheet | undefined} */
  let sheet;

  /** @implements {CloudflowGraphElement} */
  return class CloudflowGraph extends HTMLElement {
    static observedAttributes = ["lang", "controls"];

    /** @type {Graph | undefined} */
    #graph;
    /** @type {GraphReplay | undefined} */
    #replay;
    /** @type {string | undefined} */
    #selected;
    /** @type {Set<string>} */
    #collapsed = new Set();
    /** @type {GraphLayout | undefined} */
    #layout;
    /** @type {Drawing | undefined} */
    #drawing;
    /** @type {Ways | undefined} */
    #ways;
    /** The state that Tab leads to. @type {string | undefined} */
    #current;
    #language = "en";
    #words = wordsOf();
    #canvas = make("svg", { class: "canvas", role: "application", part: "canvas" });
    #view = new View(this.#canvas, () => this.#map?.show());
    #map = new Minimap(this.#view);
    #empty = document.createElement("p");
    #tools = new Tools({
      zoom: (factor) => this.zoom(factor),
      fit: () => this.fit(),
      search: (text) => this.search(text),
      next: () => this.#showFound(),
    });
    /** @type {import("./keys.js").Actions} */
    #keys = {
      pan: (x, y) => this.#view.pan(x, y),
      zoom: (factor) => this.zoom(factor),
      fit: () => this.fit(),
      search: () => this.#tools.focusSearch(),
      move: (id, arrow) => {
        const next = this.#ways?.from(id, arrow);
        if (next !== undefined) this.show(next, { focus: true });
      },
      jump: (end) => {
        const ids = [...(this.#drawing?.parts.keys() ?? [])];
        this.show(ids[end === "first" ? 0 : ids.length - 1], { focus: true });
      },
      choose: (id) => (id === this.#selected ? this.#open(id) : this.#select(id)),
      clear: () => this.#select(undefined),
      toggle: (id) => this.#toggle(id),
    };
    /** @type {string[]} */
    #found = [];
    #foundAt = 0;
    #resize = new ResizeObserver(() => this.#resized());

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      if (!sheet) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
      }
      root.adoptedStyleSheets = [sheet];
      this.#empty.className = "empty";
      root.append(this.#canvas, this.#tools.root, this.#map.svg, this.#empty, this.#tools.live);
      this.#canvas.addEventListener("click", (event) => this.#click(event));
      this.#canvas.addEventListener("dblclick", (event) => this.#open(idOf(event)));
      // A listener of the drawing itself would make it focusable in Chromium.
      root.addEventListener("focusin", (event) => this.#focused(idOf(event)));
      root.addEventListener("keydown", (event) =>
        handleKey(/** @type {KeyboardEvent} */ (event), idOf(event), this.#keys),
      );
    }

    connectedCallback() {
      for (const name of PROPERTIES) {
        // Set before the element was defined.
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        Reflect.deleteProperty(this, name);
        Object.assign(this, { [name]: value });
      }
      this.#resize.observe(this);
      this.#translate();
      if (!this.#drawing) this.#draw();
      // Widths of texts change when the page loads a font of the drawing.
      if (document.fonts.status === "loading") {
        document.fonts.ready.then(() => this.isConnected && this.#draw(true));
      }
    }

    disconnectedCallback() {
      this.#resize.disconnect();
    }

    attributeChangedCallback() {
      if (!this.isConnected) return;
      this.#translate();
      this.#draw();
    }

    get graph() {
      return this.#graph;
    }

    set graph(graph) {
      if (graph !== undefined && graph !== null) checkGraph(graph);
      const before = this.#graph;
      this.#graph = graph ?? undefined;
      if (before && this.#graph && JSON.stringify(before) === JSON.stringify(this.#graph)) return;
      const ids = new Set(this.#graph?.nodes.map(({ id }) => id));
      const kept = before?.nodes.some(({ id, type }) => type !== "start" && type !== "end" && ids.has(id)) ?? false;
      this.#collapsed = new Set([...this.#collapsed].filter((id) => ids.has(id)));
      // Another flow is fitted; a flow that is being edited stays where it is.
      if (!kept) this.#view.untouched = true;
      if (this.isConnected) this.#draw();
    }

    get replay() {
      return this.#replay;
    }

    set replay(replay) {
      if (replay !== undefined && replay !== null && (typeof replay.nodes !== "object" || !replay.nodes)) {
        throw wrong(codes.wrongOptions, "`replay` must have `nodes`, an object of statuses by the `id` of the node");
      }
      this.#replay = replay ?? undefined;
      this.#showReplay();
    }

    get selected() {
      return this.#selected;
    }

    set selected(id) {
      this.#mark(id ?? undefined);
      if (id && this.#drawing?.parts.has(id)) this.show(id);
    }

    get collapsed() {
      return [...this.#collapsed];
    }

    set collapsed(ids) {
      this.#collapsed = new Set(ids);
      this.#draw();
    }

    get layout() {
      return this.#layout;
    }

    fit() {
      this.#view.fit(true);
    }

    /** @param {number} factor */
    zoom(factor) {
      this.#view.zoom(factor);
    }

    /**
     * @param {string} id
     * @param {{ focus?: boolean | undefined }} [options]
     */
    show(id, { focus = false } = {}) {
      const part = this.#drawing?.parts.get(id);
      if (!part) return;
      const { x, y, width, height } = part.place;
      this.#view.show({ x, y, width, height: "header" in part.place ? part.place.header : height });
      if (focus) part.group.focus({ preventScroll: true });
    }

    /** @param {string} text */
    search(text) {
      const wanted = text.trim().toLocaleLowerCase();
      this.#found = [];
      this.#foundAt = 0;
      for (const [id, { group, place }] of this.#drawing?.parts ?? []) {
        const found = wanted !== "" && place.node.name.toLocaleLowerCase().includes(wanted);
        group.classList.toggle("found", found);
        if (found) this.#found.push(id);
      }
      this.#tools.say(wanted === "" ? "" : this.#words.found(this.#found.length));
      if (this.#found.length > 0) this.show(this.#found[0]);
      return this.#found.length;
    }

    /** @param {import("../graph.js").GraphExportOptions} [options] */
    toSVG({ theme } = {}) {
      const { shapes, size, title } = this.#scene(theme);
      return svgFile(shapes, size, title);
    }

    /** @param {import("../graph.js").GraphExportOptions} [options] */
    async toPNG({ theme, scale = 2 } = {}) {
      const { shapes, size } = this.#scene(theme);
      return pngFile(shapes, size, Number(scale) || 2);
    }

    /** @param {"light" | "dark" | undefined} theme */
    #scene(theme) {
      if (!this.#graph || !this.#layout) throw wrong(codes.wrongState, "the element has no `graph` to export");
      const dark =
        this.getAttribute("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      const shapes = sceneOf(this.#graph, this.#layout, this.#replay, (theme ?? dark) === "dark" ? "dark" : "light");
      const { width, height } = this.#layout;
      return { shapes, size: { width, height }, title: this.#words.states(this.#count()) };
    }

    #count() {
      return (this.#graph?.nodes ?? []).filter(({ type }) => type !== "start" && type !== "end").length;
    }

    #translate() {
      this.#language = this.lang || this.closest("[lang]")?.getAttribute("lang") || "en";
      this.#words = wordsOf(this.#language);
      this.#tools.translate(this.#words);
      this.#empty.textContent = this.#words.empty;
    }

    /** @param {boolean} [fonts] Fonts have changed. */
    #draw(fonts = false) {
      if (!this.isConnected) return;
      const graph = this.#graph ?? { nodes: [], edges: [] };
      const focused =
        this.shadowRoot?.activeElement === null ? undefined : idOf({ target: this.shadowRoot?.activeElement ?? null });
      const options = { lang: this.#language, collapsed: this.#collapsed };
      if (fonts) forgetWidths();
      const layout = layoutGraph(graph, options);
      this.#layout = layout;
      this.#view.measure();
      this.#ways = new Ways(layout);
      this.#drawing?.world.remove();
      this.#drawing = draw(layout, graph.nodes, this.#words);
      this.#canvas.append(this.#drawing.world);
      this.#canvas.setAttribute("aria-label", `${this.#words.states(this.#count())}. ${this.#words.help}`);
      const none = graph.nodes.length === 0;
      this.#empty.hidden = !none;
      const hidden = none || this.getAttribute("controls") === "none";
      this.#tools.root.hidden = hidden;
      this.#view.tools = !hidden;
      this.#map.open(!hidden && this.#count() > MAP_FROM ? layout : undefined);
      const { untouched } = this.#view;
      const start = layout.nodes.find(({ type }) => type === "start");
      this.#view.open(this.#drawing.world, layout, start ? start.x + start.width / 2 : 0);
      if (untouched) this.#view.fit(false);
      for (const [id, { group, place }] of this.#drawing.parts) {
        if ("header" in place || place.collapsed) group.setAttribute("aria-expanded", String(!this.#collapsed.has(id)));
      }
      this.#showReplay();
      this.#mark(this.#selected);
      this.#focusable(this.#current);
      if (focused) this.#drawing.parts.get(focused)?.group.focus({ preventScroll: true });
    }

    #showReplay() {
      if (!this.#drawing) return;
      showReplay(this.#drawing, this.#graph ?? { nodes: [], edges: [] }, this.#replay, this.#words);
      this.#map.showReplay(this.#replay);
    }

    #resized() {
      this.#view.measure();
      if (this.#view.untouched) this.#view.fit(false);
      else this.#view.apply();
    }

    /** @param {string | undefined} id */
    #mark(id) {
      const parts = this.#drawing?.parts;
      const before = this.#selected === undefined ? undefined : parts?.get(this.#selected);
      before?.group.classList.remove("selected");
      before?.group.setAttribute("aria-pressed", "false");
      this.#selected = id;
      const now = id === undefined ? undefined : parts?.get(id);
      now?.group.classList.add("selected");
      now?.group.setAttribute("aria-pressed", "true");
      if (now) this.#focusable(id);
    }

    /**
     * One state is in the order of Tab.
     *
     * @param {string | undefined} id
     */
    #focusable(id) {
      const parts = this.#drawing?.parts;
      if (!parts) return;
      if (this.#current !== undefined) parts.get(this.#current)?.group.setAttribute("tabindex", "-1");
      const first = parts.keys().next().value;
      this.#current = id !== undefined && parts.has(id) ? id : first;
      if (this.#current !== undefined) parts.get(this.#current)?.group.setAttribute("tabindex", "0");
    }

    /** @param {string | undefined} id */
    #focused(id) {
      if (id === undefined || !this.#drawing?.parts.has(id)) return;
      this.#focusable(id);
      if (this.#drawing.parts.get(id)?.group.matches(":focus-visible")) this.show(id);
    }

    /** @param {MouseEvent} event */
    #click(event) {
      if (this.#view.dragged) return;
      const target = /** @type {Element} */ (event.target);
      const chip = target.closest(".chip")?.getAttribute("data-target");
      const id = chip ?? idOf(event);
      if (id !== undefined && target.classList.contains("toggle")) this.#toggle(id);
      else this.#select(id);
      if (chip) this.show(chip);
    }

    /** @param {string | undefined} id */
    #select(id) {
      if (id === this.#selected) return;
      this.#mark(id);
      this.#send("select", id);
    }

    /** @param {string | undefined} id */
    #open(id) {
      if (id !== undefined) this.#send("open", id);
    }

    /** @param {"select" | "open"} type @param {string | undefined} id */
    #send(type, id) {
      const node = this.#graph?.nodes.find((one) => one.id === id);
      this.dispatchEvent(new CustomEvent(type, { detail: { id, node }, bubbles: true, composed: true }));
    }

    /** @param {string} id */
    #toggle(id) {
      const before = this.#drawing?.parts.get(id)?.place;
      if (!before || !("header" in before || before.collapsed)) return;
      if (!this.#collapsed.delete(id)) this.#collapsed.add(id);
      const { x, y, scale, untouched } = this.#view;
      const corner = { x: x + before.x * scale, y: y + before.y * scale };
      this.#view.untouched = false;
      this.#draw();
      const after = this.#drawing?.parts.get(id)?.place;
      // The box stays where the user has clicked.
      if (after && !untouched)
        this.#view.pan(corner.x - this.#view.x - after.x * scale, corner.y - this.#view.y - after.y * scale);
      else if (untouched) this.#view.fit(false);
      this.#drawing?.parts.get(id)?.group.focus({ preventScroll: true });
    }

    #showFound() {
      if (this.#found.length === 0) return;
      const id = this.#found[this.#foundAt % this.#found.length];
      this.#foundAt += 1;
      this.#select(id);
      this.show(id);
    }
  };
}

/**
 * The state that an event is about.
 *
 * @param {{ target: EventTarget | null }} event
 */
function idOf({ target }) {
  if (!(target instanceof Element)) return undefined;
  return target.closest("[data-id]")?.getAttribute("data-id") ?? undefined;
}

/**
 * Draws flows: `<cloudflow-graph>`, a custom element for any page, and its layout as a function.
 *
 * Importing the entry in a page defines the element `cloudflow-graph`. Without a document the import does nothing.
 *
 * @module cloudflow-wasm/graph
 */

import type { GraphEdge, GraphNode } from "./index.js";

/** A graph as `flowGraph` returns it. */
export interface Graph {
  /** The states, the start and the end. */
  nodes: readonly GraphNode[];
  /** The transitions. */
  edges: readonly GraphEdge[];
}

/** What happened to a state in an execution. */
export type GraphStatus =
  | "notReached"
  | "running"
  | "waiting"
  | "retrying"
  | "succeeded"
  | "failed"
  | "caught"
  | "timedOut"
  | "stopped";

/** What happened to one node of the graph. Other properties are ignored. */
export interface GraphNodeReplay {
  /** What happened to the state. */
  status: GraphStatus;
  /** Number of attempts, or the attempts. */
  attempts?: number | readonly unknown[] | undefined;
  /** Error code of the last attempt. */
  error?: string | undefined;
  /** Iterations of a Map or branches of a Parallel. */
  progress?: { done: number; total?: number | undefined } | undefined;
}

/** An execution on its graph. */
export interface GraphReplay {
  /** By the `id` of the node. A node that is absent has not been reached. */
  nodes: { readonly [id: string]: GraphNodeReplay };
  /** Edges that were taken: indexes in `graph.edges`, or their ends. */
  edges?:
    | readonly (number | { from: string; to: string; kind?: string | undefined } | readonly [string, string])[]
    | undefined;
}

/** A language of the element: English unless the tag begins with `zh`. */
export type GraphLanguage = string;

/** Options of `layoutGraph`. */
export interface LayoutOptions {
  /** Language of "default", "any error" and the like. Default: English. */
  lang?: GraphLanguage | undefined;
  /** `id`s of Parallel and Map states whose contents are hidden. */
  collapsed?: Iterable<string> | undefined;
  /** Width of a text in px in a CSS font. Default: a canvas if there is one, otherwise an estimate. */
  measure?: ((text: string, font: string) => number) | undefined;
}

/** A rectangle, in px from the upper left corner of the drawing. */
export interface LayoutPlace {
  /** Distance from the left edge of the drawing, in px. */
  x: number;
  /** Distance from the upper edge of the drawing, in px. */
  y: number;
  /** Width, in px. */
  width: number;
  /** Height, in px. */
  height: number;
}

/** A state, the start or the end. */
export interface LayoutNode extends LayoutPlace {
  /** `id` of the node. */
  id: string;
  /** Type of the node. */
  type: GraphNode["type"];
  /** Its name, in one or two lines. */
  lines: string[];
  /** The node of the graph. */
  node: GraphNode;
  /** A Parallel or a Map whose contents are hidden. */
  collapsed: boolean;
  /** Number of states inside, if it is collapsed. */
  inside: number;
}

/** A Parallel or a Map around its contents. */
export interface LayoutBox extends LayoutPlace {
  /** `id` of the node. */
  id: string;
  /** Type of the node. */
  type: GraphNode["type"];
  /** Its name, in one or two lines. */
  lines: string[];
  /** The node of the graph. */
  node: GraphNode;
  /** Height of the header. */
  header: number;
}

/** A branch of a Parallel. */
export interface LayoutLane extends LayoutPlace {
  /** `id` of the Parallel. */
  id: string;
  /** Index of the branch. */
  branch: number;
}

/** One or several edges with the same ends. */
export interface LayoutLine {
  /** `id` of a node, or of a point: `<id>|<branch>#in` is the top of a branch, `#out` its end. */
  from: string;
  /** The same for the end of the line. */
  to: string;
  /** Indexes in `graph.edges`. */
  edges: number[];
  /** An error leads here. */
  caught: boolean;
  /** Leads upwards. */
  loop: boolean;
  /** Ends with an arrow head. */
  arrow: boolean;
  /** Corners. All segments are horizontal or vertical. */
  points: [x: number, y: number][];
  /** Its label, in one or several lines. Absent if it has none. */
  label?: (LayoutPlace & { lines: string[]; text: string }) | undefined;
}

/** A point where ways merge, or a numbered circle that joins the parts of a long flow. */
export interface LayoutMark {
  /** Distance of the centre from the left edge of the drawing, in px. */
  x: number;
  /** Distance of the centre from the upper edge of the drawing, in px. */
  y: number;
  /** Radius, in px. */
  radius: number;
  /** Number in the circle. Empty for a point where lines merge. */
  text: string;
}

/** A reference to a distant handler, in place of a line. */
export interface LayoutChip extends LayoutPlace {
  /** `id` of the source. */
  id: string;
  /** `id` of the handler. */
  target: string;
  /** Text of the reference. */
  text: string;
  /** Indexes in `graph.edges`. */
  edges: number[];
}

/** Places of everything in a drawing. */
export interface GraphLayout {
  /** Width of the drawing, in px. */
  width: number;
  /** Height of the drawing, in px. */
  height: number;
  /** The states, the start and the end. */
  nodes: LayoutNode[];
  /** The expanded Parallel and Map states. */
  boxes: LayoutBox[];
  /** The branches of the expanded Parallel states. */
  lanes: LayoutLane[];
  /** The lines between them. */
  lines: LayoutLine[];
  /** The points where lines merge, and the circles that join parts. */
  marks: LayoutMark[];
  /** The references that replace long lines. */
  chips: LayoutChip[];
}

/**
 * Places the nodes, lines and labels of a graph. It needs no document. Its time is proportional to `n log n`.
 *
 * @example
 * import { flowGraph } from "cloudflow-wasm";
 * import { layoutGraph } from "cloudflow-wasm/graph";
 *
 * const { width, height, nodes, lines } = layoutGraph(flowGraph(text));
 */
export function layoutGraph(graph: Graph, options?: LayoutOptions): GraphLayout;

/** Detail of the events `select` and `open`. */
export interface GraphEventDetail {
  /** `id` of the state. Absent in `select` if nothing is selected. */
  id: string | undefined;
  /** The node of the state. Absent if `id` is. */
  node: GraphNode | undefined;
}

/** Options of `toSVG` and `toPNG`. */
export interface GraphExportOptions {
  /** Default: that of the element. */
  theme?: "light" | "dark" | undefined;
  /** Pixels of the picture per pixel of the drawing. Default: 2. A picture has at most 16,384 pixels a side. */
  scale?: number | undefined;
}

/**
 * `<cloudflow-graph>`.
 *
 * Attributes: `lang` ("en", "zh"), `theme` ("light", "dark"; absent: that of the system), `controls` ("none" hides the
 * buttons, the search and the map).
 *
 * @example
 * import "cloudflow-wasm/graph";
 * import { flowGraph } from "cloudflow-wasm";
 *
 * const element = document.querySelector("cloudflow-graph");
 * element.graph = flowGraph(text);
 * element.addEventListener("select", ({ detail }) => console.log(detail.id));
 */
export interface CloudflowGraphElement extends HTMLElement {
  /** The flow. Setting it draws anew and shows all of it; setting an equal graph changes nothing. */
  graph: Graph | undefined;
  /** The execution. Setting it changes colours and names only. */
  replay: GraphReplay | undefined;
  /** `id` of the selected state. Setting it dispatches no event. */
  selected: string | undefined;
  /** `id`s of the collapsed Parallel and Map states. */
  collapsed: readonly string[];
  /** The drawing. */
  readonly layout: GraphLayout | undefined;
  /** Shows all of the drawing. */
  fit(): void;
  /** Changes the scale by a factor, around the middle. */
  zoom(factor: number): void;
  /** Moves a state into view and, with `focus`, focuses it. */
  show(id: string, options?: { focus?: boolean | undefined }): void;
  /** Marks the states whose names contain the text; returns their number. */
  search(text: string): number;
  /** The drawing as the text of an SVG file. */
  toSVG(options?: GraphExportOptions): string;
  /** The drawing as a PNG file. */
  toPNG(options?: GraphExportOptions): Promise<Blob>;
}

/**
 * Defines the element under a name and returns its class. The same name can be defined again. Throws a
 * `CloudFlowError` without a document, and if the name belongs to another element.
 */
export function defineGraph(name?: string): { new (): CloudflowGraphElement };

declare global {
  interface HTMLElementTagNameMap {
    "cloudflow-graph": CloudflowGraphElement;
  }
}

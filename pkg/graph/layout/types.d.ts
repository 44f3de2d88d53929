// Types of the layout. They are not a part of the interface of the package.

import type { GraphEdge, GraphNode } from "../../index.js";

/** A box of the drawing that takes part in the layout: a state, a start, an end, or a point. */
export interface Item {
  id: string;
  node: GraphNode | undefined;
  /** `in` is the top of a lane, `out` the point where its ways merge, `circle` a numbered end of a folded column. */
  type: GraphNode["type"] | "in" | "out" | "circle";
  scope: Scope;
  /** Position in the scope, in text order. */
  index: number;
  lines: string[];
  textWidth: number;
  width: number;
  height: number;
  /** A Parallel or a Map. */
  box: boolean;
  collapsed: boolean;
  /** Number of states inside. */
  inside: number;
  lanes: Scope[];
  /** Places of the lanes, relative to the box. */
  grid: Cell[];
  /** Distance of the main way from the left border. Absent if it is in the middle. */
  spine: number | undefined;
  chips: Chip[];
  row: Row | undefined;
}

export interface Cell {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Distance of the main way from the left border of the cell. */
  spine: number;
}

/** A reference to a distant handler, drawn at its source. */
export interface Chip {
  text: string;
  width: number;
  edges: number[];
  target: string;
  /** Place relative to the row. */
  dy: number;
}

/** The root, a branch of a Parallel, or the body of a Map. */
export interface Scope {
  owner: Item | undefined;
  branch: number;
  depth: number;
  items: Item[];
  edges: Edge[];
  /** The top of a lane. Absent in the root. */
  top: Item | undefined;
  /** The point where the ways of a lane merge. Absent in the root. */
  out: Item | undefined;
  /** The columns side by side; more than one if the scope is folded. */
  block: Block;
}

export interface Block {
  parts: { column: Column; x: number }[];
  left: number;
  right: number;
  height: number;
}

/** Edges of the graph with the same ends. */
export interface Edge {
  from: Item;
  to: Item;
  kind: GraphEdge["kind"] | "in" | "out";
  /** Drawn as an error: dashed, and leaves at the right. */
  caught: boolean;
  /** Leads upwards. */
  back: boolean;
  /** Indexes of the edges of the graph. */
  edges: number[];
  texts: string[];
  label: Label | undefined;
  points: Point[];
  /** Where the label is. */
  at: Point | undefined;
}

export interface Label {
  lines: string[];
  width: number;
  height: number;
}

/** A point relative to a column. */
export interface Point {
  column: Column;
  x: number;
  y: number;
}

/** Rows from the top to the bottom, in two strips: the main way and, at its right, handlers and the like. */
export interface Column {
  scope: Scope;
  root: Item;
  rows: Row[];
  /** The row of lanes that this column is a lane of. */
  outer: Row | undefined;
  lane: number;
  depth: number;
  ways: Way[];
  /** Distance of the axis of the column from the axis of the outer one. */
  offset: number;
  left: number;
  right: number;
  height: number;
  /** Ways that leave at the bottom and at the top. */
  exits: Exit[];
  ups: Exit[];
  /** The edge to the root, if this column is a lane. */
  fork: Edge | undefined;
  /** Absolute position of the axis. */
  x: number;
  y: number;
}

export interface Exit {
  x: number;
  target: Item;
  caught: boolean;
  edges: Edge[];
}

export type Side = "left" | "right";

/** An edge as one column sees it. */
export interface Way {
  edge: Edge;
  row: Row;
  /** Absent if the target is outside of the column. */
  target: Row | undefined;
  /** The same edge in the outer column, if the target is outside of this one. */
  outer: Way | undefined;
  /** The same edge in a lane of the row. */
  inner: Way | undefined;
  /**
   * `straight`: to the next row. `fork`: to a lane. `down`: from the bottom of the last row of a strip. `next`: from a
   * lane to the next row. `side`: past rows, through a gutter. `loop`: upwards.
   */
  role: "straight" | "fork" | "down" | "next" | "side" | "loop";
  side: Side;
  /** Height of the port, relative to the row. */
  dy: number;
}

export interface Row {
  item: Item | undefined;
  lanes: Column[];
  /** The row above the lanes. */
  after: Row | undefined;
  strip: 0 | 1;
  /** The first row of a block of the second strip. */
  head: boolean;
  column: Column;
  index: number;
  prev: Row | undefined;
  next: Row | undefined;
  right: Way[];
  left: Way[];
  straight: Way | undefined;
  down: Way | undefined;
  /** Loops arrive at the left or at the right. */
  loopLeft: boolean;
  loopRight: boolean;
  /** Ways arrive at the track above the row. */
  entered: boolean;
  exits: RowExit[];
  ups: RowExit[];
  exitTracks: number;
  upTracks: number;
  /** Height of the labels of the lanes. */
  band: number;
  /** The strip below this row must leave room for rows of the other strip. */
  sources: { row: Row; dy: number }[];
  x: number;
  y: number;
  height: number;
  extentLeft: number;
  extentRight: number;
  track: number;
}

/** Ways of one lane to one target. */
export interface RowExit {
  x: number;
  lane: Column;
  edges: Edge[];
  way: Way;
  track: number;
}

/** One vertical line in a gutter, shared by ways to one target. */
export interface Bus {
  strip: 0 | 1;
  side: Side;
  target: Row | undefined;
  item: Item;
  caught: boolean;
  loop: boolean;
  pins: Pin[];
  /** Where it arrives. */
  end: number;
  top: number;
  bottom: number;
  x: number;
}

export interface Pin {
  edges: Edge[];
  /** The way from the source to the bus. */
  path: { x: number; y: number }[];
  row: Row;
  y: number;
  /** Comes from the other strip. */
  far: boolean;
  /** Least distance of the bus from the axis. */
  reach: number;
}

export type Measure = (text: string, font: string) => number;

export interface Settings {
  measure: Measure;
  words: { noName: string; default: string; noMatch: string; anyError: string; start: string; end: string };
  collapsed: ReadonlySet<string>;
}

// Reads a graph into scopes of items and edges. The root, each branch of a Parallel and each body of a Map is a scope.

import { FONT_LABEL, FONT_NAME, wrap } from "./text.js";

/** @import { Edge, Item, Scope, Settings } from "./types.js" */
/** @import { GraphEdge, GraphNode } from "../../index.js" */

const NAME_WIDTH = 172;
const HEADER_WIDTH = 220;
const LABEL_WIDTH = 150;
const LINE_HEIGHT = 14;

/**
 * The scopes, each after the scope around it.
 *
 * @param {{ nodes: readonly GraphNode[], edges: readonly GraphEdge[] }} graph
 * @param {Settings} settings
 */
export function createModel(graph, settings) {
  const { homes, hidden } = findHomes(graph.nodes, settings.collapsed);
  const root = newScope(undefined, 0);
  const scopes = [root];
  /** @type {Map<string, Map<number, Scope>>} */
  const lanesOf = new Map();
  /** @type {Map<string, Item>} */
  const items = new Map();

  // Boxes before their contents, so that a scope has its owner.
  for (const node of homes.keys()) {
    const home = homes.get(node);
    let scope = root;
    if (home?.owner) {
      const owner = /** @type {Item} */ (items.get(home.owner));
      let lanes = lanesOf.get(home.owner);
      if (!lanes) lanesOf.set(home.owner, (lanes = new Map()));
      scope = lanes.get(home.branch) ?? newScope(owner, home.branch);
      if (!lanes.has(home.branch)) {
        lanes.set(home.branch, scope);
        owner.lanes.push(scope);
        scopes.push(scope);
      }
    }
    const item = newItem(node, scope, settings);
    items.set(node.id, item);
    scope.items.push(item);
  }
  for (const [id, at] of hidden) {
    const box = items.get(at);
    if (box) {
      box.inside += 1;
      items.set(id, box);
    }
  }
  for (const item of items.values()) item.lanes.sort((a, b) => a.branch - b.branch);
  for (const scope of scopes) {
    if (!scope.owner) continue;
    scope.top = point("in", scope);
    scope.out = point("out", scope);
    scope.items = [scope.top, ...scope.items, scope.out];
  }
  readEdges(graph.edges, items, settings);
  for (const scope of scopes) finish(scope, settings);
  return { root, scopes, items };
}

/**
 * The box around each node, and the nodes inside of collapsed boxes. The order is that of the graph, except that a box
 * precedes its contents.
 *
 * @param {readonly GraphNode[]} nodes
 * @param {ReadonlySet<string>} collapsed
 */
function findHomes(nodes, collapsed) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** @type {Map<GraphNode, { owner: string | undefined, branch: number }>} */
  const homes = new Map();
  /** @type {Map<string, string>} */
  const hidden = new Map();
  const open = new Set();
  for (const first of nodes) {
    // The nodes around it that have no home yet; `open` ends a cycle of parents.
    const path = [];
    for (let node = /** @type {GraphNode | undefined} */ (first); node; node = byId.get(node.parent ?? "")) {
      if (homes.has(node) || hidden.has(node.id) || open.has(node)) break;
      open.add(node);
      path.push(node);
    }
    for (const node of path.reverse()) {
      const parent = byId.get(node.parent ?? "");
      const around = parent && (hidden.get(parent.id) ?? (collapsed.has(parent.id) && isBox(parent) ? parent.id : ""));
      if (around) hidden.set(node.id, around);
      else if (!parent || !homes.has(parent)) homes.set(node, { owner: undefined, branch: 0 });
      else if (parent.type === "parallel") homes.set(node, { owner: parent.id, branch: node.branch ?? 0 });
      else if (parent.type === "foreach") homes.set(node, { owner: parent.id, branch: 0 });
      else homes.set(node, /** @type {{ owner: string | undefined, branch: number }} */ (homes.get(parent)));
      open.delete(node);
    }
  }
  return { homes, hidden };
}

/** @param {GraphNode} node */
export function isBox(node) {
  return node.type === "parallel" || node.type === "foreach";
}

/**
 * @param {Item | undefined} owner
 * @param {number} branch
 * @returns {Scope}
 */
function newScope(owner, branch) {
  const block = { parts: [], left: 0, right: 0, height: 0 };
  const depth = owner ? owner.scope.depth + 1 : 0;
  return { owner, branch, depth, items: [], edges: [], top: undefined, out: undefined, block };
}

/**
 * @param {GraphNode} node
 * @param {Scope} scope
 * @param {Settings} settings
 * @returns {Item}
 */
function newItem(node, scope, { measure, words, collapsed }) {
  const box = isBox(node);
  const closed = box && collapsed.has(node.id);
  const end = node.type === "start" || node.type === "end";
  const name = end ? words[node.type === "start" ? "start" : "end"] : node.name || words.noName;
  const text = wrap(name, box ? HEADER_WIDTH : NAME_WIDTH, FONT_NAME, box ? 1 : 2, measure);
  const item = blank(node.id, node.type, scope);
  item.node = node;
  item.lines = text.lines;
  item.textWidth = text.width;
  item.box = box;
  item.collapsed = closed;
  if (end) {
    item.width = Math.max(56, Math.ceil(text.width) + 28);
    item.height = 26;
  } else {
    item.width = Math.max(96, Math.ceil(text.width) + 46 + (closed ? 40 : 0));
    item.height = text.lines.length > 1 ? 52 : 38;
  }
  return item;
}

/**
 * An item without a width, at the top or at the bottom of a lane.
 *
 * @param {"in" | "out"} type
 * @param {Scope} scope
 */
function point(type, scope) {
  return blank(`${scope.owner?.id}|${scope.branch}#${type}`, type, scope);
}

/**
 * @param {string} id
 * @param {Item["type"]} type
 * @param {Scope} scope
 * @returns {Item}
 */
export function blank(id, type, scope) {
  return {
    id,
    node: undefined,
    type,
    scope,
    index: 0,
    lines: [],
    textWidth: 0,
    width: 0,
    height: 0,
    box: false,
    collapsed: false,
    inside: 0,
    lanes: [],
    grid: [],
    spine: undefined,
    chips: [],
    row: undefined,
  };
}

/**
 * Edges between items of one scope. An edge into or out of a box is an edge of the box.
 *
 * @param {readonly GraphEdge[]} edges
 * @param {Map<string, Item>} items
 * @param {Settings} settings
 */
function readEdges(edges, items, settings) {
  /** @type {Map<Item, Map<Item, Edge[]>>} */
  const known = new Map();
  edges.forEach((edge, index) => {
    let from = items.get(edge.from);
    let to = items.get(edge.to);
    // A fail ends its flow or its branch: nothing follows it.
    if (!from || !to || edge.kind === "fail") return;
    /** @type {Edge["kind"]} */
    let kind = edge.kind;
    if (kind === "fork" || kind === "iterate") {
      if (to === from || !to.scope.top) return;
      from = to.scope.top;
      kind = "in";
    } else if (kind === "join" || kind === "collect") {
      while (from.scope.owner && from.scope.owner !== to) from = from.scope.owner;
      if (from === to || !from.scope.out) return;
      to = from.scope.out;
      kind = "out";
    } else {
      if (from === to && (from.collapsed || edge.from !== edge.to)) return;
      while (from.scope !== to.scope) {
        if (from.scope.depth >= to.scope.depth && from.scope.owner) from = from.scope.owner;
        else to = /** @type {Item} */ (to.scope.owner);
      }
    }
    const caught = kind === "catch";
    const text = kind === "in" ? "" : labelText(edge, settings);
    let ends = known.get(from);
    if (!ends) known.set(from, (ends = new Map()));
    const same = ends.get(to)?.find((other) => other.caught === caught);
    if (same) {
      same.edges.push(index);
      if (text && !same.texts.includes(text)) same.texts.push(text);
      return;
    }
    const made = newEdge(from, to, kind, caught);
    made.edges.push(index);
    if (text) made.texts.push(text);
    from.scope.edges.push(made);
    ends.set(to, [...(ends.get(to) ?? []), made]);
  });
}

/**
 * @param {Item} from
 * @param {Item} to
 * @param {Edge["kind"]} kind
 * @param {boolean} caught
 * @returns {Edge}
 */
export function newEdge(from, to, kind, caught) {
  return { from, to, kind, caught, back: false, edges: [], texts: [], label: undefined, points: [], at: undefined };
}

/**
 * @param {GraphEdge} edge
 * @param {Settings} settings
 */
function labelText({ kind, label }, { words }) {
  if (kind === "catch") return label || words.anyError;
  if (kind === "default") return label ?? words.default;
  if (kind === "noMatch") return label ?? words.noMatch;
  return label ?? "";
}

/**
 * Removes points that nothing needs, numbers the items, wraps labels and finds the edges that lead upwards.
 *
 * @param {Scope} scope
 * @param {Settings} settings
 */
function finish(scope, { measure }) {
  const { out } = scope;
  if (out) {
    const ways = scope.edges.filter((edge) => edge.to === out);
    if (ways.length < 2) {
      scope.items = scope.items.filter((item) => item !== out);
      scope.edges = scope.edges.filter((edge) => edge.to !== out);
      scope.out = undefined;
    }
  } else {
    // A flow that can only fail has no way to its end.
    const reached = new Set(scope.edges.map((edge) => edge.to));
    scope.items = scope.items.filter((item) => item.type !== "end" || reached.has(item));
  }
  scope.items.forEach((item, index) => (item.index = index));
  for (const edge of scope.edges) {
    if (edge.texts.length === 0) continue;
    const { lines, width } = wrap(edge.texts.join(" / "), LABEL_WIDTH, FONT_LABEL, 2, measure);
    edge.label = { lines, width: Math.ceil(width) + 2, height: lines.length * LINE_HEIGHT };
  }
  findLoops(scope);
}

/**
 * Marks back edges by a depth-first search in text order.
 *
 * @param {Scope} scope
 */
function findLoops({ items, edges }) {
  /** @type {Edge[][]} */
  const leaving = items.map(() => []);
  for (const edge of edges) leaving[edge.from.index].push(edge);
  // 0: not seen, 1: on the path, 2: done.
  const seen = new Uint8Array(items.length);
  const next = new Uint32Array(items.length);
  for (const first of items) {
    if (seen[first.index]) continue;
    const path = [first];
    seen[first.index] = 1;
    for (let item = path.at(-1); item; item = path.at(-1)) {
      const edge = leaving[item.index][next[item.index]++];
      if (!edge) {
        seen[item.index] = 2;
        path.pop();
      } else if (seen[edge.to.index] === 0) {
        seen[edge.to.index] = 1;
        path.push(edge.to);
      } else {
        edge.back = seen[edge.to.index] === 1;
      }
    }
  }
}

// The structure of one scope: topological order, dominators, and what is not a part of the main way.

/** @import { Edge, Item, Scope } from "./types.js" */

/** A way back with as many items, at most, is beside the main way. */
const SHORT = 6;

/**
 * @typedef {object} Order
 * @property {Item} root The first item.
 * @property {Item[]} sorted Topological order of all items, by edges that lead downwards. The root is first.
 * @property {Edge[][]} leaving Edges that lead downwards, by the index of their source.
 * @property {Edge[][]} arriving The same by the index of their target.
 * @property {Item[][]} kids Items that an item dominates directly, in topological order.
 * @property {boolean[]} side Items that only errors reach, or that lead only to failures or back.
 * @property {boolean[]} open Items that a loop from elsewhere enters: they are in no lane of their own.
 * @property {boolean[]} orphan Items that nothing leads to.
 */

/**
 * @param {Scope} scope
 * @returns {Order}
 */
export function orderScope(scope) {
  const { items } = scope;
  const root = items[0];
  /** @type {Edge[][]} */
  const leaving = items.map(() => []);
  /** @type {Edge[][]} */
  const arriving = items.map(() => []);
  /** @type {Edge[]} */
  const loops = [];
  for (const edge of scope.edges) {
    if (edge.back) {
      loops.push(edge);
    } else {
      leaving[edge.from.index].push(edge);
      arriving[edge.to.index].push(edge);
    }
  }
  const { sorted, orphan } = sortDown(items, leaving, arriving);
  const dominators = findDominators(sorted, arriving);
  const side = findSide(sorted, leaving, orphan, loops, dominators.above);
  /** @type {Item[][]} */
  const kids = items.map(() => []);
  for (const item of sorted) {
    if (item !== root) kids[dominators.above[item.index].index].push(item);
  }
  const open = findOpen(sorted, loops, dominators);
  return { root, sorted, leaving, arriving, kids, side, open, orphan };
}

/**
 * Reverse postorder. Items that nothing leads to follow the others where possible; the end is last.
 *
 * @param {Item[]} items
 * @param {Edge[][]} leaving
 * @param {Edge[][]} arriving
 */
function sortDown(items, leaving, arriving) {
  const root = items[0];
  const orphan = items.map((item) => item !== root && arriving[item.index].length === 0);
  const seen = new Uint8Array(items.length);
  const left = new Int32Array(items.length);
  /** @type {Item[]} */
  const post = [];
  const visit = (/** @type {Item} */ first) => {
    if (seen[first.index]) return;
    const path = [first];
    seen[first.index] = 1;
    left[first.index] = leaving[first.index].length;
    for (let item = path.at(-1); item; item = path.at(-1)) {
      const edge = leaving[item.index][--left[item.index]];
      if (!edge) {
        post.push(item);
        path.pop();
      } else if (!seen[edge.to.index]) {
        seen[edge.to.index] = 1;
        left[edge.to.index] = leaving[edge.to.index].length;
        path.push(edge.to);
      }
    }
  };
  for (let i = items.length - 1; i > 0; i -= 1) if (orphan[i]) visit(items[i]);
  visit(root);
  const reached = post.toReversed().filter((item) => item !== root && !isLast(item));
  return { sorted: [root, ...reached, ...items.filter((item) => item !== root && isLast(item))], orphan };
}

/** @param {Item} item */
export function isLast(item) {
  return item.type === "end" || item.type === "out";
}

/**
 * @param {Item[]} sorted
 * @param {Edge[][]} leaving
 * @param {boolean[]} orphan
 * @param {Edge[]} loops
 * @param {Item[]} above Direct dominators.
 */
function findSide(sorted, leaving, orphan, loops, above) {
  const root = sorted[0];
  const main = new Uint8Array(sorted.length);
  main[root.index] = 1;
  for (const item of sorted) {
    if (main[item.index]) for (const edge of leaving[item.index]) if (!edge.caught) main[edge.to.index] = 1;
  }
  const returns = new Uint8Array(sorted.length);
  for (const { from } of loops) returns[from.index] = 1;
  // 2: leads to the end without an error, 1: leads only back, 0: leads only to failures.
  const ends = new Uint8Array(sorted.length);
  for (const item of sorted.toReversed()) {
    const ways = leaving[item.index];
    let best = returns[item.index];
    if (isLast(item) || (ways.length === 0 && !best && item.type !== "fail")) best = 2;
    for (const edge of ways) if (!edge.caught) best = Math.max(best, ends[edge.to.index]);
    ends[item.index] = best;
  }
  // Long ways back stay where they are.
  const head = [...sorted];
  const size = new Uint32Array(sorted.length);
  for (const item of sorted) {
    const parent = above[item.index];
    const inside = ends[item.index] === 1 && item !== root && ends[parent.index] === 1 && parent !== root;
    head[item.index] = inside ? head[parent.index] : item;
    if (ends[item.index] === 1) size[head[item.index].index] += item.box ? SHORT / 2 : 1;
  }
  const side = sorted.map(() => false);
  for (const item of sorted) {
    const { index } = item;
    const back = ends[index] === 1 && size[head[index].index] <= SHORT;
    const beside = !main[index] || (ends[root.index] === 2 && (ends[index] === 0 || back));
    side[index] = !isLast(item) && (beside || orphan[index]);
  }
  return side;
}

/**
 * Direct dominators. Edges lead downwards, so one pass is enough; jump pointers find the common dominator of two items
 * in logarithmic time.
 *
 * @param {Item[]} sorted
 * @param {Edge[][]} arriving
 */
function findDominators(sorted, arriving) {
  const root = sorted[0];
  /** @type {Item[]} */
  const above = new Array(sorted.length).fill(root);
  /** @type {Item[]} */
  const jump = new Array(sorted.length).fill(root);
  const depth = new Uint32Array(sorted.length);
  /** @param {Item} a @param {Item} b */
  const common = (a, b) => {
    while (depth[a.index] > depth[b.index])
      a = depth[jump[a.index].index] >= depth[b.index] ? jump[a.index] : above[a.index];
    while (depth[b.index] > depth[a.index])
      b = depth[jump[b.index].index] >= depth[a.index] ? jump[b.index] : above[b.index];
    while (a !== b) {
      const far = jump[a.index] !== jump[b.index];
      [a, b] = far ? [jump[a.index], jump[b.index]] : [above[a.index], above[b.index]];
    }
    return a;
  };
  for (const item of sorted) {
    if (item === root) continue;
    const edges = arriving[item.index];
    // The end belongs to no lane: it is the last row of its scope.
    let parent = edges.length === 0 || isLast(item) ? root : edges[0].from;
    if (parent !== root) for (const edge of edges) parent = common(parent, edge.from);
    above[item.index] = parent;
    depth[item.index] = depth[parent.index] + 1;
    const near = jump[parent.index];
    const even = depth[parent.index] - depth[near.index] === depth[near.index] - depth[jump[near.index].index];
    jump[item.index] = even ? jump[near.index] : parent;
  }
  return { above, common };
}

/**
 * A loop whose target does not dominate its source enters a region from outside. Its target, and what dominates it
 * below the common dominator, must not be in a lane that the source is not in.
 *
 * @param {Item[]} sorted
 * @param {Edge[]} loops
 * @param {ReturnType<typeof findDominators>} dominators
 */
function findOpen(sorted, loops, { above, common }) {
  const count = new Int32Array(sorted.length);
  for (const { from, to } of loops) {
    count[to.index] += 1;
    count[common(from, to).index] -= 1;
  }
  for (const item of sorted.toReversed()) {
    if (item !== sorted[0]) count[above[item.index].index] += count[item.index];
  }
  return Array.from(count, (n) => n > 0);
}

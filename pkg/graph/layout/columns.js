// Columns of rows: which item is below which, which ones are side by side, and which ones are in the second strip.

import { isLast } from "./order.js";

/** @import { Column, Item, Row, Scope } from "./types.js" */
/** @import { Order } from "./order.js" */

/** Lanes within lanes. Deeper ones are rows, so that widths and work stay linear. */
const MAX_DEPTH = 24;

/** A ladder has as many choices, each in a lane of the one before. */
const LADDER = 3;

/** A lane beside a ladder has at most as many items. */
const SHORT = 6;

/**
 * The columns of a scope, each after the one around it.
 *
 * @param {Scope} scope
 * @param {Order} order
 */
export function buildColumns(scope, order) {
  const shape = new Shape(order);
  const columns = [newColumn(scope, order.root, undefined, 0)];
  for (let i = 0; i < columns.length; i += 1) fillColumn(columns[i], columns, shape);
  for (const column of columns) {
    moveUp(column, order);
    linkRows(column);
  }
  return columns;
}

/**
 * @param {Scope} scope
 * @param {Item} root
 * @param {Row | undefined} outer
 * @param {number} lane
 * @returns {Column}
 */
export function newColumn(scope, root, outer, lane) {
  const depth = outer ? outer.column.depth + 1 : 0;
  const sizes = { offset: 0, left: 0, right: 0, height: 0, x: 0, y: 0 };
  return { scope, root, rows: [], outer, lane, depth, ways: [], exits: [], ups: [], fork: undefined, ...sizes };
}

/**
 * @param {Column} column
 * @param {Item | undefined} item
 * @param {0 | 1} strip
 * @returns {Row}
 */
export function newRow(column, item, strip) {
  /** @type {Row} */
  const row = {
    item,
    lanes: [],
    after: undefined,
    strip,
    head: false,
    column,
    index: column.rows.length,
    prev: undefined,
    next: undefined,
    right: [],
    left: [],
    straight: undefined,
    down: undefined,
    loopLeft: false,
    loopRight: false,
    entered: false,
    exits: [],
    ups: [],
    exitTracks: 0,
    upTracks: 0,
    band: 0,
    sources: [],
    x: 0,
    y: 0,
    height: 0,
    extentLeft: 0,
    extentRight: 0,
    track: 0,
  };
  if (item) item.row = row;
  return row;
}

/**
 * The row of `column` that holds the item, possibly in a lane.
 *
 * @param {Column} column
 * @param {Item} item
 */
export function rowIn(column, item) {
  let row = item.row;
  while (row && row.column !== column) row = row.column.outer;
  return row;
}

/** What the columns of a scope are built from. */
class Shape {
  /** @param {Order} order */
  constructor(order) {
    this.order = order;
    /** Sizes of the dominated regions, and how deep their lanes are nested. */
    this.size = new Uint32Array(order.sorted.length);
    this.nesting = new Uint32Array(order.sorted.length);
    /** Items of the long side of a ladder. */
    this.ladder = new Set();
    for (const item of order.sorted.toReversed()) {
      let size = 1;
      let nesting = 0;
      let lanes = 0;
      for (const kid of order.kids[item.index]) {
        size += this.size[kid.index];
        nesting = Math.max(nesting, this.nesting[kid.index]);
        if (this.isLane(kid, item)) lanes += 1;
      }
      this.size[item.index] = size;
      this.nesting[item.index] = nesting + (lanes > 1 ? 1 : 0);
    }
  }

  /**
   * Only `above` leads to the item, and not by an error.
   *
   * @param {Item} item
   * @param {Item} above
   */
  isLane(item, above) {
    const { arriving, open, orphan, side } = this.order;
    if (orphan[item.index] || open[item.index] || isLast(item)) return false;
    if (side[item.index] !== side[above.index]) return false;
    return arriving[item.index].every((edge) => edge.from === above && !edge.caught);
  }

  /**
   * The lane that continues a ladder, if the others are short.
   *
   * @param {Item} item
   * @param {Item[]} lanes
   */
  rung(item, lanes) {
    if (item.type !== "choice" || lanes.length < 2) return undefined;
    const long = lanes.reduce((best, lane) => (this.nesting[lane.index] > this.nesting[best.index] ? lane : best));
    if (!this.ladder.has(item) && this.nesting[long.index] < LADDER) return undefined;
    this.ladder.add(long);
    const short = (/** @type {Item} */ lane) => this.nesting[lane.index] === 0 && this.size[lane.index] <= SHORT;
    return lanes.every((lane) => lane === long || short(lane)) ? long : undefined;
  }
}

/**
 * Adds the rows of the region that the root of the column dominates. Lanes become columns at the end of `columns`.
 *
 * @param {Column} column
 * @param {Column[]} columns
 * @param {Shape} shape
 */
function fillColumn(column, columns, shape) {
  const { arriving, kids, orphan, side } = shape.order;
  /** @type {{ item: Item, lanes?: Item[], strip: 0 | 1, head: boolean }[]} */
  const stack = [{ item: column.root, strip: 0, head: false }];
  /** @param {Item} item @param {0 | 1} from @param {0 | 1} strip @param {Item[]} [lanes] */
  const push = (item, from, strip, lanes) => stack.push({ item, lanes, strip, head: strip > from });
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { item, lanes, strip, head } = top;
    if (lanes) {
      const row = newRow(column, undefined, strip);
      row.after = item.row;
      row.lanes = lanes.map((lane, index) => newColumn(column.scope, lane, row, index));
      column.rows.push(row);
      for (const lane of row.lanes) columns.push(lane);
      continue;
    }
    const row = newRow(column, item, strip);
    row.head = head;
    column.rows.push(row);

    /** @param {Item} kid @returns {0 | 1} */
    const stripOf = (kid) => {
      if (isLast(kid)) return 0;
      if (strip === 1 && !orphan[kid.index]) return 1;
      const caught = arriving[kid.index].every((edge) => edge.caught);
      return caught || (side[kid.index] && !side[column.root.index]) ? 1 : 0;
    };
    const beside = [];
    const merges = [];
    const single = [];
    for (const kid of kids[item.index]) {
      if (shape.isLane(kid, item)) single.push(kid);
      else if (stripOf(kid) === 1 && strip === 0 && ownedBy(item, kid)) beside.push(kid);
      else merges.push(kid);
    }
    // The last one pushed is the first row.
    for (const kid of merges.reverse()) push(kid, strip, stripOf(kid));
    const rung = strip === 0 && !side[column.root.index] ? shape.rung(item, single) : undefined;
    if (single.length === 1) {
      if (shape.ladder.has(item)) shape.ladder.add(single[0]);
      push(single[0], strip, strip);
    } else if (rung) {
      push(rung, strip, strip);
      for (const lane of single.reverse()) if (lane !== rung) push(lane, strip, 1);
    } else if (single.length > 1 && column.depth < MAX_DEPTH) {
      single.sort((a, b) => a.index - b.index);
      push(item, strip, strip, single);
    } else {
      for (const lane of single.reverse()) push(lane, strip, strip);
    }
    for (const kid of beside.reverse()) push(kid, strip, 1);
  }

  /** @param {Item} item @param {Item} kid */
  function ownedBy(item, kid) {
    const edges = arriving[kid.index];
    return edges.length > 0 && edges.every((edge) => edge.from === item);
  }
}

/**
 * Moves the blocks of the second strip up to the last row that leads to them. Ways to them cross less then.
 *
 * @param {Column} column
 * @param {Order} order
 */
function moveUp(column, { arriving, leaving }) {
  const { rows } = column;
  if (!rows.some((row) => row.strip === 1)) return;
  /** Rows of the second strip by the row of the first one that they follow. @type {Map<number, Row[]>} */
  const blocks = new Map();
  /** @type {Map<Row, number>} */
  const anchors = new Map();
  const index = new Map(rows.map((row, i) => [row, i]));
  let anchor = 0;
  /** An unreachable state is beside the state that precedes its successor. @param {Item} item @param {number} i */
  const aboveTarget = (item, i) => {
    const targets = leaving[item.index].map((edge) => index.get(/** @type {Row} */ (rowIn(column, edge.to))) ?? i);
    const first = targets.reduce((least, target) => Math.min(least, target), i);
    for (let at = first - 1; at > 0; at -= 1) if (rows[at].strip === 0) return at;
    return 0;
  };
  rows.forEach((row, i) => {
    if (row.strip === 0) return;
    if (row.head && row.item) {
      const sources = arriving[row.item.index].map((edge) => rowIn(column, edge.from));
      anchor = sources.length === 0 ? aboveTarget(row.item, i) : 0;
      for (const source of sources) {
        if (source) anchor = Math.max(anchor, anchors.get(source) ?? /** @type {number} */ (index.get(source)));
      }
    }
    anchors.set(row, anchor);
    const block = blocks.get(anchor);
    if (block) block.push(row);
    else blocks.set(anchor, [row]);
  });
  column.rows = [];
  rows.forEach((row, i) => {
    if (row.strip === 0) column.rows.push(row);
    for (const follower of blocks.get(i) ?? []) column.rows.push(follower);
  });
}

/** @param {Column} column */
export function linkRows({ rows }) {
  /** @type {(Row | undefined)[]} */
  const last = [undefined, undefined];
  rows.forEach((row, index) => {
    row.index = index;
    row.next = undefined;
    row.prev = last[row.strip];
    if (row.prev) row.prev.next = row;
    last[row.strip] = row;
  });
}

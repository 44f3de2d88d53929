// Sizes of rows, their ports, and their places from top to bottom.

/** @import { Column, Edge, Item, Row, RowExit, Side, Way } from "./types.js" */

/** Between horizontal lines. */
export const TRACK = 10;
/** The arrow below a track. */
export const ARROW = 13;
/** From an item to the line that leads to its lanes, and from lanes to their first track. */
export const FORK = 12;
export const EXIT = 6;
const GAP = 26;
const SHORT_GAP = 18;
const LANE_GAP = 26;
/** From a source to the row of the other strip that it leads to. */
const STEP = 34;
/** Height of a label of one line. */
const ONE_LINE = 14;
/** Room of one port without its label, and of one chip. */
const PORT = 8;
const CHIP = 22;
/** Between a row of the second strip and a line past it. */
const ASIDE = 20;
export const CHIP_HEIGHT = 18;
/** Where a loop arrives if the side has ports too, and where these begin. */
const ARRIVAL = 6;
const AFTER_ARRIVAL = 12;

/**
 * Heights and widths of the rows. The lanes of the column have been placed.
 *
 * @param {Column} column
 */
export function measureRows(column) {
  /** @type {Map<Edge, Way>} */
  const ways = new Map(
    column.rows.some((row) => row.lanes.length > 0) ? column.ways.map((way) => [way.edge, way]) : [],
  );
  for (const row of column.rows) {
    if (row.item) measureItem(row, row.item);
    else measureLanes(row, ways);
  }
}

/**
 * @param {Row} row
 * @param {Item} item
 */
function measureItem(row, item) {
  // In this order, buses to the targets do not cross the lines of other ports.
  const place = (/** @type {Way} */ way) => way.target?.index ?? (way.edge.back ? -1 : Number.POSITIVE_INFINITY);
  row.right.sort((a, b) => {
    const [farA, farB] = [isFar(a), isFar(b)];
    if (farA !== farB) return farA ? -1 : 1;
    return farA ? place(a) - place(b) : compare(place(b), place(a));
  });
  row.left.sort((a, b) => {
    if (a.role !== b.role) return a.role === "loop" ? -1 : 1;
    return compare(place(b), place(a));
  });
  const right = stack(row.right) + CHIP * item.chips.length;
  const left = stack(row.left);
  if (item.width > 0) {
    const needed = Math.max(
      room(row.right.length + item.chips.length, right, row.loopRight),
      room(row.left.length, left, row.loopLeft),
    );
    item.height = Math.max(item.height, needed);
  }
  row.height = item.height;
  spread(row, item, "right", right, row.loopRight);
  spread(row, item, "left", left, row.loopLeft);
  row.extentLeft = item.spine ?? item.width / 2;
  row.extentRight = item.width - row.extentLeft;
}

/** @param {number} a @param {number} b */
function compare(a, b) {
  return a === b ? 0 : a - b;
}

/** @param {Way} way */
function isFar({ row, target }) {
  return row.strip === 0 && target?.strip === 1;
}

/** @param {Way[]} ports */
function stack(ports) {
  return ports.reduce((sum, { edge }) => sum + (edge.label?.height ?? 0) + PORT, 0);
}

/** @param {number} count @param {number} total @param {boolean} arrival */
function room(count, total, arrival) {
  if (count === 0 || (count === 1 && !arrival)) return 0;
  return total + 6 + (arrival ? AFTER_ARRIVAL - 2 : 0);
}

/**
 * Heights of the ports of one side, with the chips below those at the right.
 *
 * @param {Row} row
 * @param {Item} item
 * @param {Side} side
 * @param {number} total
 * @param {boolean} arrival
 */
function spread(row, item, side, total, arrival) {
  const ports = row[side];
  const chips = side === "right" ? item.chips : [];
  if (ports.length + chips.length === 1 && !arrival) {
    for (const way of ports) {
      const above = way.edge.label?.height ?? 0;
      way.dy =
        item.grid.length > 0 ? Math.max(20, above + 4) : Math.max(row.height / 2, Math.min(row.height - 6, above + 3));
    }
    for (const chip of chips) chip.dy = (item.grid.length > 0 ? 20 : row.height / 2) - CHIP_HEIGHT / 2;
    return;
  }
  let y = arrival ? AFTER_ARRIVAL : item.grid.length > 0 ? 4 : (row.height - total) / 2;
  for (const way of ports) {
    y += (way.edge.label?.height ?? 0) + PORT / 2;
    way.dy = y;
    y += PORT / 2;
  }
  for (const chip of chips) {
    chip.dy = y + (CHIP - CHIP_HEIGHT) / 2;
    y += CHIP;
  }
}

/**
 * Where a loop arrives at a row, relative to it.
 *
 * @param {Row} row
 * @param {Side} side
 */
export function arrivalOf(row, side) {
  if (row[side].length > 0 || (side === "right" && row.item && row.item.chips.length > 0)) return ARRIVAL;
  return Math.min(row.height / 2, row.item?.grid.length ? 18 : Number.POSITIVE_INFINITY);
}

/**
 * @param {Row} row
 * @param {Map<Edge, Way>} ways
 */
function measureLanes(row, ways) {
  let x = 0;
  for (const lane of row.lanes) {
    const label = lane.fork?.label;
    if (label) {
      lane.right = Math.max(lane.right, label.width + 12);
      row.band = Math.max(row.band, label.height + 4);
    }
    lane.offset = x + lane.left;
    x += lane.left + lane.right + LANE_GAP;
    row.height = Math.max(row.height, lane.height);
  }
  // The item above is in the middle between the first and the last lane.
  const [first, last] = [row.lanes[0], row.lanes[row.lanes.length - 1]];
  const middle = (first.offset + last.offset) / 2;
  for (const lane of row.lanes) lane.offset -= middle;
  row.extentLeft = first.left - first.offset;
  row.extentRight = last.offset + last.right;
  for (const lane of row.lanes) {
    for (const exit of lane.exits) row.exits.push(exitOf(exit, lane, ways));
    for (const exit of lane.ups) row.ups.push(exitOf(exit, lane, ways));
  }
  assignTracks(row);
}

/**
 * @param {import("./types.js").Exit} exit
 * @param {Column} lane
 * @param {Map<Edge, Way>} ways
 * @returns {RowExit}
 */
function exitOf({ x, edges }, lane, ways) {
  const way = /** @type {Way} */ (ways.get(edges[0]));
  return { x: lane.offset + x, lane, edges, way, track: 0 };
}

/**
 * Horizontal lines below the lanes, one for each target and side. Lines out of outer lanes are higher: they do not
 * cross the lines of inner ones.
 *
 * @param {Row} row
 */
function assignTracks(row) {
  const reach = { left: Number.NEGATIVE_INFINITY, right: Number.POSITIVE_INFINITY };
  const counts = { left: 0, right: 0 };
  for (const side of /** @type {const} */ (["left", "right"])) {
    const sign = side === "left" ? 1 : -1;
    const leaving = row.exits.filter(({ way }) => way.role === "side" && way.side === side);
    leaving.sort((a, b) => sign * (a.x - b.x));
    const tracks = new Map();
    for (const exit of leaving) {
      const { to } = exit.way.edge;
      if (!tracks.has(to)) tracks.set(to, tracks.size);
      exit.track = tracks.get(to);
      reach[side] = side === "left" ? Math.max(reach.left, exit.x) : Math.min(reach.right, exit.x);
    }
    counts[side] = tracks.size;
  }
  if (reach.left >= reach.right) {
    for (const exit of row.exits) {
      if (exit.way.role === "side" && exit.way.side === "right") exit.track += counts.left;
    }
    row.exitTracks = counts.left + counts.right;
  } else {
    row.exitTracks = Math.max(counts.left, counts.right);
  }
  // Loops to one target, at one side, share a line above the lanes.
  const ups = new Map();
  for (const up of row.ups) {
    const key = `${up.way.side} ${up.way.edge.to.index}`;
    if (!ups.has(key)) ups.set(key, ups.size);
    up.track = ups.get(key);
  }
  row.upTracks = ups.size;
}

/**
 * Places the rows from top to bottom. Returns the height of the column.
 *
 * @param {Column} column
 */
export function stackRows(column) {
  const { rows } = column;
  for (const row of rows) {
    for (const exit of row.exits) {
      const { role, target } = exit.way;
      if (role === "next" && target && exit.x !== 0) target.entered = true;
      if (role === "side" && target) target.entered = true;
    }
  }
  for (const way of column.ways) {
    const { row, target, role, edge } = way;
    if (!target || role === "loop" || (role !== "side" && role !== "down")) continue;
    if (row.strip === target.strip) continue;
    // The label of a way downwards is above the line into the target.
    const label = role === "down" ? Math.max(0, (edge.label?.height ?? 0) - ONE_LINE) : 0;
    target.sources.push({ row, dy: row.item && row.strip === 0 ? way.dy : row.height + label });
  }
  const taken = new Heights();
  const beside = new Beside();
  let height = 0;
  let below = 0;
  for (const row of rows) {
    let y = row.prev ? row.prev.y + row.prev.height + gapBelow(row.prev, row) : 0;
    for (const { row: source, dy } of row.sources) {
      y = Math.max(y, source.y + dy + EXIT + Math.max(0, source.exitTracks - 1) * TRACK + STEP - EXIT);
    }
    // The last row is below the second strip, if ways out of that strip reach it around the other rows.
    if (row === rows[rows.length - 1] && row.sources.some((source) => source.row.strip === 1))
      y = Math.max(y, below + STEP);
    row.y = taken.fit(row, beside.fit(row, y));
    row.track = row.y - ARROW;
    height = Math.max(height, row.y + row.height);
    if (row.strip === 1) below = Math.max(below, row.y + row.height + row.exitTracks * TRACK);
  }
  return height;
}

/**
 * @param {Row} above
 * @param {Row} row
 */
function gapBelow(above, row) {
  let gap = 0;
  if (above.lanes.length > 0) gap += EXIT + above.exitTracks * TRACK;
  const label = above.straight?.edge.label ?? above.down?.edge.label;
  if (label) gap = Math.max(gap, label.height + 6);
  if (row.lanes.length > 0) gap += FORK + row.band + row.upTracks * TRACK;
  if (row.entered) gap += TRACK;
  const point = !row.item?.width && !row.lanes.length ? true : above.item?.width === 0;
  return Math.max(gap + ARROW, point ? SHORT_GAP : GAP);
}

/** Heights of horizontal lines. Those of the two strips differ, so that no line seems to lead to another one. */
class Heights {
  constructor() {
    /** @type {Map<number, 0 | 1>[]} */
    this.taken = [new Map(), new Map()];
  }

  /**
   * The least place from `y` on at which the lines of the row are free.
   *
   * @param {Row} row
   * @param {number} y
   */
  fit(row, y) {
    const lines = linesOf(row);
    const other = this.taken[1 - row.strip];
    for (let i = 0; i < 12 && lines.some((dy) => near(other, y + dy)); i += 1) y += 4;
    for (const dy of lines) this.taken[row.strip].set(Math.round(y + dy), 1);
    return y;
  }
}

/** Keeps rows of the second strip off the lines that lead from it to loops of the first one. */
class Beside {
  constructor() {
    /** @type {number[]} */
    this.lines = [];
    /** @type {number[]} */
    this.tops = [];
    /** @type {number[]} */
    this.bottoms = [];
  }

  /**
   * The least place from `y` on. The lists are sorted.
   *
   * @param {Row} row
   * @param {number} y
   */
  fit(row, y) {
    if (row.strip === 1) {
      // With the labels above lanes and below an item, and the lines below lanes.
      const above = row.lanes.length > 0 && row.prev ? gapBelow(row.prev, row) : 0;
      const label = (row.straight ?? row.down)?.edge.label?.height ?? 0;
      const below = row.height + label + row.exitTracks * TRACK;
      for (let i = firstAfter(this.lines, y - above - ASIDE); i < this.lines.length; i += 1) {
        if (this.lines[i] > y + below + ASIDE) break;
        y = this.lines[i] + above + ASIDE;
      }
      this.tops.push(y - above);
      this.bottoms.push(y + below);
    } else if (row.loopRight) {
      const line = arrivalOf(row, "right");
      for (let i = Math.max(0, firstAfter(this.tops, y + line) - 1); i < this.tops.length; i += 1) {
        const [top, bottom] = [this.tops[i], this.bottoms[i]];
        if (y + line > top - ASIDE && y + line < bottom + ASIDE) y = bottom + ASIDE - line;
      }
      this.lines.push(y + line);
    }
    return y;
  }
}

/**
 * Index of the first number that is not less than `least`.
 *
 * @param {number[]} sorted
 * @param {number} least
 */
function firstAfter(sorted, least) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {Map<number, 0 | 1>} taken @param {number} y */
function near(taken, y) {
  const at = Math.round(y);
  for (let d = -3; d <= 3; d += 1) if (taken.has(at + d)) return true;
  return false;
}

/** @param {Row} row */
function linesOf(row) {
  const lines = [...row.right, ...row.left].map(({ dy }) => dy);
  if (row.entered) lines.push(-ARROW);
  for (const { way, track } of row.exits) if (way.role === "side") lines.push(row.height + EXIT + track * TRACK);
  if (row.loopLeft) lines.push(arrivalOf(row, "left"));
  if (row.loopRight) lines.push(arrivalOf(row, "right"));
  return lines;
}

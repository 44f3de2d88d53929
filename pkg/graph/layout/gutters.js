// The vertical lines beside the strips of a column: buses. Ways to one target share a bus.

import { EXIT, FORK, TRACK, arrivalOf } from "./rows.js";
import { Skyline } from "./skyline.js";

/** @import { Bus, Column, Pin, Row, Side, Way } from "./types.js" */

/** Between a bus and what it passes. */
const GAP = 12;
const FIRST = 8;
const CLEAR = 5;
/** Buses of one gutter that are compared pairwise. More of them are in the order of their lengths. */
const MAX_COMPARED = 80;
/** Between the axis of a lane and the highest horizontal line above the lanes. */
const UP = 7;

/** @typedef {{ from: number, to: number, reach: number }} Wall What reaches from the axis, between two heights. */

/**
 * The buses of a column, with their places.
 *
 * @param {Column} column
 * @param {number} bottom
 */
export function placeBuses(column, bottom) {
  const buses = findBuses(column, bottom);
  const walls = findWalls(column, bottom);
  const extents = [
    { left: 0, right: 0 },
    { left: 0, right: 0 },
  ];
  for (const strip of /** @type {const} */ ([0, 1])) {
    for (const side of /** @type {const} */ (["left", "right"])) {
      const here = buses.filter((bus) => bus.strip === strip && bus.side === side);
      const upwards = side === "right" && strip === 0 && here.some(({ loop, target }) => loop && !target);
      const label = upwards && column.fork?.label ? column.fork.label.width + 14 : 0;
      extents[strip][side] = placeSide(arrange(here), walls[strip][side], label);
    }
  }
  return { buses, extents };
}

/**
 * Places the buses of one gutter. Returns how far it reaches.
 *
 * @param {Bus[]} buses
 * @param {Wall[]} walls
 * @param {number} label A bus that leaves a lane at its top is not nearer: the label of the lane is there.
 */
function placeSide(buses, walls, label) {
  if (buses.length === 0) return walls.reduce((most, { reach }) => Math.max(most, reach), 0);
  const heights = [];
  for (const { from, to } of walls) heights.push(from, to);
  for (const { top, bottom } of buses) heights.push(top - CLEAR, top, bottom, bottom + CLEAR);
  const sky = new Skyline(heights);
  for (const { from, to, reach } of walls) sky.raise(from, to, reach);
  for (const bus of buses) {
    const passed = sky.over(bus.top - CLEAR, bus.bottom + CLEAR);
    const least = Math.max(FIRST, passed > 0 ? passed + GAP : 0, label);
    bus.x = bus.pins.reduce((most, { reach }) => Math.max(most, reach), least);
    sky.raise(bus.top, bus.bottom, bus.x);
  }
  return sky.extent;
}

/**
 * @param {Column} column
 * @param {number} bottom
 */
function findBuses(column, bottom) {
  /** @type {Map<import("./types.js").Item, Bus[]>} */
  const byTarget = new Map();
  /** @param {Way} way @param {0 | 1} strip @param {Side} side @param {Omit<Pin, "far">} pin */
  const connect = (way, strip, side, pin) => {
    const { edge, target, role } = way;
    const loop = role === "loop";
    let known = byTarget.get(edge.to);
    if (!known) byTarget.set(edge.to, (known = []));
    let bus = known.find(
      (one) => one.strip === strip && one.side === side && one.caught === edge.caught && one.loop === loop,
    );
    if (!bus) {
      bus = {
        strip,
        side,
        target,
        item: edge.to,
        caught: edge.caught,
        loop,
        pins: [],
        end: 0,
        top: 0,
        bottom: 0,
        x: 0,
      };
      known.push(bus);
    }
    bus.pins.push({ ...pin, far: pin.row.strip !== strip });
  };

  for (const row of column.rows) {
    for (const side of /** @type {const} */ (["right", "left"])) {
      const sign = side === "right" ? 1 : -1;
      const extent = side === "right" ? row.extentRight : row.extentLeft;
      for (const way of row[side]) {
        const y = row.y + way.dy;
        const { label } = way.edge;
        // From the second strip to the first one, through the gutter between them.
        const between = row.strip === 1 && side === "left" && way.role !== "loop";
        const reach = between ? 0 : extent + (label ? label.width + 14 : 6);
        const pin = { edges: [way.edge], path: [{ x: sign * extent, y }], row, y, reach };
        connect(way, between ? 0 : row.strip, between ? "right" : side, pin);
      }
    }
    for (const { x, edges, way, track } of row.exits) {
      if (way.role !== "side") continue;
      const y = row.y + row.height + EXIT + track * TRACK;
      const between = row.strip === 1 && way.target?.strip === 0 && way.side === "left";
      const path = [
        { x, y: row.y + row.height },
        { x, y },
      ];
      const side = between ? "right" : way.side;
      const reach = between ? 0 : (side === "right" ? x : -x) + 6;
      connect(way, between ? 0 : row.strip, side, { edges, path, row, y, reach });
    }
    for (const { x, edges, way, track } of row.ups) {
      const y = upTrack(row, track);
      const path = [
        { x, y: row.y },
        { x, y },
      ];
      connect(way, row.strip, way.side, { edges, path, row, y, reach: (way.side === "right" ? x : -x) + 6 });
    }
  }
  const buses = [...byTarget.values()].flat();
  for (const bus of buses) {
    const { target, loop } = bus;
    if (loop) bus.end = target ? target.y + arrivalOf(target, arrivalSide(bus)) : 0;
    else bus.end = target ? target.track : bottom;
    const heights = bus.pins.map(({ y }) => y);
    bus.top = heights.reduce((least, y) => Math.min(least, y), bus.end);
    bus.bottom = heights.reduce((most, y) => Math.max(most, y), bus.end);
  }
  return buses;
}

/**
 * The side of its target at which a loop arrives.
 *
 * @param {Bus} bus
 * @returns {Side}
 */
export function arrivalSide({ side, target }) {
  return side === "right" && target?.strip === 0 ? "right" : "left";
}

/**
 * Height of a line that leads loops out of lanes.
 *
 * @param {Row} row
 * @param {number} track
 */
export function upTrack(row, track) {
  return forkLine(row) + UP + track * TRACK;
}

/**
 * Height of the line from an item to its lanes.
 *
 * @param {Row} row
 */
export function forkLine(row) {
  const above = /** @type {Row} */ (row.after);
  return above.y + above.height + FORK;
}

/**
 * What the buses must pass, for each strip and side.
 *
 * @param {Column} column
 * @param {number} bottom
 */
function findWalls(column, bottom) {
  /** @type {{ left: Wall[], right: Wall[] }[]} */
  const walls = [
    { left: [], right: [] },
    { left: [], right: [] },
  ];
  for (const row of column.rows) {
    const at = walls[row.strip];
    const below = row.y + row.height;
    const top = row.lanes.length > 0 ? forkLine(row) - FORK : row.y;
    const end = row.lanes.length > 0 ? Math.max(below, row.next ? row.next.track + 1 : bottom) : below;
    at.right.push({ from: top, to: end, reach: row.extentRight });
    at.left.push({ from: top, to: end, reach: row.extentLeft });
    for (const side of /** @type {const} */ (["left", "right"])) {
      const extent = side === "right" ? row.extentRight : row.extentLeft;
      for (const { edge, dy } of row[side]) {
        if (!edge.label) continue;
        const y = row.y + dy;
        at[side].push({ from: y - edge.label.height - 2, to: y + 2, reach: extent + edge.label.width + 14 });
      }
    }
    for (const { dy, width } of row.item?.chips ?? []) {
      at.right.push({ from: row.y + dy, to: row.y + dy + 18, reach: row.extentRight + 8 + width });
    }
    const label = (row.straight ?? row.down)?.edge.label;
    if (label) at.right.push({ from: below, to: below + label.height + 6, reach: label.width + 12 });
  }
  return walls;
}

/**
 * The order of buses from the strip outwards: few crossings, short ones first.
 *
 * @param {Bus[]} buses
 */
function arrange(buses) {
  const sorted = buses.toSorted((a, b) => a.bottom - a.top - (b.bottom - b.top));
  if (sorted.length > MAX_COMPARED) return sorted;
  /** @type {Bus[]} */
  const order = [];
  for (const bus of sorted) {
    // Crossings if the bus is outside of all others, then one place further inside after another.
    let cost = order.reduce((sum, other) => sum + crossings(other, bus), 0);
    let [best, place] = [cost, order.length];
    for (let i = order.length - 1; i >= 0; i -= 1) {
      cost += crossings(bus, order[i]) - crossings(order[i], bus);
      if (cost < best) [best, place] = [cost, i];
    }
    order.splice(place, 0, bus);
  }
  return order;
}

/**
 * Crossings of two buses of one gutter.
 *
 * @param {Bus} inner
 * @param {Bus} outer
 */
function crossings(inner, outer) {
  let count = 0;
  const within = (/** @type {number} */ y, /** @type {Bus} */ bus) => bus.top < y && y < bus.bottom;
  for (const pin of outer.pins) if (!pin.far && within(pin.y, inner)) count += 1;
  for (const pin of inner.pins) if (pin.far && within(pin.y, outer)) count += 1;
  if (!isFarEnd(outer) && within(outer.end, inner)) count += 1;
  if (isFarEnd(inner) && within(inner.end, outer)) count += 1;
  return count;
}

/** @param {Bus} bus */
function isFarEnd({ strip, side, target }) {
  if (!target) return false;
  return strip === 0 ? side === "right" && target.strip === 1 : side === "left" && target.strip === 0;
}

// Sizes of Parallel and Map: a header, and below it the lanes in a row or in a grid.

/** @import { Block, Cell, Item } from "./types.js" */

export const HEADER = 34;
const GAP = 12;
/** In a header, beside the name: the icon, the progress and the button. */
const HEADER_ROOM = 110;
/** Lanes in one row are at most as wide. */
const MAX_ROW = 1100;
/** Preferred ratio of width to height of a grid, and the penalty for a last row that is not full. */
const ASPECT = 1.9;
const RAGGED = 0.3;
/** The main way keeps this distance from the corners. */
const CORNER = 40;
const MIN_LANE = 60;
const MAX_TRIED = 64;

/** @param {Item} item A box whose scopes have been placed. */
export function measureBox(item) {
  if (item.lanes.length === 0) return;
  const parallel = item.type === "parallel";
  const pad = parallel ? 12 : 16;
  const blocks = item.lanes.map((scope) => scope.block);
  const sizes = blocks.map((block) => ({
    width: Math.max(MIN_LANE, block.left + block.right + 2 * pad),
    height: block.height + 12,
  }));
  const count = sizes.length;
  const columns = countColumns(sizes);
  const widths = new Array(Math.min(columns, count)).fill(0);
  sizes.forEach(({ width }, i) => (widths[i % columns] = Math.max(widths[i % columns], width)));
  /** @type {Cell[]} */
  const grid = [];
  let y = HEADER + (parallel ? 8 : 0);
  let right = 0;
  for (let start = 0; start < count; start += columns) {
    const row = sizes.slice(start, start + columns);
    const height = row.reduce((most, size) => Math.max(most, size.height), 0);
    let x = parallel ? 12 : 0;
    row.forEach((_, i) => {
      grid.push({ x, y, width: widths[i], height, spine: spineOf(blocks[start + i], widths[i]) });
      x += widths[i] + GAP;
    });
    right = Math.max(right, x - GAP);
    y += height + GAP;
  }
  item.width = right + (parallel ? 12 : 0);
  item.height = y - GAP + (parallel ? 12 : 0);
  const least = item.textWidth + HEADER_ROOM;
  if (item.width < least) widen(item, grid, least, parallel);
  item.grid = grid;
  const middle = count === 1 ? 0 : columns >= count && count % 2 === 1 ? count >> 1 : -1;
  const spine = middle < 0 ? item.width / 2 : grid[middle].x + grid[middle].spine;
  item.spine = spine < CORNER || spine > item.width - CORNER ? undefined : spine;
}

/** @param {Block} block @param {number} width */
function spineOf(block, width) {
  return (width - block.left - block.right) / 2 + block.left;
}

/**
 * @param {Item} item
 * @param {Cell[]} grid
 * @param {number} width
 * @param {boolean} parallel
 */
function widen(item, grid, width, parallel) {
  const more = (width - item.width) / 2;
  for (const cell of grid) {
    if (parallel) {
      cell.x += more;
    } else {
      cell.width += 2 * more;
      cell.spine += more;
    }
  }
  item.width = width;
}

/** @param {{ width: number, height: number }[]} sizes */
function countColumns(sizes) {
  const count = sizes.length;
  const total = sizes.reduce((sum, { width }) => sum + width + GAP, -GAP);
  if (total <= MAX_ROW) return count;
  // Near the number of columns that suits lanes of one size.
  const area = sizes.reduce((sum, { height }) => sum + height + GAP, 0);
  const guess = Math.sqrt((ASPECT * area * count) / total);
  const first = count <= MAX_TRIED ? 1 : Math.max(1, Math.floor(guess / 2));
  const step = Math.max(1, Math.floor((2 * guess - first) / MAX_TRIED));
  const last = count <= MAX_TRIED ? count : Math.min(count, first + step * MAX_TRIED);
  let best = { columns: 1, cost: Number.POSITIVE_INFINITY };
  for (let columns = last; columns >= first; columns -= count <= MAX_TRIED ? 1 : step) {
    let [width, height] = [0, -GAP];
    for (let start = 0; start < count; start += columns) {
      let [rowWidth, rowHeight] = [-GAP, 0];
      for (let i = start; i < Math.min(count, start + columns); i += 1) {
        rowWidth += sizes[i].width + GAP;
        rowHeight = Math.max(rowHeight, sizes[i].height);
      }
      width = Math.max(width, rowWidth);
      height += rowHeight + GAP;
    }
    const cost = Math.abs(Math.log(width / height / ASPECT)) + (count % columns ? RAGGED : 0);
    if (cost < best.cost) best = { columns, cost };
  }
  return best.columns;
}

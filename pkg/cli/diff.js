// The differences of two texts.

import { safeLine } from "./line.js";

/** @import { Style } from "./style.js" */

const CONTEXT = 3;
/** Larger differences are shown as one replacement: the table of the comparison would be too large. */
const MAX_CELLS = 4_000_000;

/**
 * Differences in the format of `diff -u`. Empty if there are none.
 *
 * @param {string} name
 * @param {string} before
 * @param {string} after
 * @param {Style} style
 */
export function unifiedDiff(name, before, after, style) {
  if (before === after) return "";
  const steps = compare(linesOf(before), linesOf(after));
  const shown = new Uint8Array(steps.length);
  steps.forEach(({ sign }, i) => {
    if (sign !== " ") shown.fill(1, Math.max(0, i - CONTEXT), i + CONTEXT + 1);
  });
  const safe = safeLine(name);
  let text = `${style.bold(`--- ${safe}`)}\n${style.bold(`+++ ${safe}`)}\n`;
  let [old, now] = [1, 1];
  for (let i = 0; i < steps.length; ) {
    if (shown[i] === 0) {
      [old, now, i] = [old + 1, now + 1, i + 1];
      continue;
    }
    let end = i;
    while (end < steps.length && shown[end] === 1) end += 1;
    const part = steps.slice(i, end);
    const removed = part.filter(({ sign }) => sign !== "+").length;
    const added = part.filter(({ sign }) => sign !== "-").length;
    text += style.cyan(`@@ -${removed ? old : old - 1},${removed} +${added ? now : now - 1},${added} @@`);
    text += "\n";
    for (const { sign, line } of part) {
      const tint = sign === "-" ? style.red : sign === "+" ? style.green : (/** @type {string} */ line) => line;
      text += `${tint(`${sign}${line.replace(/\n$/, "")}`)}\n`;
      if (!line.endsWith("\n")) text += "\\ No newline at end of file\n";
    }
    [old, now, i] = [old + removed, now + added, end];
  }
  return text;
}

/** @param {string} text */
function linesOf(text) {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * @param {string[]} a
 * @param {string[]} b
 * @returns {{ sign: " " | "-" | "+", line: string }[]}
 */
function compare(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const same = (/** @type {string} */ line) => ({ sign: /** @type {const} */ (" "), line });
  const removed = (/** @type {string} */ line) => ({ sign: /** @type {const} */ ("-"), line });
  const added = (/** @type {string} */ line) => ({ sign: /** @type {const} */ ("+"), line });
  const [left, right] = [a.slice(start, endA), b.slice(start, endB)];
  const middle = [];
  const width = right.length + 1;
  if ((left.length + 1) * width > MAX_CELLS) middle.push(...left.map(removed), ...right.map(added));
  else {
    // The length of the longest common part of the rests.
    const table = new Uint32Array((left.length + 1) * width);
    for (let i = left.length - 1; i >= 0; i -= 1)
      for (let j = right.length - 1; j >= 0; j -= 1)
        table[i * width + j] =
          left[i] === right[j]
            ? table[(i + 1) * width + j + 1] + 1
            : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    let [i, j] = [0, 0];
    while (i < left.length || j < right.length) {
      if (i < left.length && j < right.length && left[i] === right[j]) {
        middle.push(same(left[i]));
        [i, j] = [i + 1, j + 1];
      } else if (i < left.length && (j >= right.length || table[(i + 1) * width + j] >= table[i * width + j + 1])) {
        middle.push(removed(left[i]));
        i += 1;
      } else {
        middle.push(added(right[j]));
        j += 1;
      }
    }
  }
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(endA).map(same)];
}

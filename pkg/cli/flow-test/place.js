// A place in a file, with its line and marks below it.

import { createLines } from "../check/lines.js";
import { excerpt } from "../excerpt.js";
import { safeLine } from "../line.js";

/** @import { Range } from "../../index.js" */
/** @import { Style } from "../style.js" */

/**
 * @param {string} file
 * @param {Range | undefined} range
 */
export function placeName(file, range) {
  return safeLine(range ? `${file}:${range.start.line}:${range.start.column}` : file);
}

/**
 * The line of a range with marks below it. Empty without a range.
 *
 * @param {string} text
 * @param {Range | undefined} range
 * @param {Style} style
 * @param {number} [columns] width of the terminal
 */
export function placeText(text, range, style, columns) {
  if (!range) return "";
  const { start, end } = range;
  const line = createLines(text).text(start.line);
  const from = start.column - 1;
  // A range of several lines is marked up to the end of its first one.
  const to = end.line === start.line ? end.column - 1 : Math.max(from + 1, line.length);
  const number = String(start.line);
  const most = columns === undefined ? undefined : Math.max(20, columns - number.length - 8);
  const shown = excerpt(line, from, to, "^", most);
  const bar = style.blue("|");
  return ` ${style.blue(number)} ${bar} ${shown.text}\n ${" ".repeat(number.length)} ${bar} ${style.red(shown.marks)}\n`;
}

/**
 * @param {string} text
 * @param {string} by
 */
export function indented(text, by) {
  return text.replace(/^(?=.)/gm, by);
}

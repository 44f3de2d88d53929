// Compares what a test expects with what happened.

import { isDeepStrictEqual } from "node:util";
import { unifiedDiff } from "../diff.js";
import { safeLine } from "../line.js";
import { form } from "../../shared/words.js";

/** @import { Style } from "../style.js" */

/** Longer values on one line are shown as a difference of lines. */
const MAX_LINE = 60;
/** Longer differences are cut. */
const MAX_LINES = 200;

/**
 * Whether two JSON values are equal. The order of keys does not count.
 *
 * @param {unknown} a
 * @param {unknown} b
 */
export function isEqual(a, b) {
  return isDeepStrictEqual(sorted(a), sorted(b));
}

/**
 * Whether a value contains another one: an object has at least the keys, a list has the same length.
 *
 * @param {unknown} value
 * @param {unknown} part
 * @returns {boolean}
 */
export function includes(value, part) {
  return isEqual(chosen(value, part), part);
}

/**
 * The part of a value that a subset speaks of.
 *
 * @param {unknown} value
 * @param {any} part
 * @returns {unknown}
 */
export function chosen(value, part) {
  if (Array.isArray(value) && Array.isArray(part))
    return value.map((item, i) => (i < part.length ? chosen(item, part[i]) : item));
  if (!isMapping(value) || !isMapping(part)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (Object.hasOwn(part, key) ? [[key, chosen(item, part[key])]] : [])),
  );
}

/**
 * Lines that show the difference of two values.
 *
 * @param {string} what
 * @param {unknown} expected undefined: it was not expected to exist
 * @param {unknown} actual undefined: it does not exist
 * @param {Style} style
 */
export function differenceText(what, expected, actual, style) {
  const [a, b] = [oneLine(expected), oneLine(actual)];
  if (a.length <= MAX_LINE && b.length <= MAX_LINE)
    return `${form("{}: expected {}, got {}", what, style.green(safeLine(a)), style.red(safeLine(b)))}\n`;
  const lines = unifiedDiff(what, pretty(expected), pretty(actual), style).split("\n").slice(2, -1);
  const cut =
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `… ${lines.length - MAX_LINES} more lines`] : lines;
  return `${what}: ${style.red("- expected")} ${style.green("+ actual")}\n${cut.map((line) => `  ${line}\n`).join("")}`;
}

/** @param {unknown} value */
function oneLine(value) {
  return value === undefined ? "nothing" : typeof value === "string" ? value || '""' : JSON.stringify(sorted(value));
}

/** @param {unknown} value */
function pretty(value) {
  if (value === undefined) return "(nothing)\n";
  const text = typeof value === "string" ? value : JSON.stringify(sorted(value), null, 2);
  // Characters that a terminal would obey are escaped, line by line.
  return `${text.split("\n").map(safeLine).join("\n")}\n`;
}

/** @param {any} value @returns {unknown} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMapping(value)) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

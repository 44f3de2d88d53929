// Findings for people: the line of the source, marks below it, the correction and other places.

import { excerpt } from "../excerpt.js";
import { safeLine } from "../line.js";
import { form, say } from "../../shared/words.js";

/** @import { Range } from "../../index.js" */
/** @import { Checked, Finding } from "../check/checker.js" */
/** @import { Style } from "../style.js" */

/**
 * @param {Checked} checked
 * @param {Style} style
 * @param {number} [columns] width of the terminal
 */
export function textOf({ file, findings, problem }, style, columns) {
  const name = safeLine(file);
  if (problem !== undefined)
    return `${style.bold(name)}: ${style.red(style.bold(say("not checked")))}${form(": ")}${safeLine(say(problem))}\n\n`;
  return findings.map((finding) => findingText(name, finding, style, columns)).join("");
}

/**
 * @param {string} name
 * @param {Finding} finding
 * @param {Style} style
 * @param {number | undefined} columns
 */
function findingText(name, finding, style, columns) {
  const { severity, code, message, range, lines = {}, related = [], fix } = finding;
  const tint = severity === "error" ? style.red : severity === "warning" ? style.yellow : style.cyan;
  const numbers = [range, ...related.map(({ range }) => range)].map((range) => String(range?.start.line ?? "").length);
  const gutter = Math.max(...numbers);
  // A line that the terminal wraps would separate the marks from their text.
  const most = columns === undefined ? undefined : Math.max(20, columns - gutter - 4);
  const head = `${tint(style.bold(`${severity}[${code}]`))}${style.bold(`: ${safeLine(say(message))}`)}\n`;
  const out = [`${style.bold(`${name}${place(range)}`)}: ${head}`];
  if (range) out.push(source(range, lines, gutter, "^", tint, style, most));
  const indent = " ".repeat(gutter + 2);
  for (const other of related) {
    out.push(
      `${indent}${style.blue("=")} ${style.bold(say("see"))} ${name}${place(other.range)}: ${safeLine(say(other.message))}\n`,
    );
    out.push(source(other.range, lines, gutter, "-", style.blue, style, most));
  }
  if (fix) {
    const applies = fix.edits.length > 0 ? style.dim(" (--fix)") : "";
    out.push(
      `${indent}${style.blue("=")} ${style.bold(say("fix"))}${form(": ")}${safeLine(say(fix.title))}${applies}\n`,
    );
  }
  return `${out.join("")}\n`;
}

/** @param {Range | undefined} range */
function place(range) {
  return range ? `:${range.start.line}:${range.start.column}` : "";
}

/**
 * @param {Range} range
 * @param {Record<number, string>} lines
 * @param {number} gutter
 * @param {string} mark
 * @param {(text: string) => string} tint
 * @param {Style} style
 * @param {number | undefined} most
 */
function source({ start, end }, lines, gutter, mark, tint, style, most) {
  const line = lines[start.line];
  if (line === undefined) return "";
  const from = start.column - 1;
  // A range of several lines is marked up to the end of its first one.
  const to = end.line === start.line ? end.column - 1 : Math.max(from + 1, line.length);
  const { text, marks } = excerpt(line, from, to, mark, most);
  const bar = style.blue("|");
  const number = style.blue(String(start.line).padStart(gutter + 1));
  return `${number} ${bar}${text && ` ${text}`}\n${" ".repeat(gutter + 1)} ${bar} ${tint(marks)}\n`;
}

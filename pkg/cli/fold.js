// Lines that are wider than the terminal, broken between words.

import { widthOf } from "./width.js";

/** A text with Chinese characters. */
const WIDE = /[\u3400-\u9fff]/;
const COLOR = /\u001b\[[\d;]*m/g;
/**
 * Between these characters a line of Chinese can be broken: no line begins with a closing mark or ends with an opening one.
 */
const BETWEEN =
  /(?<=[\u3000-\u9fff\uff00-\uffef])(?<![（《「『【])(?=[^\s，。；：、！？）》」』】…`])|(?<=[^\s（《「『【`])(?=[\u3400-\u9fff（《「『【])/u;
/** A name and the blanks before its description, as in the lists of a help. */
const TERM = /^ *\S+(?: \S+)*? {2,}(?=\S)/;

/**
 * The text with its long lines broken between words. Further lines begin below the description of a list, otherwise two
 * columns to the right.
 *
 * @param {string} text may have colours
 * @param {number | undefined} columns width of the terminal; undefined elsewhere
 * @param {number} [indent] where further lines begin
 */
export function folded(text, columns, indent) {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => (shownWidth(line) <= columns ? line : foldedLine(line, columns, indent)))
    .join("\n");
}

/**
 * @param {string} line
 * @param {number} columns
 * @param {number} [fixed]
 */
function foldedLine(line, columns, fixed) {
  const plain = line.replace(COLOR, "");
  const leading = plain.length - plain.trimStart().length;
  const term = TERM.exec(plain)?.[0].length ?? 0;
  const hanging = term > 0 && term <= columns / 2 ? term : Math.min(leading + 2, columns >> 1);
  const indent = " ".repeat(fixed ?? hanging);
  // The blanks at the beginning, and between a name and its description, stay.
  let result = "";
  let width = 0;
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    let gap = result === "" ? 0 : 1;
    for (const part of WIDE.test(word) ? word.split(BETWEEN) : [word]) {
      const its = shownWidth(part);
      if (result !== "" && width + gap + its > columns) {
        result += `\n${indent}${part}`;
        width = indent.length + its;
      } else {
        result += `${" ".repeat(gap)}${part}`;
        width += gap + its;
      }
      gap = 0;
    }
  }
  return result;
}

/** @param {string} text */
function shownWidth(text) {
  return widthOf(text.includes("\u001b") ? text.replace(COLOR, "") : text);
}

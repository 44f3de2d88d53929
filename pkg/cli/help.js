// Parts of the help of a command.

import { say } from "../shared/words.js";
import { folded } from "./fold.js";
import { widthOf } from "./width.js";

/** Maximum width of a help. */
const WIDTH = 100;

/** @param {number | undefined} columns of the terminal */
export function helpWidth(columns) {
  return Math.max(30, Math.min(columns ?? WIDTH, WIDTH));
}

/**
 * Commands with their meanings: beside them, or above them if a line would be too long.
 *
 * @param {readonly (readonly [string, string])[]} examples
 * @param {number} width
 */
export function exampleLines(examples, width) {
  const widest = Math.max(...examples.map(([line]) => line.length));
  const isWide = examples.some(([, meaning]) => widest + widthOf(meaning) + 6 > width);
  return examples
    .map(([line, meaning]) =>
      isWide
        ? `${folded(meaning, width - 4, 0).replace(/^/gm, "  # ")}\n  ${line}`
        : `  ${line.padEnd(widest)}  # ${meaning}`,
    )
    .join("\n");
}

/**
 * The exit codes of a command.
 *
 * @param {readonly (readonly [number, string])[]} exits
 * @param {number} width
 */
export function codeLines(exits, width) {
  return folded(exits.map(([code, meaning]) => `  ${String(code).padEnd(3)}  ${say(meaning)}`).join("\n"), width);
}

/**
 * Paragraphs that are separated by an empty line.
 *
 * @param {string} text
 * @param {number} width
 */
export function paragraphs(text, width) {
  return text
    .trim()
    .split("\n\n")
    .map((paragraph) => folded(paragraph.replace(/\s+/g, " "), width, 0))
    .join("\n\n");
}

/**
 * A help whose options are described from column 19 on, for a narrow terminal.
 *
 * @param {string} help
 * @param {number | undefined} columns
 */
export function narrowHelp(help, columns) {
  if (columns === undefined || help.split("\n").every((line) => widthOf(line) <= columns)) return help;
  let isInside = false;
  return help
    .replace(/(\n {2}--.*)((?:\n {19}\S.*)+)/g, (_, first, rest) => first + rest.replace(/\n {19}/g, " "))
    .split("\n")
    .map((line) => {
      // Commands and here-documents are copied as they are.
      if (line.includes("<<")) isInside = true;
      if (/^ *END$/.test(line)) isInside = false;
      if (isInside || /^ {2}(?:npx )?cloudflow-wasm .*[^\]]$/.test(line)) return line;
      if (!/^ {2}--/.test(line)) return folded(line, columns, line.startsWith(" ") ? undefined : 0);
      const indent = " ".repeat(columns < 60 ? 6 : 19);
      const text = folded(line.slice(19), columns - indent.length, 0);
      const term = line.slice(0, 19);
      return columns < 60
        ? `${term.trimEnd()}\n${indent}${text.replace(/\n/g, `\n${indent}`)}`
        : term + text.replace(/\n/g, `\n${indent}`);
    })
    .join("\n");
}

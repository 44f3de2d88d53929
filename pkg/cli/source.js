// Reads the definition that a command works on.

import { readInput, readText } from "./check/read.js";
import { failure } from "./failure.js";
import { say } from "../shared/words.js";

/** @import { Io } from "./command.js" */

/**
 * The text of a file, or of the standard input for `-`.
 *
 * @param {string} file
 * @param {Io} io
 */
export async function readSource(file, io) {
  try {
    return file === "-" ? await readInput(io) : readText(file);
  } catch (error) {
    if (error.exitCode === 130) throw error;
    const name = file === "-" ? "the standard input" : `\`${file}\``;
    throw failure(`${name} ${error.exitCode === undefined ? `cannot be read: ${error.message}` : error.message}`);
  }
}

/**
 * The findings of a definition as lines.
 *
 * @param {string} file
 * @param {readonly import("../index.js").Diagnostic[]} diagnostics
 */
export function findingLines(file, diagnostics) {
  return diagnostics.map(({ severity, code, message, range }) => {
    const at = range ? `:${range.start.line}:${range.start.column}` : "";
    return `${file}${at}: ${severity}[${code}]: ${say(message)}`;
  });
}

// Writes files that a command makes.

import { writeFileSync } from "node:fs";
import { failure, reason } from "./failure.js";

/**
 * @param {string} file
 * @param {string} text
 */
export function writeResult(file, text) {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw failure(`\`${file}\` ${reason(error).replace("be read", "be written")}`);
  }
}

// The files that the operands of a command name.

import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { failure, reason } from "../failure.js";
import { globTest, ignoreTest, isGlob } from "./glob.js";

/** Files that may hold definitions. Others are checked only if they are named. */
const NAMES = /\.(ya?ml|json|tf)$/i;
const SKIPPED_FOLDERS = new Set(["node_modules"]);

/** @typedef {{ path: string, named: boolean }} Found */

/**
 * Returns the files without duplicates: those of an operand in the order of their names. A folder or a file that cannot
 * be read is in `problems`.
 *
 * @param {string[]} operands
 * @param {{ ignore?: string[], base?: string }} [options] `base`: the folder to which `ignore` is relative
 */
export function findFiles(operands, { ignore = [], base = "." } = {}) {
  const isIgnored = ignoreTest(ignore);
  const root = resolve(base);
  const skip = (/** @type {string} */ path) =>
    ignore.length > 0 && isIgnored(relative(root, resolve(path)).split(sep).join("/"));
  /** @type {Found[]} */
  const found = [];
  // One operand does not name a file twice.
  const seen = operands.length > 1 ? new Set() : undefined;
  /** @type {{ file: string, message: string }[]} */
  const problems = [];
  // Also counts files that another operand has named.
  let matches = 0;
  const add = (/** @type {string} */ path, /** @type {boolean} */ named) => {
    matches += 1;
    if (seen) {
      const key = resolve(path);
      if (seen.has(key)) return;
      seen.add(key);
    }
    found.push({ path, named });
  };

  /**
   * @param {string} folder
   * @param {(path: string) => boolean} wanted
   * @param {boolean} [hidden] whether names may begin with a dot
   */
  const walk = (folder, wanted, hidden = false) => {
    let entries;
    try {
      entries = readdirSync(folder === "" ? "." : folder, { withFileTypes: true });
    } catch (error) {
      problems.push({ file: folder, message: reason(error) });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const entry of entries) {
      if (entry.name.startsWith(".") && !hidden) continue;
      const path = folder === "" ? entry.name : join(folder, entry.name);
      // Links to folders are not followed: they can form loops.
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDERS.has(entry.name) && !skip(path)) walk(path, wanted, hidden);
      } else if ((entry.isFile() || entry.isSymbolicLink()) && wanted(path) && !skip(path)) {
        if (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
        add(path, false);
      }
    }
  };

  for (const operand of operands) {
    if (operand === "") throw failure("a file name is empty");
    let stats;
    try {
      stats = statSync(operand, { throwIfNoEntry: false });
    } catch (error) {
      problems.push({ file: operand, message: reason(error) });
      continue;
    }
    if (stats?.isDirectory()) {
      const before = matches + problems.length;
      walk(operand === "." || operand === "./" ? "" : operand, (path) => NAMES.test(path));
      if (matches + problems.length === before)
        problems.push({ file: operand, message: "has no file with the ending .yaml, .yml, .json or .tf" });
    } else if (stats === undefined && isGlob(operand)) {
      const pattern = operand.split("\\").join("/").replace(/^\.\//, "");
      const fixed = pattern.split("/").slice(0, pattern.split("/").findIndex(isGlob));
      const test = globTest(pattern);
      const before = matches + problems.length;
      const folder = fixed.length === 1 && fixed[0] === "" ? "/" : fixed.join("/");
      walk(folder, (path) => test(path.split(sep).join("/")), /(^|\/)\./.test(pattern));
      if (matches + problems.length === before) problems.push({ file: operand, message: "matches no file" });
    } else if (!skip(operand)) add(operand, true);
  }
  return { files: found, problems };
}

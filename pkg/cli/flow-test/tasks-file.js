// The option --tasks: handlers of a module, or mocks of a JSON or YAML file.

import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readText } from "../check/read.js";
import { failure } from "../failure.js";
import { readDocument } from "./document.js";

/** @import { TaskHandlers } from "../../local.js" */

/**
 * @param {string} file
 * @returns {Promise<TaskHandlers>}
 */
export async function readTasksFile(file) {
  const ending = extname(file).toLowerCase();
  let tasks;
  if ([".js", ".mjs", ".cjs", ".ts", ".mts"].includes(ending)) tasks = await load(file);
  else if ([".json", ".yaml", ".yml"].includes(ending)) tasks = parse(file);
  else throw failure(`\`${file}\` is neither a module (.js, .mjs) nor mocks (.json, .yaml)`);
  if (typeof tasks !== "object" || tasks === null || Array.isArray(tasks))
    throw failure(`\`${file}\`: expected an object with handlers or mocks by name of the task`);
  return tasks;
}

/** @param {string} file */
async function load(file) {
  // A missing file would be reported with the full path of the importing file.
  try {
    readText(file);
  } catch (error) {
    throw failure(`\`${file}\` ${error.message}`);
  }
  try {
    const module = await import(pathToFileURL(resolve(file)).href);
    if (module.default === undefined) throw new Error("it has no default export");
    return module.default;
  } catch (error) {
    throw failure(`\`${file}\` cannot be loaded: ${error?.message ?? error}`);
  }
}

/** @param {string} file */
function parse(file) {
  let text;
  try {
    text = readText(file);
  } catch (error) {
    throw failure(`\`${file}\` ${error.message}`);
  }
  /** @type {import("./document.js").Problem[]} */
  const problems = [];
  const value = readDocument(text, problems);
  if (!value) {
    const [{ message, range }] = problems;
    throw failure(`${file}${range ? `:${range.start.line}:${range.start.column}` : ""}: ${message}`);
  }
  return /** @type {any} */ (value.value);
}

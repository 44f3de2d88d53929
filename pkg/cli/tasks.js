// The task handlers of `local` and `run`.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {import("../local.js").TaskHandlers} TaskHandlers */

/**
 * Reads handlers from a module, or mocks from a JSON file.
 *
 * @param {string} file
 * @returns {Promise<TaskHandlers>}
 */
export async function readTasks(file) {
  const wrong = (/** @type {string} */ why) => new Error(`the tasks of ${file}: ${why}`);
  if (extname(file) === ".json") {
    const text = await readFile(file, "utf8").catch((error) => {
      throw wrong(error.message);
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw wrong(`invalid JSON: ${error.message}`);
    }
  }
  if (![".mjs", ".js"].includes(extname(file))) throw wrong("expected a module (.mjs, .js) or mocks (.json)");
  const module = await import(pathToFileURL(file).href).catch((error) => {
    throw wrong(error.message);
  });
  if (typeof module.default !== "object" || module.default === null)
    throw wrong("the default export must be an object with handlers");
  return module.default;
}

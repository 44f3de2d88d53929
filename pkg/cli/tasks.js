// The task handlers of `local` and `run`.

import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { MAX_BYTES, readText } from "./check/read.js";
import { reason } from "./failure.js";

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
    let text;
    try {
      text = readText(file);
    } catch (error) {
      throw wrong(`the file ${error.message}`);
    }
    try {
      return JSON.parse(text.replace(/^\ufeff/, ""));
    } catch (error) {
      throw wrong(`invalid JSON: ${firstLine(error)}`);
    }
  }
  if (![".mjs", ".js"].includes(extname(file))) throw wrong("expected a module (.mjs, .js) or mocks (.json)");
  // The messages of the runtimes differ.
  const stats = await stat(file).catch((error) => {
    throw wrong(`the file ${reason(error)}`);
  });
  if (!stats.isFile()) throw wrong(`the file is ${stats.isDirectory() ? "a folder" : "not a regular file"}`);
  if (stats.size > MAX_BYTES) throw wrong(`the file is larger than the maximum of ${MAX_BYTES / 1024 / 1024} MiB`);
  const module = await import(pathToFileURL(file).href).catch((error) => {
    throw wrong(firstLine(error));
  });
  if (typeof module.default !== "object" || module.default === null)
    throw wrong("the default export must be an object with handlers");
  return module.default;
}

/** @param {any} error A module can throw anything. */
function firstLine(error) {
  return String(error?.message || error).split("\n", 1)[0];
}

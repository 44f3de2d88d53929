// The configuration file `cloudflow.json`.

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { failure } from "../failure.js";
import { safeLine } from "../line.js";
import { nearest } from "../nearest.js";
import { form, say } from "../../shared/words.js";
import { readText } from "./read.js";

export const CONFIG_NAME = "cloudflow.json";

/**
 * @typedef {object} Config
 * @property {string[]} [files]
 * @property {string[]} [ignore]
 * @property {"Standard" | "Express"} [mode]
 * @property {Record<string, Level>} [rules]
 * @property {number} [maxWarnings]
 */

/** @typedef {"off" | "warning" | "error"} Level */

const LEVELS = ["off", "warning", "error"];

/**
 * The configuration of the folder, or of the nearest folder above it, up to the root of the repository.
 *
 * @param {string | undefined} path
 * @returns {{ config: Config, base: string, path: string | undefined }} `base`: the folder of the file
 */
export function readConfig(path) {
  const file = path ?? findConfig(resolve("."));
  if (file === undefined) return { config: {}, base: ".", path: undefined };
  let text;
  try {
    text = readText(file);
  } catch (error) {
    throw error.exitCode === undefined ? error : failure(`${file} ${error.message}`);
  }
  let value;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw failure(`${file} is not valid JSON: ${safeLine(error.message.split("\n", 1)[0])}`);
  }
  return {
    config: checked(value, file),
    base: relative(resolve("."), dirname(resolve(file))) || ".",
    path: relative(resolve("."), file),
  };
}

/**
 * The path of the configuration of a folder, if there is one.
 *
 * @param {string} start
 */
export function findConfig(start) {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_NAME);
    if (existsSync(file)) return file;
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return undefined;
  }
}

/**
 * @param {any} value
 * @param {string} file
 * @returns {Config}
 */
function checked(value, file) {
  const wrong = (/** @type {string} */ message) => failure(form("{}: {}", file, say(message)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("expected an object");
  /** @type {Record<string, [string, (value: any) => boolean]>} */
  const keys = {
    $schema: ["a text", (value) => typeof value === "string"],
    files: ["a list of at least one name or pattern", (value) => isTexts(value) && value.length > 0],
    ignore: ["a list of patterns", isTexts],
    mode: ["`Standard` or `Express`", (value) => value === "Standard" || value === "Express"],
    rules: ["an object", (value) => typeof value === "object" && value !== null && !Array.isArray(value)],
    maxWarnings: ["a whole number", (value) => Number.isSafeInteger(value) && value >= 0],
  };
  for (const [key, found] of Object.entries(value)) {
    const [expected, isRight] = Object.hasOwn(keys, key) ? keys[key] : [undefined, () => false];
    if (expected === undefined) {
      const near = nearest(key, Object.keys(keys));
      throw wrong(`\`${key}\` is not a key${near === undefined ? "" : `: did you mean \`${near}\`?`}`);
    }
    if (!isRight(found)) throw wrong(`\`${key}\` must be ${expected}`);
  }
  for (const [code, level] of Object.entries(value.rules ?? {})) {
    const problem = ruleProblem(code, level);
    if (problem) throw wrong(`\`rules\`: ${problem}`);
  }
  return value;
}

/** @param {any} value */
function isTexts(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "");
}

/**
 * What is wrong with a rule.
 *
 * @param {string} code
 * @param {any} level
 * @param {ReadonlySet<string>} [known] all codes
 */
export function ruleProblem(code, level, known) {
  if (!LEVELS.includes(level)) return `\`${code}\` must be \`off\`, \`warning\` or \`error\`, not \`${level}\``;
  if (level !== "error") {
    if (code.startsWith("yaml-") || code === "unknown-dialect")
      return `\`${code}\` is always an error: a text that cannot be read is not checked`;
    if (code === "too-many") return "`too-many` cannot be changed: it replaces further findings";
  }
  if (known && !known.has(code)) {
    const near = nearest(code, known);
    return `\`${code}\` is not a code of a diagnostic${near === undefined ? "" : `: did you mean \`${near}\`?`}`;
  }
  return undefined;
}

// The words of the page in the language of the user.

import { en } from "./en.js";
import { zh } from "./zh.js";

/**
 * The words of a language, by section and name: a text, or a function that returns one.
 *
 * @typedef {Record<string, Record<string, string | ((...values: any[]) => string)>>} Dictionary
 */

const DICTIONARIES = { en, zh };

/**
 * Returns the function that finds words: `t("timeline.title")`, `t("events.count", 5)`. An entry is a text or a
 * function that returns one.
 *
 * @param {"en" | "zh"} lang
 * @returns {(key: string, ...values: any[]) => string}
 */
export function createWords(lang) {
  return (key, ...values) => {
    const [section, name] = key.split(".");
    const entry = DICTIONARIES[lang][section][name];
    return typeof entry === "function" ? entry(...values) : entry;
  };
}

/**
 * The language of the browser: the first of its languages that the page has.
 *
 * @param {readonly string[]} wanted
 * @returns {"en" | "zh"}
 */
export function preferredLanguage(wanted) {
  const found = wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag === "en" || tag === "zh");
  return found === "zh" ? "zh" : "en";
}

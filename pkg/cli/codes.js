// The codes of diagnostics and errors with their descriptions: the documents of the repository, which the build copies.

import { readFileSync } from "node:fs";
import { commandLocale } from "../shared/words.js";

/** The copies lie next to the folder of the commands; in the sources, in `docs/`. */
const PLACES = ["../reference/", "../../docs/"];

/**
 * @param {"diagnostics" | "errors"} name
 * @param {string} locale
 */
function read(name, locale) {
  const folder = locale === "zh" ? "zh/" : "";
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(`${place}${folder}${name}.md`, import.meta.url), "utf8");
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`the package has no file cli/reference/${name}.md`);
}

/**
 * The sections by their code, in the language of the command.
 *
 * @param {"diagnostics" | "errors"} name
 * @param {string} [locale]
 * @returns {Map<string, { text: string, chapter: string }>}
 */
export function sections(name, locale = commandLocale()) {
  const found = new Map();
  let chapter = "";
  for (const part of read(name, locale).split(/^(?=##+ )/m)) {
    const [heading = "", ...lines] = part.split("\n");
    if (heading.startsWith("## ")) chapter = heading.slice(3);
    for (const code of heading.startsWith("### ") ? heading.slice(4).split(/, | and /) : [])
      found.set(code.replaceAll("`", "").trim(), { text: lines.join("\n").trim(), chapter });
  }
  return found;
}

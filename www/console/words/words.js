// The words of the page in the language of the user.

/**
 * The words of a language, by section and name: a text, or a function that returns one.
 *
 * @typedef {Record<string, Record<string, string | ((...values: any[]) => string)>>} Dictionary
 */

/** @typedef {"en" | "zh"} Lang */

/** @type {Record<Lang, () => Promise<Dictionary>>} */
const SOURCES = {
  en: () => import("./en.js").then(({ en }) => en),
  zh: () => import("./zh.js").then(({ zh }) => zh),
};

/** The dictionaries that are loaded. @type {Map<Lang, Dictionary>} */
const dictionaries = new Map();

/**
 * Loads the words of a language.
 *
 * @param {Lang} lang
 */
export async function loadWords(lang) {
  if (!dictionaries.has(lang)) dictionaries.set(lang, await SOURCES[lang]());
}

/** The messages of the package, which writes English. @type {typeof import("./chinese.js") | undefined} */
let chinese;

/**
 * Loads the messages of the package, if they are not English. If that fails, messages stay English, and the next call
 * tries again.
 *
 * @param {Lang} lang
 */
export async function loadMessages(lang) {
  if (lang === "zh") chinese ??= await import("./chinese.js").catch(() => undefined);
  return chinese;
}

/**
 * Returns the function that finds words: `t("timeline.title")`, `t("events.count", 5)`. An entry is a text or a
 * function that returns one. The words must be loaded. `t("app.message", text)` is a message of the package in the language.
 *
 * @param {Lang} lang
 * @returns {(key: string, ...values: any[]) => string}
 */
export function createWords(lang) {
  const dictionary = dictionaries.get(lang);
  if (dictionary === undefined) throw new Error(`the words of ${lang} are not loaded`);
  return (key, ...values) => {
    if (key === "app.message" && lang === "zh" && chinese) return chinese.translate(values[0]);
    const [section, name] = key.split(".");
    const entry = dictionary[section][name];
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

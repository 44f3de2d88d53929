// Selects the language of the messages of the command.

import { isChinese, speak } from "../shared/words.js";
import { failure } from "./failure.js";

export const LOCALES = ["en", "zh"];

/** Text of the option in the help of each command. */
export const LOCALE_TEXT =
  "language of the messages: en or zh (default: the language of the environment, LC_ALL, LC_MESSAGES or LANG)";

/**
 * Sets the language: that of the option `--locale`, otherwise that of the environment. Returns the arguments without the
 * option.
 *
 * @param {string[]} argv
 * @param {Record<string, string | undefined>} env
 */
export async function chooseLocale(argv, env) {
  // An error of the option is in the language of the environment.
  await use(localeOf(env));
  const end = argv.indexOf("--");
  const at = argv.findIndex((part, i) => /^--locale(=|$)/.test(part) && (end < 0 || i < end));
  if (at < 0) return argv;
  const isJoined = argv[at].startsWith("--locale=");
  const value = isJoined ? argv[at].slice("--locale=".length) : argv[at + 1];
  if (value === undefined) throw failure("--locale needs a value: `en` or `zh`");
  if (!LOCALES.includes(value)) throw failure(`--locale must be \`en\` or \`zh\`, not \`${value}\``);
  await use(value);
  return argv.toSpliced(at, isJoined ? 1 : 2);
}

/**
 * The language of the environment. The first variable that is not empty decides, as for other programs.
 *
 * @param {Record<string, string | undefined>} env
 */
export function localeOf(env) {
  const name = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return isChinese(name) ? "zh" : "en";
}

/** @param {string} locale */
async function use(locale) {
  speak(locale === "zh" ? (await import("./zh.js")).chinese : undefined);
}

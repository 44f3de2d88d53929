// The language of the command: a process has one. All files of the command use this one.

/** @typedef {{ locale: "en" | "zh", message: (text: string) => string, template: (text: string) => string }} Words */

/** @type {Words} */
const ENGLISH = { locale: "en", message: (text) => text, template: (text) => text };

let words = ENGLISH;

/**
 * A text for the user in the language of the command.
 *
 * @param {string} text complete, in English
 */
export const say = (text) => words.message(text);

/**
 * A template in the language of the command, with its holes filled: for templates with so few words that they would fit
 * many messages, and for parts with colours.
 *
 * @param {string} template with a hole `{}` for each part
 * @param {string[]} parts
 */
export function form(template, ...parts) {
  let next = -1;
  return words.template(template).replace(/\{(\d*)\}/g, (_, number) => {
    next += 1;
    return parts[number === "" ? next : Number(number)] ?? "";
  });
}

/** The language of the command. */
export const commandLocale = () => words.locale;

/** True for the name of a Chinese language, such as `zh`, `zh_CN.UTF-8` and `zh-cn`. @param {string} name */
export const isChinese = (name) => /^zh(?![a-z])/i.test(name);

/** Sets the language. @param {Words} [language] absent for English */
export function speak(language = ENGLISH) {
  words = language;
}

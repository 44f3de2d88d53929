// Translates finished messages. The English template of a message is the key of its translation: the message is compared
// with the templates, and the parts in the holes of the template are inserted into the translation.
//
// Texts in backticks belong to the user. They are never compared with templates and never translated. What writes the
// messages knows nothing of languages, so that the modules do not grow.

import { CODE, compile, patternOf, wholePattern } from "./template.js";

/** @typedef {import("./template.js").Template} Template */

/** @typedef {Readonly<Record<string, string>>} Table English templates and their translations */

/** The characters from here on are texts that are not compared: each is the text with this number. */
const FIRST = 0xe100;
const LAST = 0xf8ff;
const KEPT = /[\ue100-\uf8ff]/g;

/** Maximum length of a message, without the texts in backticks. Longer texts are data. */
const MAX_UNITS = 2000;

/** Maximum number of messages whose translations are kept. */
const MOST_KNOWN = 1000;

/** Maximum depth of messages in messages. */
const MAX_DEPTH = 6;

/** Fewer characters of a template could be a part of any message. */
const LEAST_SIZE = 12;

/** The same, for a message of which a part is not known. */
const LEAST_PARTIAL = 9;

/** @typedef {ReturnType<typeof read> & { other?: (message: string) => string | undefined }} Templates */

/** @typedef {{ text: string, rest: number }} Said a text, and the length of its parts that were not translated */

/**
 * Returns the function that translates a message. Its result is undefined for a text that is not a known message.
 *
 * @param {Table[]} tables
 * @param {object} [more]
 * @param {Table} [more.ends] ends of messages, after a semicolon
 * @param {(message: string) => string | undefined} [more.other] translates messages that are in no table
 * @returns {(message: string) => string | undefined}
 */
export function createTranslator(tables, { ends = {}, other } = {}) {
  /** @type {Templates | undefined} */
  let templates;
  /** @type {Map<string, string | undefined>} */
  const known = new Map();
  return (message) => {
    if (message.length > MAX_UNITS) return translated(message);
    if (!known.has(message)) {
      if (known.size === MOST_KNOWN) known.clear();
      known.set(message, translated(message));
    }
    return known.get(message);
  };

  /** @param {string} message */
  function translated(message) {
    // The first message pays for the templates.
    templates ??= { ...read(tables, ends), other };
    const kept = new Kept();
    const text = encode(message, kept);
    const said = text === undefined || text.length > MAX_UNITS ? undefined : sayWhole(templates, text, kept);
    const another = said?.rest === 0 ? undefined : other?.(message);
    if (another !== undefined) return another;
    if (said) return kept.decode(said.text);
    return message.length > MAX_UNITS || !message.includes("`") ? undefined : byCharacters(message, templates.all);
  }
}

/**
 * @param {Templates} templates
 * @param {string} text
 * @param {Kept} kept
 */
function sayWhole(templates, text, kept) {
  const said = say(templates, text, kept, 0);
  if (said?.rest === 0) return said;
  // "`a`, `b`" may be in one hole.
  const joined = text.replace(/[\ue100-\uf8ff](?:, [\ue100-\uf8ff])+/g, (list) => kept.keep(kept.decode(list)));
  const other = joined === text ? undefined : say(templates, joined, kept, 0);
  if (other?.rest === 0) return other;
  return inSteps(templates, text, kept) ?? said ?? other;
}

/**
 * @param {Table[]} tables
 * @param {Table} further ends of messages, after a semicolon
 */
function read(tables, further) {
  /** @type {Map<string, Template[]>} */
  const exact = new Map();
  /** @type {Template[]} */
  const open = [];
  /** The ends of longer messages. @type {Template[]} */
  const ends = [];
  /** @param {Template} template */
  const add = (template) => {
    const same = exact.get(template.shape);
    if (template.isOpen) open.push(template);
    else if (same) same.push(template);
    else exact.set(template.shape, [template]);
  };
  const after = Object.entries(further).map(([english, translation]) => [`; ${english}`, `；${translation}`]);
  for (const [english, translation] of [...tables.flatMap((table) => Object.entries(table)), ...after]) {
    // Of two holes beside each other, the second one is for a hint, such as "; did you mean `a`?", which is the end of a
    // longer message itself.
    if (/[^`]\{\}\{\}$/.test(english)) add(compile(english.slice(0, -2), translation.replace(/\{\d*\}$/, "")));
    else add(compile(english, translation));
    // The end of a longer message. Its holes have the numbers from 1 on.
    if (/^(?:[;:,] | \()[^a-z]*[a-z]/.test(english))
      ends.push(compile(`{0}${shifted(english)}`, `{0}${shifted(translation)}`));
  }
  const bySize = (/** @type {Template} */ a, /** @type {Template} */ b) => b.size - a.size;
  open.sort(bySize);
  // First the ends: what is before them is a message of its own.
  open.unshift(...ends.sort(bySize));
  return { exact, open, all: [...exact.values(), open].flat().sort(bySize) };
}

/** @param {string} template */
function shifted(template) {
  let next = 0;
  return template.replace(/\{(\d*)\}/g, (_, number) => {
    if (number !== "") return `{${Number(number) + 1}}`;
    next += 1;
    return `{${next}}`;
  });
}

/** The texts of a message that are not compared. */
class Kept {
  /** @type {string[]} */
  #texts = [];

  /** The character for a text. @param {string} text */
  keep(text) {
    if (text === "" || FIRST + this.#texts.length > LAST) return text;
    this.#texts.push(text);
    return String.fromCharCode(FIRST + this.#texts.length - 1);
  }

  /** @param {string} character */
  of(character) {
    return this.#texts[character.charCodeAt(0) - FIRST] ?? "";
  }

  /** @param {string} text */
  decode(text) {
    return text.replace(KEPT, (one) => this.of(one));
  }
}

/**
 * Replaces the texts in backticks. Undefined if the backticks are not in pairs.
 *
 * @param {string} message
 * @param {Kept} kept
 */
function encode(message, kept) {
  if (/[\ue000-\uf8ff]/.test(message)) return undefined;
  const parts = message.split("`");
  if (parts.length % 2 === 0 || parts.length / 2 > LAST - FIRST - 100) return undefined;
  return parts.map((part, i) => (i % 2 === 0 ? part : kept.keep(`\`${part}\``))).join("");
}

/**
 * The translation of an encoded text. Undefined if no template has its form.
 *
 * @param {Templates} templates
 * @param {string} text
 * @param {Kept} kept
 * @param {number} depth
 * @returns {Said | undefined}
 */
function say(templates, text, kept, depth) {
  if (!/[a-z]/i.test(text.replace(/ and /g, ""))) return { text: listed(text), rest: 0 };
  // Names without backticks.
  if (/^\w+(?:, \w+)+$/.test(text)) return { text: text.replaceAll(", ", "、"), rest: 0 };
  if (depth > MAX_DEPTH) return undefined;
  const shape = text.replace(KEPT, CODE);
  for (const template of templates.exact.get(shape) ?? []) {
    const holes = holesIn(template, text.match(KEPT) ?? [], kept);
    if (holes) return { text: fill(template, holes, kept), rest: 0 };
  }
  /** @type {Said | undefined} */
  let best;
  for (const template of templates.open) {
    // Most templates differ in their first or last words.
    if (!shape.startsWith(template.head) || !shape.endsWith(template.tail)) continue;
    const match = /** @type {any} */ (patternOf(template).exec(shape));
    if (!match) continue;
    const found = match.indices.slice(1).map((/** @type {[number, number]} */ [start, end]) => text.slice(start, end));
    const holes = holesIn(template, found, kept);
    if (!holes) continue;
    let rest = 0;
    for (const [i, part] of template.parts.entries()) {
      // A translation may leave out a part.
      if (!("hole" in part) || !template.translation.some(({ parts }) => parts.includes(part.hole))) continue;
      const said = say(templates, found[i], kept, depth + 1);
      if (said?.rest === 0) {
        holes[part.hole] = said.text;
        continue;
      }
      const whole = kept.decode(found[i]);
      const another = templates.other?.(whole);
      if (another === undefined) rest += said?.rest ?? found[i].length;
      holes[part.hole] = another === undefined ? (said?.text ?? kept.keep(whole)) : kept.keep(another);
    }
    if (rest === 0) return { text: fill(template, holes, kept), rest };
    // A template of few words would fit any text.
    if (template.size >= LEAST_PARTIAL && (best === undefined || rest < best.rest))
      best = { text: fill(template, holes, kept), rest };
  }
  return best;
}

/**
 * The values of the holes in texts in backticks. Undefined if the message has other texts there.
 *
 * @param {Template} template
 * @param {string[]} found the text of each part
 * @param {Kept} kept
 */
function holesIn(template, found, kept) {
  /** @type {string[]} */
  const holes = [];
  for (const [i, part] of template.parts.entries()) {
    if ("hole" in part) continue;
    const code = kept.of(found[i]).slice(1, -1);
    if ("text" in part) {
      if (code !== part.text) return undefined;
      continue;
    }
    if ("whole" in part) {
      holes[part.whole] = kept.keep(code);
      continue;
    }
    const match = part.pattern.exec(code);
    if (!match) return undefined;
    for (const [j, hole] of part.holes.entries()) holes[hole] = kept.keep(match[j + 1]);
  }
  return holes;
}

/**
 * @param {Template} template
 * @param {string[]} holes
 * @param {Kept} kept
 */
function fill({ translation }, holes, kept) {
  const text = translation.map(({ isCode, parts }) => {
    const filled = parts.map((part) => (typeof part === "number" ? (holes[part] ?? "") : part)).join("");
    return isCode ? kept.keep(`\`${kept.decode(filled).replaceAll("`, `", "`、`")}\``) : filled;
  });
  return spaced(text.join(""));
}

/** Names in a list. @param {string} text */
const listed = (text) => text.replace(/([\ue100-\uf8ff]), (?=[\ue100-\uf8ff])/g, "$1、").replace(/ and /g, " 和 ");

/** A space between Chinese and other characters, none beside wide punctuation. @param {string} text */
function spaced(text) {
  return text
    .replace(/([\u4e00-\u9fff])(?=[\w%$(\ue100-\uf8ff])/g, "$1 ")
    .replace(/([\w%$)\ue100-\uf8ff])(?=[\u4e00-\u9fff])/g, "$1 ")
    .replace(/([\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])/g, "$1")
    .replace(/ *([，。；：、（）！？]) */g, "$1");
}

/**
 * A text about states with the word of the dialect `flow`.
 *
 * @param {Templates} templates
 * @param {string} text
 * @param {Kept} kept
 */
function inSteps(templates, text, kept) {
  if (!text.includes("step")) return undefined;
  const said = say(templates, text.replaceAll("step", "state"), kept, MAX_DEPTH);
  return said?.rest === 0 ? { text: said.text.replaceAll("状态", "步骤"), rest: 0 } : undefined;
}

/**
 * A message whose backticks are not in pairs, because a text of the user contains one.
 *
 * @param {string} message
 * @param {Template[]} all
 */
function byCharacters(message, all) {
  for (const template of all) {
    if (template.size < LEAST_SIZE) break;
    const { pattern, holes: numbers } = wholePattern(template);
    const match = pattern.exec(message);
    if (!match) continue;
    const kept = new Kept();
    /** @type {string[]} */
    const holes = [];
    for (const [i, hole] of numbers.entries()) holes[hole] = kept.keep(match[i + 1]);
    return kept.decode(fill(template, holes, kept));
  }
  return undefined;
}

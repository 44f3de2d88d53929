// Templates of messages: prose and texts in backticks in turn, both with holes, `{}` or `{0}`.

/** In the shape of a message, the character for a text in backticks. */
export const CODE = "\ue000";

const HOLE = /\{(\d*)\}/g;

/**
 * @typedef {object} Template
 * @property {string} shape the prose of the English template, with `CODE` for each text in backticks
 * @property {boolean} isOpen it has holes in the prose
 * @property {string} head the shape before the first hole in the prose
 * @property {string} tail the shape after the last one
 * @property {string} source the expression that finds the parts in a shape
 * @property {RegExp} [pattern] the expression, from its first use on
 * @property {Part[]} parts what the groups of the pattern find, or the texts in backticks if there is no pattern
 * @property {string} english
 * @property {Piece[]} translation
 * @property {number} size number of characters outside of the holes
 * @property {{ holes: number[], pattern: RegExp }} [whole] for messages whose backticks are not in pairs
 */

/**
 * A hole in the prose, by its number, or a text in backticks: `text` if it has no holes, `whole` if it is one hole, else
 * `pattern` and the numbers of its holes.
 *
 * @typedef {{ hole: number } | { text: string } | { whole: number } | { pattern: RegExp, holes: number[] }} Part
 */

/**
 * A part of a translation: prose or a text in backticks, cut at its holes: texts and numbers of holes.
 *
 * @typedef {{ isCode: boolean, parts: (string | number)[] }} Piece
 */

/**
 * Cuts a template at its holes. A hole without a number has the next one.
 *
 * @param {string} text
 * @param {{ next: number }} count
 */
function cut(text, count) {
  return text.split(HOLE).map((part, i) => {
    if (i % 2 === 0) return part;
    if (part !== "") return Number(part);
    count.next += 1;
    return count.next - 1;
  });
}

/** @param {string} text */
const literal = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/**
 * @param {string} english
 * @param {string} translation
 * @returns {Template}
 */
export function compile(english, translation) {
  const count = { next: 0 };
  /** @type {Part[]} */
  const parts = [];
  let shape = "";
  let pattern = "";
  /** @type {string | undefined} */
  let head;
  let tail = 0;
  english.split("`").forEach((text, i) => {
    const pieces = cut(text, count);
    if (i % 2 === 1) {
      shape += CODE;
      pattern += `(${CODE})`;
      const holes = pieces.filter((piece) => typeof piece === "number");
      if (holes.length === 0) parts.push({ text });
      else if (pieces.length === 3 && pieces[0] === "" && pieces[2] === "") parts.push({ whole: holes[0] });
      else parts.push({ pattern: new RegExp(`^${sourceOf(pieces)}$`), holes });
      return;
    }
    for (const piece of pieces) {
      if (typeof piece === "number") {
        head ??= shape;
        tail = shape.length;
        pattern += "([^]*?)";
        parts.push({ hole: piece });
      } else {
        shape += piece;
        pattern += literal(piece);
      }
    }
  });
  return {
    shape,
    isOpen: head !== undefined,
    head: head ?? "",
    tail: head === undefined ? "" : shape.slice(tail),
    source: pattern,
    parts,
    english,
    translation: piecesOf(translation),
    size: english.replace(HOLE, "").length,
  };
}

/**
 * @param {string} translation
 * @returns {Piece[]}
 */
function piecesOf(translation) {
  const count = { next: 0 };
  return translation.split("`").map((text, i) => ({ isCode: i % 2 === 1, parts: cut(text, count) }));
}

/** @param {(string | number)[]} pieces */
const sourceOf = (pieces) => pieces.map((piece) => (typeof piece === "number" ? "([^]*?)" : literal(piece))).join("");

/** The expression that finds the parts of a template in a shape. @param {Template} template */
export function patternOf(template) {
  template.pattern ??= new RegExp(`^${template.source}$`, "d");
  return template.pattern;
}

/**
 * The numbers of the holes of a template, in order, and an expression that finds what is in them. For any message.
 *
 * @param {Template} template
 */
export function wholePattern(template) {
  if (!template.whole) {
    const pieces = cut(template.english, { next: 0 });
    template.whole = {
      holes: pieces.filter((piece) => typeof piece === "number"),
      pattern: new RegExp(`^${sourceOf(pieces)}$`),
    };
  }
  return template.whole;
}

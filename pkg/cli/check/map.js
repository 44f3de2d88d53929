// A text that is a part of another one, with the places of its characters there.

/**
 * @typedef {object} Embedded
 * @property {string} text
 * @property {boolean} named whether its key says that it is a definition
 * @property {(offset: number) => number} at the offset in the outer text
 * @property {(offset: number) => number} endAt the end in the outer text of the character before the offset
 * @property {(start: number, end: number) => boolean} isPlain whether a part of the text can be replaced there: it
 *   contains no text of the template, and begins and ends between two characters
 * @property {Encode} encode
 */

/**
 * A text as it is written in the outer text. Undefined if it cannot be.
 *
 * @typedef {(text: string, around?: Around) => string | undefined} Encode
 */
/** @typedef {{ before: string, after: string }} Around the texts of the definition before and after an inserted text */

/** Collects a text in pieces. Inside a piece, characters of both texts correspond. */
export function createMap() {
  /** @type {number[]} */
  const inner = [];
  /** @type {number[]} */
  const outer = [];
  /** @type {number[]} */
  const lengths = [];
  /** @type {{ start: number, end: number }[]} */
  const foreign = [];
  let text = "";
  return {
    /**
     * @param {string} piece
     * @param {number} offset its place in the outer text
     * @param {number} [length] its length there, if it is written in another way
     */
    add(piece, offset, length = piece.length) {
      if (piece === "") return;
      inner.push(text.length);
      outer.push(offset);
      lengths.push(length);
      text += piece;
    },
    /**
     * Adds blanks for a part that belongs to the template.
     *
     * @param {number} offset
     * @param {number} length
     */
    addForeign(offset, length) {
      foreign.push({ start: text.length, end: text.length + length });
      this.add(" ".repeat(length), offset);
    },
    get text() {
      return text;
    },
    /**
     * @param {boolean} named
     * @param {Encode} encode
     * @returns {Embedded}
     */
    finish(named, encode) {
      /** The piece that contains an offset: where it is in both texts, and its lengths. */
      const pieceAt = (/** @type {number} */ offset) => {
        let low = 0;
        let high = inner.length - 1;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if (inner[middle] <= offset) low = middle;
          else high = middle - 1;
        }
        const begin = inner[low] ?? 0;
        const size = (inner[low + 1] ?? text.length) - begin;
        return { into: Math.max(0, offset - begin), size, begin: outer[low] ?? 0, length: lengths[low] ?? 0 };
      };
      const at = (/** @type {number} */ offset) => {
        const { into, size, begin, length } = pieceAt(offset);
        // Past the end of the last piece, the end of the piece.
        return begin + (into >= size ? length : Math.min(into, length));
      };
      const endAt = (/** @type {number} */ offset) => {
        if (offset === 0) return at(0);
        const { into, size, begin, length } = pieceAt(offset - 1);
        return begin + (into + 1 >= size ? length : Math.min(into + 1, length));
      };
      const isBetween = (/** @type {number} */ offset) => {
        const { into, size, length } = pieceAt(offset);
        return into === 0 || into >= size || size === length;
      };
      const isPlain = (/** @type {number} */ start, /** @type {number} */ end) =>
        isBetween(start) && isBetween(end) && foreign.every((part) => end <= part.start || start >= part.end);
      return { text, named, at, endAt, isPlain, encode };
    },
  };
}

/**
 * Writes a text into lines with an indentation.
 *
 * @param {string} indent
 * @returns {Encode}
 */
export function indented(indent) {
  return (text, { before, after } = { before: "", after: "" }) => {
    if (text === "") return text;
    const written = text.replace(/\n(?=[^\r\n])/g, `\n${indent}`);
    const isNewLine = after === "" && before.endsWith("\n") && !/^[\r\n]/.test(written);
    const isBeforeLine = written.endsWith("\n") && /^[^\r\n]/.test(after);
    return (isNewLine ? indent : "") + written + (isBeforeLine ? indent : "");
  };
}

/**
 * Writes a text between quotes, if nothing must be escaped.
 *
 * @type {Encode}
 */
export function plain(text) {
  return /^[\w .,:;$@/()[\]{}+*=<>!?|&-]*$/.test(text) ? text : undefined;
}

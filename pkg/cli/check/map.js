// A text that is a part of another one, with the places of its characters there.

/**
 * @typedef {object} Embedded
 * @property {string} text
 * @property {boolean} named whether its key says that it is a definition
 * @property {(offset: number) => number} at the offset in the outer text
 * @property {(text: string) => string | undefined} encode a text as it is written there; undefined if it cannot be
 */

/** Collects a text in pieces. Inside a piece, characters of both texts correspond. */
export function createMap() {
  /** @type {number[]} */
  const inner = [];
  /** @type {number[]} */
  const outer = [];
  /** @type {number[]} */
  const lengths = [];
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
    get text() {
      return text;
    },
    /**
     * @param {boolean} named
     * @param {Embedded["encode"]} encode
     * @returns {Embedded}
     */
    finish(named, encode) {
      const at = (/** @type {number} */ offset) => {
        let low = 0;
        let high = inner.length - 1;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if (inner[middle] <= offset) low = middle;
          else high = middle - 1;
        }
        // Past the end of the last piece, or inside an escape sequence, the end of the piece.
        return (outer[low] ?? 0) + Math.min(Math.max(0, offset - (inner[low] ?? 0)), lengths[low] ?? 0);
      };
      return { text, named, at, encode };
    },
  };
}

/**
 * Writes a text into lines with an indentation.
 *
 * @param {string} indent
 * @returns {Embedded["encode"]}
 */
export function indented(indent) {
  return (text) => text.replace(/\n(?=[^\r\n])/g, `\n${indent}`);
}

/**
 * Writes a text between quotes, if nothing must be escaped.
 *
 * @type {Embedded["encode"]}
 */
export function plain(text) {
  return /^[\w .,:;$@/()[\]{}+*=<>!?|&-]*$/.test(text) ? text : undefined;
}

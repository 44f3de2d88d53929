// The columns that a text takes on a terminal.

/** Created at the first use: it costs some milliseconds. @type {Intl.Segmenter | undefined} */
let graphemes;

export const ASCII = /^[\x20-\x7e]*$/;
/** Characters that can start an escape sequence, forge a line or reorder it. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const MARKS = /^\p{M}+$/u;
const PICTURE =
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|^\p{Regional_Indicator}{2}$|^[\d#*]\ufe0f?\u20e3/u;
/** Characters of the widths W and F of Unicode Standard Annex 11. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d0f}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/** Distance of tab stops in excerpts. */
const TAB = 4;

/**
 * The parts of a line as they are shown. Control characters are escaped, tabs become blanks.
 *
 * @param {string} line
 * @returns {{ shown: string, width: number, at: number }[]} `at`: offset in the line
 */
export function cells(line) {
  const parts = [];
  let column = 0;
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { segment, index } of graphemes.segment(line)) {
    let shown = segment;
    let width = 1;
    if (segment === "\t") {
      width = TAB - (column % TAB);
      shown = " ".repeat(width);
    } else if (ASCII.test(segment)) width = segment.length;
    else if (PICTURE.test(segment)) {
      width = 2;
    } else if (UNSAFE.test(segment)) {
      shown = Array.from(segment, (letter) => (UNSAFE.test(letter) ? escaped(letter) : letter)).join("");
      width = Array.from(shown, (letter) => (WIDE.test(letter) ? 2 : MARKS.test(letter) ? 0 : 1)).reduce(sum, 0);
    } else if (MARKS.test(segment)) {
      // A mark without a letter: most terminals draw it on the blank.
      shown = `\u25cc${segment}`;
    } else if (WIDE.test(segment)) width = 2;
    parts.push({ shown, width, at: index });
    column += width;
  }
  return parts;
}

/** @param {string} text */
export function widthOf(text) {
  if (ASCII.test(text)) return text.length;
  return cells(text).reduce((total, { width }) => total + width, 0);
}

/**
 * The text, or its beginning and `…` if it is too wide.
 *
 * @param {string} text
 * @param {number} room
 */
export function fitted(text, room) {
  if (widthOf(text) <= room) return text;
  let column = 0;
  const end = cells(text).find(({ width }) => (column += width) > room - 1);
  return `${text.slice(0, end?.at)}…`;
}

/** @param {string} character */
function escaped(character) {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** @param {number} a @param {number} b */
function sum(a, b) {
  return a + b;
}

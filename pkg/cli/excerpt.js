// A line of a source with marks below a part of it.

import { ASCII, cells } from "./width.js";

/** Maximum width of a shown line, unless the terminal is narrower. Longer lines are cut around the mark. */
const MAX_WIDTH = 150;
/** Longer lines are cut before they are measured. */
const MAX_LENGTH = 4000;

/**
 * The text and the marks below it. `from` and `to` are offsets in the line; an empty range has one mark.
 *
 * @param {string} line
 * @param {number} from
 * @param {number} to
 * @param {string} [mark]
 * @param {number} [most] maximum width
 */
export function excerpt(line, from, to, mark = "^", most = MAX_WIDTH) {
  // The usual line: each character has one column.
  if (line.length <= most && ASCII.test(line)) {
    const at = Math.min(from, line.length);
    const end = Math.min(Math.max(to, from + 1), line.length);
    return { text: line.trimEnd(), marks: `${" ".repeat(at)}${mark.repeat(Math.max(1, end - at))}` };
  }
  let cutStart = 0;
  if (line.length > MAX_LENGTH) {
    cutStart = Math.max(0, from - MAX_LENGTH / 2);
    // Not between the halves of a character.
    if (/[\udc00-\udfff]/.test(line[cutStart])) cutStart += 1;
  }
  const all = cells(line.slice(cutStart, cutStart + MAX_LENGTH));
  const [start, end] = [from - cutStart, Math.max(to, from + 1) - cutStart];
  let first = 0;
  let last = all.length;
  const total = all.reduce((sum, { width }) => sum + width, 0);
  if (total > most) {
    // Two columns are for the signs of a cut.
    const room = Math.max(10, most - 2);
    let column = 0;
    const markAt = all.reduce((sum, { width, at }) => sum + (at < start ? width : 0), 0);
    const begin = Math.max(0, Math.min(markAt - Math.floor(room / 4), total - room));
    first = all.findIndex(({ width }) => (column += width) > begin);
    column = 0;
    const over = all.findIndex(({ width }, i) => i >= first && (column += width) > room);
    if (over >= 0) last = over;
  }
  let text = first > 0 || cutStart > 0 ? "…" : "";
  let column = text.length;
  let at = -1;
  let marks = 0;
  all.slice(first, last).forEach((cell, i) => {
    const next = all[first + i + 1]?.at ?? Math.min(MAX_LENGTH, line.length - cutStart);
    text += cell.shown;
    if (next > start && cell.at < end) {
      if (at < 0) at = column;
      marks += cell.width;
    }
    column += cell.width;
  });
  if (last < all.length || cutStart + MAX_LENGTH < line.length) text += "…";
  if (at < 0) [at, marks] = [column, 1];
  return { text: text.trimEnd(), marks: `${" ".repeat(at)}${mark.repeat(Math.max(1, marks))}` };
}

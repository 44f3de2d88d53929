// Lines of a text. A line ends with LF, CR LF or CR, as for `validateFlow`.

/**
 * The line of a position, without the lines before it being counted.
 *
 * @param {string} text
 * @param {{ column: number, offset: number }} position
 */
export function lineAt(text, { column, offset }) {
  const from = offset - column + 1;
  const rest = /[\r\n]/g;
  rest.lastIndex = from;
  return text.slice(from, rest.exec(text)?.index);
}

/** @param {string} text */
export function createLines(text) {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  return {
    /** @param {number} line from 1 */
    text(line) {
      return text.slice(starts[line - 1] ?? text.length, starts[line] ?? text.length).replace(/[\r\n]+$/, "");
    },
    /** @param {number} offset */
    position(offset) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle] <= offset) low = middle;
        else high = middle - 1;
      }
      return { line: low + 1, column: offset - starts[low] + 1, offset };
    },
  };
}

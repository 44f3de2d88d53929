// Colours of a terminal.

/** @typedef {ReturnType<typeof createStyle>} Style */

/** @param {boolean} color */
export function createStyle(color) {
  const style = (/** @type {number} */ on, /** @type {number} */ off) =>
    color
      ? (/** @type {string} */ text) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`)
      : (/** @type {string} */ text) => text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    yellow: style(33, 39),
    green: style(32, 39),
    blue: style(34, 39),
    cyan: style(36, 39),
  };
}

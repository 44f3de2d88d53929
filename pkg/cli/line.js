// Escapes untrusted text for a terminal. A control character can start an escape sequence of the terminal, a line break
// can forge a line, a bidirectional control can reorder a line.

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_WORD = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}\\]/gu;

/**
 * Escapes all characters that are not visible text. Applied to every printed line.
 *
 * @param {unknown} text
 */
export function safeLine(text) {
  return String(text).replace(UNSAFE, escaped);
}

/**
 * Escapes one word of a log line and limits its length. Spaces and backslashes are escaped as well.
 *
 * @param {unknown} text
 */
export function safeWord(text) {
  const word = String(text).slice(0, 1000).replace(UNSAFE_IN_WORD, escaped);
  return word.length > 200 ? `${word.slice(0, 200)}…` : word;
}

/** @param {string} character */
function escaped(character) {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

// Texts of others in lines that a terminal shows. A control character could start an escape sequence of the
// terminal, a line break could forge a line, a bidirectional control could reorder one.

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_WORD = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}\\]/gu;

/** Escapes everything that is not visible text. Every line that is printed goes through this. */
export function safeLine(text) {
  return String(text).replace(UNSAFE, escaped);
}

/** For one word of a log line, of limited length: spaces and backslashes are escaped, too. */
export function safeWord(text) {
  const word = String(text).slice(0, 1000).replace(UNSAFE_IN_WORD, escaped);
  return word.length > 200 ? `${word.slice(0, 200)}…` : word;
}

function escaped(character) {
  return `\\u{${character.codePointAt(0).toString(16)}}`;
}

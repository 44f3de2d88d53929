// Is a text Chinese?

/** Names that a Chinese text contains as they are. */
const NAMES = /\b(?:Amazon States Language|cloudflow-wasm\/\w+\.wasm)\b/g;

/**
 * The English words of a message: two or more in a row, outside of backticks and quotes. Empty for a Chinese message.
 *
 * @param {string} message
 */
export function englishIn(message) {
  const prose = message.replace(/`[^`]*`|"[^"]*"|'[^']*'/g, "`").replace(NAMES, "");
  return prose.match(/\b[A-Za-z]{2,}(?:[ ,:;]+[a-z]{2,})+/g) ?? [];
}

/** All texts for people in findings. */
export const textsOf = (diagnostics) =>
  diagnostics.flatMap(({ message, related = [], fix }) => [
    message,
    ...related.map((other) => other.message),
    ...(fix ? [fix.title] : []),
  ]);

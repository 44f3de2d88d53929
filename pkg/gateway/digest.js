// SHA-256 of texts.

/**
 * @param {string} text
 * @param {number} [length] of the result, in bytes
 */
export async function digest(text, length = 32) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash, 0, length), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

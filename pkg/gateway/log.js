// The log of the Worker, which only its owner reads. Entries contain no secrets and have one line.

import { runtimeOf } from "../shared/behind.js";

/** Maximum length of an entry, in characters. */
const MAX_ENTRY = 4096;

/** @typedef {(what: string, thrown?: unknown) => void} Log */

/**
 * @param {Function} describeExecution
 * @returns {Log}
 */
export function logger(describeExecution) {
  const { call } = runtimeOf(describeExecution);
  return (what, thrown) => {
    const text = thrown === undefined ? what : `${what}: ${shown(thrown)}`;
    console.error(`cloudflow-wasm/gateway: ${escaped(call("redact", text).slice(0, MAX_ENTRY))}`);
  };
}

/**
 * Returns a text for a thrown value. Its getters may throw.
 *
 * @param {any} thrown
 */
function shown(thrown) {
  try {
    return String(thrown?.stack || thrown?.message || thrown);
  } catch {
    return "a value that cannot be converted to text";
  }
}

/**
 * Escapes control characters: line breaks could forge an entry, others could control a terminal.
 *
 * @param {string} text
 */
function escaped(text) {
  const code = (/** @type {string} */ c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text
    .replaceAll("\n", "\\n")
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, code);
}

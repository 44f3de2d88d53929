// The log of the Worker, which only its owner reads. Entries contain no secrets and have one line.

import { runtimeOf } from "../shared/behind.js";
import { wrongOptions } from "../shared/options.js";

/** Maximum length of an entry, in characters. */
const MAX_ENTRY = 4096;

/** Maximum length of a text of an entry about a call. */
const MAX_TEXT = 256;

/** Control characters, line separators and marks that change the direction of text. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** @typedef {(what: string, thrown?: unknown) => void} Log */

/**
 * @param {Function} describeExecution
 * @returns {Log}
 */
export function logger(describeExecution) {
  const { call } = runtimeOf(describeExecution);
  return (what, thrown) => {
    let text = thrown === undefined ? what : `${what}: ${shown(thrown)}`;
    try {
      text = call("redact", text);
    } catch (error) {
      // The module does not start. Its error contains no secret; the text may.
      text = shown(error);
    }
    console.error(`cloudflow-wasm/gateway: ${escaped(text.slice(0, MAX_ENTRY))}`);
  };
}

/** @typedef {import("./types.js").LogEntry} LogEntry */

/**
 * Returns the log of the upstream calls: one JSON line per call, or a call of the option `log`, or nothing.
 *
 * @param {Function} describeExecution
 * @param {undefined | false | ((entry: LogEntry) => void)} option the option `log`
 * @returns {(entry: Omit<LogEntry, "time">) => void}
 */
export function callLogger(describeExecution, option) {
  if (option === false) return () => {};
  if (option !== undefined && typeof option !== "function") {
    throw wrongOptions("createGateway: `log` must be `false` or a function of an entry");
  }
  const { call } = runtimeOf(describeExecution);
  const fail = logger(describeExecution);
  const clean = (/** @type {string} */ text) => call("redact", String(text).slice(0, MAX_ENTRY)).slice(0, MAX_TEXT);
  return ({ action, flow, execution, status, code, requestId, ms, attempt }) => {
    const entry = {
      time: new Date().toISOString(),
      ...{ action: clean(action), flow: clean(flow), execution: clean(execution) },
      ...{ status, code: clean(code), requestId: clean(requestId), ms: Math.round(ms), attempt },
    };
    if (!option) return console.log(JSON.stringify(entry).replace(UNSAFE, escapedCharacter));
    // The log must not fail a call. An async function may reject.
    const failed = (/** @type {unknown} */ error) => fail("`log` threw", error);
    try {
      Promise.resolve(/** @type {unknown} */ (option(entry))).catch(failed);
    } catch (error) {
      failed(error);
    }
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
  return text.replaceAll("\n", "\\n").replace(UNSAFE, escapedCharacter);
}

/** @param {string} character */
function escapedCharacter(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

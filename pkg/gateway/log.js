// The log of the Worker, where only its owner looks: without secrets, each entry on one line.

import { redactorOf } from "../ask/functions.js";

/** No entry is longer, in characters. */
const MAX_ENTRY = 4096;

/** @returns (what, thrown) => void */
export function logger(describeExecution) {
  const redact = redactorOf(describeExecution);
  return (what, thrown) => {
    const text = thrown === undefined ? what : `${what}: ${shown(thrown)}`;
    console.error(`cloudflow-wasm/gateway: ${escaped(redact(text).slice(0, MAX_ENTRY))}`);
  };
}

/** What was thrown may be anything, and its getters may throw. */
function shown(thrown) {
  try {
    return String(thrown?.stack || thrown?.message || thrown);
  } catch {
    return "something that cannot be shown";
  }
}

/** A line break would begin an entry that nobody wrote; other control characters move the cursor of a terminal. */
function escaped(text) {
  const code = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text
    .replaceAll("\n", "\\n")
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, code);
}

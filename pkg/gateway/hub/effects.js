// The numbers and texts of the boundary to the machines in `src/gateway.rs`.

/** What a watcher waits for. */
export const POLL = 0;
export const STREAM = 1;
export const NOW = 2;
export const LEAF = 3;

/** The bit of a kind for a watcher that wants the history. */
export const HISTORY = 4;

/** The names of the kinds in a request to a hub. */
export const KINDS = ["poll", "stream", "now", "leaf"];

/** The buckets of a budget. */
export const DESCRIBE = 0;
export const EVENTS = 1;
export const LIST = 2;

/** Their names in a request to a budget. */
export const BUCKETS = ["describe", "history", "list", "first"];

/** What happened at a hub. */
export const FRAME = 0;
export const CLOSED = 1;
export const ALARM = 2;
export const POLLED = 3;

/** What happened at a watch, with the numbers that belong to it. */
export const INPUT = {
  start: 0,
  joined: 1,
  joinFailed: 2,
  /** their number */
  leaves: 3,
  frame: 4,
  closed: 5,
  woke: 6,
  /** bucket, milliseconds, seconds */
  permit: 7,
  /** bucket */
  permitFailed: 8,
  /** rank */
  answered: 9,
  /** last event, is complete, has more */
  events: 10,
  /** bucket, 1 for retryable plus 2 for throttled, pause in milliseconds or -1, status */
  fault: 11,
  parent: 12,
  callerGone: 13,
};

/** The version of the protocol between Workers and objects. */
export const VERSION = "1";

/**
 * Reads the effects of a step: each is a list of its name and its fields.
 *
 * @param {string} text
 * @returns {string[][]}
 */
export const effectsIn = (text) => (text === "" ? [] : text.split("\n").map((line) => line.split("\t")));

/**
 * A frame: a line, or a line and a body.
 *
 * @param {string} header
 * @param {string | undefined} body
 */
export const frameOf = (header, body) => (body === undefined ? header : `${header}\n${body}`);

/**
 * Splits a frame.
 *
 * @param {string} text
 * @returns {{ header: string, body: string }}
 */
export function readFrame(text) {
  const end = text.indexOf("\n");
  return end < 0 ? { header: text, body: "" } : { header: text.slice(0, end), body: text.slice(end + 1) };
}

// The status of the execution that all parts of the page show.

/** @typedef {import("./state.js").State} State */

const FINAL = new Set(["Succeeded", "Failed", "TimedOut", "Stopped"]);

/** The types of the last event of an execution. */
const LAST_EVENTS = new Set(["ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionStopped"]);

/** @param {{ type: string } | undefined} event */
export const isLastEvent = (event) => event !== undefined && LAST_EVENTS.has(event.type);

/**
 * The status of the execution. A final status is known from the history or from DescribeExecution, whichever is first.
 * `""` if there is no execution.
 *
 * @param {Pick<State, "execution" | "replay">} state
 * @returns {string}
 */
export function statusOf({ execution, replay }) {
  if (execution?.done) return execution.status;
  if (replay && FINAL.has(replay.status)) return replay.status;
  return execution ? execution.status || "Starting" : "";
}

/** @param {string} status */
export const isFinal = (status) => FINAL.has(status);

/**
 * True if the status may have changed since it was received: the execution had not ended, and the page receives nothing.
 *
 * @param {Pick<State, "execution" | "replay" | "connection">} state
 */
export function isLastKnown(state) {
  const status = statusOf(state);
  return status !== "" && !isFinal(status) && state.connection.state !== "watching";
}

/**
 * The name of the status colours for a status of an execution: `--st-<name>`.
 *
 * @param {string} status
 */
export function colourOf(status) {
  return COLOURS[status] ?? (status === "" ? "notReached" : "running");
}

/** @type {Record<string, string>} */
const COLOURS = {
  Starting: "waiting",
  Running: "running",
  Succeeded: "succeeded",
  Failed: "failed",
  TimedOut: "timedOut",
  Stopped: "stopped",
};

/**
 * Start and end of the execution in ms since 1970. `NaN` if unknown.
 *
 * @param {Pick<State, "execution" | "replay">} state
 */
export function timesOf({ execution, replay }) {
  return {
    started: Date.parse(execution?.startedTime ?? replay?.startedAt ?? ""),
    stopped: Date.parse(execution?.stoppedTime ?? replay?.stoppedAt ?? ""),
  };
}

/** The error of a task without a handler. An answer makes it succeed. */
export const NO_HANDLER = "Local.NoTaskHandler";

/**
 * The cause of an error. The emulator writes that of a task without a handler: it is shown in the language of the page.
 *
 * @param {(key: string, ...values: any[]) => string} words
 * @param {string | undefined} error
 * @param {string | undefined} cause
 */
export function shownCause(words, error, cause) {
  return cause && error === NO_HANDLER ? words("failure.noHandler", cause) : cause;
}

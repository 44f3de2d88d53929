// The events of a state that was entered: its attempts, its result, its error.

import { errorOf } from "./event.js";
import { assign, endAttempt } from "./frame.js";
import { catchRule, pauseOf } from "./plan.js";

/**
 * @typedef {import("./event.js").Event} Event
 * @typedef {import("./fold.js").Fold} Fold
 * @typedef {import("./frame.js").Run} Run
 * @typedef {import("../../index.js").ReplayAttempt} Attempt
 */

/**
 * An event of a state that was entered.
 *
 * @param {Fold} fold
 * @param {Run} run
 * @param {Event} event
 */
export function change(fold, run, event) {
  const { visit } = run;
  const attempt = /** @type {Attempt} */ (visit.attempts.at(-1));
  switch (event.type) {
    case "StepStarted": {
      const { input } = event.detail();
      assign(visit, { input });
      assign(attempt, { input });
      if (run.node?.type === "wait") {
        fold.setStatus(run, "waiting");
        attempt.status = "waiting";
      }
      fold.setTotal(run);
      return;
    }
    case "StepSucceeded":
      assign(visit, { output: event.detail().output });
      endAttempt(attempt, "succeeded", event, run.isScheduled ? {} : { output: visit.output });
      fold.setStatus(run, "succeeded");
      return;
    case "StepFailed":
      fail(fold, run, attempt, event);
      return;
    case "StepExited":
      run.isExited = true;
      visit.exitedAt = event.time;
      endAttempt(attempt, "stopped", event, {});
      if (fold.open.has(run)) fold.setStatus(run, "stopped");
      return;
    case "TaskScheduled":
      schedule(fold, run, attempt, event);
      return;
    case "TaskSubmitted":
      attempt.status = "waiting";
      attempt.submittedAt = event.time;
      fold.setStatus(run, "waiting");
      return;
    case "TaskSucceeded":
      endAttempt(attempt, "succeeded", event, { output: event.detail().output });
      fold.setStatus(run, "running");
      return;
    case "TaskFailed":
    case "TaskSubmitFailed":
    case "TaskTimedOut": {
      const { error, cause } = errorOf(event.detail());
      const isLate = event.type === "TaskTimedOut";
      run.timedOut = isLate ? error : undefined;
      endAttempt(attempt, isLate ? "timedOut" : "failed", event, { error, cause });
      awaitRetry(fold, run, attempt, event);
    }
  }
}

/**
 * The task of an attempt. Its number tells whether the state is tried again.
 *
 * @param {Fold} fold
 * @param {Run} run
 * @param {Attempt} attempt
 * @param {Event} event
 */
export function schedule(fold, run, attempt, event) {
  const { input, resource, attempt: retries } = event.detail();
  const number = typeof retries === "number" ? retries + 1 : attempt.attempt + (run.isScheduled ? 1 : 0);
  let current = attempt;
  if (number > attempt.attempt || run.isScheduled) current = again(fold, run, attempt, number, event);
  run.isScheduled = true;
  assign(current, { input, resource });
}

/**
 * Begins another attempt.
 *
 * @param {Fold} fold
 * @param {Run} run
 * @param {Attempt} last
 * @param {number} number
 * @param {Event} event
 */
export function again(fold, run, last, number, event) {
  // Without an event of its end, it failed before or after its task.
  endAttempt(last, "failed", event, {});
  /** @type {Attempt} */
  const attempt = { attempt: number, status: "running", startedAt: event.time };
  if (run.visit.input !== undefined) attempt.input = run.visit.input;
  const pause = Date.parse(event.time) - Date.parse(last.endedAt ?? "");
  if (pause >= 0) attempt.pauseMs = pause;
  run.visit.attempts.push(attempt);
  fold.nodes.discardInside(run);
  run.children = undefined;
  run.option = undefined;
  run.failedChild = undefined;
  run.hasFailedChild = false;
  run.timedOut = undefined;
  delete run.visit.retryAt;
  delete run.visit.progress;
  fold.setTotal(run);
  fold.setStatus(run, "running");
  return attempt;
}

/**
 * After the error of an attempt. If a rule allows another one, the state waits for it. Otherwise it fails at once.
 *
 * @param {Fold} fold
 * @param {Run} run
 * @param {Attempt} attempt
 * @param {Event} event
 */
export function awaitRetry(fold, run, attempt, event) {
  const pause = pauseOf(fold.index.plan, run.node, attempt.error ?? "", attempt.attempt - 1, run);
  if (pause === undefined) {
    fold.setStatus(run, "running");
    return;
  }
  const at = new Date(Date.parse(event.time) + pause);
  if (!Number.isNaN(at.getTime())) run.visit.retryAt = at.toISOString();
  fold.setStatus(run, "retrying");
}

/**
 * A state fails. Whether its error is caught follows from the rules, and is confirmed by the next event.
 *
 * @param {Fold} fold
 * @param {Run} run
 * @param {Attempt} attempt
 * @param {Event} event
 */
export function fail(fold, run, attempt, event) {
  const { visit } = run;
  const { error, cause } = errorOf(event.detail());
  delete visit.output;
  delete visit.retryAt;
  assign(visit, { error, cause });
  const status = run.timedOut !== undefined && run.timedOut === error ? "timedOut" : "failed";
  if (attempt.status === "succeeded") attempt.status = "failed";
  endAttempt(attempt, status, event, {});
  if (attempt.error === undefined) assign(attempt, { error, cause });
  const child = run.failedChild;
  if (child && child.visit.error === error && child.visit.cause === cause) visit.raisedBy = child.visit.id;
  const rule = catchRule(run.node, error ?? "");
  if (rule >= 0) visit.caughtBy = rule;
  fold.setStatus(run, rule >= 0 ? "caught" : status);
}

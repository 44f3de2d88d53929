// Errors of calls as problems for the user.

/** @typedef {import("./state.js").Problem} Problem */

/** An error of the control server, or of the page itself. `CloudFlowError` has the same fields. */
export class ConsoleError extends Error {
  /** @param {Problem} fields */
  constructor({ message, ...fields }) {
    super(message);
    Object.assign(this, fields);
  }
}

/**
 * True if a status is a response to the user: the endpoint works. Errors that are repeated are none.
 *
 * @param {number | undefined} status
 */
export const isResponse = (status) => status !== undefined && status < 500 && status !== 408 && status !== 429;

/** Codes of a refusal by the access control of the account. */
const DENIED = new Set(["AccessDenied", "NoPermission", "Forbidden", "Forbidden.RAM"]);

/** Codes that say that the endpoint does not offer a call. */
const NOT_OFFERED = new Set(["ActionNotSupported", "InvalidAction.NotFound"]);

/**
 * The problem that an error describes. `action` is the operation that was called, such as `GetExecutionHistory`.
 *
 * @param {any} error
 * @param {string} [action]
 * @returns {Problem}
 */
export function problemOf(error, action) {
  const { kind = "internal", code = "internal-error", status, requestId } = error ?? {};
  const message = String(error?.message ?? error ?? "");
  /** @type {Problem} */
  const problem = { kind, code: String(code), message };
  if (status !== undefined) problem.status = status;
  if (requestId !== undefined) problem.requestId = requestId;
  if (isDenied(problem)) {
    // The message of the service names the permission. The operation is one if the message does not.
    const named = /\bfnf:[A-Za-z]+/.exec(message)?.[0];
    const permission = named ?? (action === undefined ? undefined : `fnf:${action}`);
    if (permission !== undefined) problem.permission = permission;
  }
  return problem;
}

/** @param {Problem} problem */
function isDenied({ status, code, message }) {
  if (!DENIED.has(code) || (status !== undefined && status !== 403)) return false;
  // The same code says that the product is not activated, which no permission changes.
  return !/not enabled for current user/i.test(message);
}

/**
 * True if the endpoint does not offer the call at all.
 *
 * @param {Problem | undefined} problem
 */
export function isNotOffered(problem) {
  return problem !== undefined && NOT_OFFERED.has(problem.code);
}

/**
 * The names of two words for a problem: a headline and an advice. Each is a key of the section `problem`.
 *
 * @param {Problem} problem
 */
export function wordsOfProblem({ kind, code }) {
  return KNOWN_CODES.has(code) ? code : KNOWN_KINDS.has(kind) ? kind : "unknown";
}

const KNOWN_CODES = new Set([
  "FlowNotExists",
  "ExecutionNotExists",
  "ExecutionAlreadyExists",
  "ExecutionAlreadyCompleted",
  "InvalidArgument",
  "AccessDenied",
  "ResourceThrottled",
  "ActionNotSupported",
]);

const KNOWN_KINDS = new Set(["request", "credentials", "service", "response", "network", "timeout", "internal"]);

// Converts errors of the client to error responses without internal details.

import { refusalIn } from "../shared/error.js";
import { FIELDS } from "./call.js";

/** The `kind` of an error that was logged before. */
export const LOGGED = "logged";

/**
 * Returns the error response for an error of a forwarded call. Errors of the service are forwarded. Other errors
 * have no details; the log contains them.
 *
 * @param {any} error
 * @param {import("./log.js").Log} log
 * @returns {import("./answer.js").Refusal}
 */
export function refusalFor(error, log) {
  const refusal = refusalIn(error);
  if (
    refusal &&
    error.status >= 400 &&
    error.status <= 599 &&
    (error.kind === "service" || error.kind === "credentials")
  ) {
    /** @type {Record<string, string>} */
    const headers = refusal.retryAfter === undefined ? {} : { "x-acs-retry-after": String(refusal.retryAfter) };
    const { status, code, requestId } = error;
    return { status, code, message: withoutStringToSign(refusal.said), requestId, headers };
  }
  switch (error?.kind) {
    case "service":
      // An error in a response with the status 200, or in XML: only the code is reliable.
      return {
        status: error.status >= 400 ? error.status : 502,
        code: error.code,
        message: "",
        requestId: error.requestId,
      };
    case "network":
      return unavailable("The service could not be reached. Please try again later.");
    case "timeout":
      return unavailable("The service did not answer in time. Please try again later.");
    case "response":
      return unavailable("The response of the service could not be read. Please try again later.");
    case "request":
      if (isAboutNames(error))
        return { status: 400, code: "InvalidArgument", message: `Parameter error: ${error.message}.` };
  }
  // Messages of the client contain no secrets.
  if (error?.kind !== LOGGED) log(error?.kind ?? "unexpected error", error?.kind ? error.message : error);
  return { status: 500, code: "InternalServerError", message: "An internal error has occurred. Please retry." };
}

/**
 * True for an error in the parameters of the request, not in the options of the gateway.
 *
 * @param {{ diagnostics?: import("../index.js").Diagnostic[] }} error
 */
function isAboutNames({ diagnostics = [] }) {
  return diagnostics.some(({ path }) => FIELDS.has(String(path[0])));
}

/** @param {string} message */
function unavailable(message) {
  return { status: 503, code: "ServiceUnavailable", message };
}

/**
 * Removes the string to sign, which contains key and token. Some gateways of Alibaba Cloud return it in the message.
 *
 * @param {string} message
 */
function withoutStringToSign(message) {
  const cut = message.search(/\bserver string ?to ?sign\b/i);
  return cut >= 0 ? message.slice(0, cut).trimEnd() : message;
}

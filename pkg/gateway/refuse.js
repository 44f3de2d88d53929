// What the client threw, as a refusal that gives nothing away.

import { refusalIn } from "../shared/error.js";

/**
 * The refusal for an error of `describeExecution`. What the service said passes through as it is;
 * what happened on this side is told without details, and in full only to the gateway's owner.
 */
export function refusalFor(error, log) {
  const refusal = refusalIn(error);
  if (
    refusal &&
    error.status >= 400 &&
    error.status <= 599 &&
    (error.kind === "service" || error.kind === "credentials")
  ) {
    const headers = refusal.retryAfter === undefined ? {} : { "x-acs-retry-after": String(refusal.retryAfter) };
    const { status, code, requestId } = error;
    return { status, code, message: withoutStringToSign(refusal.said), requestId, headers };
  }
  switch (error?.kind) {
    case "service":
      // A 200 that holds a refusal, or one in XML: the code is certain, the words are not.
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
      return unavailable("The service sent an answer that could not be read. Please try again later.");
    case "request":
      if (isAboutNames(error))
        return { status: 400, code: "InvalidArgument", message: `Parameter error: ${error.message}.` };
  }
  // Errors of the client name no secret; others were told before they came here.
  if (error?.kind) log(`${error.kind}: ${error.message}`);
  return { status: 500, code: "InternalServerError", message: "An internal error has occurred. Please retry." };
}

/** The caller's part of the call, not the owner's options. */
function isAboutNames({ diagnostics = [] }) {
  return diagnostics.some(({ path }) => path[0] === "flowName" || path[0] === "executionName");
}

function unavailable(message) {
  return { status: 503, code: "ServiceUnavailable", message };
}

/** Some gateways of the vendor repeat the whole string to sign, in which key and token stand. */
function withoutStringToSign(message) {
  const cut = message.search(/\bserver string ?to ?sign\b/i);
  return cut >= 0 ? message.slice(0, cut).trimEnd() : message;
}

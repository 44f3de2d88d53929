// What the client threw, as a refusal that gives nothing away.

/**
 * The refusal for an error of `describeExecution`. What the service said passes
 * through as it is; what happened on this side is told without details.
 */
export function refusalFor(error, key) {
  switch (error?.kind) {
    case "credentials": // the service refused the gateway's key, or there is none
    case "service":
      if (!error.status) break;
      return {
        status: error.status >= 400 && error.status <= 599 ? error.status : 502,
        code: error.code,
        message: withoutKey(error.message, key),
        requestId: error.requestId,
      };
    case "request":
      // The parameters were read before; what is left to refuse is a name.
      return { status: 400, code: "InvalidArgument", message: "Parameter error." };
    case "network":
      return unavailable("The service could not be reached. Please try again later.");
    case "timeout":
      return unavailable("The service did not answer in time. Please try again later.");
    case "response":
      return unavailable("The service sent an answer that could not be read. Please try again later.", error.requestId);
  }
  return { status: 500, code: "InternalServerError", message: "An internal error has occurred. Please retry." };
}

function unavailable(message, requestId) {
  return { status: 503, code: "ServiceUnavailable", message, requestId };
}

/**
 * A message less what it says of the gateway's own key: the service names the
 * key it does not know, and some gateways of the vendor repeat the whole string
 * to sign, in which key and token stand.
 */
function withoutKey(message, key) {
  let text = String(message ?? "");
  const cut = text.search(/\bserver string ?to ?sign\b/i);
  if (cut >= 0) text = text.slice(0, cut).trimEnd();
  for (const part of [key?.securityToken, key?.accessKeySecret, key?.accessKeyId]) {
    if (typeof part !== "string" || part === "") continue;
    text = text.replaceAll(part, "***").replaceAll(encodeURIComponent(part), "***");
  }
  return text;
}

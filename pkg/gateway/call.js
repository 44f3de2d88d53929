// Reads the parameters of a request. The gateway implements only `DescribeExecution`.

const VERSION = "2019-03-15";

/** @typedef {Required<import("../index.js").DescribeExecutionRequest> & { waitTimeSeconds: number }} Call */

/** @typedef {import("./answer.js").Refusal} Refusal */

/**
 * Returns the call, or an error response with the texts of the service.
 *
 * @param {Request} request
 * @param {number} maxWaitSeconds
 * @returns {{ call: Call, refused?: undefined } | { refused: Refusal, call?: undefined }}
 */
export function readCall(request, maxWaitSeconds) {
  if (request.method !== "GET") {
    return no(405, "UnsupportedHTTPMethod", "The HTTP method is not supported. Use GET.", { allow: "GET, OPTIONS" });
  }
  const { search, searchParams: query } = new URL(request.url);
  // Lone surrogates and invalid UTF-8 would be replaced by U+FFFD, which results in another name.
  if (!request.url.isWellFormed() || !isUtf8(search)) {
    return no(400, "InvalidArgument", "Parameter error: the query is not valid UTF-8.");
  }
  const names = new Set();
  for (const name of query.keys()) {
    // With two values, `authorize` could check one of them and the service receive the other one.
    if (names.has(name)) return no(400, "InvalidArgument", `Parameter error: '${name}' is specified more than once.`);
    names.add(name);
  }

  const action = query.get("Action");
  if (!action) return missing("Action");
  if (action !== "DescribeExecution") {
    return no(400, "ActionNotSupported", `The requested API operation '${action}' is incorrect. Please check.`);
  }
  const version = query.get("Version");
  if (!version) return missing("Version");
  if (version !== VERSION) {
    return no(
      400,
      "APIVersionNotSupported",
      `The requested API version '${version}' is not supported yet. Please check.`,
    );
  }
  const flowName = query.get("FlowName");
  if (!flowName) return missing("FlowName");
  const executionName = query.get("ExecutionName");
  if (!executionName) return missing("ExecutionName");

  const wait = query.get("WaitTimeSeconds") || "0";
  if (!/^\d{1,2}$/.test(wait) || Number(wait) > 60) {
    return no(400, "InvalidArgument", "Parameter error: 'WaitTimeSeconds' must be a whole number from 0 to 60.");
  }
  const waitTimeSeconds = Math.min(Number(wait), maxWaitSeconds);
  return { call: { flowName, executionName, waitTimeSeconds } };
}

/** @param {string} search */
function isUtf8(search) {
  try {
    decodeURIComponent(search);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name */
function missing(name) {
  return no(400, "MissingRequiredParams", `The HTTP query '${name}' must be specified.`);
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {Record<string, string>} [headers]
 */
function no(status, code, message, headers) {
  return { refused: { status, code, message, headers } };
}

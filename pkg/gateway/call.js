// Reads the parameters of a request.

const VERSION = "2019-03-15";

/** @typedef {import("../gateway.js").GatewayAction} Action */

/**
 * The parameters of the operations beside `Action` and `Version`; the first `required` ones must be present.
 *
 * @type {Record<Action, { required: number, names: string[] }>}
 */
const PARAMETERS = {
  DescribeExecution: { required: 2, names: ["FlowName", "ExecutionName", "WaitTimeSeconds"] },
  GetExecutionHistory: { required: 2, names: ["FlowName", "ExecutionName", "Limit", "NextToken"] },
  ListExecutions: {
    required: 1,
    names: [
      ...["FlowName", "Limit", "NextToken", "Status", "StartedTimeBegin", "StartedTimeEnd"],
      ...["ExecutionNamePrefix", "MapRunName", "MetadataOnly", "Qualifier"],
    ],
  },
};

/** All actions that a gateway can forward. */
export const ACTIONS = /** @type {Action[]} */ (Object.keys(PARAMETERS));

/** The fields of a request that a caller of the gateway sets, in the spelling of the client. */
export const FIELDS = new Set(Object.values(PARAMETERS).flatMap(({ names }) => names.map(camelCase)));

/**
 * @typedef {object} Call
 * @property {Action} action
 * @property {Record<string, any>} parameters the request of the client
 */

/** @typedef {import("./answer.js").Refusal} Refusal */

/**
 * Returns the call, or an error response with the texts of the service.
 *
 * @param {Request} request
 * @param {Set<string>} actions the actions that are forwarded
 * @param {number} maxWaitSeconds
 * @returns {{ call: Call, refused?: undefined } | { refused: Refusal, call?: undefined }}
 */
export function readCall(request, actions, maxWaitSeconds) {
  const { query, refused } = queryOf(request);
  if (refused) return { refused };

  const action = query.get("Action");
  if (!action) return missing("Action");
  if (!actions.has(action)) return notSupported(action);
  const version = query.get("Version");
  if (!version) return missing("Version");
  if (version !== VERSION) {
    return no(
      400,
      "APIVersionNotSupported",
      `The requested API version '${version}' is not supported yet. Please check.`,
    );
  }
  const { required, names: known } = PARAMETERS[/** @type {Action} */ (action)];
  /** @type {Record<string, any>} */
  const parameters = {};
  for (const [index, name] of known.entries()) {
    const text = query.get(name);
    if (text) {
      const value = readValue(name, text);
      if (value === undefined) return no(400, "InvalidArgument", `Parameter error: '${name}' ${RULES[name]}.`);
      parameters[camelCase(name)] = value;
    } else if (index < required) return missing(name);
  }
  if (action === "DescribeExecution") {
    parameters.waitTimeSeconds = Math.min(parameters.waitTimeSeconds ?? 0, maxWaitSeconds);
  }
  return { call: { action: /** @type {Action} */ (action), parameters } };
}

/**
 * Returns the parameters of a stream of events, or an error response.
 *
 * @param {Request} request
 * @param {Set<string>} actions the actions that are forwarded
 * @returns {{ call: { flowName: string, executionName: string, history: boolean, ticket?: string }, refused?: undefined }
 *   | { refused: Refusal, call?: undefined }}
 */
export function readEvents(request, actions) {
  const { query, refused } = queryOf(request);
  if (refused) return { refused };
  const flowName = query.get("FlowName");
  if (!flowName) return missing("FlowName");
  const executionName = query.get("ExecutionName");
  if (!executionName) return missing("ExecutionName");
  const history = query.get("history") ?? "0";
  if (!/^[01]$/.test(history)) return no(400, "InvalidArgument", "Parameter error: 'history' must be '0' or '1'.");
  const needed = history === "1" ? ["DescribeExecution", "GetExecutionHistory"] : ["DescribeExecution"];
  for (const action of needed) {
    if (!actions.has(action)) return notSupported(action);
  }
  return { call: { flowName, executionName, history: history === "1", ticket: query.get("ticket") ?? undefined } };
}

/**
 * Returns the query of a request. Each name occurs once.
 *
 * @param {Request} request
 * @returns {{ query: URLSearchParams, refused?: undefined } | { refused: Refusal, query?: undefined }}
 */
function queryOf(request) {
  if (request.method !== "GET") return { refused: notGet() };
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
  return { query };
}

/**
 * The rules of the parameters that are no texts.
 *
 * @type {Record<string, string>}
 */
const RULES = {
  WaitTimeSeconds: "must be a whole number from 0 to 60",
  Limit: "must be a whole number from 1 to 1000",
  MetadataOnly: "must be 'true' or 'false'",
};

/**
 * The value of a parameter. Undefined if its text violates the rule.
 *
 * @param {string} name
 * @param {string} text
 */
function readValue(name, text) {
  if (name === "WaitTimeSeconds") return /^\d{1,2}$/.test(text) && Number(text) <= 60 ? Number(text) : undefined;
  if (name === "Limit") return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  if (name === "MetadataOnly") return /^(true|false)$/i.test(text) ? text.toLowerCase() === "true" : undefined;
  return text;
}

/** @param {string} name */
function camelCase(name) {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
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

/** The error response for another method. @returns {Refusal} */
export function notGet() {
  const headers = { allow: "GET, OPTIONS" };
  return { status: 405, code: "UnsupportedHTTPMethod", message: "The HTTP method is not supported. Use GET.", headers };
}

/** @param {string} action */
function notSupported(action) {
  return no(400, "ActionNotSupported", `The requested API operation '${action}' is incorrect. Please check.`);
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

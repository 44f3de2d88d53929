// Responses in the JSON format of the service.

import { bodyOf } from "../shared/behind.js";
import { corsHeaders } from "./cors.js";

/** @typedef {import("./cors.js").Cors} Cors */

/**
 * Returns the response body for an execution: only documented fields, `""` for absent values.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution
 *
 * @param {import("../index.js").Execution} execution
 */
export function executionBody(execution) {
  /** @type {Record<string, unknown>} */
  const body = {
    RequestId: execution.requestId,
    FlowName: execution.flowName,
    Name: execution.name,
    Status: execution.status,
    StartedTime: execution.startedTime ?? "",
    StoppedTime: execution.stoppedTime ?? "",
    Input: execution.input ?? "",
    Output: execution.output ?? "",
    FlowDefinition: execution.flowDefinition ?? "",
  };
  const variables = execution.environment?.variables;
  if (variables) {
    body.Environment = { Variables: variables.map(({ name, value }) => ({ Name: name, Value: value })) };
  }
  return body;
}

/**
 * Returns the response body for a page of a list. Events are kept as the service sent them: unknown types and keys too.
 *
 * @param {any} page
 */
export function pageBody(page) {
  /** @type {Record<string, unknown>} */
  const body = { RequestId: page.requestId };
  if (page.nextToken) body.NextToken = page.nextToken;
  if (page.executions) {
    body.Executions = page.executions.map((/** @type {any} */ execution) => {
      const { RequestId: _, ...entry } = executionBody(execution);
      return entry;
    });
  } else body.Events = bodyOf(page).Events ?? [];
  return body;
}

/**
 * Returns a JSON response that must not be cached.
 *
 * @param {number} status
 * @param {Record<string, unknown>} body
 * @param {string | undefined} requestId
 * @param {Cors} cors
 * @param {Record<string, string>} [more] further headers
 */
export function answer(status, body, requestId, cors, more = {}) {
  const headers = corsHeaders(cors);
  headers.set("content-type", "application/json;charset=utf-8");
  headers.set("x-content-type-options", "nosniff");
  const id = headerText(requestId ?? "");
  if (id) headers.set("x-acs-request-id", id);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(JSON.stringify(body), { status, headers });
}

/**
 * An error response: forwarded from the service, or created by the gateway in the same format.
 *
 * @typedef {object} Refusal
 * @property {number} status
 * @property {string} code
 * @property {string} message
 * @property {string} [requestId]
 * @property {Record<string, string>} [headers]
 */

/**
 * @param {Refusal} refusal
 * @param {Cors} cors
 */
export function refusal({ status, code, message, requestId, headers }, cors) {
  const id = requestId || crypto.randomUUID();
  return answer(status, { RequestId: id, Code: code, Message: message }, id, cors, headers);
}

/**
 * Returns the characters of a request ID that a header can contain.
 *
 * @param {string} text
 */
function headerText(text) {
  return text.replace(/[^\x21-\x7e]/g, "").slice(0, 128);
}

// Answers in the service's own JSON.

import { corsHeaders } from "./cors.js";

/** The service's body for an execution: the fields it documents, `""` for what is not there, nothing else. */
export function executionBody(execution) {
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

/** A JSON answer that no cache may keep. */
export function answer(status, body, requestId, cors, more = {}) {
  const headers = corsHeaders(cors);
  headers.set("content-type", "application/json;charset=utf-8");
  headers.set("x-content-type-options", "nosniff");
  if (requestId) headers.set("x-acs-request-id", headerText(requestId));
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(JSON.stringify(body), { status, headers });
}

/** A refusal: the service's, passed on, or one of the gateway's own in the same shape. */
export function refusal({ status, code, message, requestId, headers }, cors) {
  const id = requestId || crypto.randomUUID();
  return answer(status, { RequestId: id, Code: code, Message: message }, id, cors, headers);
}

/** A request id is opaque text: only what a header can hold goes into the header. */
function headerText(text) {
  return text.replace(/[^\x21-\x7e]/g, "").slice(0, 128);
}

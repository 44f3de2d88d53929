// Entry "cloudflow-wasm/ask".

import { createClients } from "./ask/client.js";
import { createAsk } from "./ask/functions.js";
import { runtime } from "./ask/inline.js";
import { eventsOf, executionsOf, historyOf, listOf, watchOf } from "./ask/more.js";
import { pick } from "./shared/runtime.js";

export { CloudFlowError } from "./shared/error.js";

const ask = /*#__PURE__*/ createAsk(runtime);

export const createClient = /*#__PURE__*/ createClients(ask);
export const describeExecution = /*#__PURE__*/ pick(ask, "describeExecution");
export const executionEvents = /*#__PURE__*/ eventsOf(ask);
export const flowExecutions = /*#__PURE__*/ executionsOf(ask);
export const getExecutionHistory = /*#__PURE__*/ historyOf(ask);
export const listExecutions = /*#__PURE__*/ listOf(ask);
export const parseExecution = /*#__PURE__*/ pick(ask, "parseExecution");
export const waitForExecution = /*#__PURE__*/ pick(ask, "waitForExecution");
export const watchExecution = /*#__PURE__*/ watchOf(ask);

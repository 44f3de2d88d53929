// Entry "cloudflow-wasm/ask" for workerd.

import { createClients } from "./ask/client.js";
import { events } from "./ask/events.js";
import { parser } from "./ask/execution.js";
import { DESCRIBE, asking, bind } from "./ask/functions.js";
import { executions, history, list } from "./ask/pages.js";
import { waiter } from "./ask/wait.js";
import { watcher } from "./ask/watch.js";
import { runtime } from "./ask/workerd.js";
import { inLocale } from "./shared/locale.js";
import { REQUEST } from "./shared/options.js";

export { CloudFlowError } from "./shared/error.js";

const unbound = /*#__PURE__*/ bind(runtime, 0, undefined, inLocale);

export const createClient = /*#__PURE__*/ createClients(runtime);
export const describeExecution = /*#__PURE__*/ asking(unbound, DESCRIBE, REQUEST);
export const executionEvents = /*#__PURE__*/ events(unbound);
export const flowExecutions = /*#__PURE__*/ executions(unbound);
export const getExecutionHistory = /*#__PURE__*/ history(unbound);
export const listExecutions = /*#__PURE__*/ list(unbound);
export const parseExecution = /*#__PURE__*/ parser(runtime);
export const waitForExecution = /*#__PURE__*/ waiter(unbound);
export const watchExecution = /*#__PURE__*/ watcher(unbound);

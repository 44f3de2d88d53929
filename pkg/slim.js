// Entry "cloudflow-wasm/slim": the functions of "cloudflow-wasm". The caller passes the modules to `init`.

import { createClients } from "./ask/client.js";
import { createAsk } from "./ask/functions.js";
import { eventsOf, executionsOf, historyOf, listOf, watchOf } from "./ask/more.js";
import { createValidateExecution } from "./execution/validate.js";
import { createLanguage } from "./language/functions.js";
import { createReplay } from "./language/replay/replay.js";
import { compiled } from "./shared/init.js";
import { createRuntime, pick } from "./shared/runtime.js";
import { instantiate as instantiateAsk } from "./wasm/ask.js";
import { instantiate as instantiateLanguage } from "./wasm/language.js";

export { CloudFlowError } from "./shared/error.js";
export { init } from "./shared/init.js";

const askRuntime = /*#__PURE__*/ createRuntime(instantiateAsk, () => compiled("ask"));
const languageRuntime = /*#__PURE__*/ createRuntime(instantiateLanguage, () => compiled("language"));
const ask = /*#__PURE__*/ createAsk(askRuntime);
const language = /*#__PURE__*/ createLanguage(languageRuntime);

export const createClient = /*#__PURE__*/ createClients(ask);
export const describeExecution = /*#__PURE__*/ pick(ask, "describeExecution");
export const executionEvents = /*#__PURE__*/ eventsOf(ask);
export const flowExecutions = /*#__PURE__*/ executionsOf(ask);
export const getExecutionHistory = /*#__PURE__*/ historyOf(ask);
export const listExecutions = /*#__PURE__*/ listOf(ask);
export const parseExecution = /*#__PURE__*/ pick(ask, "parseExecution");
export const waitForExecution = /*#__PURE__*/ pick(ask, "waitForExecution");
export const watchExecution = /*#__PURE__*/ watchOf(ask);

export const flowGraph = /*#__PURE__*/ pick(language, "flowGraph");
export const flowToMermaid = /*#__PURE__*/ pick(language, "flowToMermaid");
export const parseFlow = /*#__PURE__*/ pick(language, "parseFlow");
export const replayExecution = /*#__PURE__*/ createReplay((definition) =>
  languageRuntime.call("replayPlan", definition),
);
export const validateFlow = /*#__PURE__*/ pick(language, "validateFlow");

export const validateExecution = /*#__PURE__*/ createValidateExecution(askRuntime, languageRuntime);

// Entry "cloudflow-wasm/slim": the functions of "cloudflow-wasm". The caller passes the modules to `init`.

import { createClients } from "./ask/client.js";
import { events } from "./ask/events.js";
import { parser } from "./ask/execution.js";
import { DESCRIBE, asking, bind } from "./ask/functions.js";
import { executions, history, list } from "./ask/pages.js";
import { waiter } from "./ask/wait.js";
import { watcher } from "./ask/watch.js";
import { createValidateExecution } from "./execution/validate.js";
import { createLanguage } from "./language/functions.js";
import { createReplay } from "./language/replay/replay.js";
import { createModules, runtimeIn } from "./shared/init.js";
import { inLocale } from "./shared/locale.js";
import { REQUEST } from "./shared/options.js";
import { pick } from "./shared/runtime.js";
import { build as askBuild, instantiate as instantiateAsk } from "./wasm/ask.js";
import { build as languageBuild, instantiate as instantiateLanguage } from "./wasm/language.js";

export { CloudFlowError } from "./shared/error.js";

/** @type {Record<keyof import("./slim.js").Modules, import("./shared/init.js").Kind>} */
const KINDS = {
  ask: { mark: "parseExecution", build: askBuild },
  language: { mark: "validateFlow", build: languageBuild },
};
const modules = /*#__PURE__*/ createModules(KINDS, "cloudflow-wasm/slim");
const askRuntime = /*#__PURE__*/ runtimeIn(modules, "ask", instantiateAsk);
const languageRuntime = /*#__PURE__*/ runtimeIn(modules, "language", instantiateLanguage);
const unbound = /*#__PURE__*/ bind(askRuntime, 0, undefined, inLocale);
const language = /*#__PURE__*/ createLanguage(languageRuntime);

export const init = /*#__PURE__*/ pick(modules, "init");

export const createClient = /*#__PURE__*/ createClients(askRuntime);
export const describeExecution = /*#__PURE__*/ asking(unbound, DESCRIBE, REQUEST);
export const executionEvents = /*#__PURE__*/ events(unbound);
export const flowExecutions = /*#__PURE__*/ executions(unbound);
export const getExecutionHistory = /*#__PURE__*/ history(unbound);
export const listExecutions = /*#__PURE__*/ list(unbound);
export const parseExecution = /*#__PURE__*/ parser(askRuntime);
export const waitForExecution = /*#__PURE__*/ waiter(unbound);
export const watchExecution = /*#__PURE__*/ watcher(unbound);

export const flowGraph = /*#__PURE__*/ pick(language, "flowGraph");
export const flowToMermaid = /*#__PURE__*/ pick(language, "flowToMermaid");
export const parseFlow = /*#__PURE__*/ pick(language, "parseFlow");
export const replayExecution = /*#__PURE__*/ createReplay((definition) =>
  languageRuntime.call("replayPlan", definition),
);
export const validateFlow = /*#__PURE__*/ pick(language, "validateFlow");

export const validateExecution = /*#__PURE__*/ createValidateExecution(parseExecution, validateFlow);

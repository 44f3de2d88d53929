// Entry "cloudflow-wasm/language".

import { createLanguage } from "./language/functions.js";
import { runtime } from "./language/inline.js";
import { createReplay } from "./language/replay/replay.js";
import { pick } from "./shared/runtime.js";

export { CloudFlowError } from "./shared/error.js";

const language = /*#__PURE__*/ createLanguage(runtime);

export const flowGraph = /*#__PURE__*/ pick(language, "flowGraph");
export const flowToMermaid = /*#__PURE__*/ pick(language, "flowToMermaid");
export const parseFlow = /*#__PURE__*/ pick(language, "parseFlow");
export const replayExecution = /*#__PURE__*/ createReplay((definition) => runtime.call("replayPlan", definition));
export const validateFlow = /*#__PURE__*/ pick(language, "validateFlow");

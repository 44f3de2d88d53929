// Entry "cloudflow-wasm/ask".

import { createAsk } from "./ask/functions.js";
import { runtime } from "./ask/inline.js";
import { pick } from "./shared/runtime.js";

export { CloudFlowError } from "./shared/error.js";

const ask = /*#__PURE__*/ createAsk(runtime);

export const createClient = /*#__PURE__*/ pick(ask, "createClient");
export const describeExecution = /*#__PURE__*/ pick(ask, "describeExecution");
export const parseExecution = /*#__PURE__*/ pick(ask, "parseExecution");
export const waitForExecution = /*#__PURE__*/ pick(ask, "waitForExecution");
export const watchExecution = /*#__PURE__*/ pick(ask, "watchExecution");

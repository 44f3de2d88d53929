// "cloudflow-wasm" in workerd, which compiles no bytes at run time: the module is imported.

import { createFunctions } from "./lib/functions.js";
import { createRuntime } from "./lib/runtime.js";
import { instantiate } from "./wasm/core.js";
import module from "./wasm/core.wasm";

export { CloudFlowError } from "./lib/error.js";

export const {
  createClient,
  describeExecution,
  flowGraph,
  flowToMermaid,
  parseExecution,
  parseFlow,
  validateExecution,
  validateFlow,
  waitForExecution,
  watchExecution,
} = createFunctions(createRuntime(instantiate, () => module));

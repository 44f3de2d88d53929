// "cloudflow-wasm" everywhere but in workerd: the module travels inside the JavaScript, and is
// made at the first call.

import { createFunctions } from "./lib/functions.js";
import { createRuntime } from "./lib/runtime.js";
import { bytes } from "./wasm/core.inline.js";
import { instantiate } from "./wasm/core.js";

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
} = createFunctions(createRuntime(instantiate, () => new WebAssembly.Module(bytes())));

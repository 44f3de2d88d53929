// Entry "cloudflow-wasm". Each re-exported file uses one WebAssembly module, so that a bundler removes the module
// that a program does not use.

export {
  createClient,
  describeExecution,
  executionEvents,
  flowExecutions,
  getExecutionHistory,
  listExecutions,
  parseExecution,
  waitForExecution,
  watchExecution,
} from "./ask.js";
export { validateExecution } from "./execution/inline.js";
export { flowGraph, flowToMermaid, parseFlow, replayExecution, validateFlow } from "./language.js";
export { CloudFlowError } from "./shared/error.js";

// Entry "cloudflow-wasm" for workerd. Each re-exported file uses one WebAssembly module, so that a bundler removes the module
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
} from "./ask.workerd.js";
export { validateExecution } from "./execution/workerd.js";
export { flowGraph, flowToMermaid, parseFlow, replayExecution, validateFlow } from "./language.workerd.js";
export { CloudFlowError } from "./shared/error.js";

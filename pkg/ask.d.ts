/**
 * The client and the reader of responses: a part of "cloudflow-wasm".
 *
 * @module
 */

export {
  CloudFlowError,
  createClient,
  describeExecution,
  parseExecution,
  waitForExecution,
  watchExecution,
} from "./index.js";
export type {
  CallOptions,
  Client,
  ClientOptions,
  Credentials,
  DescribeExecutionRequest,
  Diagnostic,
  Execution,
  ExecutionRef,
  ExecutionStatus,
  Position,
  Range,
  Retry,
  RetryOptions,
  WaitOptions,
} from "./index.js";

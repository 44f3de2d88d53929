/**
 * The client and the reader of responses: a part of "cloudflow-wasm".
 *
 * @module cloudflow-wasm/ask
 */

export {
  CloudFlowError,
  createClient,
  describeExecution,
  executionEvents,
  flowExecutions,
  getExecutionHistory,
  listExecutions,
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
  EventsOptions,
  Execution,
  ExecutionEvent,
  ExecutionRef,
  ExecutionStatus,
  ExecutionsPage,
  HistoryPage,
  HistoryRequest,
  ListExecutionsRequest,
  Locale,
  LocaleOptions,
  Position,
  Range,
  Retry,
  RetryOptions,
  WaitOptions,
} from "./index.js";

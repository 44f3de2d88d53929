/**
 * Histories and lists of executions: a part of "cloudflow-wasm".
 *
 * @module
 */

import type { CallOptions, ClientOptions, Execution, ExecutionRef, ExecutionStatus, WaitOptions } from "../index.js";

/**
 * Sends one `GetExecutionHistory` request and returns one page of the events of an execution, in order.
 *
 * Requests are signed, retried and limited like those of {@link describeExecution}. The rate limit has a bucket of its
 * own: a burst of 50, then 5 requests per second.
 *
 * Throws {@link CloudFlowError}. After an abort it rejects with `signal.reason`.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-getexecutionhistory
 */
export function getExecutionHistory(
  request: HistoryRequest,
  options: ClientOptions & CallOptions,
): Promise<HistoryPage>;

/**
 * Returns an iterator over all events of an execution, in order. With `follow`, it continues until the execution has
 * ended: it requests the history again when the status of the execution changes, and every two seconds.
 *
 * With `follow`, one long poll and one reader of the history serve all followers of an execution that use one client
 * with its options: only `signal`, `onUpdate` and `onRetry` may differ. The events are kept in memory while a follower
 * is left. As in {@link waitForExecution}, outages do not end the iteration.
 *
 * The first request is sent at the first `next()`. Leaving the loop aborts the requests in flight. The iterator throws
 * {@link CloudFlowError}. After an abort it throws `signal.reason`.
 */
export function executionEvents(
  request: ExecutionRef,
  options: ClientOptions & EventsOptions,
): AsyncIterableIterator<ExecutionEvent>;

/**
 * Sends one `ListExecutions` request and returns one page of the executions of a flow. The rate limit has a bucket of
 * its own: a burst of 10, then 2 requests per second.
 *
 * Throws {@link CloudFlowError}. After an abort it rejects with `signal.reason`.
 *
 * @see https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-listexecutions
 */
export function listExecutions(
  request: ListExecutionsRequest,
  options: ClientOptions & CallOptions,
): Promise<ExecutionsPage>;

/**
 * Returns an iterator over the executions of a flow, which requests the pages of {@link listExecutions} one by one.
 * `limit` is the size of a page, by default 100; `nextToken` is that of the first page.
 */
export function flowExecutions(
  request: ListExecutionsRequest,
  options: ClientOptions & CallOptions,
): AsyncIterableIterator<Execution>;

/** Parameters of {@link getExecutionHistory}. */
export interface HistoryRequest extends ExecutionRef {
  /** Maximum number of events, 1 to 1000. Default of the service: 60. */
  limit?: number | undefined;
  /** `nextToken` of the page before. */
  nextToken?: string | undefined;
}

/** Parameters of {@link listExecutions}. */
export interface ListExecutionsRequest {
  /** Name of the flow. */
  flowName: string;
  /** Maximum number of executions, 1 to 100. Default of the service: 60. */
  limit?: number | undefined;
  /** `nextToken` of the page before. */
  nextToken?: string | undefined;
  /** Executions with this status only. */
  status?: ExecutionStatus | undefined;
  /** Executions that were started at this time or later, RFC 3339. */
  startedTimeBegin?: string | undefined;
  /** Executions that were started at this time or earlier, RFC 3339. */
  startedTimeEnd?: string | undefined;
  /** Executions whose name begins with this text. */
  executionNamePrefix?: string | undefined;
  /** Child executions of this map run. */
  mapRunName?: string | undefined;
  /** Omits definition, input, output and environment. `flowDefinition` is `""` then. */
  metadataOnly?: boolean | undefined;
  /** Version or alias of the flow. */
  qualifier?: string | undefined;
}

/** Options of {@link executionEvents}. Without `follow`, only `signal` and `timeoutMs` have an effect. */
export interface EventsOptions extends WaitOptions {
  /** Continues until the execution has ended. Default `false`: the iteration ends after the last event so far. */
  follow?: boolean | undefined;
}

/** A page of {@link getExecutionHistory}. */
export interface HistoryPage {
  /** ID that the service gave to the request. */
  requestId: string;
  /** Events, in order. */
  events: ExecutionEvent[];
  /** Token of the next page. Absent on the last page. */
  nextToken?: string;
}

/** A page of {@link listExecutions}. */
export interface ExecutionsPage {
  /** ID that the service gave to the request. */
  requestId: string;
  /** Executions. Their `requestId` is that of the page. */
  executions: Execution[];
  /** Token of the next page. Absent on the last page. */
  nextToken?: string;
}

/** An event of an execution. Fields that are not listed are kept, with names in camelCase. */
export interface ExecutionEvent {
  /** ID of the event, from 1. */
  eventId: number;
  /** ID of the event that caused this event. 0 for the first event. */
  scheduleEventId: number;
  /** Type, such as `TaskSucceeded`. An unknown type is kept as received. */
  type: string;
  /** Name of the state. `""` for events of the execution itself. */
  stepName: string;
  /** Time, RFC 3339. */
  time: string;
  /** Detail, parsed from JSON. `{}` if there is none. */
  detail: Record<string, unknown>;
  /** Detail as received, if it is not a JSON object, or may have a number with more digits than JavaScript keeps. */
  eventDetail?: unknown;
  /** Path of the state in the definition, such as `["steps", 0]`. Only in events of `simulateFlow`. */
  path?: (string | number)[];
}

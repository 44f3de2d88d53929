/**
 * The reader of flow definitions: a part of "cloudflow-wasm".
 *
 * @module cloudflow-wasm/language
 */

export { CloudFlowError, flowGraph, flowToMermaid, parseFlow, replayExecution, validateFlow } from "./index.js";
export type {
  Diagnostic,
  Dialect,
  Flow,
  FlowBody,
  FlowOption,
  FlowState,
  GraphEdge,
  GraphNode,
  Locale,
  LocaleOptions,
  Position,
  Range,
  Replay,
  ReplayAttempt,
  ReplayFailure,
  ReplayMismatch,
  ReplayNode,
  ReplayProgress,
  ReplayState,
  ReplayStatus,
  ReplayVisit,
  ValidateOptions,
} from "./index.js";

/**
 * The reader of flow definitions: a part of "cloudflow-wasm".
 *
 * @module
 */

export { CloudFlowError, flowGraph, flowToMermaid, parseFlow, validateFlow } from "./index.js";
export type {
  Diagnostic,
  Dialect,
  Flow,
  FlowBody,
  FlowOption,
  FlowState,
  GraphEdge,
  GraphNode,
  Position,
  Range,
  ValidateOptions,
} from "./index.js";

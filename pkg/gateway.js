// Entry "cloudflow-wasm/gateway".

import { DESCRIBE, asking, bind } from "./ask/functions.js";
import { history, list } from "./ask/pages.js";
import { createGatewayFactory } from "./gateway/gateway.js";
import { memoryHub } from "./gateway/hub/memory.js";
import { runtime } from "./gateway/inline.js";
import { REQUEST } from "./shared/options.js";

const unbound = /*#__PURE__*/ bind(runtime, 0);

export const createGateway = /*#__PURE__*/ createGatewayFactory(
  {
    DescribeExecution: /*#__PURE__*/ asking(unbound, DESCRIBE, REQUEST),
    GetExecutionHistory: /*#__PURE__*/ history(unbound),
    ListExecutions: /*#__PURE__*/ list(unbound),
  },
  runtime,
  memoryHub,
);

// Entry "cloudflow-wasm/gateway" for workerd.

import { describeExecution, getExecutionHistory, listExecutions } from "./ask.workerd.js";
import { createGatewayFactory } from "./gateway/gateway.js";

export const createGateway = /*#__PURE__*/ createGatewayFactory({
  DescribeExecution: describeExecution,
  GetExecutionHistory: getExecutionHistory,
  ListExecutions: listExecutions,
});

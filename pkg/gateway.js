// Entry "cloudflow-wasm/gateway".

import { describeExecution, getExecutionHistory, listExecutions } from "./ask.js";
import { createGatewayFactory } from "./gateway/gateway.js";

export const createGateway = /*#__PURE__*/ createGatewayFactory({
  DescribeExecution: describeExecution,
  GetExecutionHistory: getExecutionHistory,
  ListExecutions: listExecutions,
});

// Entry "cloudflow-wasm/gateway" for workerd.

import { describeExecution } from "./ask.workerd.js";
import { createGatewayFactory } from "./gateway/gateway.js";

export const createGateway = /*#__PURE__*/ createGatewayFactory(describeExecution);

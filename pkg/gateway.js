// Entry "cloudflow-wasm/gateway".

import { describeExecution } from "./ask.js";
import { createGatewayFactory } from "./gateway/gateway.js";

export const createGateway = /*#__PURE__*/ createGatewayFactory(describeExecution);

// Entry "cloudflow-wasm/gateway". The module is embedded in the JavaScript.

import { createGatewayFactory } from "./gateway/gateway.js";
import { describeExecution } from "./index.js";

export const createGateway = createGatewayFactory(describeExecution);

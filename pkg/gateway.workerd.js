// Entry "cloudflow-wasm/gateway" for workerd, which imports the `.wasm` file as a module.

import { createGatewayFactory } from "./gateway/gateway.js";
import { describeExecution } from "./workerd.js";

export const createGateway = createGatewayFactory(describeExecution);

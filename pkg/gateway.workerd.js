// `cloudflow-wasm/gateway` for Workers, which must import the `.wasm` as a module.

import { describeExecution } from "./workerd.js";
import { gatewayMaker } from "./gateway/gateway.js";

export const createGateway = gatewayMaker(describeExecution);

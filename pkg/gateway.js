// `cloudflow-wasm/gateway` where the module's bytes travel in the script.

import { describeExecution } from "./index.js";
import { gatewayMaker } from "./gateway/gateway.js";

export const createGateway = gatewayMaker(describeExecution);

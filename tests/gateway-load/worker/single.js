// The gateway without bindings: one poll of the service for each request.

import { createGateway } from "cloudflow-wasm/gateway";
import { options } from "./options.js";

export default createGateway(options);

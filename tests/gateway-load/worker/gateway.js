// The gateway with its Durable Objects.

import { createGateway } from "cloudflow-wasm/gateway";
import { options } from "./options.js";

const gateway = createGateway({ ...options, hub: (env) => ({ executions: env.HUB, account: env.BUDGET }) });

export default gateway;
export const { ExecutionHub, AccountBudget } = gateway;

import { createGateway } from "cloudflow-wasm/gateway";
import { bearer } from "cloudflow-wasm/gateway/auth";

const gateway = createGateway({
  upstream: (env) => ({
    region: env.REGION,
    endpoint: env.ENDPOINT, // only for a VPC host or the emulator
    credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
  }),
  // Replace this with your authentication: an authorized caller can read input, output and definition.
  authorize: bearer((env) => env.GATEWAY_TOKEN),
  actions: ["DescribeExecution", "GetExecutionHistory"],
  origins: [], // pages of other origins, such as "https://app.example.com"
  hub: (env) => ({ executions: env.HUB, account: env.BUDGET }),
});

export default gateway;
export const { ExecutionHub, AccountBudget } = gateway;

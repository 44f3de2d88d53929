// Options of `createGateway` for `cloudflow-wasm gateway`. `env` has the environment variables.

import { bearer } from "cloudflow-wasm/gateway/auth";

export default {
  upstream: (env) => ({
    region: env.REGION ?? "cn-hangzhou",
    endpoint: env.ENDPOINT, // only for a VPC host or the emulator
    credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
  }),
  // Replace this with your authentication: an authorized caller can read input, output and definition.
  authorize: bearer((env) => env.GATEWAY_TOKEN),
  actions: ["DescribeExecution", "GetExecutionHistory"],
  origins: [], // pages of other origins, such as "https://app.example.com"
};

import { createGateway } from "cloudflow-wasm/gateway";

export default createGateway({
  upstream: (env) => ({
    region: env.REGION,
    endpoint: env.ENDPOINT, // only for a VPC host or the emulator
    credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
  }),
  // Replace this with your authentication: an authorized caller can read input, output and definition.
  authorize: (request, { flowName }, env) => env.FLOWS === "*" || env.FLOWS.split(",").includes(flowName),
  origins: [],
});

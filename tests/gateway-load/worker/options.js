// The options of the gateways under test: the emulator as upstream, everybody is authorized.

/** @type {import("cloudflow-wasm/gateway").GatewayOptions<any>} */
export const options = {
  upstream: (env) => ({
    endpoint: env.ENDPOINT,
    credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
  }),
  authorize: () => true,
  actions: ["DescribeExecution", "GetExecutionHistory"],
  // The watchers of the load test mix waits of 5 to 60 s.
  maxWaitSeconds: 60,
};

// The Worker of the demo: a gateway that forwards all calls that read executions. Never deploy it: it has no
// authorization.

import { createGateway } from "cloudflow-wasm/gateway";

const gateway = createGateway({
  upstream: (env) => ({
    endpoint: env.ENDPOINT,
    credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
  }),
  authorize: () => true,
  actions: ["DescribeExecution", "GetExecutionHistory", "ListExecutions"],
  hub: (env) => ({ executions: env.HUB, account: env.BUDGET }),
});

export const { ExecutionHub, AccountBudget } = gateway;

export default {
  fetch(request, env, context) {
    // The server in front refuses other origins. Requests that bypass it are refused here.
    if (request.headers.get("x-demo-pass") !== env.PASS)
      return new Response("use the address of the demo\n", { status: 403 });
    return gateway.fetch(request, env, context);
  },
};

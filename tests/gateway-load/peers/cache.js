// What a user would write without a gateway for many watchers: a Worker that asks the service and keeps the answer in the
// cache of the data center for some seconds. The page asks in an interval.

import { describeExecution } from "cloudflow-wasm/ask";

export default {
  async fetch(request, env, context) {
    const query = new URL(request.url).searchParams;
    const flowName = query.get("FlowName");
    const executionName = query.get("ExecutionName");
    const key = `https://cache.example/${encodeURIComponent(flowName)}/${encodeURIComponent(executionName)}`;
    const kept = await caches.default.match(key);
    if (kept) return kept;
    try {
      const execution = await describeExecution(
        { flowName, executionName },
        {
          endpoint: env.ENDPOINT,
          credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
          retry: false,
        },
      );
      const response = Response.json(
        { Status: execution.status, Output: execution.output },
        { headers: { "cache-control": `max-age=${env.TTL}` } },
      );
      context.waitUntil(caches.default.put(key, response.clone()));
      return response;
    } catch (error) {
      const status = error.status >= 400 ? error.status : 502;
      return Response.json({ Code: error.code, Message: error.message }, { status });
    }
  },
};

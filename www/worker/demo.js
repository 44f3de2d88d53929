// The Worker of the demo: the gateway of `worker.js`, and an endpoint that starts a flow on
// the emulator. Never deploy it: it has no authorization.

import { signRequest } from "cloudflow-wasm/local";
import gateway from "./worker.js";

export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    // The server in front refuses other origins. Requests that bypass it are refused here.
    if (env.DEMO && request.headers.get("x-demo-pass") !== env.PASS)
      return new Response("use the address of the demo\n", { status: 403 });
    if (env.DEMO && pathname === "/demo/start") return start(request, env);
    // The files of the page are also requested here.
    if (env.DEMO && !pathname.startsWith("/api/")) return env.ASSETS.fetch(request);
    return gateway.fetch(request, env, context);
  },
};

/** Saves the definition under the name of the flow, then starts an execution. */
async function start(request, env) {
  // A JSON body requires a preflight request, which is refused for pages of other origins.
  const json = request.headers.get("content-type")?.startsWith("application/json");
  if (request.method !== "POST" || !json) return new Response("POST JSON here\n", { status: 405 });
  const { flowName, executionName, definition, input } = await request.json();

  const flow = { Name: flowName, Definition: definition, Description: "from the demo console", Type: "FDL" };
  let answer = await call(env, "CreateFlow", flow);
  if (answer.status === 409) answer = await call(env, "UpdateFlow", flow);
  if (!answer.ok) return passOn(answer);
  const execution = { FlowName: flowName, ExecutionName: executionName };
  if (input) execution.Input = input;
  return passOn(await call(env, "StartExecution", execution));
}

async function call(env, action, parameters) {
  const { ENDPOINT: endpoint, ACCESS_KEY_ID: accessKeyId, ACCESS_KEY_SECRET: accessKeySecret } = env;
  return fetch(await signRequest(action, parameters, { endpoint, accessKeyId, accessKeySecret }));
}

function passOn(answer) {
  const headers = { "content-type": "application/json;charset=utf-8", "cache-control": "no-store" };
  return new Response(answer.body, { status: answer.status, headers });
}

// The demo's Worker: the ten lines of `worker.js`, and a way to start a flow on
// the emulator. Never deploy this one: it lets anybody start anything.

import gateway from "./worker.js";

export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (env.DEMO && pathname === "/demo/start") return start(request, env);
    return gateway.fetch(request, env, context);
  },
};

/** Saves the definition under the flow's name, then starts an execution of it. */
async function start(request, env) {
  // A JSON body makes a browser ask first, and no other page gets a yes.
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

/** One call of the service, signed the RPC V1 way. The package asks only; it does not start. */
async function call(env, action, form) {
  const query = {
    AccessKeyId: env.ACCESS_KEY_ID,
    Action: action,
    Format: "JSON",
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: crypto.randomUUID(),
    SignatureVersion: "1.0",
    Timestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    Version: "2019-03-15",
  };
  const canonical = encodeAll({ ...query, ...form });
  query.Signature = await hmacSha1(`${env.ACCESS_KEY_SECRET}&`, `POST&%2F&${encode(canonical)}`);
  return fetch(`${env.ENDPOINT}/?${encodeAll(query)}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: encodeAll(form),
  });
}

function encodeAll(values) {
  const names = Object.keys(values).sort();
  return names.map((name) => `${encode(name)}=${encode(values[name])}`).join("&");
}

function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function hmacSha1(key, text) {
  const bytes = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-1" };
  const imported = await crypto.subtle.importKey("raw", bytes.encode(key), hmac, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", imported, bytes.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

function passOn(answer) {
  const headers = { "content-type": "application/json;charset=utf-8", "cache-control": "no-store" };
  return new Response(answer.body, { status: answer.status, headers });
}

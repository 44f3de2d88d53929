// Requests to a gateway, and a test double of the service behind it. Uses no module of a host.

/** With a token: in a page, the client refuses a long-lived key. */
export const KEY = {
  accessKeyId: "LTAIexample",
  accessKeySecret: "secret/of+the=gateway",
  securityToken: "token+of/sts==",
};
export const BASE = "https://console.example.com/api/";

/** A request as a runtime passes it to a Worker. Some runtimes do not allow a script to set all headers and methods. */
export function seenAs(url, { method = "GET", headers = {}, body = null, signal } = {}) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return { method, url, headers: new Headers(given), signal: signal ?? new AbortController().signal, body };
}

/** The address of a call. `undefined` removes a parameter. */
export function addressOf(change = {}, base = BASE) {
  const query = {
    Action: "DescribeExecution",
    Version: "2019-03-15",
    FlowName: "orders",
    ExecutionName: "run:1",
    ...change,
  };
  const parts = Object.entries(query).filter(([, value]) => value !== undefined);
  return `${base}?${parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/** A gateway to a service. `authorized` has what `authorize` was called with. */
export function gatewayTo(createGateway, service, { authorize = () => true, ...options } = {}) {
  const authorized = [];
  const gateway = createGateway({
    upstream: () => ({ region: "cn-hangzhou", fetch: service.fetch, credentials: KEY }),
    authorize: (request, call, env) => {
      authorized.push(call);
      return authorize(request, call, env);
    },
    ...options,
  });
  return { authorized, fetch: (request, env = {}) => gateway.fetch(request, env), gateway };
}

/** A service that answers each request. `seen` has the addresses. */
export function serviceOf(respond = ({ searchParams }) => json(200, finished(searchParams))) {
  const seen = [];
  return {
    seen,
    fetch: async (address, init) => {
      const url = new URL(address);
      seen.push(url);
      return respond(url, init);
    },
  };
}

/** A finished execution. */
export function finished(query) {
  return {
    RequestId: "52ef0076-da4e-0c2c-f434-5f0cfbb2f193",
    FlowName: query.get("FlowName"),
    Name: query.get("ExecutionName"),
    Status: "Succeeded",
    StartedTime: "2019-01-01T01:01:01.001Z",
    StoppedTime: "2019-01-01T01:01:02.345Z",
    Input: '{"key": "value"}',
    Output: "{}",
    FlowDefinition: "Type: StateMachine\n",
  };
}

export function json(status, body, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

/** Suppresses the log of the gateway. */
export async function quietly(run) {
  const { error, log } = console;
  console.error = () => {};
  console.log = () => {};
  try {
    return await run();
  } finally {
    Object.assign(console, { error, log });
  }
}

// A gateway with a hub in front of the emulator, for the suites of all runtimes. Uses no module of a host.

const CREDENTIALS = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
export const ACTIONS = ["DescribeExecution", "GetExecutionHistory", "ListExecutions"];

/**
 * Opens an emulator and a gateway to it. Close it at the end.
 *
 * @param environment of the suite
 * @param options further options of the gateway, and `respond(url, init)`, which may answer instead of the emulator
 */
export function openHub({ createGateway, local }, { respond = () => undefined, quotas = false, ...options } = {}) {
  const emulator = local.createEmulator({ quotas });
  const calls = [];
  const fetch = async (address, init) => {
    const url = new URL(address);
    calls.push({ action: url.searchParams.get("Action"), wait: Number(url.searchParams.get("WaitTimeSeconds")), url });
    return (await respond(url, init)) ?? emulator.fetch(address, init);
  };
  const gateway = createGateway({
    upstream: () => ({
      endpoint: "https://emulator.example",
      credentials: CREDENTIALS,
      fetch,
      dangerouslyAllowBrowser: true,
    }),
    authorize: () => true,
    actions: ACTIONS,
    hub: "memory",
    log: false,
    ...options,
  });
  const send = async (action, parameters) => {
    const response = await emulator.fetch(await local.signRequest(action, parameters));
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  return {
    calls,
    gateway,
    emulator,
    fetch: (address, { headers = {}, signal } = {}) =>
      gateway.fetch(
        { method: "GET", url: address, headers: new Headers(headers), signal: signal ?? new AbortController().signal },
        {},
      ),

    /** Starts an execution that takes some seconds. */
    start(name, seconds = 1) {
      emulator.putFlow("f", definition(seconds));
      return send("StartExecution", { FlowName: "f", ExecutionName: name });
    },
    stop: (name) => send("StopExecution", { FlowName: "f", ExecutionName: name }),
    describe(name, wait = 0, more = {}) {
      return this.fetch(
        addressOf("DescribeExecution", { FlowName: "f", ExecutionName: name, WaitTimeSeconds: wait }),
        more,
      );
    },
    history: (name, parameters = {}) =>
      gateway.fetch(
        new Request(addressOf("GetExecutionHistory", { FlowName: "f", ExecutionName: name, ...parameters })),
        {},
      ),
    /** Opens a stream of events. */
    stream(name, { query = {}, ...more } = {}) {
      const parameters = new URLSearchParams({ FlowName: "f", ExecutionName: name, ...query });
      return this.fetch(`https://gateway.example/events?${parameters}`, more);
    },
    close: () => emulator.close(),
  };
}

export function addressOf(action, parameters = {}) {
  const query = new URLSearchParams({ Action: action, Version: "2019-03-15" });
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  return `https://gateway.example/?${query}`;
}

const definition = (seconds) => `version: v1
type: flow
steps:
  - type: wait
    name: nap
    duration: ${seconds}
`;

/** Reads the events of a stream: { id, event, data } each, one after the other. */
export async function* eventsOf(response) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of readerOf(response.body)) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = {};
      for (const line of text.slice(0, end).split("\n")) {
        const at = line.indexOf(": ");
        if (at > 0) event[line.slice(0, at)] = line.slice(at + 2);
      }
      text = text.slice(end + 2);
      if (event.event) yield { ...event, data: JSON.parse(event.data) };
    }
  }
}

/** All events until the end of the stream. */
export async function allOf(response) {
  const events = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

async function* readerOf(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The tests that need a hub in memory, which a Worker does not have: `gateway-objects.test.mjs`, `gateway-attacks.test.mjs` and
 * the load test use the objects of workerd.
 *
 * @param {Record<string, (environment: any) => unknown>} tests
 */
export function inMemoryTests(tests) {
  const besideWorkerd = (/** @type {(environment: any) => unknown} */ body) => (/** @type {any} */ environment) =>
    environment.runtime === "workerd" ? undefined : body(environment);
  return Object.fromEntries(Object.entries(tests).map(([name, body]) => [name, besideWorkerd(body)]));
}

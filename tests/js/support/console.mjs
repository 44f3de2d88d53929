// The console with an emulator of its own, in this process, for tests in browsers.

import { readFile } from "node:fs/promises";

import { serveFetch } from "../../../pkg/cli/serve.js";
import { createConsole } from "../../../pkg/console/control.js";
import { createFiles } from "../../../pkg/console/files.js";
import { createEmulator, signRequest } from "../../../pkg/dist/local.js";
import { createTasks } from "./console-flows.mjs";

const RECORDER = new URL("../engines/recorder.js", import.meta.url);

/**
 * Starts the emulator and the server of the console.
 *
 * - `disconnect()` closes the port and all connections, `connect()` opens the same port again
 * - `answer` is a function from a request to a response, or `undefined` for the usual one; it can be replaced
 * - `start(flow, execution, definition, input)` starts an execution without the page
 * - `release(name)` ends a task that waits for it
 */
export async function startConsole() {
  const { tasks, release } = createTasks();
  const key = { id: "console-test", secret: "console-test-secret" };
  const emulator = createEmulator({ accessKeys: { [key.id]: key.secret }, tasks });
  const control = createConsole({ emulator, key, tasks });
  const files = await createFiles();
  const recorder = await readFile(RECORDER);
  const own = { answer: () => undefined, requests: [] };
  let server;
  let port = 0;

  async function route(request) {
    const { pathname } = new URL(request.url);
    own.requests.push({ method: request.method, url: request.url });
    const special = await own.answer(request);
    if (special) return special;
    if (pathname.startsWith("/api/") || pathname.startsWith("/control/")) return control.fetch(request);
    if (pathname === "/recorder.js") return new Response(recorder, { headers: { "content-type": "text/javascript" } });
    if (pathname === "/" || pathname === "/index.html") return page(request);
    return files.fetch(request);
  }

  /** The page, with the script that keeps its errors. */
  async function page(request) {
    const plain = new Request(request.url, { headers: { accept: "text/html" } });
    const { headers, body } = await files.fetch(plain);
    const html = await new Response(body).text();
    const own = new Headers(headers);
    for (const name of ["content-length", "etag", "content-encoding"]) own.delete(name);
    return new Response(html.replace("<head>", '<head><script src="recorder.js"></script>'), { headers: own });
  }

  async function connect() {
    server = await serveFetch(route, { port });
    port = Number(new URL(server.url).port);
  }

  async function ask(action, parameters) {
    const request = await signRequest(action, parameters, { accessKeyId: key.id, accessKeySecret: key.secret });
    const response = await emulator.fetch(request);
    const body = await response.json();
    if (!response.ok) throw new Error(`${action}: ${body.Code}: ${body.Message}`);
    return body;
  }

  await connect();
  return Object.assign(own, {
    emulator,
    release,
    url: `${server.url}/`,
    connect,
    disconnect: () => server.close(),
    ask,
    put: (name, definition) => emulator.putFlow(name, definition.replace("Name: NAME", `Name: ${name}`)),
    async start(flowName, executionName, definition, input = {}) {
      this.put(flowName, definition);
      await ask("StartExecution", {
        FlowName: flowName,
        ExecutionName: executionName,
        Input: JSON.stringify(input),
      });
    },
    async close() {
      await server.close();
      emulator.close();
    },
  });
}

// Runs the server in a worker thread. A handler that never returns blocks that thread; the main thread can still handle
// the signal to stop.

import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { startServer } from "./server.js";

/** Maximum time for which a stop waits for the thread, in ms. It is longer than an orderly stop takes. */
export const STOP_TIMEOUT_MS = 5000;

/**
 * A message of the thread: a printed line, a logged request, or a change of its state.
 *
 * @typedef {object} Message
 * @property {string} [line]
 * @property {string} [request]
 * @property {{ url: string, key: [string, string] | undefined, page: boolean }} [started]
 * @property {string} [failed]
 * @property {boolean} [wrote]
 */

/**
 * Starts a server in a thread. The options are those of `startServer`.
 *
 * `ended` resolves if the thread ends on its own. `close` returns true if the state was written, false if it was not,
 * and undefined if the thread does not respond.
 *
 * @param {import("./server.js").ServerOptions & { say: (line: string) => void, onRequest: (line: string) => void }}
 *   options
 */
export async function startThread({ say, onRequest, ...options }) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { cloudflowServer: options } });
  /** @type {(message: Message) => void} */
  let receive = () => {};
  /** @returns {Promise<Message>} */
  const next = () =>
    new Promise((resolve) => {
      receive = resolve;
    });
  let message = next();
  worker.on("message", (/** @type {Message} */ { line, request, ...other }) => {
    if (line !== undefined) say(line);
    else if (request !== undefined) onRequest(request);
    else receive(other);
  });
  worker.on("error", (error) => receive({ failed: error?.message ?? String(error) }));
  worker.on("exit", () => receive({ failed: "the server ended" }));
  const first = await message;
  if (first.started === undefined) {
    await worker.terminate();
    throw new Error(first.failed);
  }
  message = next();
  return {
    ...first.started,
    ended: message,
    async close() {
      worker.postMessage("stop");
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      /** @type {Promise<Message>} */
      const late = new Promise((resolve) => {
        timer = setTimeout(() => resolve({}), STOP_TIMEOUT_MS);
      });
      const { wrote } = await Promise.race([message, late]);
      clearTimeout(timer);
      return wrote;
    },
  };
}

/** @param {import("./server.js").ServerOptions} options */
async function serve(options) {
  if (parentPort === null) return;
  const port = parentPort;
  const tell = (/** @type {Message} */ message) => port.postMessage(message);
  try {
    const server = await startServer({
      ...options,
      say: (line) => tell({ line }),
      onRequest: (request) => tell({ request }),
    });
    port.once("message", async () => {
      try {
        tell({ wrote: await server.close() });
      } catch (error) {
        tell({ failed: error.message });
      }
    });
    tell({ started: { url: server.url, key: server.key, page: server.page } });
  } catch (error) {
    tell({ failed: error.message });
  }
}

// The module may be imported in a thread of another program.
if (!isMainThread && workerData?.cloudflowServer) serve(workerData.cloudflowServer);

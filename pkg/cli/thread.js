// The server in a thread of its own. A handler that never returns blocks its thread, and with it everything that
// runs there; the main thread still hears the signal to stop.

import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { startServer } from "./server.js";

/** How long a stop waits for the thread: longer than an orderly stop takes. */
export const PATIENCE = 5000;

/**
 * As `startServer`, with its options.
 *
 * @returns `{ url, key, ended, close }`: `ended` resolves where the thread ends on its own. `close` gives true where
 *   the state was written, false where it was not, and undefined where the thread does not answer
 */
export async function startThread({ say, onRequest, ...options }) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { cloudflowServer: options } });
  let hear;
  const next = () => new Promise((resolve) => (hear = resolve));
  let message = next();
  worker.on("message", ({ line, request, ...other }) => {
    if (line !== undefined) say(line);
    else if (request !== undefined) onRequest(request);
    else hear(other);
  });
  worker.on("error", (error) => hear({ failed: error?.message ?? String(error) }));
  worker.on("exit", () => hear({ failed: "the server ended" }));
  const first = await message;
  if (first.failed !== undefined) {
    await worker.terminate();
    throw new Error(first.failed);
  }
  message = next();
  return {
    ...first.started,
    ended: message,
    async close() {
      worker.postMessage("stop");
      let timer;
      const late = new Promise((resolve) => (timer = setTimeout(() => resolve({}), PATIENCE)));
      const { wrote } = await Promise.race([message, late]);
      clearTimeout(timer);
      return wrote;
    },
  };
}

async function serve(options) {
  const tell = (message) => parentPort.postMessage(message);
  try {
    const server = await startServer({
      ...options,
      say: (line) => tell({ line }),
      onRequest: (request) => tell({ request }),
    });
    parentPort.once("message", async () => {
      try {
        tell({ wrote: await server.close() });
      } catch (error) {
        tell({ failed: error.message });
      }
    });
    tell({ started: { url: server.url, key: server.key } });
  } catch (error) {
    tell({ failed: error.message });
  }
}

// A module may be loaded in a thread of somebody else.
if (!isMainThread && workerData?.cloudflowServer) serve(workerData.cloudflowServer);

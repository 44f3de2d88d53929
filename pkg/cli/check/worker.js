// A thread that checks files.

import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { createChecker } from "./checker.js";

/** @import { Settings } from "./checker.js" */

/** @param {Settings} settings */
async function serve(settings) {
  if (parentPort === null) return;
  const port = parentPort;
  const { validateFlow } = await import("../../language.js");
  const checker = createChecker(validateFlow, settings);
  port.on("message", (/** @type {{ id: number, files: { path: string, named: boolean }[] }} */ { id, files }) => {
    port.postMessage({ id, results: files.map(({ path, named }) => checker.checkFile(path, named)) });
  });
}

// The module may be imported in a thread of another program.
if (!isMainThread && workerData?.cloudflowCheck) serve(workerData.cloudflowCheck);

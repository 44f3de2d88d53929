// A thread that checks files.

import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { createChecker } from "./checker.js";
import { createValidate } from "./language.js";

/** @import { Settings } from "./checker.js" */
/** @import { Packed } from "./pool.js" */

/**
 * What a thread is started with.
 *
 * @typedef {object} Start
 * @property {Settings} settings
 * @property {WebAssembly.Module} module
 */

/** @param {Start} start */
function serve({ settings, module }) {
  if (parentPort === null) return;
  const port = parentPort;
  const checker = createChecker(createValidate(module), settings);
  port.on("message", (/** @type {{ id: number, files: { path: string, named: boolean }[] }} */ { id, files }) => {
    /** @type {Packed[]} */
    const results = files.map(({ path, named }) => {
      const result = checker.checkFile(path, named);
      const isClean = result.findings.length === 0 && result.fixed === 0 && result.problem === undefined;
      return isClean ? result.definitions : result;
    });
    port.postMessage({ id, results });
  });
}

// The module may be imported in a thread of another program.
if (!isMainThread && workerData?.cloudflowCheck) serve(workerData.cloudflowCheck);

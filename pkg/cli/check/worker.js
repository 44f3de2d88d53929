// A thread that checks files.

import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { createChecker } from "./checker.js";
import { compileLanguage, createValidate } from "./language.js";

/** @import { Settings } from "./checker.js" */
/** @import { Packed } from "./pool.js" */

/**
 * What a thread is started with.
 *
 * @typedef {object} Start
 * @property {Settings} settings
 * @property {WebAssembly.Module} [module] absent if the runtime cannot pass a module to a thread
 */

/** @param {Start} start */
async function serve({ settings, module }) {
  if (parentPort === null) return;
  const port = parentPort;
  const usable = module instanceof WebAssembly.Module ? module : await compileLanguage(Infinity);
  const checker = createChecker(createValidate(usable), settings);
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

// "cloudflow-wasm/slim": the same functions; the caller brings the module ("cloudflow-wasm/core.wasm").

import { CloudFlowError, codes } from "./lib/error.js";
import { createFunctions } from "./lib/functions.js";
import { createRuntime } from "./lib/runtime.js";
import { instantiate } from "./wasm/core.js";

export { CloudFlowError };

/** @type {WebAssembly.Module | undefined} */
let compiled;

/**
 * Makes the functions ready. The first module counts; a failed call may be repeated.
 *
 * @param {WebAssembly.Module | BufferSource | Response | URL | Promise<Response>} source
 */
export async function init(source) {
  compiled ??= await compile(await source);
}

export const {
  createClient,
  describeExecution,
  flowGraph,
  flowToMermaid,
  parseExecution,
  parseFlow,
  validateExecution,
  validateFlow,
  waitForExecution,
  watchExecution,
} = createFunctions(
  createRuntime(instantiate, () => {
    if (compiled) return compiled;
    throw new CloudFlowError({
      kind: "request",
      code: codes.notInitialized,
      message: "call `await init(module)` of cloudflow-wasm/slim before any other function",
    });
  }),
);

/**
 * Checks what the caller brings, because a caller without types may bring anything.
 *
 * @param {any} source
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(/** @type {BufferSource} */ (source));
  }
  if (source instanceof URL) return compile(await load(source));
  if (typeof source?.arrayBuffer !== "function") {
    throw new CloudFlowError({
      kind: "request",
      code: codes.notAModule,
      message: "`init` takes a WebAssembly.Module, its bytes, a Response or a URL",
    });
  }
  if (source.ok === false) {
    throw new CloudFlowError({
      kind: "network",
      code: codes.moduleNotLoaded,
      message: `the module could not be loaded: HTTP ${source.status}`,
      status: source.status,
    });
  }
  // Streaming wants the right media type; many servers send another.
  const streams = source.headers?.get("content-type")?.startsWith("application/wasm") && WebAssembly.compileStreaming;
  return streams ? WebAssembly.compileStreaming(source) : WebAssembly.compile(await source.arrayBuffer());
}

/**
 * `fetch` does not read files; Node, Deno and Bun lend their file system without an import that a
 * bundler would trip over.
 *
 * @param {URL} url
 */
function load(url) {
  if (url.protocol !== "file:") return fetch(url);
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  return fs ? fs.readFile(url) : fetch(url);
}

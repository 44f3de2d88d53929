// `init` of "cloudflow-wasm/slim": compiles the module that the caller passes.

import { CloudFlowError, codes } from "./error.js";

/** Returns `init`, and `compiled`, which returns the module or throws `not-initialized`. */
export function createInit() {
  /** @type {WebAssembly.Module | undefined} */
  let module;
  return {
    /**
     * The first module is used; later calls have no effect. A failed call may be repeated.
     *
     * @param {WebAssembly.Module | BufferSource | Response | URL | Promise<Response>} source
     */
    async init(source) {
      module ??= await compile(await source);
    },

    compiled() {
      if (module) return module;
      throw new CloudFlowError({
        kind: "request",
        code: codes.notInitialized,
        message: "call `await init(module)` of cloudflow-wasm/slim before any other function",
      });
    },
  };
}

/**
 * The parameter has the type `any`: callers without types may pass any value.
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
  // `compileStreaming` requires the media type application/wasm; many servers send another one.
  const streams = source.headers?.get("content-type")?.startsWith("application/wasm") && WebAssembly.compileStreaming;
  return streams ? WebAssembly.compileStreaming(source) : WebAssembly.compile(await source.arrayBuffer());
}

/**
 * Reads `file:` URLs with the file system of Node, Deno or Bun: `fetch` of Node does not read files.
 * `getBuiltinModule` is used instead of an import, because bundlers for the browser fail on `node:` imports.
 *
 * @param {URL} url
 */
function load(url) {
  if (url.protocol !== "file:") return fetch(url);
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  return fs ? fs.readFile(url) : fetch(url);
}

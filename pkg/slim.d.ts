/**
 * The functions of "cloudflow-wasm". The caller provides the WebAssembly module.
 *
 * @module
 */

export * from "./index.js";

/**
 * Compiles the module `cloudflow-wasm/core.wasm`: a compiled module, its bytes, a response or a URL. Await it once
 * before the first call of another function. Later calls have no effect.
 *
 * Throws {@link CloudFlowError}: `not-a-module`, or `module-not-loaded` for an HTTP error.
 */
export function init(source: WebAssembly.Module | BufferSource | Response | URL | Promise<Response>): Promise<void>;

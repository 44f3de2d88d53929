/**
 * The same functions as "cloudflow-wasm"; the caller brings the module.
 *
 * @module
 */

export * from "./index.js";

/**
 * Makes the functions ready: a compiled module, its bytes, a response or a URL. Await it once
 * before any other call; `cloudflow-wasm/core.wasm` is the file.
 */
export function init(source: WebAssembly.Module | BufferSource | Response | URL | Promise<Response>): Promise<void>;

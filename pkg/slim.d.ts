/**
 * The functions of "cloudflow-wasm". The caller provides the WebAssembly modules.
 *
 * @module
 */

export * from "./index.js";

/** A compiled module, its bytes, a response or a URL. */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | URL | Promise<Response>;

export interface Modules {
  /** `cloudflow-wasm/ask.wasm`: the client, `parseExecution` and `validateExecution`. */
  ask?: ModuleSource;
  /** `cloudflow-wasm/language.wasm`: the functions for flow definitions, and `validateExecution`. */
  language?: ModuleSource;
}

/**
 * Compiles the modules. Await it before the first call of a function that uses a module. A program may call it once
 * for each module. The first source of a module is used: later ones have no effect.
 *
 * Throws {@link CloudFlowError}: `not-a-module`, `module-of-another-build` for a module of another version,
 * `wrong-options` for an unknown name, or `module-not-loaded` for an HTTP error.
 */
export function init(modules: Modules): Promise<void>;

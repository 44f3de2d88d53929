/**
 * The functions of "cloudflow-wasm". The caller provides the WebAssembly modules.
 *
 * @module cloudflow-wasm/slim
 */

export * from "./index.js";

/** A compiled `WebAssembly.Module`. The type has no members. It is not named here, because some hosts do not declare it. */
export type CompiledModule = object;

/** The part of a `Response` that is read. */
export interface ModuleResponse {
  /** Whether the HTTP status is 200 to 299. */
  readonly ok: boolean;
  /** HTTP status. */
  readonly status: number;
  /** Returns the body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * A compiled module, its bytes, a response, or a URL. A text is a URL; in a page it may be relative to the page, as bundlers
 * return it.
 */
export type ModuleSource =
  | CompiledModule
  | ArrayBuffer
  | ArrayBufferView
  | ModuleResponse
  | { readonly href: string }
  | string
  | Promise<ModuleResponse | CompiledModule>;

/** Sources of the modules. An absent module can be added by a later call. */
export interface Modules {
  /** `cloudflow-wasm/ask.wasm`: the client, `parseExecution` and `validateExecution`. */
  ask?: ModuleSource | undefined;
  /** `cloudflow-wasm/language.wasm`: the functions for flow definitions, and `validateExecution`. */
  language?: ModuleSource | undefined;
}

/**
 * Compiles the modules. Await it before the first call of a function that uses a module. A program may call it once
 * for each module. The first source of a module is used: later ones have no effect.
 *
 * Throws {@link CloudFlowError}: `not-a-module`, `module-of-another-build` for a module of another version,
 * `wrong-options` for an unknown name, `module-not-loaded` for an HTTP error, or `wasm-blocked` if the policy of the page
 * forbids WebAssembly.
 */
export function init(modules: Modules): Promise<void>;

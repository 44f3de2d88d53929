/**
 * The functions of "cloudflow-wasm/local". The caller provides the WebAssembly module, so that it is not a part of the
 * JavaScript.
 *
 * @module cloudflow-wasm/slim/local
 */

import type { ModuleSource } from "../slim.js";

export * from "../local.js";

/** Source of the module. */
export interface LocalModules {
  /** `cloudflow-wasm/local.wasm`. */
  local?: ModuleSource | undefined;
}

/** Compiles the module, as `init` of "cloudflow-wasm/slim" does. Await it before the first call of another function. */
export function init(modules: LocalModules): Promise<void>;

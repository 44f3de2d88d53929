// The runtime of a module that a host or a program provides: as a module, or as an instance that the host has created.

import { createRuntime } from "./runtime.js";

/** @typedef {Record<string, Function>} Functions */

/**
 * The default export of a module that the host has instantiated, as Node 24, Deno and Vite do for
 * `import ask from "cloudflow-wasm/ask.wasm"`. It connects the glue with the instance.
 *
 * @typedef {() => { functions: Functions, build: string }} Attach
 */

/**
 * @param {(module: WebAssembly.Module) => Functions} instantiate
 * @param {() => WebAssembly.Module | Attach | Functions} load
 */
export function provided(instantiate, load) {
  let isUsed = false;
  return createRuntime(
    (/** @type {any} */ module) => {
      if (module instanceof WebAssembly.Module) return instantiate(module);
      // The instance has trapped. Only the host can create another one.
      if (isUsed) throw new Error("the imported instance has trapped; a WebAssembly.Module can be instantiated again");
      isUsed = true;
      return typeof module === "function" ? module().functions : module;
    },
    /** @type {() => any} */ (load),
  );
}

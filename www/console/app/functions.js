// The functions that read definitions and replay histories. The page is drawn without them.

import { modules } from "./ready.js";

/** Loads the functions, and their WebAssembly module. */
export async function loadFunctions() {
  const [functions] = await Promise.all([import("cloudflow-wasm/language"), modules.ready("language")]);
  return functions;
}

// The module `language` for the command `check`. It is compiled once, from its file, and used by all threads.

import { readFileSync } from "node:fs";
import { createLanguage } from "../../language/functions.js";
import { createRuntime } from "../../shared/runtime.js";
import { instantiate } from "../../wasm/language.js";

export function compileLanguage() {
  // The path is right for this file and for the files of the package that contain it.
  return new WebAssembly.Module(readFileSync(new URL("../../wasm/language.wasm", import.meta.url)));
}

/**
 * @param {WebAssembly.Module} module
 * @returns {import("./checker.js").Validate}
 */
export function createValidate(module) {
  return createLanguage(createRuntime(instantiate, () => module)).validateFlow;
}

// The module `language` for the command `check`. It is compiled once, from its file, and used by all threads.

import { readFileSync } from "node:fs";
import process from "node:process";
import { createLanguage } from "../../language/functions.js";
import { createRuntime } from "../../shared/runtime.js";
import { instantiate } from "../../wasm/language.js";

/** Up to this number of files, V8 compiles functions of the module once. */
const FEW_FILES = 2000;

/**
 * V8 compiles functions that are called often a second time, for speed. That is a quarter of the processor time of a run
 * over 43 or over 1,000 files, and 11 MB of memory; the time is regained after about 10,000 files. V8 prints an error for a
 * flag that it does not know, so that versions with unknown flags are left as they are.
 */
async function compileOnce() {
  const { v8 = "", bun, deno } = process.versions;
  const version = Number.parseInt(v8, 10);
  if (bun !== undefined || deno !== undefined || !(version >= 11 && version <= 13)) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--no-wasm-dynamic-tiering");
  setFlagsFromString("--no-wasm-tier-up");
}

/** @param {number} files number of files that will be checked */
export async function compileLanguage(files) {
  if (files <= FEW_FILES) await compileOnce();
  return new WebAssembly.Module(read());
}

/** The path is right for this file, or for the files of the package that contain it. */
function read() {
  try {
    return readFileSync(new URL("../../language.wasm", import.meta.url));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return readFileSync(new URL("../../wasm/language.wasm", import.meta.url));
  }
}

/**
 * @param {WebAssembly.Module} module
 * @returns {import("./checker.js").Validate}
 */
export function createValidate(module) {
  return createLanguage(createRuntime(instantiate, () => module)).validateFlow;
}

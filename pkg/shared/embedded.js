// The runtime of a module that is compiled from bytes at the first call, and the error of hosts that forbid this.

import * as codes from "./codes.js";
import { CloudFlowError } from "./error.js";
import { createRuntime } from "./runtime.js";

/**
 * @param {(module: WebAssembly.Module) => Record<string, Function>} instantiate
 * @param {() => Uint8Array<ArrayBuffer>} bytes
 */
export const embedded = (instantiate, bytes) =>
  createRuntime(
    allowed(instantiate),
    allowed(() => new WebAssembly.Module(bytes())),
  );

/**
 * Returns the function with `wasm-blocked` as the error for a host that forbids it. WebKit compiles a module that it does not
 * instantiate.
 *
 * @template {unknown[]} A
 * @template T
 * @param {(...args: A) => T} act
 * @returns {(...args: A) => T}
 */
export const allowed =
  (act) =>
  (...args) => {
    try {
      return act(...args);
    } catch (error) {
      throw blocked(error);
    }
  };

/** What engines say of a Content-Security-Policy, and V8 of an embedder that does not allow it. */
const FORBIDDEN = /content security policy|\bCSP\b|unsafe-eval|disallowed by embedder/i;

/**
 * Returns `wasm-blocked` for the error of a host that forbids WebAssembly, and `module-not-loaded` for that of an environment
 * without a global function. Otherwise the error.
 *
 * @param {any} cause
 */
export function blocked(cause) {
  if (cause instanceof CloudFlowError) return cause;
  if (cause?.name === "ReferenceError") {
    return new CloudFlowError({
      kind: "internal",
      code: codes.moduleNotLoaded,
      message: `${cause.message} in this environment; for jsdom, docs/integration.md has a configuration`,
      cause,
    });
  }
  if (!FORBIDDEN.test(cause?.message)) return cause;
  return new CloudFlowError({
    kind: "internal",
    code: codes.wasmBlocked,
    message:
      "the host forbids WebAssembly: a Content-Security-Policy needs `'wasm-unsafe-eval'` in the directive `script-src`, " +
      "a Worker of an edge runtime must be bundled with the condition `workerd`",
    cause,
  });
}

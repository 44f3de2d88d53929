// One WebAssembly instance behind function calls. A trap rejects the calls in flight; the next call uses a new
// instance.

import { CloudFlowError, errorOf, notStarted, trapped } from "./error.js";

/**
 * Calls a function of the module by name. Throws a `CloudFlowError`, whether the function threw or trapped. The number
 * of arguments is fixed: rest parameters would create a list per call.
 *
 * @typedef {(name: string, a?: any, b?: any, c?: any, d?: any, e?: any, f?: any, g?: any, h?: any) => any} Invoke
 */

/**
 * @typedef {object} Runtime
 * @property {Invoke} call calls a function of the current instance
 * @property {<T>(run: (invoke: Invoke) => Promise<T>) => Promise<T>} start runs a sequence of calls of one instance;
 *   rejects if the instance traps meanwhile; never throws
 */

/**
 * An instance of the module, and the `reject` functions of the sequences in flight.
 *
 * @typedef {{ invoke: Invoke, inFlight: Set<(error: unknown) => void> }} Instance
 */

/**
 * @param {(module: WebAssembly.Module) => Record<string, Function>} instantiate returns the functions of a new instance
 * @param {() => WebAssembly.Module} load called at the first use; may throw
 * @returns {Runtime}
 */
export function createRuntime(instantiate, load) {
  /** @type {WebAssembly.Module | undefined} */
  let module;
  /** @type {Instance | undefined} */
  let current;

  function begin() {
    try {
      module ??= load();
      return instantiate(module);
    } catch (error) {
      throw error instanceof CloudFlowError ? error : notStarted(error);
    }
  }

  /** @returns {Instance} */
  function create() {
    const functions = begin();
    /** @type {Set<(error: unknown) => void>} */
    const inFlight = new Set();
    /** @type {Error | undefined} */
    let lost;

    // Nothing else runs code of the module, so that no trap is missed: the module has no callbacks. An error of the host
    // that passes through the module leaves the instance in an undefined state, as a trap does.
    /** @type {Invoke} */
    const invoke = (name, a, b, c, d, e, f, g, h) => {
      if (lost) throw lost;
      try {
        return functions[name](a, b, c, d, e, f, g, h);
      } catch (thrown) {
        const error = errorOf(thrown);
        if (error) throw error;
        lost = trapped(thrown);
        if (current === created) current = undefined;
        for (const reject of inFlight) reject(lost);
        inFlight.clear();
        throw lost;
      }
    };
    const created = { invoke, inFlight };
    return created;
  }

  const instance = () => {
    current ??= create();
    return current;
  };

  return {
    call: (name, a, b, c, d, e, f, g, h) => instance().invoke(name, a, b, c, d, e, f, g, h),

    start: (run) =>
      new Promise((resolve, reject) => {
        const { invoke, inFlight } = instance();
        inFlight.add(reject);
        const settle = (/** @type {(value: any) => void} */ how) => (/** @type {unknown} */ value) => {
          inFlight.delete(reject);
          how(value);
        };
        run(invoke).then(settle(resolve), settle(reject));
      }),
  };
}

/**
 * Returns a member. As a pure call, a bundler removes it if the result is unused. It keeps a destructuring assignment.
 *
 * @template {object} T
 * @template {keyof T} K
 * @param {T} object
 * @param {K} name
 */
export const pick = (object, name) => object[name];

// One WebAssembly instance behind function calls. A trap rejects the calls in flight; the next call uses a new
// instance.

import { errorOf, trapped } from "./error.js";

/**
 * Calls a function of the module by name. Throws a `CloudFlowError`, whether the function threw or trapped.
 *
 * @typedef {(name: string, ...args: any[]) => any} Invoke
 */

/**
 * @typedef {object} Runtime
 * @property {Invoke} call calls a function of the current instance
 * @property {<T>(run: (invoke: Invoke) => Promise<T>) => Promise<T>} start runs a sequence of calls of one instance;
 *   rejects if the instance traps meanwhile; never throws
 */

/**
 * An instance of the module and the `reject` functions of the sequences in flight.
 *
 * @typedef {{ functions: Record<string, Function>, inFlight: Set<(error: unknown) => void>, lost?: Error }} Instance
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

  /** @returns {Instance} */
  function instance() {
    if (current) return current;
    module ??= load();
    current = { functions: instantiate(module), inFlight: new Set() };
    return current;
  }

  /**
   * Nothing but an invocation runs code of the module, so that no trap is missed: the module has no callbacks.
   *
   * @param {Instance} used
   * @param {string} name
   * @param {unknown[]} args
   */
  function invoke(used, name, args) {
    if (used.lost) throw used.lost;
    try {
      return used.functions[name](...args);
    } catch (thrown) {
      throw errorOf(thrown) ?? discard(used, thrown);
    }
  }

  /**
   * An error of the host that passes through the module leaves the instance in an undefined state, too.
   *
   * @param {Instance} used
   * @param {unknown} cause
   */
  function discard(used, cause) {
    if (current === used) current = undefined;
    const error = trapped(cause);
    used.lost = error;
    for (const reject of used.inFlight) reject(error);
    used.inFlight.clear();
    return error;
  }

  return {
    call: (name, ...args) => invoke(instance(), name, args),

    start: (run) =>
      new Promise((resolve, reject) => {
        const used = instance();
        used.inFlight.add(reject);
        const settle = (/** @type {(value: any) => void} */ how) => (/** @type {unknown} */ value) => {
          used.inFlight.delete(reject);
          how(value);
        };
        run((name, ...args) => invoke(used, name, args)).then(settle(resolve), settle(reject));
      }),
  };
}

// One WebAssembly instance behind function calls. A trap rejects the calls in flight; the next call uses a new
// instance.

import { asThrown, trapped } from "./error.js";

/**
 * Calls functions of the module by name.
 *
 * @typedef {object} Runtime
 * @property {(name: string, ...args: any[]) => any} call calls a synchronous function
 * @property {(name: string, ...args: any[]) => Promise<any>} start calls an asynchronous function; never throws, but
 *   rejects
 */

/**
 * An instance of the module and the `reject` functions of its calls in flight. `depth` counts nested calls.
 *
 * @typedef {{ functions: Record<string, Function>, inFlight: Set<(error: unknown) => void>, depth: number }} Instance
 */

/** @typedef {(exports: object) => object} Wrap */

/**
 * @param {(module: WebAssembly.Module, wrap: Wrap) => Record<string, Function>} instantiate returns the functions of a
 *   new instance; `wrap` replaces the raw exports
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
    /** @type {Instance} */
    const created = { functions: {}, inFlight: new Set(), depth: 0 };
    created.functions = instantiate(module, (exports) => guard(exports, created));
    current = created;
    return created;
  }

  /**
   * Wraps every export, including the callbacks that the host calls: a trap in a callback would otherwise be an
   * uncaught error and a promise that never settles. An error of the host that passes through the module also leaves
   * the instance in an undefined state. Errors that the module throws on purpose are not thrown by an export.
   *
   * @param {object} exports
   * @param {Instance} created
   */
  function guard(exports, created) {
    /** @type {Record<string, unknown>} */
    const guarded = {};
    for (const [name, value] of Object.entries(exports)) {
      guarded[name] =
        typeof value !== "function"
          ? value
          : (/** @type {unknown[]} */ ...args) => {
              try {
                return value(...args);
              } catch (error) {
                discard(created, error);
                if (created.depth > 0) throw error;
                // The glue destructures some results.
                return [];
              }
            };
    }
    return guarded;
  }

  /**
   * @param {Instance} instance
   * @param {unknown} error
   */
  function discard(instance, error) {
    if (current === instance) current = undefined;
    for (const reject of instance.inFlight) reject(trapped(error));
    instance.inFlight.clear();
  }

  return {
    call(name, ...args) {
      const used = instance();
      used.depth += 1;
      try {
        return used.functions[name](...args);
      } catch (error) {
        throw isTrap(error) ? trapped(error) : asThrown(error);
      } finally {
        used.depth -= 1;
      }
    },

    start(name, ...args) {
      return new Promise((resolve, reject) => {
        const used = instance();
        used.inFlight.add(reject);
        const settle = (/** @type {(value: any) => void} */ how) => (/** @type {unknown} */ value) => {
          used.inFlight.delete(reject);
          how(value);
        };
        used.depth += 1;
        try {
          used.functions[name](...args).then(
            settle(resolve),
            settle((error) => reject(asThrown(error))),
          );
        } catch (error) {
          used.inFlight.delete(reject);
          reject(isTrap(error) ? trapped(error) : asThrown(error));
        } finally {
          used.depth -= 1;
        }
      });
    },
  };
}

/**
 * True for a trap, and for a stack overflow of the engine inside the module.
 *
 * @param {unknown} error
 */
function isTrap(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
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

// One WebAssembly instance behind plain calls. A trap costs the calls in flight, never the page:
// they reject, and the next call gets a fresh instance.

import { asThrown, trapped } from "./error.js";

/**
 * @param instantiate (module, wrap) => the functions of a fresh instance; `wrap` gets to replace the raw exports
 * @param load () => WebAssembly.Module, called at the first use; may throw
 */
export function createRuntime(instantiate, load) {
  let module;
  let current;

  function instance() {
    if (current) return current;
    module ??= load();
    const born = { functions: undefined, inFlight: new Set(), depth: 0 };
    born.functions = instantiate(module, (exports) => guard(exports, born));
    current = born;
    return born;
  }

  // Every way into the module is watched, also the callbacks that the host makes on its own: a
  // trap inside one of those would otherwise be an uncaught error and a promise that never settles.
  // An error of the host that passes through the module leaves it in the middle of something, too;
  // errors that the module means to throw do not come this way.
  function guard(exports, born) {
    const guarded = {};
    for (const [name, value] of Object.entries(exports)) {
      guarded[name] =
        typeof value !== "function"
          ? value
          : (...args) => {
              try {
                return value(...args);
              } catch (error) {
                bury(born, error);
                if (born.depth > 0) throw error;
                // The glue takes some results apart.
                return [];
              }
            };
    }
    return guarded;
  }

  function bury(dead, error) {
    if (current === dead) current = undefined;
    for (const reject of dead.inFlight) reject(trapped(error));
    dead.inFlight.clear();
  }

  return {
    /** Calls a function that answers at once. */
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

    /** Calls a function that answers later. Never throws: it rejects. */
    start(name, ...args) {
      return new Promise((resolve, reject) => {
        const used = instance();
        used.inFlight.add(reject);
        const settle = (how) => (value) => {
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

/** A trap, or the engine's own stack running out inside the module. */
function isTrap(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

// Combinations of functions for the option `authorize`.

import { wrongOptions } from "../../shared/options.js";

/** @type {typeof import("../auth.js").anyOf} */
export function anyOf(...rules) {
  check("anyOf", rules);
  return async (request, call, env) => {
    /** @type {{ error: unknown } | undefined} */
    let failed;
    for (const rule of rules) {
      try {
        if ((await rule(request, call, env)) === true) return true;
      } catch (error) {
        // Another rule may still allow the request, for example while the keys of one issuer cannot be loaded.
        failed ??= { error };
      }
    }
    if (failed) throw failed.error;
    return false;
  };
}

/** @type {typeof import("../auth.js").allOf} */
export function allOf(...rules) {
  check("allOf", rules);
  return async (request, call, env) => {
    for (const rule of rules) if ((await rule(request, call, env)) !== true) return false;
    return true;
  };
}

/**
 * @param {string} name
 * @param {unknown[]} rules
 */
function check(name, rules) {
  // Without rules, `allOf` would allow every request.
  if (rules.length === 0) throw wrongOptions(`${name}: there is no function; expected at least one`);
  if (rules.some((rule) => typeof rule !== "function")) {
    throw wrongOptions(`${name}: each argument must be a function that returns whether the request is allowed`);
  }
}

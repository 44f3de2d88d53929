// Authorization by a secret that the caller and the gateway share.

import { wrongOptions } from "../../shared/options.js";
import { bearerToken } from "./token.js";

/** Minimum length of a secret, in characters. */
const MIN_SECRET = 16;

/** @type {typeof import("../auth.js").bearer} */
export function bearer(secret) {
  if (typeof secret !== "function") checked(secret);
  return async (request, _call, env) => {
    // The secrets are checked first: a wrong one is an error of each request, not only of those with a token.
    const secrets = checked(typeof secret === "function" ? await secret(env) : secret);
    const token = bearerToken(request);
    if (token === undefined) return false;
    const given = await digest(token);
    let isEqual = false;
    for (const one of secrets) isEqual = equal(given, await digest(one)) || isEqual;
    return isEqual;
  };
}

/**
 * Returns the secrets. `undefined` in a list is left out: during a rotation, the variable of the old secret may be unset.
 * The messages do not contain the secrets.
 *
 * @param {any} secret
 * @returns {string[]}
 */
function checked(secret) {
  const secrets = (Array.isArray(secret) ? secret : [secret]).filter((one) => one !== undefined);
  if (secrets.length === 0) throw wrongOptions("bearer: there is no secret; expected a text or a list of texts");
  for (const one of secrets) {
    if (typeof one !== "string") throw wrongOptions("bearer: a secret must be a text");
    if (one.length < MIN_SECRET) {
      throw wrongOptions(`bearer: a secret must have at least ${MIN_SECRET} characters, this one has ${one.length}`);
    }
    if (!/^[\x21-\x7e]+$/.test(one)) {
      throw wrongOptions(
        "bearer: a secret must consist of ASCII characters without blanks, which a header can contain",
      );
    }
  }
  return secrets;
}

/** @param {string} text */
async function digest(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/**
 * Compares two digests. The time does not depend on where they differ.
 *
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function equal(a, b) {
  let difference = 0;
  for (let i = 0; i < 32; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

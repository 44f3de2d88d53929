// Authorization by JSON Web Tokens. The library `jose` verifies them; it is loaded by the first request with a token.

import { JWT, checkNames, isObject, own, wrongOptions } from "../../shared/options.js";
import { bearerToken } from "./token.js";

/**
 * The signature algorithms with a key pair. Without HS256: the keys of a JWKS are public, and a public key as the secret of
 * an HMAC is known to everyone.
 */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Maximum number of JWKS addresses whose keys are kept. */
const MAX_KEY_SETS = 16;

/** Maximum of `clockToleranceSeconds`. */
const MAX_TOLERANCE_SECONDS = 600;

/** Errors about a token that a set of keys reports. All others mean that the keys are not available. */
const REFUSED = new Set(["ERR_JOSE_NOT_SUPPORTED", "ERR_JWKS_NO_MATCHING_KEY", "ERR_JWKS_MULTIPLE_MATCHING_KEYS"]);

/**
 * How tokens are verified. Functions of `env` because the values may be variables of the Worker.
 *
 * @typedef {object} Verifier
 * @property {string} name of the function that is called, for messages
 * @property {(request: Request) => string | undefined} tokenOf
 * @property {(env: any) => any} jwks
 * @property {(env: any) => any} issuer
 * @property {(env: any) => any} audience
 * @property {string[]} algorithms
 * @property {number} clockToleranceSeconds
 * @property {(payload: any, call: any, request: Request, env: any) => boolean | Promise<boolean>} allow
 */

/** @type {typeof import("../auth.js").jwt} */
export function jwt(options) {
  if (!isObject(options)) throw wrongOptions("jwt: the options must be an object");
  const read = own(options, JWT);
  checkNames(read, JWT, "an option of `jwt`");
  const { jwks, issuer, audience, allow, algorithms = ALGORITHMS, clockToleranceSeconds = 5 } = read;
  if (typeof allow !== "function") {
    throw wrongOptions("jwt: `allow` must be a function of the payload that returns whether the request is allowed");
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw wrongOptions("jwt: `algorithms` must be a list with at least one algorithm");
  }
  for (const algorithm of algorithms) {
    if (ALGORITHMS.includes(algorithm)) continue;
    const given = typeof algorithm === "string" ? algorithm : typeof algorithm;
    throw wrongOptions(
      `jwt: \`${given}\` is not an algorithm with a key pair; expected one of: ${ALGORITHMS.join(", ")}`,
    );
  }
  const isTolerance = typeof clockToleranceSeconds === "number" && clockToleranceSeconds >= 0;
  if (!isTolerance || clockToleranceSeconds > MAX_TOLERANCE_SECONDS) {
    throw wrongOptions(`jwt: \`clockToleranceSeconds\` must be a number from 0 to ${MAX_TOLERANCE_SECONDS}`);
  }
  const rest = { name: "jwt", tokenOf: bearerToken, algorithms: [...algorithms], clockToleranceSeconds, allow };
  return verifying({ ...rest, jwks: ofEnv(jwks), issuer: ofEnv(issuer), audience: ofEnv(audience) }, [
    [jwks, (value) => keysIn("jwt", value)],
    [issuer, (value) => texts("jwt", "issuer", value)],
    [audience, (value) => texts("jwt", "audience", value)],
  ]);
}

/**
 * Returns the function for `authorize`. Values of `fixed` that do not depend on `env` are checked at once.
 *
 * @param {Verifier} verifier
 * @param {[any, (value: any) => unknown][]} fixed
 * @returns {(request: Request, call: any, env: any) => Promise<boolean>}
 */
export function verifying(verifier, fixed) {
  for (const [value, check] of fixed) if (typeof value !== "function") check(value);
  const keySets = createKeySets();
  return async (request, call, env) => {
    const { name, algorithms, clockToleranceSeconds: clockTolerance } = verifier;
    const issuer = texts(name, "issuer", await verifier.issuer(env));
    const audience = texts(name, "audience", await verifier.audience(env));
    const keys = keysIn(name, await verifier.jwks(env));
    const token = verifier.tokenOf(request);
    if (token === undefined) return false;
    const jose = await load();
    // A token without `exp` would be valid for ever.
    const rules = { issuer, audience, algorithms, clockTolerance, requiredClaims: ["exp"] };
    const payload = await verified(jose, token, keySets(jose, keys), rules);
    return payload !== undefined && (await verifier.allow(payload, call, request, env)) === true;
  };
}

/** @typedef {Awaited<ReturnType<typeof load>>} Jose */

/**
 * Loads the parts of `jose` that are used. Modules are kept by the runtime. A bundler that does not find the package
 * only warns, because of `catch`: programs without JWTs need no `jose`.
 */
async function load() {
  const [verify, local, remote] = await Promise.all([
    import("jose/jwt/verify").catch(missing),
    import("jose/jwks/local").catch(missing),
    import("jose/jwks/remote").catch(missing),
  ]);
  return { ...verify, ...local, ...remote };
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function missing(error) {
  throw wrongOptions(
    "the package `jose` is needed to verify JSON Web Tokens; install it with `npm install jose`",
    error,
  );
}

/**
 * Returns the payload of a valid token, and undefined for every other token. Throws if the keys are not available.
 *
 * @param {Jose} jose
 * @param {string} token
 * @param {(header: any, token: any) => Promise<any>} keySet
 * @param {any} rules
 */
async function verified(jose, token, keySet, rules) {
  /** @type {{ error: unknown } | undefined} */
  let outage;
  try {
    const found = await jose.jwtVerify(
      token,
      async (/** @type {any} */ header, /** @type {any} */ parts) => {
        try {
          return await keySet(header, parts);
        } catch (error) {
          if (!REFUSED.has(codeOf(error))) outage = { error };
          throw error;
        }
      },
      rules,
    );
    return found.payload;
  } catch (error) {
    if (outage) throw outage.error;
    if (codeOf(error) !== "ERR_JWKS_MULTIPLE_MATCHING_KEYS") return undefined;
    // The token does not name its key, and the issuer has several: after a rotation, the old and the new one.
    for await (const key of /** @type {any} */ (error)) {
      try {
        return (await jose.jwtVerify(token, key, rules)).payload;
      } catch {}
    }
    return undefined;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {any} */ (error)?.code;
}

/** Returns a function from the source of keys to the set of keys, which is made once. */
function createKeySets() {
  /** @type {Map<string, any>} */
  const remote = new Map();
  const local = new WeakMap();
  return (/** @type {Jose} */ jose, /** @type {URL | object} */ keys) => {
    if (!(keys instanceof URL)) {
      if (!local.has(keys)) local.set(keys, jose.createLocalJWKSet(/** @type {any} */ (keys)));
      return local.get(keys);
    }
    const found = remote.get(keys.href);
    if (found) return found;
    if (remote.size >= MAX_KEY_SETS) remote.clear();
    const made = jose.createRemoteJWKSet(keys);
    remote.set(keys.href, made);
    return made;
  };
}

/**
 * @template T
 * @param {T | ((env: any) => T)} value
 * @returns {(env: any) => T}
 */
export function ofEnv(value) {
  return typeof value === "function" ? /** @type {any} */ (value) : () => value;
}

/**
 * Returns the address of keys, or the keys.
 *
 * @param {string} name
 * @param {any} jwks
 * @returns {URL | object}
 */
export function keysIn(name, jwks) {
  if (typeof jwks !== "string" && !(jwks instanceof URL)) {
    if (isObject(jwks) && Array.isArray(jwks.keys)) return jwks;
    throw wrongOptions(`${name}: \`jwks\` must be an address, or an object with the list \`keys\``);
  }
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
  // Control of the response of the address allows signing tokens.
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (!url || !isSafe) throw wrongOptions(`${name}: the address \`jwks\` must be an absolute https URL`);
  return url;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Returns the accepted values of a claim. Without a value, `jose` would not check the claim.
 *
 * @param {string} name
 * @param {string} option
 * @param {any} value
 * @returns {string[]}
 */
export function texts(name, option, value) {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((one) => typeof one === "string" && one !== "")) return list;
  throw wrongOptions(`${name}: \`${option}\` must be a text that is not empty, or a list of such texts`);
}

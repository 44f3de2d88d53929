// `signRequest`: signed requests for the emulator.

import * as codes from "../shared/codes.js";
import { CloudFlowError } from "../shared/error.js";
import { inLocale } from "../shared/locale.js";
import { SIGN, isObject, own, wrongOptions } from "../shared/options.js";
import { optionsOf, signalOf, textOf } from "./options.js";

/** Default credentials, for tests. They are public. */
export const TEST_KEYS = { emulator: "emulator-secret" };

/**
 * Returns the function `signRequest`. It returns a request signed with RPC V1 (HMAC-SHA1), as the official SDKs send it:
 * common parameters in the query, the parameters of the operation in a form.
 *
 * @param {import("../shared/runtime.js").Runtime} runtime
 */
export const createSignRequest =
  (runtime) =>
  /**
   * @param {string} action
   * @param {Record<string, string | number | boolean | undefined>} [parameters]
   * @param {import("../local.js").SignOptions} [options]
   */
  async (action, parameters, options) =>
    inLocale(own(options, SIGN), (given) => signRequest(runtime, action, parameters, given));

/**
 * @param {import("../shared/runtime.js").Runtime} runtime
 * @param {string} action
 * @param {Record<string, string | number | boolean | undefined>} [parameters]
 * @param {import("../local.js").SignOptions} [options]
 */
async function signRequest(runtime, action, parameters, options) {
  const { endpoint, key, now, signal } = signingOf(options);
  const own = parametersOf(parameters);
  for (const [name, value] of [["Action", textOf(action, "action")], ...Object.entries(key), ...own]) {
    refuseHalves(String(name), String(value));
  }
  const random = crypto.getRandomValues(new Uint8Array(16));
  const [query, body] = runtime.call("signForm", action, own.flat(), Object.values(key), now, random);
  return new Request(`${endpoint.replace(/\/+$/, "")}/?${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
    signal: signal && derived(signal),
  });
}

/** @param {unknown} options */
function signingOf(options) {
  const given = optionsOf(options, SIGN, "an option of `signRequest`");
  const endpoint = textOf(given.endpoint ?? "http://localhost", "endpoint");
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    const message = "`endpoint` must be a URL such as `http://localhost:8791`";
    throw new CloudFlowError({ kind: "request", code: codes.badEndpoint, message });
  }
  const now = given.now ?? Date.now();
  if (typeof now !== "number") throw wrongOptions("`now` must be a time in Unix milliseconds");
  const securityToken = given.securityToken ?? undefined;
  const key = {
    accessKeyId: textOf(given.accessKeyId ?? "emulator", "accessKeyId"),
    accessKeySecret: textOf(given.accessKeySecret ?? TEST_KEYS.emulator, "accessKeySecret"),
    ...(securityToken !== undefined && { securityToken: textOf(securityToken, "securityToken") }),
  };
  return { endpoint, key, now, signal: signalOf(given.signal) };
}

/**
 * Returns the parameters of the operation as text.
 *
 * @param {unknown} parameters
 * @returns {[string, string][]}
 */
function parametersOf(parameters) {
  if (parameters === undefined || parameters === null) return [];
  if (!isObject(parameters)) throw wrongOptions("the parameters must be an object");
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return pairs.map(([name, value]) => {
    if (["string", "number", "boolean", "bigint"].includes(typeof value)) return [name, String(value)];
    throw wrongOptions(`the parameter \`${name}\` must be a string, a number or a boolean`);
  });
}

/**
 * Throws for a lone surrogate, which encoders would replace by U+FFFD.
 *
 * @param {string} name
 * @param {string} value
 */
function refuseHalves(name, value) {
  if (name.isWellFormed() && value.isWellFormed()) return;
  const message = `\`${name.toWellFormed()}\` has a lone surrogate: half of a character, which no request can hold`;
  throw new CloudFlowError({ kind: "request", code: codes.outOfRange, message });
}

/**
 * Returns a dependent signal, so that the `Request` does not add a listener to the signal of the caller.
 *
 * @param {AbortSignal} signal
 */
function derived(signal) {
  try {
    return AbortSignal.any?.([signal]) ?? signal;
  } catch (error) {
    // The object has the methods of a signal, but a `Request` does not accept it.
    throw wrongOptions("`signal` must be an `AbortSignal`", error);
  }
}

// `signRequest`: signed requests for the emulator.

import { CloudFlowError, codes } from "../shared/error.js";

/** Default credentials, for tests. They are public. */
export const TEST_KEYS = { emulator: "emulator-secret" };

/**
 * Returns a request signed with RPC V1 (HMAC-SHA1), as the official SDKs send it: common parameters in the query, the
 * parameters of the operation in a form.
 *
 * @param {import("../shared/runtime.js").Runtime} runtime
 * @param {string} action
 * @param {Record<string, string | number | boolean | undefined>} [parameters]
 * @param {import("../local.js").SignOptions} [options]
 */
export async function signRequest(runtime, action, parameters = {}, options = {}) {
  const { endpoint = "http://localhost", accessKeyId = "emulator", accessKeySecret = TEST_KEYS.emulator } = options;
  const { securityToken, now = Date.now(), signal } = options;
  const own = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const key = { accessKeyId, accessKeySecret, ...(securityToken !== undefined && { securityToken }) };
  for (const [name, value] of [["Action", action], ...Object.entries(key), ...own]) {
    refuseHalves(String(name), String(value));
  }
  const pairs = own.flat().map(String);
  const keys = Object.values(key).map(String);
  const [query, body] = runtime.call("signForm", String(action), pairs, keys, new Date(now).getTime());
  return new Request(`${endpoint.replace(/\/+$/, "")}/?${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
    signal: signal && derived(signal),
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
  return AbortSignal.any?.([signal]) ?? signal;
}

// `signRequest`: signed requests for the emulator.

import { CloudFlowError } from "../shared/error.js";
import { TEST_KEYS } from "./emulator.js";

/** @typedef {Record<string, string>} Texts */

/**
 * Returns a request signed with RPC V1 (HMAC-SHA1), as the official SDKs send it: common parameters in the query, the
 * parameters of the operation in a form.
 *
 * @param {string} action
 * @param {Record<string, string | number | boolean | undefined>} [parameters]
 * @param {import("../local.js").SignOptions} [options]
 */
export async function signRequest(action, parameters = {}, options = {}) {
  const { endpoint = "http://localhost", accessKeyId = "emulator", accessKeySecret = TEST_KEYS.emulator } = options;
  const { securityToken, now = Date.now(), signal } = options;
  /** @type {Texts} */
  const common = {
    AccessKeyId: accessKeyId,
    Action: action,
    Format: "json",
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: crypto.randomUUID(),
    SignatureVersion: "1.0",
    Timestamp: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    Version: "2019-03-15",
    ...(securityToken !== undefined && { SecurityToken: securityToken }),
  };
  /** @type {Texts} */
  const own = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (Object.hasOwn(common, name) || name === "Signature") {
      throw new CloudFlowError({
        kind: "request",
        code: "reserved-parameter",
        message: `\`${name}\` is set by the signature`,
      });
    }
    own[name] = String(value);
  }
  for (const [name, value] of Object.entries({ ...common, ...own, accessKeySecret })) refuseHalves(name, String(value));
  const text = `POST&%2F&${encode(join({ ...common, ...own }))}`;
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(`${accessKeySecret}&`), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
  const query = join({ ...common, Signature: btoa(String.fromCharCode(...mac)) });
  return new Request(`${endpoint.replace(/\/+$/, "")}/?${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: join(own),
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
  throw new CloudFlowError({ kind: "request", code: "out-of-range", message });
}

/**
 * Returns a dependent signal, so that the `Request` does not add a listener to the signal of the caller.
 *
 * @param {AbortSignal} signal
 */
function derived(signal) {
  return AbortSignal.any?.([signal]) ?? signal;
}

/** @param {Texts} parameters */
function join(parameters) {
  const names = Object.keys(parameters).sort();
  return names.map((name) => `${encode(name)}=${encode(parameters[name])}`).join("&");
}

/** @param {string} text */
function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

// The rate limit of a caller: a binding of Workers, or a token bucket in memory.

import { LIMIT, checkNames, isObject, own, wrongOptions } from "../shared/options.js";

/** Default of `perMinute`. A watcher sends 3 requests per minute; a company network may have one address. */
const DEFAULT_PER_MINUTE = 600;

/** Maximum number of callers that are counted. Above it, the one that was idle for the longest time is forgotten. */
const MAX_CALLERS = 10_000;

/** Maximum length of the key of a caller. Longer ones are replaced by a hash. */
const MAX_KEY = 100;

/** What a caller waits if the binding refuses: its period is 10 or 60 s, and is not known here. */
const BINDING_RETRY_MS = 10_000;

/** @typedef {import("./types.js").LimitOptions<any>} LimitOptions */

/**
 * Returns the check of the rate limit, `undefined` without the option. It is called before `authorize`, so that secrets
 * cannot be tried at any rate.
 *
 * @param {LimitOptions | undefined} options the option `limit`
 * @param {{ now?: () => number, maxCallers?: number, log?: (what: string, thrown?: unknown) => void }} [settings]
 */
export function createLimit(options, { now = Date.now, maxCallers = MAX_CALLERS, log = () => {} } = {}) {
  if (options === undefined) return undefined;
  const { key, binding, perMinute } = checkedLimit(options);
  const take = createBuckets(perMinute, now, maxCallers);

  /**
   * Returns the error response for a caller over the limit, otherwise undefined.
   *
   * @param {Request} request
   * @param {any} env
   * @returns {Promise<import("./answer.js").Refusal | undefined>}
   */
  return async function check(request, env) {
    const caller = await keyOf(request, env);
    const counter = binding?.(env);
    if (counter) {
      try {
        return (await counter.limit({ key: caller })).success ? undefined : refused(BINDING_RETRY_MS);
      } catch (error) {
        // The requests are still limited, by the bucket.
        log("the rate-limit binding threw", error);
      }
    }
    const waitMs = take(caller);
    return waitMs === 0 ? undefined : refused(waitMs);
  };

  /**
   * @param {Request} request
   * @param {any} env
   */
  async function keyOf(request, env) {
    const own = await key?.(request, env);
    const text = typeof own === "string" && own !== "" ? own : addressKey(request.headers.get("cf-connecting-ip"));
    return text.length <= MAX_KEY ? text : hashed(text);
  }
}

/** @param {LimitOptions} options */
function checkedLimit(options) {
  if (!isObject(options)) throw wrongOptions("createGateway: `limit` must be an object");
  const read = own(options, LIMIT);
  checkNames(read, LIMIT, "an option of `limit`");
  const { key, binding, perMinute = DEFAULT_PER_MINUTE } = read;
  if (key !== undefined && typeof key !== "function") {
    throw wrongOptions("createGateway: `limit.key` must be a function that returns the caller of a request");
  }
  if (binding !== undefined && typeof binding !== "function") {
    throw wrongOptions("createGateway: `limit.binding` must be a function from `env` to a rate-limit binding");
  }
  if (typeof perMinute !== "number" || !(perMinute >= 1 && perMinute <= 1_000_000)) {
    throw wrongOptions("createGateway: `limit.perMinute` must be a number from 1 to 1,000,000");
  }
  return { key, binding, perMinute };
}

/**
 * Returns a function that takes a token of a caller, and returns 0 or the milliseconds until the next token.
 *
 * @param {number} perMinute
 * @param {() => number} now
 * @param {number} maxCallers
 */
function createBuckets(perMinute, now, maxCallers) {
  const perMs = perMinute / 60_000;
  /** In the order of the last request. @type {Map<string, { tokens: number, time: number }>} */
  const buckets = new Map();
  return (/** @type {string} */ caller) => {
    const time = now();
    const bucket = buckets.get(caller) ?? { tokens: perMinute, time };
    // A clock that is set back adds no tokens.
    const gained = Math.max(0, time - bucket.time) * perMs;
    const tokens = Math.min(perMinute, bucket.tokens + gained);
    const isAllowed = tokens >= 1;
    buckets.delete(caller);
    buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, time });
    if (buckets.size > maxCallers) {
      for (const first of buckets.keys()) {
        buckets.delete(first);
        break;
      }
    }
    return isAllowed ? 0 : Math.ceil((1 - tokens) / perMs);
  };
}

/**
 * Returns the key of an address. One caller can have all addresses with the same first 64 bits of an IPv6 address.
 *
 * @param {string | null | undefined} address
 */
export function addressKey(address) {
  const text = (address ?? "").trim().toLowerCase().replace(/%.*$/, "");
  if (!text.includes(":")) return text || "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (mapped) return mapped;
  const [head = "", tail] = text.split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** @param {string} text */
async function hashed(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {number} waitMs */
function refused(waitMs) {
  return {
    status: 429,
    code: "Throttling.User",
    message: "Request was denied due to user flow control. Please try again later.",
    headers: { "x-acs-retry-after": String(waitMs) },
  };
}

// Tickets: EventSource cannot send headers, so a page gets a short-lived ticket by an authorized request, and opens
// `/events` with it. A ticket is for one execution, for a set of actions, and for one use.
//
// A ticket is `1.<expiry>.<nonce>.<actions>.<signature>`. The signature covers the flow and the execution too; they are not
// in the ticket, because the request for `/events` has them.

import { wrongOptions } from "../shared/options.js";

/** Version of the format. */
const VERSION = "1";

/** How long a ticket is valid. */
const SECONDS = 60;

/** Minimum length of the secret, in characters. */
const MIN_SECRET = 32;

/** Maximum length of the body of `POST /ticket`, in bytes. Two names have at most 128 characters each. */
const MAX_BODY = 4096;

/** Maximum time for the body of `POST /ticket`. */
const MAX_BODY_MS = 10_000;

/** Maximum length of a name, in characters. The client checks the rules of names. */
const MAX_NAME = 512;

/** @typedef {{ flowName: string, executionName: string }} Reference */

/** @typedef {{ nonce: string, expires: number, actions: string[] }} Ticket the expiry in Unix milliseconds */

/**
 * Returns the functions for the tickets of a gateway. `secretOf` is the option `tickets`.
 *
 * @param {(env: any) => any} secretOf
 * @param {{ seconds?: number, now?: () => number }} [settings] for tests
 */
export function createTickets(secretOf, { seconds = SECONDS, now = Date.now } = {}) {
  const keyOf = createKeys();
  return {
    /**
     * Returns the body of the response of `POST /ticket`.
     *
     * @param {any} env
     * @param {Reference} reference
     * @param {string[]} actions what the ticket allows
     */
    async issue(env, reference, actions) {
      const [secret] = secretsIn(await secretOf(env));
      const expires = now() + seconds * 1000;
      const parts = [VERSION, String(expires), randomNonce(), actions.join("-")];
      const signature = await crypto.subtle.sign("HMAC", await keyOf(secret), signed(parts, reference));
      return { Ticket: `${parts.join(".")}.${base64url(new Uint8Array(signature))}`, ExpiresIn: seconds };
    },

    /**
     * Returns the content of a valid ticket for this execution and action, otherwise undefined. The hub spends it.
     *
     * @param {any} env
     * @param {string} ticket
     * @param {Reference} reference
     * @param {string} action
     * @returns {Promise<Ticket | undefined>}
     */
    async verify(env, ticket, reference, action) {
      const secrets = secretsIn(await secretOf(env));
      const match = /^1\.(\d{1,15})\.([\w-]{22})\.([A-Za-z-]{1,100})\.([\w-]{43})$/.exec(ticket);
      if (!match) return undefined;
      const [, expiry = "", nonce = "", names = "", signature = ""] = match;
      const [expires, actions] = [Number(expiry), names.split("-")];
      const bytes = fromBase64url(signature);
      // The last character has two bits that are not part of the signature.
      if (base64url(bytes) !== signature) return undefined;
      const text = signed([VERSION, expiry, nonce, names], reference);
      let isSigned = false;
      for (const secret of secrets) {
        isSigned ||= await crypto.subtle.verify("HMAC", await keyOf(secret), bytes, text);
      }
      if (!isSigned || expires <= now() || !actions.includes(action)) return undefined;
      return { nonce, expires, actions };
    },
  };
}

/** @typedef {import("./answer.js").Refusal} Refusal */

/**
 * Answers `POST /ticket`: returns the body of the response, or an error response. The ticket allows the actions that
 * `authorize` allows to the caller.
 *
 * @param {Request} request
 * @param {any} env
 * @param {ReturnType<typeof createTickets> | undefined} tickets undefined without the option
 * @param {Set<string>} actions the actions that the gateway forwards
 * @param {(call: { flowName: string, executionName: string, action: string }) => Promise<boolean>} isAllowed
 * @returns {Promise<{ body: { Ticket: string, ExpiresIn: number }, refused?: undefined } | { refused: Refusal, body?: undefined }>}
 */
export async function serveTicket(request, env, tickets, actions, isAllowed) {
  if (!tickets || !actions.has("DescribeExecution")) {
    return no(404, "ActionNotSupported", "This gateway issues no tickets.");
  }
  const { reference, refused } = await readTicketRequest(request);
  if (refused) return { refused };
  if (!(await isAllowed({ ...reference, action: "DescribeExecution" }))) {
    return no(403, "AccessDenied", "You are not authorized to read this execution.");
  }
  const allowed = ["DescribeExecution"];
  const history = "GetExecutionHistory";
  if (actions.has(history) && (await isAllowed({ ...reference, action: history }))) allowed.push(history);
  return { body: await tickets.issue(env, reference, allowed) };
}

/**
 * Returns the execution that a `POST /ticket` asks for, or an error response.
 *
 * @param {Pick<Request, "method" | "url" | "headers" | "body">} request
 * @param {{ maxMs?: number }} [settings] for tests
 * @returns {Promise<{ reference: Reference, refused?: undefined } | { refused: Refusal, reference?: undefined }>}
 */
export async function readTicketRequest(request, { maxMs = MAX_BODY_MS } = {}) {
  if (request.method !== "POST") {
    return no(405, "UnsupportedHTTPMethod", "The HTTP method is not supported. Use POST.", { allow: "POST, OPTIONS" });
  }
  // With parameters in both places, a proxy could check one of them and the gateway use the other one.
  if (new URL(request.url).search) return no(400, "InvalidArgument", "Parameter error: the query must be empty.");
  const read = await readBody(request, maxMs);
  if (read.refused) return read;
  const body = jsonIn(read.bytes);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return no(400, "InvalidArgument", "Parameter error: the body must be a JSON object in UTF-8.");
  }
  const unknown = Object.keys(body).find((name) => name !== "FlowName" && name !== "ExecutionName");
  if (unknown !== undefined) {
    return no(
      400,
      "InvalidArgument",
      "Parameter error: the body has a field that is not 'FlowName' or 'ExecutionName'.",
    );
  }
  const { FlowName: flowName, ExecutionName: executionName } = body;
  for (const [name, value] of Object.entries({ FlowName: flowName, ExecutionName: executionName })) {
    if (value === undefined || value === "") {
      return no(400, "MissingRequiredParams", `The field '${name}' of the body must be specified.`);
    }
    if (typeof value !== "string" || value.length > MAX_NAME || !value.isWellFormed()) {
      return no(400, "InvalidArgument", `Parameter error: '${name}' must be a text of at most ${MAX_NAME} characters.`);
    }
  }
  return { reference: { flowName, executionName } };
}

/**
 * Reads a body up to a size and for a limited time.
 *
 * @param {Pick<Request, "headers" | "body">} request
 * @param {number} maxMs
 * @returns {Promise<{ bytes: Uint8Array, refused?: undefined } | { refused: Refusal, bytes?: undefined }>}
 */
async function readBody(request, maxMs) {
  const tooLarge = () => no(413, "InvalidArgument", `Parameter error: the body must have at most ${MAX_BODY} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY) return tooLarge();
  const bytes = new Uint8Array(MAX_BODY);
  let length = 0;
  const reader = request.body?.getReader();
  if (!reader) return { bytes: bytes.subarray(0, 0) };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<"late">} */
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve("late"), maxMs);
  });
  try {
    for (;;) {
      const part = await Promise.race([reader.read(), late]);
      if (part === "late") {
        return no(408, "InvalidArgument", "Parameter error: the body did not arrive in time.");
      }
      if (part.done) return { bytes: bytes.subarray(0, length) };
      if (length + part.value.length > MAX_BODY) return tooLarge();
      bytes.set(part.value, length);
      length += part.value.length;
    }
  } catch {
    return no(400, "InvalidArgument", "Parameter error: the body could not be read.");
  } finally {
    clearTimeout(timer);
    // The rest is not read.
    reader.cancel().catch(() => {});
  }
}

/** @param {Uint8Array} bytes */
function jsonIn(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Returns a function from a secret to its key. It keeps the keys of the last secrets, and no promise of a request. */
function createKeys() {
  /** @type {Map<string, CryptoKey>} */
  const keys = new Map();
  return async (/** @type {string} */ secret) => {
    const found = keys.get(secret);
    if (found) return found;
    const bytes = new TextEncoder().encode(secret);
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ]);
    if (keys.size >= 8) keys.clear();
    keys.set(secret, key);
    return key;
  };
}

/**
 * Returns the secrets: the first one signs, all verify. The messages do not contain them.
 *
 * @param {any} secret
 * @returns {[string, ...string[]]}
 */
function secretsIn(secret) {
  const secrets = (Array.isArray(secret) ? secret : [secret]).filter((one) => one !== undefined);
  if (secrets.length === 0) throw wrongOptions("createGateway: `tickets` returned no secret; expected a text");
  for (const one of secrets) {
    if (typeof one !== "string" || one.length < MIN_SECRET) {
      throw wrongOptions(
        `createGateway: the secret of \`tickets\` must be a text of at least ${MIN_SECRET} characters`,
      );
    }
  }
  return /** @type {any} */ (secrets);
}

/**
 * The signed bytes. JSON separates the texts: no other values result in the same bytes.
 *
 * @param {string[]} parts
 * @param {Reference} reference
 */
function signed(parts, { flowName, executionName }) {
  return new TextEncoder().encode(JSON.stringify(["cloudflow-wasm ticket", ...parts, flowName, executionName]));
}

function randomNonce() {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** @param {string} text of the characters of base64url */
function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {Record<string, string>} [headers]
 */
function no(status, code, message, headers) {
  return { refused: { status, code, message, headers } };
}

// Responses of the console in the JSON format of the service, and the body of a request.

/** Maximum size of a body, in bytes. The definition and the input of an execution are smaller. */
const MAX_BODY = 1024 * 1024;

/** An error response, thrown by a handler. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {{ requestId?: string, headers?: Record<string, string> }} [more]
   */
  constructor(status, code, message, { requestId, headers } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.headers = headers;
  }
}

/** @param {string} message */
export function invalid(message) {
  return new Refusal(400, "InvalidArgument", message);
}

/**
 * Returns a JSON response that must not be cached.
 *
 * @param {unknown} body
 * @param {number} [status]
 * @param {Record<string, string>} [more] further headers
 */
export function reply(body, status = 200, more = {}) {
  const headers = {
    "content-type": "application/json;charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...more,
  };
  return new Response(JSON.stringify(body), { status, headers });
}

/**
 * Returns the response for an error. An error that is no refusal has no details: it may contain anything.
 *
 * @param {unknown} error
 */
export function refusalOf(error) {
  const known = error instanceof Refusal;
  const { status, code, message, headers } = known
    ? error
    : {
        status: 500,
        code: "InternalServerError",
        message: "An internal error has occurred. Please retry.",
        headers: {},
      };
  const id = (known && error.requestId) || randomDigits(32);
  return reply({ RequestId: id, Code: code, Message: message }, status, { "x-acs-request-id": id, ...headers });
}

/**
 * Returns random hexadecimal digits. Browsers have `crypto.randomUUID` only in pages of https and of this machine.
 *
 * @param {number} count an even number
 */
export function randomDigits(count) {
  const bytes = crypto.getRandomValues(new Uint8Array(count / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Returns the fields of a JSON object in the body. Throws a refusal for another type, another form, a size above the
 * maximum, or a field that is not in `fields`.
 *
 * @param {Request} request
 * @param {string[]} fields
 * @returns {Promise<Record<string, any>>}
 */
export async function bodyOf(request, fields) {
  // A page of another origin cannot send this type without a preflight request, which is refused.
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new Refusal(415, "UnsupportedMediaType", "the content type of the request must be `application/json`");
  const text = await textOf(request);
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid("the body of the request is not JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw invalid("the body of the request must be a JSON object");
  const unknown = Object.keys(body).find((name) => !fields.includes(name));
  if (unknown !== undefined)
    throw invalid(`\`${unknown.slice(0, 100)}\` is not a field of this request; expected one of: ${fields.join(", ")}`);
  return Object.assign(Object.create(null), body);
}

/** @param {Request} request */
async function textOf(request) {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY)
    throw new Refusal(413, "EntityTooLarge", `The payload size exceeds maximum allowed size (${MAX_BODY} bytes).`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("the body of the request is not UTF-8");
  }
}

/**
 * Returns a text field. Undefined if it is absent and not required.
 *
 * @template {boolean} [R=false]
 * @param {Record<string, any>} body
 * @param {string} name
 * @param {R} [required]
 * @returns {R extends true ? string : string | undefined}
 */
export function textField(body, name, required) {
  const value = body[name] ?? undefined;
  if (value === undefined && !required) return /** @type {any} */ (undefined);
  if (typeof value !== "string") throw invalid(`\`${name}\` must be a string`);
  if (!value.isWellFormed()) throw invalid(`\`${name}\` has a lone surrogate`);
  if (value === "" && required) throw invalid(`\`${name}\` is empty`);
  return value;
}

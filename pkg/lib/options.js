// What a caller hands in, read once. The module gets copies of plain data: it never runs a getter or a proxy of the
// caller, and nothing that was put into `Object.prototype` is taken for an option.

/** The options of every call; src/api/ask.rs checks them. */
const OPTIONS = [
  "region",
  "endpoint",
  "credentials",
  "signature",
  "fetch",
  "headers",
  "retry",
  "dangerouslyAllowBrowser",
  "allowInsecureHttp",
  "signal",
  "timeoutMs",
  "waitTimeSeconds",
  "onUpdate",
];
const REQUEST = ["flowName", "executionName", "waitTimeSeconds"];
const CREDENTIALS = ["accessKeyId", "accessKeySecret", "securityToken", "expiration"];
const RETRY = ["maxAttempts", "baseDelayMs", "maxDelayMs"];

/** No prototype chain of a class is longer; a proxy may have one without an end. */
const MAX_PROTOTYPES = 100;

export const requestOf = (request) => own(request, REQUEST);
export const credentialsOf = (credentials) => own(credentials, CREDENTIALS);
export const flowOptionsOf = (options) => own(options, ["mode"]);

/**
 * The options of a client with those of a call, which win, as a copy of plain data. What is no object is given back
 * as it is: the module says what is wrong with it. What a getter throws is thrown.
 */
export function optionsOf(client, call) {
  const [first, second] = [own(client, OPTIONS), own(call, OPTIONS)];
  if (first === undefined || first === null) return nested(second);
  if (second === undefined || second === null) return nested(first);
  if (!isObject(first)) return first;
  return nested(isObject(second) ? Object.assign(first, second) : second);
}

function nested(options) {
  if (!isObject(options)) return options;
  if (isObject(options.headers)) options.headers = own(options.headers, []);
  if (isObject(options.retry)) options.retry = own(options.retry, RETRY);
  if (isObject(options.credentials)) options.credentials = credentialsOf(options.credentials);
  return options;
}

/**
 * A copy of an object without a prototype: its own enumerable properties, and of these names also those that are
 * hidden or its class's. A last prototype with `hasOwnProperty` is the `Object.prototype` of some realm, and is not read.
 */
export function own(value, names) {
  if (!isObject(value)) return value;
  const copy = Object.create(null);
  for (const name of Object.keys(value)) copy[name] = value[name];
  for (const name of names) if (!(name in copy) && has(value, name)) copy[name] = value[name];
  return copy;
}

function has(value, name) {
  let at = value;
  for (let depth = 0; depth < MAX_PROTOTYPES; depth += 1) {
    const next = Object.getPrototypeOf(at);
    if (next === null && at !== value && Object.hasOwn(at, "hasOwnProperty")) return false;
    if (Object.hasOwn(at, name)) return true;
    if (next === null) return false;
    at = next;
  }
  return false;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

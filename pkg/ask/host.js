// What the host says of itself. Globals are looked up at each use: Workers refuse most of them outside of a request.

/** Facts about the host, one bit each; src/ask.rs has the same. */
const PAGE = 1;
const OFFLINE = 2;
const VISIBLE = 4;
export const EMULATED = 8;

/**
 * A property, undefined where there is none or a getter throws. A program may have added parts of a browser to the
 * global object.
 *
 * @param {any} object
 * @param {string} name
 */
function get(object, name) {
  try {
    return object?.[name];
  } catch {
    return undefined;
  }
}

/** @param {string} name */
const global = (name) => (name in globalThis ? get(globalThis, name) : undefined);

/**
 * The report of the browser on its network, undefined in other hosts. These are recognized by what they lack: the getter
 * of `navigator` in Node 24 takes 3 us.
 */
function onLine() {
  if (!("document" in globalThis || "WorkerGlobalScope" in globalThis)) return undefined;
  const value = get(global("navigator"), "onLine");
  return typeof value === "boolean" ? value : undefined;
}

/** The facts about the host now. */
export function looks() {
  const document = global("document") ?? undefined;
  const online = onLine();
  let bits = online === false ? OFFLINE : 0;
  // A browser: every visitor can read what the program knows. Its workers report on the network. Those of other hosts do
  // not: an edge runtime, Deno.
  if (document === undefined) {
    if (online !== undefined) bits |= PAGE;
  } else {
    if ((global("window") ?? undefined) !== undefined) bits |= PAGE;
    if (get(document, "visibilityState") === "visible") bits |= VISIBLE;
  }
  return bits;
}

/** The origin that completes a URL that is a path. Undefined outside of pages. */
export function origin() {
  const location = global("location") ?? undefined;
  if (location === undefined) return undefined;
  const origin = get(location, "origin");
  return typeof origin === "string" ? origin : "";
}

/**
 * The `Request` that was tested last. The result is below.
 *
 * @type {unknown}
 */
let tested;
let accepts = false;

/**
 * True if `fetch` accepts the option `cache`. Workers with a compatibility date before 2024-11-11 throw on it.
 */
export function takesCache() {
  const Request = global("Request");
  if (Request === tested) return accepts;
  tested = Request;
  try {
    accepts = new Request("http://localhost/", { cache: "no-store" }).cache !== undefined;
  } catch {
    accepts = false;
  }
  return accepts;
}

/**
 * Calls `wake` for news of the host: its network, and in a page the visibility. Returns a function that ends this, or
 * undefined where the host reports nothing.
 *
 * @param {() => void} wake
 */
export function onNews(wake) {
  if (onLine() === undefined) return undefined;
  const document = global("document");
  /** @param {string} method */
  const listen = (method) => {
    for (const [target, event] of [
      [globalThis, "online"],
      [globalThis, "offline"],
      [document, "visibilitychange"],
    ]) {
      const tell = get(target, method);
      if (typeof tell === "function") {
        try {
          tell.call(target, event, wake);
        } catch {
          // Not a target of events after all.
        }
      }
    }
  };
  listen("addEventListener");
  return () => listen("removeEventListener");
}

/**
 * The message of an error of the host, with that of its cause. It may contain the URL.
 *
 * @param {unknown} error
 */
export function reasonOf(error) {
  return [error, get(error, "cause")]
    .map((shown) => (typeof shown === "string" ? shown : textOf(shown, "message") || textOf(shown, "code")))
    .filter((text) => text !== undefined)
    .join(": ");
}

/**
 * @param {unknown} error
 * @param {string} name
 */
function textOf(error, name) {
  const text = get(error, name);
  return typeof text === "string" ? text : undefined;
}

/**
 * A header of a response, undefined if it has none. Test doubles may throw.
 *
 * @param {any} response
 */
export const headerOf = (response) => (/** @type {string} */ name) => {
  try {
    return response.headers.get(name);
  } catch {
    return undefined;
  }
};

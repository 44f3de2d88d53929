// Refuses requests of web pages of another origin to a server on this machine. A page can send requests here in two
// ways:
// - The page uses the address of this server. The browser then adds `Origin` or `Sec-Fetch-Site`.
// - The host name of the page resolves to this machine (DNS rebinding). `Host` then contains that name.

const EXPOSED = "x-acs-request-id, x-acs-retry-after, x-emulator-string-to-sign, date";

/**
 * The part of a request that the guard checks.
 *
 * @typedef {object} Checked
 * @property {string} method
 * @property {string[]} authorities all values of `Host`, and the authority of the request target if it has one
 * @property {Headers} headers all values of a name are joined
 */

/**
 * `refusal` is the response to a refused request, `preflight` the response to a preflight request. `cors` are the
 * headers for an accepted origin.
 *
 * @typedef {object} Verdict
 * @property {{ code: string, message: string, response: Response }} [refusal]
 * @property {Response} [preflight]
 * @property {Record<string, string>} [cors]
 */

/** @typedef {{ check: (request: Checked) => Verdict }} Guard */

/**
 * `hosts` are names that are accepted in `Host`, in addition to `localhost` and all IP addresses. `origins` are
 * accepted origins of other pages. The functions of `allow` return the end of the message of a refusal: how to accept
 * the name.
 *
 * @typedef {object} GuardOptions
 * @property {string[]} [hosts]
 * @property {string[]} [origins]
 * @property {{ host?: (name: string) => string, origin?: (name?: string) => string }} [allow]
 */

/**
 * @param {GuardOptions} [options]
 * @returns {Guard}
 */
export function createGuard({ hosts = [], origins = [], allow = {} } = {}) {
  const names = new Set(["localhost", ...hosts.map((host) => host.toLowerCase().replace(/\.$/, ""))]);
  const pages = new Set(origins.map(originOf));
  const { host: allowHost = () => "", origin: allowOrigin = () => "" } = allow;

  /** @param {string} authority */
  function knows(authority) {
    const host = hostOf(authority);
    return host !== undefined && (names.has(host) || isAddress(host));
  }

  /**
   * @param {Checked} request
   * @returns {Verdict}
   */
  function check({ method, authorities, headers }) {
    const [host] = authorities;
    if (host === undefined) return refuse("Local.HostRefused", "the request has no `Host`");
    const unknown = authorities.find((authority) => !knows(authority));
    if (unknown !== undefined) {
      const host = shown(hostOf(unknown) ?? unknown);
      return refuse("Local.HostRefused", `\`${shown(unknown)}\` is not a name of this server${allowHost(host)}`);
    }
    if (authorities.some((other) => other.toLowerCase() !== host.toLowerCase())) {
      return refuse("Local.HostRefused", "the request has two different hosts");
    }
    const origin = headers.get("origin");
    if (origin !== null && pages.has(origin)) return accept(method, origin, headers);
    if (origin !== null && origin !== originOf(`http://${host}`)) {
      const name = shown(origin);
      return refuse(
        "Local.OriginRefused",
        `pages of the origin \`${name}\` may not use this server${allowOrigin(name)}`,
      );
    }
    const site = headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") {
      const why = `a page of another origin sent this request (\`Sec-Fetch-Site: ${shown(site)}\`)`;
      return refuse("Local.OriginRefused", `${why}${allowOrigin()}`);
    }
    return {};
  }

  return { check };
}

/**
 * Returns the host of `host:port`, in lower case and without a final dot. Undefined if the text is not valid.
 *
 * @param {string} authority
 */
function hostOf(authority) {
  return /^(\[[0-9a-z:.%]+\]|[^\s:[\]@/\\?#,]+)(:\d{0,5})?$/i.exec(authority)?.[1]?.toLowerCase().replace(/\.$/, "");
}

/**
 * Returns the origin in the form that browsers send.
 *
 * @param {string} text
 */
export function originOf(text) {
  try {
    const { origin } = new URL(text);
    return origin === "null" ? text : origin;
  } catch {
    return text;
  }
}

/**
 * True for an origin such as `http://localhost:3000`: scheme, host and port.
 *
 * @param {string} text
 */
export function isOrigin(text) {
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*,]+$/i.test(text) && URL.canParse(text);
}

/**
 * True for an IPv4 address, and for an IPv6 address in brackets.
 *
 * @param {string} host
 */
function isAddress(host) {
  if (host.startsWith("[")) return URL.canParse(`http://${host.replace(/%[0-9a-z]+\]$/, "]")}/`);
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/**
 * @param {string} method
 * @param {string} origin
 * @param {Headers} headers
 * @returns {Verdict}
 */
function accept(method, origin, headers) {
  const cors = { "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED, vary: "Origin" };
  if (method !== "OPTIONS" || headers.get("access-control-request-method") === null) return { cors };
  const answer = new Headers({ ...cors, "access-control-allow-methods": "GET, POST", "access-control-max-age": "600" });
  const wanted = headers.get("access-control-request-headers");
  if (wanted) answer.set("access-control-allow-headers", wanted);
  if (headers.get("access-control-request-private-network") === "true")
    answer.set("access-control-allow-private-network", "true");
  answer.append("vary", "Access-Control-Request-Headers");
  return { preflight: new Response(null, { status: 204, headers: answer }) };
}

/**
 * Returns an error in the format of the service. It has no CORS headers: the page must not read it.
 *
 * @param {string} code
 * @param {string} message
 * @returns {Verdict}
 */
function refuse(code, message) {
  const id = crypto.randomUUID().toUpperCase();
  const body = JSON.stringify({ RequestId: id, Code: code, Message: message });
  const headers = {
    "content-type": "application/json;charset=utf-8",
    "cache-control": "no-store",
    vary: "Origin, Sec-Fetch-Site",
    "x-acs-request-id": id,
    "x-content-type-options": "nosniff",
  };
  return { refusal: { code, message, response: new Response(body, { status: 403, headers }) } };
}

/** @param {string} text */
function shown(text) {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

// Who may ask a server on this machine: everything except a web page of another origin. A page can make the
// browser send requests here in two ways. It names this server as the target; then the browser adds `Origin` or
// `Sec-Fetch-Site`. Or it lets its own name resolve to this machine (DNS rebinding); then `Host` has that name.

const EXPOSED = "x-acs-request-id, x-acs-retry-after, x-emulator-string-to-sign, date";

/**
 * @param hosts names that are accepted in `Host`, besides `localhost` and every IP address
 * @param origins origins of other pages that are accepted
 * @param allow what to do about a refusal: functions of the refused name that complete the message
 */
export function createGuard({ hosts = [], origins = [], allow = {} } = {}) {
  const names = new Set(["localhost", ...hosts.map((host) => host.toLowerCase().replace(/\.$/, ""))]);
  const pages = new Set(origins.map(originOf));
  const { host: allowHost = () => "", origin: allowOrigin = () => "" } = allow;

  function knows(authority) {
    const host = /^(\[[0-9a-z:.%]+\]|[^\s:[\]@/\\?#,]+)(:\d{0,5})?$/i
      .exec(authority)?.[1]
      .toLowerCase()
      .replace(/\.$/, "");
    return host !== undefined && (names.has(host) || isAddress(host));
  }

  /**
   * @param authorities every `Host` of the request, and the authority of its target if it has one
   * @param headers of the request; all values of a name as one text
   * @returns `{ refusal?, cors? }`: the answer of a refused request, the headers that an accepted origin gets
   */
  function check({ method, authorities, headers }) {
    if (authorities.length === 0) return refuse("Local.HostRefused", "the request has no `Host`");
    const stranger = authorities.find((authority) => !knows(authority));
    if (stranger !== undefined) {
      const name = shown(stranger);
      return refuse("Local.HostRefused", `\`${name}\` is no name of this server${allowHost(name)}`);
    }
    const [host] = authorities;
    if (authorities.some((other) => other.toLowerCase() !== host.toLowerCase())) {
      return refuse("Local.HostRefused", "the request names two hosts");
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

/** The origin in the form that browsers send. */
export function originOf(text) {
  try {
    const { origin } = new URL(text);
    return origin === "null" ? text : origin;
  } catch {
    return text;
  }
}

/** True for `http://localhost:3000` and its like: scheme, host and port, nothing else. */
export function isOrigin(text) {
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*,]+$/i.test(text) && URL.canParse(text);
}

/** An IPv4 address, or an IPv6 address in brackets. */
function isAddress(host) {
  if (host.startsWith("[")) return URL.canParse(`http://${host.replace(/%[0-9a-z]+\]$/, "]")}/`);
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

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

/** As the service writes its errors. Without CORS headers: the page may not read it. */
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

function shown(text) {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

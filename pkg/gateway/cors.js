// CORS: the pages that may send cross-origin requests.

/**
 * `origin` is the origin of an allowed page. `foreign` is true for a page of another origin that is not allowed.
 * `transports` is what the gateway advertises, undefined without a hub.
 *
 * @typedef {{ origin?: string, foreign?: boolean, transports?: string }} Cors
 */

/**
 * @param {Request} request
 * @param {Set<string>} origins
 * @returns {Cors}
 */
export function corsOf(request, origins) {
  const origin = request.headers.get("origin");
  if (origin === null) return {};
  if (origins.has(origin)) return { origin };
  return { foreign: origin !== new URL(request.url).origin };
}

/**
 * Responds to a preflight request. Without the `access-control-allow` headers the browser does not send the request.
 *
 * @param {Request} request
 * @param {Cors} cors
 * @param {string} methods
 */
export function preflight(request, cors, methods) {
  const headers = corsHeaders(cors);
  if (!cors.origin) return new Response(null, { status: 403, headers });
  headers.set("access-control-allow-methods", methods);
  headers.set("access-control-max-age", "600");
  const wanted = request.headers.get("access-control-request-headers");
  // All headers are allowed, because the origin is trusted. The authentication of the page may need any of them.
  if (wanted) headers.set("access-control-allow-headers", wanted);
  headers.append("vary", "Access-Control-Request-Headers");
  return new Response(null, { status: 204, headers });
}

/**
 * Returns the headers of every response. Error responses need `Vary` too: a cache must not mix them up.
 *
 * @param {Cors} cors
 */
export function corsHeaders(cors) {
  const headers = new Headers({ vary: "Origin", "cache-control": "no-store" });
  if (cors.transports) headers.set("x-cloudflow-transports", cors.transports);
  if (cors.origin) {
    const exposed = "x-acs-request-id, x-acs-retry-after, date";
    headers.set("access-control-allow-origin", cors.origin);
    headers.set("access-control-expose-headers", cors.transports ? `${exposed}, x-cloudflow-transports` : exposed);
  }
  return headers;
}

// Which pages may read an answer across origins.

/** How a request stands: its origin when it is on the list, or `foreign` when it comes from a page that is not. */
export function corsOf(request, origins) {
  const origin = request.headers.get("origin");
  if (origin === null) return {};
  if (origins.has(origin)) return { origin };
  return { foreign: origin !== new URL(request.url).origin };
}

/** Answers a preflight. Without the allowing headers a browser goes no further. */
export function preflight(request, cors) {
  const headers = corsHeaders(cors);
  if (!cors.origin) return new Response(null, { status: 403, headers });
  headers.set("access-control-allow-methods", "GET");
  headers.set("access-control-max-age", "600");
  const wanted = request.headers.get("access-control-request-headers");
  // Whatever header the page's own sign-in needs: the origin is trusted already.
  if (wanted) headers.set("access-control-allow-headers", wanted);
  headers.append("vary", "Access-Control-Request-Headers");
  return new Response(null, { status: 204, headers });
}

/** The headers every answer carries. `Vary` is there for the refused too, or a cache could mix them up. */
export function corsHeaders(cors) {
  const headers = new Headers({ vary: "Origin", "cache-control": "no-store" });
  if (cors.origin) {
    headers.set("access-control-allow-origin", cors.origin);
    headers.set("access-control-expose-headers", "x-acs-request-id, x-acs-retry-after, date");
  }
  return headers;
}

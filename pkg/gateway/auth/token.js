// The token of a request.

/** Maximum length of a token, in characters. Hosts limit all headers of a request to 16 KB or more. */
const MAX_TOKEN = 16_384;

/**
 * Returns the token of the header `authorization: Bearer <token>`. Several headers have a comma between them in
 * `headers.get`, and a blank after it: they are no token.
 *
 * @param {Request} request
 */
export function bearerToken(request) {
  const header = request.headers.get("authorization");
  if (header === null || header.length > MAX_TOKEN) return undefined;
  return /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1];
}

/**
 * Returns the token that is the whole value of a header.
 *
 * @param {Request} request
 * @param {string} name
 */
export function headerToken(request, name) {
  const header = request.headers.get(name);
  return header === null || header.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(header) ? undefined : header;
}

// Signs JSON Web Tokens with WebCrypto, valid and forged ones. Uses no library, and no module of a host.

const KINDS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

/** A key pair: `{ alg, kid, jwk, privateKey }`. `jwk` is the public key, as a JWKS has it. */
export async function keyPair(alg, kid) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KINDS[alg], true, ["sign", "verify"]);
  const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const jwk = JSON.parse(JSON.stringify({ kty, n, e, crv, x, y, kid, alg, use: "sig" }));
  return { alg, kid, jwk, privateKey, spki };
}

/** A token that is signed with a private key. `header` replaces parts of the header; `undefined` removes one. */
export async function signed(key, payload, header = {}) {
  const text = `${part({ alg: key.alg, typ: "JWT", kid: key.kid, ...header })}.${part(payload)}`;
  const signature = await crypto.subtle.sign(KINDS[key.alg], key.privateKey, bytes(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

/** A token that is signed with HMAC-SHA256. */
export async function hmacSigned(secret, payload, header = {}) {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const text = `${part({ alg: "HS256", typ: "JWT", ...header })}.${part(payload)}`;
  return `${text}.${base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text))))}`;
}

/** A token without a signature. */
export function unsigned(payload, header = {}) {
  return `${part({ alg: "none", typ: "JWT", ...header })}.${part(payload)}.`;
}

export const bytes = (text) => new TextEncoder().encode(text);

export const part = (value) => base64url(bytes(JSON.stringify(value)));

export function base64url(data) {
  const text = btoa(String.fromCharCode(...data));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A public key in PEM, as servers publish it. */
export function pem(spki) {
  const lines = btoa(String.fromCharCode(...spki)).match(/.{1,64}/g);
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

// The peer "own signer": ACS3-HMAC-SHA256 as someone writes it today with Web Crypto, which is what
// pages and Workers have.

const encoder = new TextEncoder();
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const percent = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export const importKey = (secret) =>
  crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** One request ready for `fetch`: { url, headers }. */
export async function signedRequest(endpoint, id, key, parameters) {
  const { host } = new URL(endpoint);
  const query = Object.keys(parameters)
    .sort()
    .map((name) => `${percent(name)}=${percent(String(parameters[name]))}`)
    .join("&");
  const headers = {
    host,
    "x-acs-action": "DescribeExecution",
    "x-acs-content-sha256": emptyHash,
    "x-acs-date": new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    "x-acs-signature-nonce": crypto.randomUUID(),
    "x-acs-version": "2019-03-15",
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    "GET",
    "/",
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    emptyHash,
  ].join("\n");
  const hashed = hex(await crypto.subtle.digest("SHA-256", encoder.encode(canonical)));
  const signature = hex(await crypto.subtle.sign("HMAC", key, encoder.encode(`ACS3-HMAC-SHA256\n${hashed}`)));
  headers.Authorization = `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names.join(";")},Signature=${signature}`;
  return { url: `${endpoint}/?${query}`, headers };
}

// The built page of the console as a function from Request to Response. It is read once, into memory: a request can
// name no other file.

import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { refusalOf, Refusal } from "./reply.js";

/** The folder that `cargo xtask build` writes. */
export const PAGE = new URL("./page/", import.meta.url);

/**
 * In the package, the modules of the page are those of `wasm/`: their paths from this file, by their names in the page.
 * `bundle.mjs` writes the list.
 */
const MODULES = new URL("./modules.json", import.meta.url);

const TYPES = /** @type {Record<string, string>} */ ({
  css: "text/css;charset=utf-8",
  html: "text/html;charset=utf-8",
  js: "text/javascript;charset=utf-8",
  json: "application/json;charset=utf-8",
  svg: "image/svg+xml;charset=utf-8",
  txt: "text/plain;charset=utf-8",
  wasm: "application/wasm",
});

/**
 * The page loads only its own files, sends requests only to its own origin, and is in no frame. Scripts and style sheets
 * are files. `data:` is the icon.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @typedef {{ type: string, cache: string, tag: string, bytes: Uint8Array, packed: Map<string, Promise<Uint8Array>> }} File */

/**
 * The encodings of a response, the smallest first. Each file is compressed once, at its first request: the last levels of
 * Brotli save 6 to 9 % more and take up to a second.
 *
 * @type {[name: string, compress: (bytes: Uint8Array) => Promise<Uint8Array>][]}
 */
const ENCODINGS = [
  ["br", (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })],
  ["gzip", (bytes) => promisify(gzip)(bytes)],
];

/**
 * Reads the page. Rejects if the folder or its `index.html` does not exist.
 *
 * @param {URL} [folder]
 */
export async function createFiles(folder = PAGE) {
  /** @type {Map<string, File>} */
  const files = new Map();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile())
      files.set(`/${entry.name}`, await fileOf(entry.name, new URL(encodeURIComponent(entry.name), folder)));
  }
  if (folder === PAGE) {
    for (const [name, path] of Object.entries(await modulesElsewhere()))
      files.set(`/${name}`, await fileOf(name, new URL(path, import.meta.url)));
  }
  const index = files.get("/index.html");
  if (index === undefined) throw new Error("it has no index.html");
  files.set("/", index);

  return {
    /**
     * True if the page has a file with this path.
     *
     * @param {string} pathname
     */
    has: (pathname) => files.has(pathname),

    /**
     * Responds with a file, or with an error.
     *
     * @param {Request} request
     * @returns {Promise<Response>}
     */
    async fetch(request) {
      const file = files.get(new URL(request.url).pathname);
      if (file === undefined) return refusalOf(new Refusal(404, "Local.NoSuchPath", "the console has no such file"));
      if (request.method !== "GET" && request.method !== "HEAD") {
        const headers = { allow: "GET, HEAD" };
        return refusalOf(new Refusal(405, "UnsupportedHTTPMethod", "the method must be GET or HEAD", { headers }));
      }
      return serve(file, request);
    },
  };
}

/** @returns {Promise<Record<string, string>>} */
async function modulesElsewhere() {
  try {
    return JSON.parse(await readFile(MODULES, "utf8"));
  } catch (error) {
    // In the sources, the page has its own modules.
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

/**
 * @param {string} name
 * @param {URL} url
 * @returns {Promise<File>}
 */
async function fileOf(name, url) {
  const bytes = await readFile(url);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const tag = `"${Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
  // The name of a file with a hash changes with its content.
  const isHashed = /-[0-9A-Z]{8}\.\w+$/.test(name);
  return {
    type: TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    cache: isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    tag,
    bytes,
    packed: new Map(),
  };
}

/** @param {File} file @param {Request} request */
async function serve(file, request) {
  const { type, cache, tag, bytes } = file;
  /** @type {Record<string, string>} */
  const headers = {
    "content-type": type,
    "cache-control": cache,
    etag: tag,
    vary: "Accept, Accept-Encoding",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": POLICY,
  };
  const known = request.headers.get("if-none-match")?.split(",") ?? [];
  if (known.some((one) => one.trim().replace(/^W\//, "") === tag)) return new Response(null, { status: 304, headers });
  const accepted = request.headers.get("accept-encoding") ?? "";
  const encoding = ENCODINGS.find(([name]) => accepts(accepted, name));
  if (encoding === undefined) return new Response(bodyOf(bytes), { headers });
  const [name, compress] = encoding;
  const packed = file.packed.get(name) ?? compress(bytes);
  file.packed.set(name, packed);
  return new Response(bodyOf(await packed), { headers: { ...headers, "content-encoding": name } });
}

/** @param {Uint8Array} bytes */
function bodyOf(bytes) {
  return /** @type {Uint8Array<ArrayBuffer>} */ (bytes);
}

/**
 * True if a header `Accept-Encoding` names an encoding, and not with the weight 0.
 *
 * @param {string} accepted
 * @param {string} encoding
 */
function accepts(accepted, encoding) {
  return accepted.split(",").some((part) => {
    const [name, ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

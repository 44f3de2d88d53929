// The address of the page: short values in the fragment. Larger texts are compressed or stay in the storage.

/** @typedef {import("./state.js").Selection} Selection */

/**
 * What an address says. Absent fields are not in it.
 *
 * @typedef {object} Place
 * @property {string} [flowName]
 * @property {string} [executionName]
 * @property {"graph" | "timeline" | "events" | "definition"} [view]
 * @property {Selection} [selection]
 * @property {string} [compare] name of another execution of the flow
 * @property {string} [packed] texts, see `unpack`
 */

export const VIEWS = /** @type {const} */ (["graph", "timeline", "events", "definition"]);

/** Maximum length of a name in an address. */
const MAX_NAME = 256;

/** Maximum length of the `id` of a node: a longer one is left out. */
const MAX_NODE = 512;

/** Maximum size of unpacked texts, in bytes. */
const MAX_UNPACKED = 4 * 1024 * 1024;

/**
 * Reads the fragment of an address, with or without `#`. Invalid values are ignored.
 *
 * @param {string} hash
 * @returns {Place}
 */
export function readAddress(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (/** @type {string} */ key, max = MAX_NAME) => {
    const value = parameters.get(key);
    return value && value.length <= max ? value : undefined;
  };
  const number = (/** @type {string} */ key, min = 0) => {
    const value = text(key, 15);
    return value !== undefined && /^\d+$/.test(value) && Number(value) >= min ? Number(value) : undefined;
  };
  const selection = defined({
    node: text("node", MAX_NODE),
    visit: number("visit"),
    attempt: number("attempt", 1),
    event: number("event", 1),
  });
  const view = VIEWS.find((name) => name === parameters.get("view"));
  return defined({
    flowName: text("flow"),
    executionName: text("execution"),
    view,
    selection: Object.keys(selection).length > 0 ? selection : undefined,
    compare: text("compare"),
    packed: parameters.get("z") || undefined,
  });
}

/**
 * The fragment for a place, without `#`.
 *
 * @param {Place} place
 */
export function writeAddress({ flowName, executionName, view, selection = {}, compare, packed }) {
  const { node, visit, attempt, event } = selection;
  const entries = {
    flow: flowName,
    execution: executionName,
    view: view === "graph" ? undefined : view,
    // A visit determines its node.
    node: visit === undefined && node !== undefined && node.length <= MAX_NODE ? node : undefined,
    visit,
    attempt,
    event,
    compare,
    z: packed,
  };
  const given = Object.entries(entries).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
}

/**
 * The place that a state of the page describes.
 *
 * @param {import("./state.js").State} state
 * @returns {Place}
 */
export function placeOf({ flowName, executionName, view, selection, compared }) {
  return {
    flowName,
    executionName: flowName && executionName,
    view,
    selection: executionName ? selection : { node: selection.node },
    compare: executionName ? compared?.executionName : undefined,
  };
}

/**
 * Compresses texts for an address.
 *
 * @param {{ definition: string, input?: string }} texts
 */
export async function pack(texts) {
  const stream = new Blob([JSON.stringify(texts)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Returns the texts of an address. Undefined if they are damaged, or larger than 4 MiB.
 *
 * @param {string} packed
 * @returns {Promise<{ definition: string, input?: string } | undefined>}
 */
export async function unpack(packed) {
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const { definition, input } = JSON.parse(await textOf(stream));
    if (typeof definition !== "string") return undefined;
    return typeof input === "string" ? { definition, input } : { definition };
  } catch {
    return undefined;
  }
}

/** @param {ReadableStream<Uint8Array>} stream */
async function textOf(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let size = 0;
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    // A short link can unpack to any size.
    if (size > MAX_UNPACKED) {
      await reader.cancel();
      throw new RangeError("too large");
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Leaves out fields without a value.
 *
 * @param {Record<string, any>} fields
 * @returns {any}
 */
function defined(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

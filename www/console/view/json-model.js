// JSON values without a document: numbers as sent, children of a node, paths, search.

/** A number whose text is not what JavaScript makes of it: too many digits, an exponent, `1.0`. */
export class SentNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Children of a node that are shown at once. */
export const CHUNK = 100;
/** Found places that are kept. */
const MOST_FOUND = 1000;

/**
 * Parses JSON. Numbers that would change become `SentNumber`. `undefined` if the text is no JSON.
 *
 * @param {string} text
 * @returns {{ value: any } | undefined}
 */
export function parseJson(text) {
  try {
    const mark = markOf(text);
    let count = 0;
    const marked = text.replace(TOKENS, (token) => {
      if (token[0] === '"' || String(Number(token)) === token) return token;
      count += 1;
      return `"${mark}${token}"`;
    });
    if (count === 0) return { value: JSON.parse(text) };
    // Only a text that is JSON without the marks is JSON.
    JSON.parse(text);
    const revive = (/** @type {string} */ _, /** @type {any} */ value) =>
      typeof value === "string" && value.startsWith(mark) ? new SentNumber(value.slice(mark.length)) : value;
    return { value: JSON.parse(marked, revive) };
  } catch {
    return undefined;
  }
}

/**
 * A text that does not occur in a text.
 *
 * @param {string} text
 */
function markOf(text) {
  let mark = "\uE000";
  while (text.includes(mark)) mark += "\uE000";
  return mark;
}

/**
 * The JSON text of a value, with the numbers as sent.
 *
 * @param {any} value
 * @param {number} [indent]
 */
export function jsonText(value, indent = 2) {
  const plain = JSON.stringify(value, undefined, indent) ?? "null";
  if (!plain.includes('"text"')) return plain;
  const mark = markOf(plain);
  const replacer = (/** @type {string} */ _, /** @type {any} */ one) =>
    one instanceof SentNumber ? `${mark}${one.text}` : one;
  return JSON.stringify(value, replacer, indent).replace(new RegExp(`"${mark}([^"]*)"`, "g"), "$1");
}

/**
 * @param {any} value
 * @returns {"object" | "array" | "string" | "number" | "boolean" | "null"}
 */
export function kindOf(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof SentNumber || typeof value === "number" || typeof value === "bigint") return "number";
  if (typeof value === "object") return "object";
  return typeof value === "boolean" ? "boolean" : "string";
}

/** @param {any} value */
export const isBranch = (value) => kindOf(value) === "object" || kindOf(value) === "array";

/**
 * The number of children.
 *
 * @param {any} value
 */
export function sizeOf(value) {
  const kind = kindOf(value);
  return kind === "array" ? value.length : kind === "object" ? Object.keys(value).length : 0;
}

/**
 * Keys of a value. Those of a list are indexes.
 *
 * @param {any} value
 * @param {number} [from]
 * @param {number} [to]
 * @returns {(string | number)[]}
 */
export function keysOf(value, from = 0, to = Number.POSITIVE_INFINITY) {
  if (Array.isArray(value)) {
    const end = Math.min(to, value.length);
    return Array.from({ length: Math.max(end - from, 0) }, (_, at) => from + at);
  }
  return isBranch(value) ? Object.keys(value).slice(from, to) : [];
}

/**
 * @typedef {object} Entry a child of a node, or a range of its children
 * @property {any} value
 * @property {string | number} [key]
 * @property {number} [from]
 * @property {number} [to]
 */

/**
 * The children of a node. Many children are in ranges.
 *
 * @param {Entry} entry
 * @returns {Entry[]}
 */
export function childEntries({ value, from = 0, to = sizeOf(value) }) {
  if (to - from <= CHUNK) return keysOf(value, from, to).map((key) => ({ key, value: value[key] }));
  let step = CHUNK;
  while ((to - from) / step > CHUNK) step *= CHUNK;
  const count = Math.ceil((to - from) / step);
  return Array.from({ length: count }, (_, at) => {
    const begin = from + at * step;
    return { value, from: begin, to: Math.min(begin + step, to) };
  });
}

/**
 * The text of a leaf: a string without its quotes, a number as sent.
 *
 * @param {any} value
 */
export function leafText(value) {
  if (value instanceof SentNumber) return value.text;
  return value === undefined ? "null" : String(value);
}

/**
 * Whether a number may differ from what was sent: it was read by `JSON.parse`, and its digits are not exact.
 *
 * @param {any} value
 */
export const isInexact = (value) => typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;

/**
 * A path as text, such as `$.items[3]["a b"]`.
 *
 * @param {readonly (string | number)[]} path
 */
export function pathText(path) {
  const step = (/** @type {string | number} */ key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  };
  return `$${path.map(step).join("")}`;
}

/**
 * A short text of a value on one line, for a table.
 *
 * @param {any} value
 * @param {number} most maximum number of characters
 */
export function preview(value, most) {
  let text = "";
  /** @type {any[]} texts and values that are to be written, in reverse order */
  const todo = [{ value }];
  while (todo.length > 0 && text.length <= most) {
    const next = todo.pop();
    if (typeof next === "string") {
      text += next;
      continue;
    }
    const { value: one } = next;
    if (typeof one === "string") text += JSON.stringify(one.slice(0, most));
    else if (!isBranch(one)) text += leafText(one);
    else {
      const isList = Array.isArray(one);
      // Each child writes at least two characters.
      const keys = keysOf(one, 0, most);
      text += isList ? "[" : "{";
      todo.push(isList ? "]" : "}");
      for (let at = keys.length - 1; at >= 0; at -= 1) {
        const key = keys[at];
        todo.push({ value: one[key] }, `${at > 0 ? ", " : ""}${isList ? "" : `${String(key).slice(0, most)}: `}`);
      }
    }
  }
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/**
 * The paths of the keys and leaves that contain a text, in order. At most 1,000.
 *
 * @param {any} value
 * @param {string} text
 * @returns {(string | number)[][]}
 */
export function searchJson(value, text) {
  const wanted = text.toLowerCase();
  /** @type {(string | number)[][]} */
  const found = [];
  if (wanted === "") return found;
  /** @type {{ value: any, key?: string | number, parent?: any }[]} */
  const todo = [{ value }];
  for (let at = todo.pop(); at && found.length < MOST_FOUND; at = todo.pop()) {
    const { value: one, key } = at;
    const branch = isBranch(one);
    const hit =
      (typeof key === "string" && key.toLowerCase().includes(wanted)) ||
      (!branch && leafText(one).toLowerCase().includes(wanted));
    if (hit) found.push(pathOf(at));
    if (!branch) continue;
    const keys = keysOf(one);
    for (let index = keys.length - 1; index >= 0; index -= 1)
      todo.push({ value: one[keys[index]], key: keys[index], parent: at });
  }
  return found;
}

/** @param {any} entry */
function pathOf(entry) {
  const path = [];
  for (let at = entry; at.parent; at = at.parent) path.push(at.key);
  return path.reverse();
}

/**
 * Whether a value contains a text in a key or a leaf.
 *
 * @param {any} value
 * @param {string} wanted in lower case
 */
export function containsText(value, wanted) {
  const todo = [value];
  while (todo.length > 0) {
    const one = todo.pop();
    if (!isBranch(one)) {
      if (leafText(one).toLowerCase().includes(wanted)) return true;
      continue;
    }
    if (Array.isArray(one)) for (const item of one) todo.push(item);
    else
      for (const key of Object.keys(one)) {
        if (key.toLowerCase().includes(wanted)) return true;
        todo.push(one[key]);
      }
  }
  return false;
}

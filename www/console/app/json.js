// Checks a JSON text, and finds the position of its first error independently of the browser.

/**
 * The first error of a text.
 *
 * - `end`: the text ends too early
 * - `value`, `name`, `colon`, `comma`: this was expected here; `comma` also stands for the closing bracket
 * - `string`: the string has no end, or a line break
 * - `escape`: not an escape sequence
 * - `number`: the number is too large
 * - `surrogate`: the string has half of a character, which JSON texts cannot transport
 * - `more`: there is text behind the value
 * - `notObject`: the value is no object
 *
 * @typedef {object} JsonProblem
 * @property {"end" | "value" | "name" | "colon" | "comma" | "string" | "escape" | "number" | "surrogate" | "more" | "notObject"} reason
 * @property {number} line from 1
 * @property {number} column from 1, in UTF-16 units
 * @property {number} offset from 0
 */

/**
 * Returns the value of a text, or its first error. With `object`, the value must be an object.
 *
 * @param {string} text
 * @param {{ object?: boolean }} [options]
 * @returns {{ value: any, problem?: undefined } | { problem: JsonProblem, value?: undefined }}
 */
export function readJson(text, { object = false } = {}) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    const { reason, offset } = firstError(text) ?? { reason: /** @type {const} */ ("value"), offset: 0 };
    return { problem: { reason, ...positionOf(text, offset) } };
  }
  // What the browser reads, but no service.
  const refused = RISKY.test(text) ? firstError(text) : undefined;
  if (refused) return { problem: { reason: refused.reason, ...positionOf(text, refused.offset) } };
  if (!object || (value !== null && typeof value === "object" && !Array.isArray(value))) return { value };
  return { problem: { reason: "notObject", ...positionOf(text, text.search(/\S/)) } };
}

/**
 * @param {string} text
 * @param {number} offset
 */
function positionOf(text, offset) {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines[lines.length - 1].length + 1, offset };
}

/** What a number that is too large, or half of a character, contains. */
const RISKY = /\d[eE]\+?\d|\d{300}|\\u[dD][89a-fA-F]|\p{Surrogate}/u;
const SPACE = /[ \t\r\n]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * @param {string} text
 * @returns {{ reason: JsonProblem["reason"], offset: number } | undefined}
 */
function firstError(text) {
  let at = 0;
  /** The open brackets. A text may be nested deeper than the call stack. @type {string[]} */
  const open = [];
  /** @type {"value" | "valueOrEnd" | "name" | "nameOrEnd" | "comma" | "more"} */
  let expected = "value";

  const eat = (/** @type {RegExp} */ pattern) => {
    pattern.lastIndex = at;
    const length = pattern.exec(text)?.[0].length ?? 0;
    at += length;
    return length > 0;
  };
  const close = () => {
    at += 1;
    open.pop();
    expected = open.length > 0 ? "comma" : "more";
  };
  /** @returns {JsonProblem["reason"] | undefined} */
  const string = () => {
    const start = at;
    at += 1;
    for (;;) {
      eat(PLAIN);
      if (text[at] === '"') {
        at += 1;
        if (JSON.parse(text.slice(start, at)).isWellFormed()) return undefined;
        at = start;
        return "surrogate";
      }
      if (text[at] !== "\\") return at < text.length ? "string" : "end";
      if (!eat(ESCAPE)) return at + 1 < text.length ? "escape" : "end";
    }
  };

  for (;;) {
    eat(SPACE);
    if (at >= text.length) return expected === "more" ? undefined : { reason: "end", offset: at };
    const next = text[at];
    if (expected === "more") return { reason: "more", offset: at };
    if (expected === "comma") {
      const isObject = open[open.length - 1] === "{";
      if (next === (isObject ? "}" : "]")) close();
      else if (next !== ",") return { reason: "comma", offset: at };
      else {
        at += 1;
        expected = isObject ? "name" : "value";
      }
      continue;
    }
    if ((expected === "nameOrEnd" && next === "}") || (expected === "valueOrEnd" && next === "]")) {
      close();
      continue;
    }
    if (expected === "name" || expected === "nameOrEnd") {
      if (next !== '"') return { reason: "name", offset: at };
      const reason = string();
      if (reason) return { reason, offset: at };
      eat(SPACE);
      if (text[at] !== ":") return { reason: at < text.length ? "colon" : "end", offset: at };
      at += 1;
      expected = "value";
      continue;
    }
    if (next === "{" || next === "[") {
      at += 1;
      open.push(next);
      expected = next === "{" ? "nameOrEnd" : "valueOrEnd";
      continue;
    }
    if (next === '"') {
      const reason = string();
      if (reason) return { reason, offset: at };
    } else {
      const start = at;
      if (!eat(SCALAR)) return { reason: "value", offset: at };
      if (Math.abs(JSON.parse(text.slice(start, at))) === Number.POSITIVE_INFINITY)
        return { reason: "number", offset: start };
    }
    expected = open.length > 0 ? "comma" : "more";
  }
}

/**
 * Compares two JSON values. The order of the names of an object does not matter.
 *
 * @param {any} first
 * @param {any} second
 */
export function equalJson(first, second) {
  const stack = [[first, second]];
  while (stack.length > 0) {
    const [a, b] = /** @type {any[]} */ (stack.pop());
    if (Object.is(a, b)) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const names = Object.keys(a);
    if (names.length !== Object.keys(b).length) return false;
    for (const name of names) {
      if (!Object.hasOwn(b, name)) return false;
      stack.push([a[name], b[name]]);
    }
  }
  return true;
}

/** A part of a JSON text: a text in quotes, a bracket, a comma, a colon, or another value. */
const PARTS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Deeper values are not indented. */
const MOST_DEPTH = 100;

/**
 * A JSON text with line breaks. Its values stay as they are written: a number may have more digits than the browser
 * keeps. Other texts stay as they are.
 *
 * @param {string} text
 */
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  let before = "";
  let shown = "";
  for (const [part] of text.matchAll(PARTS)) {
    const isEnd = part === "}" || part === "]";
    const isOpen = before === "{" || before === "[";
    if (isEnd) depth -= 1;
    if (before === ",") shown += `\n${"  ".repeat(depth)}`;
    else if (isOpen !== isEnd) shown += `\n${"  ".repeat(depth)}`;
    shown += part === ":" ? ": " : part;
    if (part === "{" || part === "[") depth += 1;
    if (depth > MOST_DEPTH) return text;
    before = part;
  }
  return shown.trimStart();
}

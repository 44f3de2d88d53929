// A YAML document whose values know their places, and the problems that a reader of it finds.

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { createLines } from "../check/lines.js";
import { nearest } from "../nearest.js";

/** @import { Range } from "../../index.js" */

/** @typedef {{ message: string, range?: Range }} Problem */

/**
 * A value with its place.
 *
 * @typedef {object} Value
 * @property {unknown} value as JSON
 * @property {Range} range
 * @property {Map<string, { key: Range, value: Value }>} [entries] of a mapping
 * @property {Value[]} [items] of a list
 */

/** Deeper values are refused: the emulator refuses them as well. */
const MAX_DEPTH = 100;
/** Values that aliases can stand for in total. */
const MAX_VALUES = 200_000;

/**
 * Reads a text. Returns undefined if it has a syntax error, which is in `problems` then.
 *
 * @param {string} text
 * @param {Problem[]} problems
 * @param {typeof import("../../language.js").validateFlow} validateFlow describes syntax errors as in definitions
 * @returns {Value | undefined}
 */
export function readDocument(text, problems, validateFlow) {
  const lines = createLines(text);
  const rangeOf = (/** @type {readonly number[] | null | undefined} */ at) => ({
    start: lines.position(Math.min(at?.[0] ?? 0, text.length)),
    end: lines.position(Math.min(Math.max(at?.[1] ?? 0, at?.[0] ?? 0), text.length)),
  });
  const problem = (/** @type {string} */ message, /** @type {readonly number[] | null | undefined} */ at) =>
    problems.push({ message, range: rangeOf(at) });
  let document;
  try {
    document = parseDocument(text, { prettyErrors: false, version: "1.2", lineCounter: new LineCounter() });
  } catch (error) {
    // A text that is nested too deep exceeds the stack.
    problems.push({ message: `the text cannot be read: ${error.message}` });
    return undefined;
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const found = validateFlow(text).diagnostics.filter(
      ({ code }) => code.startsWith("yaml-") || code === "duplicate-key",
    );
    if (found.length > 0) problems.push(...found.slice(0, 20).map(({ message, range }) => ({ message, range })));
    else for (const { message, pos } of faults.slice(0, 20)) problem(plain(message), pos);
    return undefined;
  }
  let count = 0;

  /**
   * @param {any} node
   * @param {number} depth
   * @param {readonly number[] | null | undefined} at place of the alias of the node
   * @returns {Value}
   */
  const convert = (node, depth, at) => {
    count += 1;
    if (depth > MAX_DEPTH) throw { message: `a value is nested more than ${MAX_DEPTH} deep`, at: at ?? node?.range };
    if (count > MAX_VALUES) throw { message: `the text has more than ${MAX_VALUES} values`, at: at ?? node?.range };
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined) throw { message: `the alias \`*${node.source}\` has no anchor`, at: at ?? node.range };
      return convert(target, depth + 1, at ?? node.range);
    }
    const range = rangeOf(at ?? node?.range);
    if (isMap(node)) {
      /** @type {Value["entries"]} */
      const entries = new Map();
      /** @type {Record<string, unknown>} */
      const value = {};
      for (const { key, value: child } of node.items) {
        const name = isScalar(key) ? key.value : key;
        const place = /** @type {any} */ (key)?.range;
        if (!["string", "number", "boolean"].includes(typeof name)) throw { message: "a key is not a text", at: place };
        const read = convert(child ?? { range: place }, depth + 1, at);
        entries.set(String(name), { key: rangeOf(place), value: read });
        // `__proto__` is a name like others.
        Object.defineProperty(value, String(name), {
          value: read.value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return { value, range, entries };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item, depth + 1, at));
      return { value: items.map(({ value }) => value), range, items };
    }
    const value = isScalar(node) ? node.value : null;
    if (typeof value === "number" && !Number.isFinite(value))
      throw { message: "a number is not finite: JSON has no such value", at: at ?? node.range };
    return { value: value ?? null, range };
  };
  try {
    return convert(document.contents, 0, undefined);
  } catch (error) {
    if (error instanceof Error) throw error;
    problem(error.message, error.at);
    return undefined;
  }
}

/** The message of the reader in the style of the other messages. @param {string} message */
function plain(message) {
  return message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()).replace(/\.$/, "");
}

/**
 * Reports the keys of a mapping that are not in `known`.
 *
 * @param {Value} value
 * @param {readonly string[]} known
 * @param {string} what such as "a test"
 * @param {Problem[]} problems
 * @param {(name: string) => string | undefined} [explain] a better message
 */
export function checkKeys({ entries }, known, what, problems, explain = () => undefined) {
  for (const [name, { key }] of entries ?? []) {
    if (known.includes(name)) continue;
    const message = explain(name) ?? `\`${name}\` is not a key of ${what}${hint(name, known)}`;
    problems.push({ message, range: key });
  }
}

/**
 * @param {string} word
 * @param {Iterable<string>} names
 */
export function hint(word, names) {
  const near = nearest(word, names);
  return near === undefined ? "" : `: did you mean \`${near}\`?`;
}

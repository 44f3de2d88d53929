// An open definition: a handle of the module, and its functions.

import * as codes from "../shared/codes.js";
import { CloudFlowError } from "../shared/error.js";
import { inLocale } from "../shared/locale.js";
import { FORMAT, VALIDATE, checkNames, isObject, own, wrongOptions } from "../shared/options.js";

/** @param {import("../shared/runtime.js").Runtime} runtime */
export function createOpenFlow(runtime) {
  /**
   * @param {string} text
   * @param {import("../index.js").ValidateOptions} [options]
   * @returns {import("../editor.js").OpenFlow}
   */
  return (text, options) => inLocale(own(options, VALIDATE), (given) => open(text, given));

  /**
   * @param {string} text
   * @param {any} options
   * @returns {import("../editor.js").OpenFlow}
   */
  function open(text, options) {
    const [seed] = crypto.getRandomValues(new Uint32Array(1));
    /** @type {number | undefined} */
    let handle = runtime.call("flowOpen", text, options, seed);

    const opened = () => {
      if (handle !== undefined) return handle;
      throw new CloudFlowError({ kind: "request", code: codes.flowClosed, message: "the flow is closed" });
    };
    // The check of the handle comes first.
    const at = (/** @type {unknown} */ value, name = "offset") => (opened() >= 0 ? offset(value, name) : 0);
    const ask = (/** @type {string} */ what, start = 0, end = start, value = "") =>
      JSON.parse(runtime.call("flowAsk", opened(), what, start, end, value));

    return {
      text: () => runtime.call("flowText", opened()),
      edit: (start, end, newText) => {
        runtime.call("flowEdit", opened(), at(start, "start"), at(end, "end"), newText);
      },
      diagnostics: () => ask("diagnostics"),
      graph: () => {
        const graph = ask("graph");
        ranged(graph.nodes, ["range"]);
        return graph;
      },
      symbols: () => ranged(ask("symbols"), ["range", "nameRange"]),
      folding: () => folds(runtime.call("flowNumbers", opened(), true)),
      inlayHints: () => ask("inlayHints"),
      semanticTokens: () => runtime.call("flowNumbers", opened(), false),
      selectionRanges: (place) => ask("selectionRanges", at(place)),
      completion: (place) => ask("completion", at(place)),
      hover: (place) => ask("hover", at(place)),
      signatureHelp: (place) => ask("signatureHelp", at(place)),
      definition: (place) => ask("definition", at(place)),
      references: (place) => ask("references", at(place)),
      prepareRename: (place) => ask("prepareRename", at(place)),
      rename: (place, name) => ask("rename", at(place), undefined, textOf(name)),
      codeActions: (start, end) => ask("codeActions", at(start, "start"), at(end ?? start, "end")),
      format: (options) => ask("format", at(0), 0, isSorted(options) ? "sortKeys" : ""),
      close: () => {
        if (handle !== undefined) runtime.call("flowClose", handle);
        handle = undefined;
      },
    };
  }
}

/**
 * A range from six numbers. The engine makes it in a fraction of the time that the text of its objects takes.
 *
 * @param {ArrayLike<number>} numbers
 */
const range = (numbers, at = 0) => ({
  start: { line: numbers[at], column: numbers[at + 1], offset: numbers[at + 2] },
  end: { line: numbers[at + 3], column: numbers[at + 4], offset: numbers[at + 5] },
});

/**
 * Makes the ranges of the items of a list, and of their children.
 *
 * @param {any[]} items
 * @param {string[]} keys
 */
function ranged(items, keys) {
  for (const item of items) {
    for (const key of keys) if (item[key]) item[key] = range(item[key]);
    if (item.children) ranged(item.children, keys);
  }
  return items;
}

/**
 * @param {Uint32Array} numbers
 * @returns {ReturnType<import("../editor.js").OpenFlow["folding"]>}
 */
function folds(numbers) {
  /** @type {ReturnType<import("../editor.js").OpenFlow["folding"]>} */
  const found = [];
  for (let at = 0; at < numbers.length; at += 7)
    found.push({ range: range(numbers, at), kind: numbers[at + 6] ? "comment" : "region" });
  return found;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function offset(value, name) {
  if (Number.isInteger(value) && /** @type {number} */ (value) >= 0)
    return Math.min(/** @type {number} */ (value), 0xffffffff);
  throw new CloudFlowError({
    kind: "request",
    code: codes.outOfRange,
    message: `\`${name}\` must be a whole number of 0 or more, in UTF-16 units`,
  });
}

/** @param {unknown} name */
function textOf(name) {
  if (typeof name === "string") return name;
  throw new CloudFlowError({ kind: "request", code: codes.notAText, message: "`name` must be a string" });
}

/** @param {unknown} options */
function isSorted(options) {
  if (options === undefined || options === null) return false;
  if (!isObject(options)) throw wrongOptions("the options of `format` must be an object");
  const given = own(options, FORMAT);
  checkNames(given, FORMAT, "an option of `format`");
  const { sortKeys = false } = given;
  if (typeof sortKeys !== "boolean") throw wrongOptions("`sortKeys` must be true or false");
  return sortKeys;
}

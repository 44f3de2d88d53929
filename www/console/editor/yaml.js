// YAML for the editor: colours, indentation of new lines and folding, all by lines. The package `lang-yaml` would add
// 12 KB (gzip) to the editor, and a syntax tree that nothing here needs.

import { foldService, indentService, StreamLanguage } from "@codemirror/language";

/**
 * @typedef {object} YamlState
 * @property {number} block column that the lines of a block scalar exceed; -1 outside of one
 * @property {number} column column of the last key or dash
 * @property {number} depth number of open brackets
 * @property {string} quote the quote of an open text
 * @property {boolean} isKey the open text is a key
 */

const NUMBER = /^[-+]?(\d[\d_]*(\.\d*)?([eE][-+]?\d+)?|0x[\da-fA-F]+|0o[0-7]+)$/;

/** The stream parser. It is exported for the tests. */
export const yamlStream = {
  name: "yaml",

  /** @returns {YamlState} */
  startState: () => ({ block: -1, column: 0, depth: 0, quote: "", isKey: false }),

  /** @param {YamlState} state */
  copyState: (state) => ({ ...state }),

  /**
   * @param {import("@codemirror/language").StringStream} stream
   * @param {YamlState} state
   * @returns {string | null}
   */
  token(stream, state) {
    if (stream.sol() && state.block >= 0) {
      if (stream.indentation() > state.block || stream.string.trim() === "") {
        stream.skipToEnd();
        return "string";
      }
      state.block = -1;
    }
    if (state.quote) return quoted(stream, state);
    if (stream.sol() && stream.match(/^(---|\.\.\.)(?=\s|$)/)) return "meta";
    if (stream.sol() && stream.match(/^%.*/)) return "meta";
    if (stream.eatSpace()) return null;
    const column = stream.column();
    const next = stream.peek() ?? "";
    if (next === "#") {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match(/^[-?:](?=\s|$)/)) {
      if (next !== ":") state.column = column;
      return "punctuation";
    }
    if ("[]{},".includes(next)) {
      stream.next();
      if (next === "[" || next === "{") state.depth += 1;
      else if (next !== ",") state.depth = Math.max(0, state.depth - 1);
      return next === "," ? "punctuation" : "bracket";
    }
    if (next === "&" || next === "*") {
      stream.match(/^[&*][^\s,[\]{}]*/);
      return "labelName";
    }
    if (next === "!") {
      stream.match(/^![^\s,[\]{}]*/);
      return "typeName";
    }
    if (state.depth === 0 && stream.match(/^[|>][-+\d]*(?=\s*(#.*)?$)/)) {
      state.block = state.column;
      return "punctuation";
    }
    if (next === '"' || next === "'") {
      stream.next();
      state.quote = next;
      state.isKey = isKey(stream.string.slice(stream.pos), next);
      if (state.isKey) state.column = column;
      return quoted(stream, state);
    }
    return plain(stream, state, column);
  },

  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["[", "{", '"', "'"] } },
};

/**
 * True if a quoted text, of which the rest of its line is given, ends in this line and is followed by a colon.
 *
 * @param {string} rest
 * @param {string} quote
 */
function isKey(rest, quote) {
  const text = quote === '"' ? /^(?:[^"\\]|\\.)*"\s*:(?=\s|$|[,[\]{}"'])/ : /^(?:[^']|'')*'\s*:(?=\s|$|[,[\]{}"'])/;
  return text.test(rest);
}

/**
 * @param {import("@codemirror/language").StringStream} stream
 * @param {YamlState} state
 */
function quoted(stream, state) {
  const rest = state.quote === '"' ? /^(?:[^"\\]|\\.|\\$)*("?)/ : /^(?:[^']|'')*('?)/;
  const found = /** @type {RegExpMatchArray | null} */ (stream.match(rest));
  if (!found || found[1] === state.quote) state.quote = "";
  if (stream.pos === stream.start) stream.next();
  return state.isKey ? "propertyName" : "string";
}

/**
 * @param {import("@codemirror/language").StringStream} stream
 * @param {YamlState} state
 * @param {number} column
 */
function plain(stream, state, column) {
  const scalar =
    state.depth > 0
      ? /^(?:[^\s:#,[\]{}]|:(?![\s,[\]{}]|$)|#|\s+(?![\s:#,[\]{}]|$))+/
      : /^(?:[^\s:#]|:(?!\s|$)|#|\s+(?![\s:#]|$))+/;
  const found = /** @type {RegExpMatchArray | null} */ (stream.match(scalar));
  if (!found) {
    stream.next();
    return null;
  }
  if (stream.match(/^\s*:(?=\s|$|[,[\]{}])/, false)) {
    state.column = column;
    return "propertyName";
  }
  const text = found[0];
  if (text.startsWith("$") || text.includes("${")) return "variableName";
  if (/^(true|false|null|~)$/i.test(text)) return "atom";
  return NUMBER.test(text) ? "number" : null;
}

/**
 * The column of a line that follows a line of YAML, in which `before` is left of the cursor.
 *
 * @param {string} before
 * @param {number} unit
 */
export function columnOfNextLine(before, unit) {
  const [, spaces, dashes, rest] = /** @type {RegExpExecArray} */ (/^( *)((?:- +)*)(.*)$/.exec(before));
  const line = rest.replace(/(^|\s)#.*$/, "").trimEnd();
  const column = spaces.length + dashes.length;
  // A key without its value: `key:`, `key: |`, `key: &anchor`.
  if (/(^|[^\s]):(\s+([|>][-+\d]*|[&!][^\s]*))*$/.test(line)) return column + unit;
  // `key: [` and `{`.
  if (/[[{]$/.test(line)) return column + unit;
  // The value of a list entry: the next line is another entry. An empty line ends nothing.
  return dashes && !/^("[^"]*"|'[^']*'|[^\s"'[{].*?):(\s|$)/.test(line) ? spaces.length + lastDash(dashes) : column;
}

/**
 * The column of the last dash in `- - `.
 *
 * @param {string} dashes
 */
const lastDash = (dashes) => dashes.lastIndexOf("-");

/**
 * The end of what folds below a line: the lines that are indented more, and the list entries below a key.
 *
 * @param {import("@codemirror/state").Text} doc
 * @param {number} start position of the line
 */
function foldBelow(doc, start) {
  const line = doc.lineAt(start);
  const column = line.text.search(/[^ ]/);
  if (line.number === doc.lines || column < 0 || line.text[column] === "#") return null;
  // Entries of a list may have the column of their key.
  const isKey = /:\s*(#.*)?$/.test(line.text) && line.text[column] !== "-";
  let end = -1;
  let at = line.to + 1;
  const lines = doc.iterLines(line.number + 1);
  for (lines.next(); !lines.done; lines.next()) {
    const text = lines.value;
    const inner = text.search(/[^ ]/);
    if (inner >= 0) {
      if (inner < column || (inner === column && !(isKey && /^ *-( |$)/.test(text)))) break;
      end = at + text.length;
    }
    at += text.length + 1;
  }
  return end > line.to ? { from: line.to, to: end } : null;
}

/** The language of the editor. */
export const yaml = [
  StreamLanguage.define(yamlStream),
  indentService.of((context, position) => {
    if (context.simulatedBreak !== position) return undefined;
    const line = context.state.doc.lineAt(position);
    return columnOfNextLine(line.text.slice(0, position - line.from), context.unit);
  }),
  foldService.of((state, start) => foldBelow(state.doc, start)),
];

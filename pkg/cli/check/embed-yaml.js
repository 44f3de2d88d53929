// Definitions in YAML and JSON templates. The template is read by lines: it may have tags and placeholders that no reader
// of YAML knows.

import { createMap, indented, plain } from "./map.js";

/** @import { Embedded } from "./map.js" */

/** The key of a definition, after any number of list marks. */
const KEY =
  /^([ \t]*(?:- +)*)(["']?)(?:[dD]efinition|FlowDefinitionPreview|DefinitionBody|Default|default)\2[ \t]*:(?:[ \t]+|$)/;
/** The same key inside braces. */
const FLOW_KEY = /[{,][ \t]*(["']?)[dD]efinition\1[ \t]*:[ \t]*(?=(?:(?:![\w:!-]*|&[^\s,[\]{}]+)[ \t]+){0,2}["'])/;
/** A function whose text is the definition. Others, such as `Fn::Join`, compute it. */
const FUNCTION = /^([ \t]*(?:- +)?)(?:["']?Fn::(?:Sub|Replace)["']?[ \t]*:[ \t]*|(?=[!&|>"']))/;
/** A tag and an anchor before a text. */
const BLOCK = /^(?:(?:![\w:!-]*|&[^\s,[\]{}]+)[ \t]+){0,2}([|>])(?:[+-]?([1-9])?|([1-9])[+-]?)[ \t]*(?:#.*)?$/;

/** A template nests functions a few times at most. */
const MAX_DEPTH = 8;

/** @param {string} text */
export function blocksOfYaml(text) {
  const lines = splitLines(text);
  /** @type {Embedded[]} */
  const found = [];
  for (let i = 0; i < lines.length; i += 1) {
    const [whole, head] = KEY.exec(lines[i].text) ?? [];
    if (whole === undefined || head === undefined) {
      const key = FLOW_KEY.exec(lines[i].text);
      const inside = key && valueAt(text, lines, i, 0, key.index + key[0].length, true);
      if (inside) {
        found.push(inside.block);
        i = inside.end;
      }
      continue;
    }
    const named = !/default["']?[ \t]*:/i.test(whole);
    const result = valueAt(text, lines, i, head.length, whole.length, named);
    if (!result) continue;
    found.push(result.block);
    i = Math.max(i, result.end);
  }
  return found;
}

/**
 * The value that begins in a line after `from`.
 *
 * @param {string} text
 * @param {ReturnType<typeof splitLines>} lines
 * @param {number} i
 * @param {number} column of the key
 * @param {number} from
 * @param {boolean} named
 * @param {number} [depth] functions around the value
 * @returns {{ block: Embedded, end: number } | undefined} `end`: the last line of the value
 */
function valueAt(text, lines, i, column, from, named, depth = 0) {
  const rest = lines[i].text.slice(from);
  const [isBlock, kind, first, second] = BLOCK.exec(rest) ?? [];
  if (isBlock !== undefined) {
    const digit = first ?? second;
    return blockScalar(lines, i + 1, column, kind === ">", digit === undefined ? undefined : Number(digit), named);
  }
  const quote = /^(?:(?:![\w:!-]*|&[^\s,[\]{}]+)[ \t]+){0,2}(["'])/.exec(rest);
  if (quote) {
    const start = lines[i].start + from + quote[0].length;
    const value = quote[1] === '"' ? doubleQuoted(text, start, true, named) : singleQuoted(text, start, named);
    if (!value) return undefined;
    let end = i;
    while (end + 1 < lines.length && lines[end + 1].start < value.end) end += 1;
    return { block: value.block, end };
  }
  if (!/^(?:(?:![\w:!-]*|&[^\s,[\]{}]+)[ \t]*){0,2}(?:#.*)?$/.test(rest)) return undefined;
  // The value begins in the next line: a function of ROS, or the definition as a mapping.
  let next = i + 1;
  while (next < lines.length && /^[ \t]*(?:#.*)?$/.test(lines[next].text)) next += 1;
  if (next >= lines.length) return undefined;
  // The text of `Fn::Replace` follows its list of pairs.
  if (/Fn::Replace/.test(lines[i].text)) next = textItem(lines, next);
  const [begin, head] = FUNCTION.exec(lines[next].text) ?? [];
  if (begin !== undefined && head !== undefined && head.length >= column && depth < MAX_DEPTH) {
    // A text directly after a list mark is more indented than the mark.
    const its = begin === head ? head.length - head.trimStart().length : head.length;
    return valueAt(text, lines, next, its, begin.length, named, depth + 1);
  }
  const indent = /^ */.exec(lines[next].text)?.[0].length ?? 0;
  if (indent <= column || !/^ *["']?(?!Fn::|Ref\b)\w+["']?[ \t]*:/.test(lines[next].text)) return undefined;
  return blockScalar(lines, next, column, false, indent - column, false);
}

/**
 * The line of the list that begins in `first` whose item is a text. `first` if there is none.
 *
 * @param {ReturnType<typeof splitLines>} lines
 * @param {number} first
 */
function textItem(lines, first) {
  const mark = /^[ \t]*- /.exec(lines[first].text)?.[0] ?? "";
  for (let i = first; mark !== "" && i < lines.length; i += 1) {
    const line = lines[i].text;
    if (line.startsWith(mark) && /^["'|>!]/.test(line.slice(mark.length).trimStart())) return i;
    const isInside = line.trim() === "" || line.startsWith(mark) || line.startsWith(" ".repeat(mark.length));
    if (!isInside) break;
  }
  return first;
}

/**
 * @param {ReturnType<typeof splitLines>} lines
 * @param {number} first
 * @param {number} parent indentation of the key
 * @param {boolean} folded
 * @param {number | undefined} digit the indentation indicator
 * @param {boolean} named
 */
function blockScalar(lines, first, parent, folded, digit, named) {
  const widthOf = (/** @type {string} */ line) => /^ */.exec(line)?.[0].length ?? 0;
  let indent = digit === undefined ? -1 : parent + digit;
  let end = first;
  let last = first - 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end].text;
    if (line.trim() === "") continue;
    const width = widthOf(line);
    if (indent < 0) {
      if (width <= parent && line !== "") break;
      indent = width;
    }
    if (width < indent) break;
    last = end;
  }
  if (last < first) return undefined;
  const map = createMap();
  for (let i = first; i <= last; i += 1) {
    const { text, start, end } = lines[i];
    const cut = Math.min(indent, widthOf(text));
    const line = text.slice(cut);
    map.add(line, start + cut);
    const joins = folded && i < last && /^\S/.test(line) && /^\S/.test(lines[i + 1].text.slice(indent));
    map.add(joins ? " " : "\n", start + text.length, Math.max(0, end - start - text.length));
  }
  return { block: map.finish(named, folded ? plain : indented(" ".repeat(indent))), end: last };
}

/** @type {Record<string, string>} */
const ESCAPES = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", 0: "\0", e: "\u001b" };

/**
 * Reads from the character after the quote.
 *
 * @param {string} text
 * @param {number} start
 * @param {boolean} folds whether lines are folded, as in YAML
 * @param {boolean} named
 */
export function doubleQuoted(text, start, folds, named) {
  const map = createMap();
  const token = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\r?\n[ \t]*|[\s\S])|"|(?:\r?\n[ \t]*)+/g;
  token.lastIndex = start;
  let from = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [all, long, short] = match;
    map.add(beforeBreak(text.slice(from, match.index), folds && all.includes("\n") && all[0] !== "\\"), from);
    from = match.index + all.length;
    if (all === '"') return { block: map.finish(named, plain), end: from };
    const code = long ?? short;
    let value;
    if (code !== undefined) value = String.fromCharCode(Number.parseInt(code, 16));
    else if (all.startsWith("\\")) value = /^\\\r?\n/.test(all) ? "" : (ESCAPES[all[1]] ?? all[1]);
    else if (folds) {
      const breaks = all.split("\n").length - 1;
      value = breaks === 1 ? " " : "\n".repeat(breaks - 1);
    } else return undefined;
    map.add(value, match.index, all.length);
  }
  return undefined;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {boolean} named
 */
function singleQuoted(text, start, named) {
  const map = createMap();
  const token = /''|'|(?:\r?\n[ \t]*)+/g;
  token.lastIndex = start;
  let from = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [all] = match;
    map.add(beforeBreak(text.slice(from, match.index), all.includes("\n")), from);
    from = match.index + all.length;
    if (all === "'") return { block: map.finish(named, plain), end: from };
    const breaks = all.split("\n").length - 1;
    map.add(all === "''" ? "'" : breaks === 1 ? " " : "\n".repeat(breaks - 1), match.index, all.length);
  }
  return undefined;
}

/**
 * Blanks before a line break are not part of a quoted text.
 *
 * @param {string} piece
 * @param {boolean} isBeforeBreak
 */
function beforeBreak(piece, isBeforeBreak) {
  return isBeforeBreak ? piece.trimEnd() : piece;
}

/** @param {string} text */
export function blocksOfJson(text) {
  /** @type {Embedded[]} */
  const found = [];
  const key = /"(Definition|FlowDefinitionPreview|DefinitionBody|Fn::Sub|Default)"\s*:\s*(?:\[\s*)?"/g;
  for (let match = key.exec(text); match; match = key.exec(text)) {
    const value = doubleQuoted(
      text,
      match.index + match[0].length,
      false,
      match[1].startsWith("Def") && match[1] !== "Default",
    );
    if (!value) continue;
    found.push(value.block);
    key.lastIndex = value.end;
  }
  return found;
}

/** @param {string} text */
function splitLines(text) {
  const lines = [];
  let start = 0;
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) {
    lines.push({ text: text.slice(start, index), start, end: index + end.length });
    start = index + end.length;
  }
  lines.push({ text: text.slice(start), start, end: text.length });
  return lines;
}

// Definitions in Terraform files: here-documents and quoted texts.

import { createMap, indented, plain } from "./map.js";

/** @import { Embedded } from "./map.js" */

/** Comments, here-documents and quotes, of which none can begin inside another one. */
const TOKEN = /#|\/\/|\/\*|<<(-?)([A-Za-z_][\w-]*)[ \t]*\r?\n|"/g;
const NAMED = /\bdefinition\s*=\s*$/;
/** `%%{` is text. */
const DIRECTIVE = /(?<!%)%\{[^{}\n]*\}/g;
/** @type {Record<string, string>} */
const ESCAPES = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\" };

/** @param {string} text */
export function blocksOfHcl(text) {
  /** @type {Embedded[]} */
  const found = [];
  const token = new RegExp(TOKEN);
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [all, strip, word] = match;
    const after = match.index + all.length;
    const skipTo = (/** @type {string} */ end) => {
      const at = text.indexOf(end, after);
      return at < 0 ? text.length : at + end.length;
    };
    if (all === "#" || all === "//") token.lastIndex = skipTo("\n");
    else if (all === "/*") token.lastIndex = skipTo("*/");
    else {
      const named = NAMED.test(text.slice(Math.max(0, match.index - 200), match.index));
      const { block, end } =
        all === '"' ? quoted(text, after, named) : hereDocument(text, after, word, strip === "-", named);
      if (block) found.push(block);
      token.lastIndex = end;
    }
  }
  return found;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {string} word
 * @param {boolean} strip whether the common indentation is removed
 * @param {boolean} named
 */
function hereDocument(text, start, word, strip, named) {
  const end = new RegExp(`^[ \\t]*${word}[ \\t]*\\r?$`, "gm");
  end.lastIndex = start;
  const match = end.exec(text);
  const stop = match?.index ?? text.length;
  const body = text.slice(start, stop);
  const lines = body.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const widths = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const cut = strip && widths.length > 0 ? widths.reduce((least, width) => Math.min(least, width)) : 0;
  const indent = strip ? (/^[ \t]*/.exec(lines.find((line) => line.trim() !== "") ?? "")?.[0] ?? "").slice(0, cut) : "";
  const map = createMap();
  let at = start;
  for (const line of lines) {
    const removed = Math.min(cut, line.length - line.trimStart().length, line.replace(/\r?\n$/, "").length);
    // Directives of Terraform, such as `%{ for x in list }`, are not part of the text.
    let from = removed;
    for (const { index, 0: directive } of line.matchAll(DIRECTIVE)) {
      if (index < from) continue;
      map.add(line.slice(from, index), at + from);
      map.addForeign(at + index, directive.length);
      from = index + directive.length;
    }
    map.add(line.slice(from), at + from);
    at += line.length;
  }
  return { block: map.finish(named, indented(indent)), end: match ? stop + match[0].length : text.length };
}

/**
 * @param {string} text
 * @param {number} start
 * @param {boolean} named
 * @returns {{ block?: Embedded, end: number }}
 */
function quoted(text, start, named) {
  const map = createMap();
  const token = /\\u([0-9a-fA-F]{4})|\\([\s\S])|"|\n|\$\{/g;
  token.lastIndex = start;
  let from = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [all, code, letter] = match;
    if (all === "${") {
      // The end of the expression, which may contain quotes.
      token.lastIndex = endOfExpression(text, match.index + 2);
      continue;
    }
    map.add(text.slice(from, match.index), from);
    from = match.index + all.length;
    if (all === '"') return { block: map.text.includes("\n") ? map.finish(named, plain) : undefined, end: from };
    // A quoted text ends in its line.
    if (all === "\n") return { end: from };
    const value = code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16));
    map.add(value, match.index, all.length);
  }
  return { end: text.length };
}

/** @param {string} text @param {number} from */
function endOfExpression(text, from) {
  let depth = 1;
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === "{") depth += 1;
    else if (text[i] === "}" && (depth -= 1) === 0) return i + 1;
    else if (text[i] === "\n") return i;
  }
  return text.length;
}

// The usual layout of a file: of a definition, or of the definitions that a template contains.

import { definitionsOf } from "./check/embed.js";
import { createLines } from "./check/lines.js";

/** @import { Diagnostic, OpenFlow, Position } from "../editor.js" */
/** @import { Embedded } from "./check/map.js" */

/**
 * Why a definition keeps its layout. With a `code`, it has syntax errors.
 *
 * @typedef {{ position: { line: number, column: number }, code?: string, message: string }} Kept
 */
/** @typedef {{ text: string, definitions: number, kept: Kept[] }} Formatted */
/** @typedef {{ block: Embedded, inner: string }} Change a definition of a template, and its text in the usual layout */

/**
 * @param {(text: string) => OpenFlow} openFlow
 * @param {{ sortKeys?: boolean }} options
 */
export function createFormatter(openFlow, options) {
  /**
   * @param {string} text
   * @returns {{ text: string, diagnostics: Diagnostic[] }}
   */
  function layout(text) {
    const flow = openFlow(text);
    try {
      const { edits, diagnostics } = flow.format(options);
      const changes = edits.map(({ range: { start, end }, newText }) => ({
        start: start.offset,
        end: end.offset,
        newText,
      }));
      return { text: applied(text, changes), diagnostics };
    } finally {
      flow.close();
    }
  }

  /**
   * @param {string} file
   * @param {string} text
   * @param {boolean} named whether the user named the file: it is a definition, unless it is a template
   * @returns {Formatted}
   */
  return function formatted(file, text, named) {
    const known = definitionsOf(file, text);
    if (known === "other" && !named) return { text, definitions: 0, kept: [] };
    if (known === "flow" || known === "other") {
      const { text: result, diagnostics } = layout(text);
      return { text: result, definitions: 1, kept: diagnostics.map((found) => keptFor(found, found.range?.start)) };
    }
    const lines = createLines(text);
    /** @type {Kept[]} */
    const kept = [];
    /** @type {Map<number, Change>} */
    const changes = new Map();
    known.forEach((block, i) => {
      const { text: inner, diagnostics } = layout(block.text);
      for (const found of diagnostics)
        kept.push(keptFor(found, lines.position(block.at(found.range?.start.offset ?? 0))));
      if (inner !== block.text) changes.set(i, { block, inner });
    });
    const result = withChanges(file, text, known, changes);
    for (const { block } of changes.values()) kept.push({ position: lines.position(block.at(0)), message: LEFT });
    kept.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
    return { text: result, definitions: known.length, kept };
  };
}

const LEFT = "the definition keeps its layout: it is in quotes, folded, or has directives of the template";

/**
 * @param {Diagnostic} found
 * @param {Pick<Position, "line" | "column">} [position]
 * @returns {Kept}
 */
function keptFor({ severity, code, message }, position = { line: 1, column: 1 }) {
  return severity === "error" ? { position, code, message } : { position, message };
}

/**
 * The template with the new texts of its definitions. Removes the changes that were made: the other ones cannot be
 * made without a risk for the template.
 *
 * @param {string} file
 * @param {string} text
 * @param {Embedded[]} blocks
 * @param {Map<number, Change>} changes
 */
function withChanges(file, text, blocks, changes) {
  let chosen = [...changes].flatMap(([index, { block, inner }]) => {
    const edit = editOf(text, block, inner);
    return edit === undefined ? [] : [{ index, inner, ...edit }];
  });
  while (chosen.length > 0) {
    const result = applied(text, chosen);
    // The new template must have the same definitions with the new texts.
    const again = definitionsOf(file, result);
    if (typeof again === "string" || again.length !== blocks.length) return text;
    const wanted = blocks.map(({ text }) => text);
    for (const { index, inner } of chosen) wanted[index] = inner;
    const right = chosen.filter(({ index }) => bare(again[index].text) === bare(wanted[index]));
    if (right.length === chosen.length) {
      if (again.some(({ text }, i) => bare(text) !== bare(wanted[i]))) return text;
      for (const { index } of chosen) changes.delete(index);
      return result;
    }
    chosen = right;
  }
  return text;
}

/**
 * The edit that replaces a definition in a template. Undefined if the definition is not written there line by line.
 *
 * @param {string} text
 * @param {Embedded} block
 * @param {string} inner
 */
function editOf(text, block, inner) {
  const start = block.at(0);
  // What follows the last line stays.
  const outer = text.slice(start, block.at(block.text.length - 1) + 1).trimEnd();
  const same = block.encode(block.text);
  const written = block.encode(inner);
  // The old text must be what would be written for the old definition: nothing else of the template is replaced then.
  if (same === undefined || written === undefined || bare(same) !== bare(outer)) return undefined;
  const ending = outer.includes("\r\n") ? "\r\n" : "\n";
  return { start, end: start + outer.length, newText: written.trimEnd().replace(/\r?\n/g, ending) };
}

/**
 * A text without line breaks of other systems, blanks in empty lines, and what follows the last line.
 *
 * @param {string} text
 */
function bare(text) {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/^[ \t]+$/gm, "")
    .trimEnd();
}

/**
 * @param {string} text
 * @param {{ start: number, end: number, newText: string }[]} edits in ascending order
 */
function applied(text, edits) {
  let result = "";
  let at = 0;
  for (const { start, end, newText } of edits) {
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}

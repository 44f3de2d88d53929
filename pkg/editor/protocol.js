// What the adapters of editors share: their names for kinds, texts in Markdown, and edits.

import { TOKEN_KINDS } from "./kinds.js";

/** @import { CodeAction, CompletionItem, FlowSymbol, Hover, TextEdit } from "../editor.js" */

/**
 * The type of semantic tokens for each kind of {@link TOKEN_KINDS}. These are types of LSP, for which themes have colours.
 *
 * @type {Record<(typeof TOKEN_KINDS)[number], string>}
 */
const TYPE_OF = {
  comment: "comment",
  key: "keyword",
  property: "property",
  keyword: "type",
  state: "class",
  target: "class",
  error: "enumMember",
  text: "string",
  constant: "number",
  variable: "variable",
  member: "property",
  function: "function",
  operator: "operator",
};

/** The legend of {@link tokenData}. */
export const LEGEND = {
  tokenTypes: /*#__PURE__*/ [.../*#__PURE__*/ new Set(/*#__PURE__*/ Object.values(TYPE_OF))],
  tokenModifiers: ["declaration"],
};

/**
 * Returns semantic tokens as LSP and Monaco encode them: five numbers for each, relative to the token before.
 *
 * @param {Uint32Array} tokens offset, length and kind of each
 * @param {(offset: number) => { line: number, character: number }} place from 0
 */
export function tokenData(tokens, place) {
  const types = TOKEN_KINDS.map((kind) => LEGEND.tokenTypes.indexOf(TYPE_OF[kind]));
  const declared = TOKEN_KINDS.indexOf("state");
  const data = new Uint32Array((tokens.length / 3) * 5);
  let before = { line: 0, character: 0 };
  for (let i = 0, to = 0; i < tokens.length; i += 3, to += 5) {
    const at = place(tokens[i] ?? 0);
    const kind = tokens[i + 2] ?? 0;
    data[to] = at.line - before.line;
    data[to + 1] = at.line === before.line ? at.character - before.character : at.character;
    data[to + 2] = tokens[i + 1] ?? 0;
    data[to + 3] = types[kind] ?? 0;
    data[to + 4] = kind === declared ? 1 : 0;
    before = at;
  }
  return data;
}

/**
 * The kind of an item of a completion, with the names that LSP and Monaco have in common.
 *
 * @satisfies {Record<CompletionItem["kind"], string>}
 */
export const ITEM_KIND = /** @type {const} */ ({
  key: "Property",
  type: "Class",
  state: "Reference",
  error: "EnumMember",
  value: "Value",
  action: "Module",
  function: "Function",
  variable: "Variable",
  member: "Field",
});

/**
 * The documentation of an item with the page it comes from. Empty if there is none.
 *
 * @param {{ documentation?: string, page?: string }} item
 */
export function markdown({ documentation = "", page }) {
  return page ? `${documentation}\n\n[Documentation](${page})` : documentation;
}

/** @param {Hover} hover */
export function hoverMarkdown({ title, summary, ...note }) {
  return [`\`\`\`yaml\n${title}\n\`\`\``, summary, markdown(note)].filter(Boolean).join("\n\n");
}

/** The text by which editors sort an item. @param {number} index */
export const orderOf = (index) => String(index).padStart(5, "0");

/**
 * Whether a space opens the completion: it is written for other reasons, too.
 *
 * @param {string} before the line before the caret
 */
export const startsValue = (before) => /[:-] $/.test(before);

/**
 * The kinds of actions in editors.
 *
 * @satisfies {Record<CodeAction["kind"], string>}
 */
export const ACTION_KIND = /** @type {const} */ ({
  fix: "quickfix",
  refactor: "refactor.rewrite",
  migrate: "refactor.rewrite",
});

/**
 * The name of a state in an outline. Editors refuse an empty one.
 *
 * @param {FlowSymbol} symbol
 */
export function nameOf({ name, type, list }) {
  const isNamed = name.trim() !== "";
  return { name: isNamed ? name : type.trim() || "?", detail: [list, isNamed && type].filter(Boolean).join(" ") };
}

/**
 * Edits as changes of a document with offsets, in ascending order.
 *
 * @param {readonly TextEdit[]} edits
 */
export function changesOf(edits) {
  return edits
    .map(({ range, newText }) => ({ from: range.start.offset, to: range.end.offset, insert: newText }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

/**
 * Whether an edit ends inside of a surrogate pair, which it divides or joins. The module has U+FFFD for each half: it needs
 * the whole text then.
 *
 * @param {string} before the character before the written text
 * @param {string} after the character after it
 */
export const isInPair = (before, after) => /[\ud800-\udbff]$/.test(before) || /^[\udc00-\udfff]/.test(after);

// The texts in JavaScript sources: string literals, template literals and sums of them. A part that is not a literal is
// a hole, `{}`.

import { parseAst } from "rolldown/parseAst";

/**
 * The texts of a source: `{ text, line }`.
 *
 * @param {string} source
 */
export function javascriptTexts(source) {
  /** @type {{ text: string, line: number }[]} */
  const texts = [];
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineOf = (offset) => starts.findLastIndex((start) => start <= offset) + 1;
  visit(parseAst(source, { lang: "js" }));
  return texts;

  function visit(node) {
    if (Array.isArray(node)) {
      for (const one of node) visit(one);
      return;
    }
    if (typeof node !== "object" || node === null || typeof node.type !== "string") return;
    if (/^(Import|Export(All|Named))/.test(node.type)) {
      if (node.declaration) visit(node.declaration);
      return;
    }
    const parts = partsOf(node);
    if (parts !== undefined) {
      const text = parts.map((part) => (typeof part === "string" ? part : "{}")).join("");
      texts.push({ text, line: lineOf(node.start) });
      for (const part of parts) if (typeof part !== "string") visit(part);
      return;
    }
    for (const [key, value] of Object.entries(node)) if (key !== "type" && key !== "regex") visit(value);
  }
}

/** The literal texts and other expressions that a text is composed of. Undefined for another expression. */
function partsOf(node) {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : undefined;
  if (node.type === "TemplateLiteral")
    return node.quasis.flatMap(({ value }, at) => [value.cooked, ...node.expressions.slice(at, at + 1)]);
  if (node.type !== "BinaryExpression" || node.operator !== "+") return undefined;
  const [left, right] = [partsOf(node.left), partsOf(node.right)];
  if (left === undefined && right === undefined) return undefined;
  return [...(left ?? [node.left]), ...(right ?? [node.right])];
}

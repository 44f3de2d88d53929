// The command `explain`.

import { sections } from "../codes.js";
import { failure } from "../failure.js";
import { folded } from "../fold.js";
import { nearest } from "../nearest.js";
import { createStyle } from "../style.js";

/** @import { Definition, Io, Parsed } from "../command.js" */
/** @import { Style } from "../style.js" */

/** @type {Definition} */
export const definition = {
  description: "Describes a code of a diagnostic or of an error: what it means, a bad and a good example.",
  operands: [{ name: "[code]", text: "such as unknown-target; without a code, all codes are listed" }],
  options: [],
  examples: [
    ["unknown-target", "what the code of a finding means"],
    ["wrong-options", "what the code of an error means"],
    ["", "all codes"],
  ],
  exitCodes: [
    [0, "the text was printed"],
    [2, "the code does not exist"],
  ],
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [code] }, io) {
  const style = createStyle(io.color);
  const columns = io.outIsTerminal ? io.columns : undefined;
  const diagnostics = sections("diagnostics");
  const errors = sections("errors");
  if (code === undefined) {
    await io.out(folded(`${list("diagnostics", diagnostics, style)}\n${list("errors", errors, style)}`, columns));
    return 0;
  }
  const found = diagnostics.get(code) ?? errors.get(code);
  if (found === undefined) {
    const near = nearest(code, [...diagnostics.keys(), ...errors.keys()]);
    const hint = near === undefined ? "" : `: did you mean \`${near}\`?`;
    throw failure(`\`${code}\` is not a code${hint}`, { help: "cloudflow-wasm explain` lists the codes" });
  }
  await io.out(`${style.bold(code)}\n\n${shown(found.text, style, columns)}\n`);
  return 0;
}

/**
 * @param {string} title
 * @param {ReturnType<typeof sections>} codes
 * @param {Style} style
 */
function list(title, codes, style) {
  let chapter = "";
  let text = `${style.bold(title)}\n`;
  for (const [code, { chapter: its, text: section }] of codes) {
    if (its !== chapter) text += `\n  ${style.dim((chapter = its))}\n`;
    const summary = section
      .split("\n\n", 1)[0]
      .replace(/^\*[^*]*\*\s*/, "")
      .replace(/\s+/g, " ");
    const end = summary.search(/\.(\s|$)/);
    text += `  ${code.padEnd(24)} ${end < 0 ? summary : summary.slice(0, end)}\n`;
  }
  return text;
}

/**
 * Markdown as it is read on a terminal: fences become an indentation, links their text.
 *
 * @param {string} markdown
 * @param {Style} style
 * @param {number | undefined} columns
 */
function shown(markdown, style, columns) {
  let inside = false;
  const lines = [];
  // On a terminal, the lines of a paragraph are broken at its width.
  const text = columns === undefined ? markdown : joined(markdown);
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) inside = !inside;
    else if (inside) lines.push(line === "" ? "" : style.cyan(`    ${line}`));
    else
      lines.push(
        folded(
          line
            .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
            .replace(/^\*([\w ,/]+)\.\*/, (_, severity) => style.bold(`${severity}.`)),
          columns,
          0,
        ),
      );
  }
  return lines.join("\n");
}

/**
 * Markdown with one line for each paragraph and each item of a list.
 *
 * @param {string} markdown
 */
function joined(markdown) {
  const parts = markdown.split(/^(```[\s\S]*?^```)/m);
  return parts.map((part, i) => (i % 2 === 1 ? part : part.replace(/(\S)\n(?=\s*[^\s|*\d-])/g, "$1 "))).join("");
}

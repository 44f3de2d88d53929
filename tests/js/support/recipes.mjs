// The examples of docs/editors.md.

import { readFileSync } from "node:fs";

const PAGE = readFileSync(new URL("../../../docs/editors.md", import.meta.url), "utf8");

/** The examples of a language below a heading. */
export function examples(heading, language) {
  const section = new RegExp(`^#+ ${heading}$([\\s\\S]*?)(?=^#+ |(?![\\s\\S]))`, "m").exec(PAGE)?.[1];
  if (section === undefined) throw new Error(`docs/editors.md has no heading \`${heading}\``);
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language).map((m) => m[2]);
}

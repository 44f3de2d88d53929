// The files that a page of the documentation shows: blocks of code with `file=NAME` behind their language.

import { readFileSync } from "node:fs";

/**
 * The files below a heading of the level 2, by name, and above the first heading under the name of no heading.
 *
 * @param {string} page its path from the root of the repository
 * @returns {Map<string, Record<string, string>>} by heading; `""` for the part above the first one
 */
export function filesOf(page) {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), "utf8");
  const sections = new Map();
  let heading = "";
  for (const [, title, name, content] of text.matchAll(/^## (.*)$|^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else sections.set(heading, { ...sections.get(heading), [name]: content });
  }
  return sections;
}

/** The commands of the blocks `sh` below a heading, one in a line, without their comments. */
export function commandsOf(page, heading) {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines]) =>
    lines
      .trim()
      .split("\n")
      .map((line) => line.replace(/ +# .*$/, "")),
  );
}

// The pages of the site: which files of the repository they are, and where their links lead.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

import { anchors } from "../../tests/js/support/markdown.mjs";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The address of a file of the repository, as the README of the package has it. */
const REPOSITORY = "https://github.com/cloudflow-wasm/cloudflow-wasm/";

/** Pages that are not in `docs/`. The other pages of the folder `pages` exist only in the site. */
const OTHERS = {
  "README.md": "readme.md",
  "README.zh-CN.md": "zh/readme.md",
  "CHANGELOG.md": "changelog.md",
  "SECURITY.md": "security.md",
  "www/site/pages/playground.md": "playground.md",
};

/**
 * The path in the site of each page, by its path in the repository.
 *
 * @returns {Map<string, string>}
 */
export function sitePages() {
  const pages = new Map(Object.entries(OTHERS));
  for (const folder of ["", "zh/"])
    for (const name of readdirSync(join(ROOT, "docs", folder)).sort())
      if (name.endsWith(".md")) pages.set(`docs/${folder}${name}`, `${folder}${name.replace(/^README\./, "index.")}`);
  return pages;
}

/**
 * The text of a page as the generator reads it: links to pages lead into the site, links to other files to the repository.
 *
 * @param {string} path of the page, from the root of the repository
 * @param {Map<string, string>} pages
 * @param {(problem: string) => void} report is called for a link that leads nowhere
 * @param {(path: string) => string} read
 */
export function pageOf(path, pages, report, read = readPage) {
  const text = read(path);
  const at = posix.dirname(pages.get(path) ?? "");
  let line = 1;
  // The parts with odd numbers are blocks of code.
  const parts = text.split(/^( *```[\s\S]*?^ *```$)/m);
  for (const [index, part] of parts.entries()) {
    const start = line;
    line += part.split("\n").length - 1;
    if (index % 2 === 1) continue;
    // Code between backticks has no links. Other text has no HTML: the generator would take it for a part of the page.
    parts[index] = part.replace(
      /`[^`]*`|\]\(([^()\s]+)\)|<\/?[a-z][\w-]*(?:\s[^>]*)?>|\{\{/gi,
      (all, target, offset) => {
        const number = start + part.slice(0, offset).split("\n").length - 1;
        if (target === undefined) {
          if (!all.startsWith("`")) report(`${path}:${number}: \`${all}\`: put HTML and braces between backticks`);
          return all;
        }
        const place = located(path, target);
        if (!place) return all;
        const problem = problemOf(place, read, pages);
        if (problem) {
          report(`${path}:${number}: \`${target}\`: ${problem}`);
          return all;
        }
        const anchor = place.anchor === undefined ? "" : `#${place.anchor}`;
        const page = pages.get(place.path);
        if (place.path === path && page) return `](${anchor || posix.basename(page)})`;
        if (page) return `](${posix.relative(at, page).replace(/^(?!\.)/, "./")}${anchor})`;
        const kind = existsSync(join(ROOT, place.path)) && isFolder(place.path) ? "tree" : "blob";
        return `](${REPOSITORY}${kind}/main/${place.path}${anchor})`;
      },
    );
  }
  return parts.join("");
}

/**
 * The path of a link from the root of the repository, and its anchor. `undefined` for other addresses.
 *
 * @param {string} from
 * @param {string} target
 */
function located(from, target) {
  const [address, anchor] = target.split("#");
  const own = address.startsWith(REPOSITORY) && /^(?:blob|tree)\/main\/(.*)$/.exec(address.slice(REPOSITORY.length));
  if (own) return { path: own[1], anchor };
  if (/^[a-z]+:/.test(address)) return undefined;
  return { path: address === "" ? from : posix.join(posix.dirname(from), address), anchor };
}

function problemOf({ path, anchor }, read, pages) {
  // Pages of the generator itself.
  if (path.startsWith("docs/api/") || path.startsWith("www/site/pages/")) return undefined;
  if (!pages.has(path) && !existsSync(join(ROOT, path))) return "no such file";
  if (anchor === undefined || !path.endsWith(".md")) return undefined;
  return anchors(read(path)).includes(decodeURIComponent(anchor)) ? undefined : "no such heading";
}

const readPage = (path) => readFileSync(join(ROOT, path), "utf8");
const isFolder = (path) => statSync(join(ROOT, path)).isDirectory();

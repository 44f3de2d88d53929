// Checks the site as it is written: each link of a page leads to a file and a heading of the site, nothing is loaded from
// another host, and each page is within its budget.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { gzipSync } from "node:zlib";

/** Folders that `cargo xtask docs` adds. */
const ADDED = ["playground/"];

/**
 * @param {string} out the folder of the site
 * @param {string} base the path of the site on its host
 */
export function check(out, base) {
  const problems = [];
  const files = readdirSync(out, { recursive: true }).map((name) => String(name).replaceAll("\\", "/"));
  const pages = files.filter((name) => name.endsWith(".html") && !ADDED.some((folder) => name.startsWith(folder)));
  const texts = new Map(pages.map((page) => [page, readFileSync(join(out, page), "utf8")]));
  const ids = new Map([...texts].map(([page, text]) => [page, attributes(text, "id")]));
  let links = 0;
  for (const [page, text] of texts) {
    for (const target of attributes(text, "href")) {
      if (/^(?:https?:|mailto:|data:)/.test(target)) continue;
      links += 1;
      const problem = problemOf(page, target);
      if (problem) problems.push(`${page}: \`${target}\`: ${problem}`);
    }
    for (const [, tag, address] of text.matchAll(/<(script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]*)"/g))
      if (/^(?:https?:)?\/\//.test(address)) problems.push(`${page}: <${tag}> loads ${address} from another host`);
  }
  for (const name of files.filter((name) => /\.css$/.test(name)))
    for (const [, address] of readFileSync(join(out, name), "utf8").matchAll(
      /(?:url\(|@import\s*)["']?((?:https?:)?\/\/[^"')]*)/g,
    ))
      problems.push(`${name}: loads ${address} from another host`);
  return { problems, links, weights: { pages: pages.length, kib: weights(out, base, texts, problems) } };

  function problemOf(page, target) {
    const [path, anchor] = decodeURI(target).split("#");
    if (path.startsWith("/") && !path.startsWith(base)) return `is outside of ${base}`;
    let place = path.startsWith("/") ? path.slice(base.length) : posix.join(posix.dirname(page), path);
    if (path === "") place = page;
    if (place === "" || place === "." || place.endsWith("/")) place = posix.join(place, "index.html");
    if (ADDED.some((folder) => place.startsWith(folder))) return undefined;
    if (!existsSync(join(out, place)) || !statSync(join(out, place)).isFile()) return "no such file";
    if (!anchor) return undefined;
    return ids.get(place)?.includes(anchor) ? undefined : "no such heading";
  }
}

/** The values of an attribute. */
const attributes = (text, name) =>
  [...text.matchAll(new RegExp(`<[^>]*?\\s${name}="([^"]*)"`, "g"))].map(([, value]) =>
    value.replaceAll("&amp;", "&").replaceAll("&quot;", '"'),
  );

/** What the browser loads for a page, in KiB with gzip: a page that is larger is reported. */
const PAGE_KIB = 130;

/** What the browser loads for some pages, and for the search. */
function weights(out, base, texts, problems) {
  const zipped = new Map();
  const size = (names) => {
    const bytes = names.map((name) => {
      if (!zipped.has(name)) zipped.set(name, gzipSync(readFileSync(join(out, name)), { level: 9 }).length);
      return zipped.get(name);
    });
    return Math.round(bytes.reduce((sum, count) => sum + count, 0) / 102.4) / 10;
  };
  const found = {};
  let largest = { page: "", kib: 0 };
  for (const [page, text] of texts) {
    const addresses = [...text.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="([^"]*\.(?:js|css))"/g)];
    const files = addresses
      .map(([, address]) => address.slice(base.length))
      .filter((name) => existsSync(join(out, name)));
    const kib = size([page, ...new Set(files)]);
    if (kib > PAGE_KIB) problems.push(`${page}: ${kib} KiB with scripts and style; ${PAGE_KIB} KiB are allowed`);
    if (kib > largest.kib) largest = { page, kib };
    if (page === "getting-started.html") found[`${page} with its scripts and style`] = kib;
  }
  found[`the largest page, ${largest.page}`] = largest.kib;
  const chunks = readdirSync(join(out, "assets/chunks"));
  for (const [what, part] of [
    ["search index, English, loaded by the search", "localSearchIndexroot"],
    ["search index, Chinese, loaded by the search", "localSearchIndexzh"],
  ])
    found[what] = size(chunks.filter((name) => name.includes(part)).map((name) => join("assets/chunks", name)));
  return found;
}

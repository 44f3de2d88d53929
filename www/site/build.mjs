// Builds the site of the documentation: `node www/site/build.mjs OUT [--base /folder/]`. `cargo xtask docs` installs the
// generator and adds the playground.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { apiReference } from "./api.mjs";
import { check } from "./check.mjs";
import { ROOT, pageOf, sitePages } from "./pages.mjs";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const [folder, option, base = "/"] = process.argv.slice(2);
if (!folder || (option !== undefined && option !== "--base") || !/^\/(?:.*\/)?$/.test(base)) {
  console.error("usage: node www/site/build.mjs OUT [--base /folder/]");
  process.exit(2);
}
const out = resolve(folder);
const work = join(ROOT, "target", "site-pages");
if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, "hashmap.json"))) {
  console.error(`error: ${out} contains other files; name an empty folder, or one of an earlier site`);
  process.exit(1);
}
const problems = [];

rmSync(work, { recursive: true, force: true });
rmSync(out, { recursive: true, force: true });
const pages = sitePages();
for (const [path, page] of pages) {
  const file = join(work, page);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    pageOf(path, pages, (problem) => problems.push(problem)),
  );
}
problems.push(...apiReference(join(work, "api")));
stopAt(problems);

const require = createRequire(import.meta.url);
const vitepress = join(dirname(require.resolve("vitepress/package.json")), "bin", "vitepress.js");
execFileSync(process.execPath, [vitepress, "build", HERE], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, SITE_PAGES: work, SITE_OUT: out, SITE_CACHE: join(work, ".cache"), SITE_BASE: base },
});
const { problems: broken, weights, links } = check(out, base);
stopAt(broken);
console.log(`links: ${links} of ${weights.pages} pages lead to a page and a heading`);
for (const [what, kib] of Object.entries(weights.kib)) console.log(`weight: ${what}: ${kib} KiB with gzip`);

function stopAt(found) {
  if (found.length === 0) return;
  console.error(found.join("\n"));
  console.error(`${found.length} problems`);
  process.exit(1);
}

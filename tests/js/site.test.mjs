// The pages of the site without its generator: where their links lead, and what the checks of the built site find.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { check } from "../../www/site/check.mjs";
import { ROOT, pageOf, sitePages } from "../../www/site/pages.mjs";
import { temporary } from "./support/command.mjs";
import { blocks, cells } from "./support/markdown.mjs";

const pages = sitePages();
/** Documents that the site does not have. */
const OTHERS = [
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...["base", "editor", "language", "local", "reader", "service"].map((name) => `crates/${name}/README.md`),
  "examples/gateway-node/README.md",
  "fuzz/README.md",
  "tests/README.md",
  "www/worker/README.md",
];
const { folder } = temporary("site");

test("each link of a page leads to a file of the repository and to a heading", () => {
  const problems = [];
  for (const path of [...pages.keys(), ...OTHERS]) pageOf(path, pages, (problem) => problems.push(problem));
  assert.deepEqual(problems, []);
});

/** A page of `docs/` as the site has it, and the problems in it. */
function made(text) {
  const problems = [];
  const read = (path) => (path === "docs/made.md" ? text : readFileSync(join(ROOT, path), "utf8"));
  const site = new Map([...pages, ["docs/made.md", "made.md"]]);
  return { page: pageOf("docs/made.md", site, (problem) => problems.push(problem), read), problems };
}

test("the index of the documentation has each page", () => {
  const index = readFileSync(join(ROOT, "docs", "README.md"), "utf8");
  const named = [...index.matchAll(/\]\(([^()]*)\)/g)].map(([, target]) => posix.join("docs", target));
  const left = [...pages.keys()].filter((path) => /^(?:docs\/)?[\w-]*\.md$/.test(path) && !named.includes(path));
  assert.deepEqual(left.sort(), ["docs/README.md"]);
});

test("links lead into the site, and other files to the repository", () => {
  const repository = "https://github.com/cloudflow-wasm/cloudflow-wasm";
  const { page, problems } = made(`# Made

See [errors](errors.md#wasm-blocked), [中文](zh/errors.md), [the start](../README.md#gateway), [cases](../tests/cases),
[a file](../action.yml), [here](#made), [docs](https://example.com/a.md) and [retries
again](${repository}/blob/main/docs/retries.md). \`[code](nothing.md)\`

\`\`\`md
[code](nothing.md)
\`\`\`
`);
  assert.deepEqual(problems, []);
  for (const target of [
    "./errors.md#wasm-blocked",
    "./zh/errors.md",
    "./readme.md#gateway",
    `${repository}/tree/main/tests/cases`,
    `${repository}/blob/main/action.yml`,
    "#made",
    "https://example.com/a.md",
    "./retries.md",
    "nothing.md",
  ])
    assert.ok(page.includes(`](${target})`), target);
});

test("wrong links and HTML are found, with their lines", () => {
  assert.deepEqual(
    made(`# Made

[no file](nothing.md), [no heading](errors.md#nothing),
[no file](https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/nothing.md)

\`\`\`sh
[code](nothing.md)
\`\`\`

A <b>word</b>, {{ name }}, [not here](#there).
`).problems,
    [
      "docs/made.md:3: `nothing.md`: no such file",
      "docs/made.md:3: `errors.md#nothing`: no such heading",
      "docs/made.md:4: `https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/nothing.md`: no such file",
      "docs/made.md:10: `<b>`: put HTML and braces between backticks",
      "docs/made.md:10: `</b>`: put HTML and braces between backticks",
      "docs/made.md:10: `{{`: put HTML and braces between backticks",
      "docs/made.md:10: `#there`: no such heading",
    ],
  );
});

test("the check of the built site finds links that lead nowhere and what is loaded from other hosts", async () => {
  const page = (body, head = "") => `<!doctype html><head>${head}</head><body>${body}</body>`;
  const out = await folder({
    "index.html": page(
      '<h1 id="top">A</h1><a href="/base/sub/">b</a><a href="sub/page.html#one">c</a><a href="#top">d</a>',
    ),
    "sub/index.html": page(
      '<a href="../index.html">a</a><a href="https://example.com/">b</a><a href="/base/playground/">p</a>',
    ),
    "sub/page.html": page(
      '<h2 id="one">1</h2><a href="#two">2</a><a href="/index.html">3</a><a href="/base/none.html">4</a>',
    ),
    "foreign.html": page(
      "",
      '<script src="https://cdn.example.com/a.js"></script><link rel="stylesheet" href="//a.example.com/b.css">',
    ),
    "assets/style.css": "@font-face { src: url(https://fonts.example.com/a.woff2) }",
    "assets/chunks/@localSearchIndexroot.a.js": "1",
  });
  assert.deepEqual(check(out, "/base/").problems.sort(), [
    "assets/style.css: loads https://fonts.example.com/a.woff2 from another host",
    "foreign.html: <link> loads //a.example.com/b.css from another host",
    "foreign.html: <script> loads https://cdn.example.com/a.js from another host",
    "foreign.html: `//a.example.com/b.css`: is outside of /base/",
    "sub/page.html: `#two`: no such heading",
    "sub/page.html: `/base/none.html`: no such file",
    "sub/page.html: `/index.html`: is outside of /base/",
  ]);
});

test("the sizes of the modules in docs/integration.md are those of the files", () => {
  const page = readFileSync(join(ROOT, "docs", "integration.md"), "utf8");
  const rows = [...page.matchAll(/^\| `cloudflow-wasm\/(\w+\.wasm)` \|.*\| ([\d.]+) (K|M)iB, (\d+) KiB \|$/gm)];
  assert.equal(rows.length, 3);
  for (const [, name, raw, unit, zipped] of rows) {
    const bytes = readFileSync(join(ROOT, "pkg", "dist", name));
    const near = (stated, actual) =>
      assert.ok(Math.abs(stated - actual) <= 0.05 * actual, `${name}: ${stated} is stated, ${actual.toFixed(1)} KiB`);
    near(raw * (unit === "M" ? 1024 : 1), bytes.length / 1024);
    near(Number(zipped), gzipSync(bytes, { level: 9 }).length / 1024);
  }
});

test("the figures of the comparison are those of the benchmarks", () => {
  const read = (name) => readFileSync(join(ROOT, "docs", name), "utf8");
  const benchmarks = read("benchmarks.md");
  const tables = blocks(read("comparison.md")).filter(({ kind }) => kind === "table");
  const rows = tables.flatMap(({ lines }) => lines).filter((line) => /`cargo xtask bench|the same/.test(line));
  const figures = rows
    .filter((line) => !/installed/.test(line))
    .flatMap((line) => cells(line).slice(1, 4))
    .flatMap((cell) => cell.match(/\d+(?:\.\d+)? (?:KiB|ms|us|s)\b/g) ?? []);
  assert.ok(figures.length >= 18, `${figures.length} figures`);
  for (const figure of figures) assert.ok(benchmarks.includes(figure), `docs/benchmarks.md has no ${figure}`);
});

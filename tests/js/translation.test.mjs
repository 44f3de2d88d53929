// The Chinese pages are in step with the English ones. `docs/zh/README.md` has the rules and the terms.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { blocks, cells } from "./support/markdown.mjs";
import { brokenLinks, differences, hashes, style } from "./support/translation.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const INDEX = "docs/zh/README.md";
/** The hashes of the English texts that were translated. */
const TRANSLATED = "docs/zh/translated.json";
const RECORD = "UPDATE_EXPECT=1 node --test tests/js/translation.test.mjs";
const pages = readdirSync(join(ROOT, "docs", "zh")).filter((name) => name.endsWith(".md") && name !== "README.md");
const pairs = [
  { english: "README.md", chinese: "README.zh-CN.md" },
  ...pages.map((name) => ({ english: `docs/${name}`, chinese: `docs/zh/${name}` })),
];
const read = (path) => readFileSync(join(ROOT, path), "utf8");
const glossary = blocks(read(INDEX)).find(({ kind, lines }) => kind === "table" && lines[0].includes("不使用"));
const terms = glossary.lines
  .slice(2)
  .map(cells)
  .flatMap(([right, , wrong]) => (wrong ? wrong.split("、").map((word) => [word, right]) : []));
const site = { pairs, read, exists: (path) => existsSync(join(ROOT, path)), terms };

if (process.env.UPDATE_EXPECT) {
  const recorded = Object.fromEntries(pairs.map(({ english }) => [english, hashes(read(english))]));
  writeFileSync(join(ROOT, TRANSLATED), `${JSON.stringify(recorded, undefined, 2)}\n`);
}
site.recorded = JSON.parse(read(TRANSLATED));

/** Two pages that are in step, as the tests of the rules change them. */
const ENGLISH = `# Wait

[中文](zh/wait.md)

A wait takes \`n\` of 5 s, see [the rules](#the-rules) and [retries](retries.md).

## The rules

### bad-time

*error or warning.* The time is wrong.

- **the** first
- the second

\`\`\`js
const a = 1; // one
run(a);
\`\`\`

| key | meaning |
|---|---|
| \`a\` | 10 million |
| \`b\` | [help](https://www.alibabacloud.com/help/en/wait) |
`;
const CHINESE = `# 等待

[English](../wait.md)

等待为 \`n\` 个 5 s，见[规则](#规则)和[重试](../retries.md)（英文）。

## 规则

### bad-time

*错误或警告*：时间有误。

- **第**一
- 第二

\`\`\`js
const a = 1; // 一
run(a);
\`\`\`

| 键 | 含义 |
|---|---|
| \`a\` | 1,000 万 |
| \`b\` | [帮助](https://www.alibabacloud.com/help/zh/wait) |
`;

/** What is found after a change of the English and of the Chinese page. */
function after(left, right = (text) => text) {
  const texts = { "docs/wait.md": left(ENGLISH), "docs/zh/wait.md": right(CHINESE), "docs/retries.md": "# Retries\n" };
  const pair = { english: "docs/wait.md", chinese: "docs/zh/wait.md" };
  const small = {
    pairs: [pair],
    read: (path) => texts[path],
    exists: (path) => path in texts,
    terms: [["秘钥", "密钥"]],
  };
  return [...differences(small, pair), ...brokenLinks(small, pair.chinese), ...style(small, pair.chinese)];
}

const swap = (from, to) => (text) => {
  assert.ok(text.includes(from), from);
  return text.replace(from, to);
};
const same = (text) => text;

test("pages in step have no differences", () => assert.deepEqual(after(same), []));

// A change of the English page, what is found in the Chinese one.
for (const [what, change, message] of [
  [
    "a new section",
    (text) => `${text}\n## More\n`,
    "docs/wait.md:26: the section `## More` is missing in docs/zh/wait.md",
  ],
  [
    "a new code",
    swap("### bad-time", "### late-time"),
    "docs/zh/wait.md:9: the heading is `### bad-time`; docs/wait.md:9 has `### late-time`, which is not translated",
  ],
  [
    "another level",
    swap("## The rules", "### The rules"),
    "docs/zh/wait.md:7: the heading is `## 规则`; docs/wait.md:7 has `### The rules`",
  ],
  [
    "a new item",
    swap("- the second", "- the second\n- the third"),
    "docs/zh/wait.md:16: under `bad-time`, the list item of docs/wait.md:15 is missing before the code block js: the section has 5 blocks; docs/wait.md:9 has 6",
  ],
  [
    "another number",
    swap("5 s", "6 s"),
    "docs/zh/wait.md:5: numbers: `6` is missing, `5` is not in the English text (docs/wait.md:5)",
  ],
  [
    "another name",
    swap("`n`", "`m`"),
    "docs/zh/wait.md:5: code: `m` is missing, `n` is not in the English text (docs/wait.md:5)",
  ],
  ["a bold word less", swap("**the**", "the"), "docs/zh/wait.md:13: the text has 1 bold words; docs/wait.md:13 has 0"],
  [
    "another severity",
    swap("error or warning", "error"),
    "docs/zh/wait.md:11: the severity is `错误, 警告`; docs/wait.md:11 has `错误`",
  ],
  [
    "another target",
    swap("(retries.md)", "(retries.md#table)"),
    "docs/zh/wait.md:5: links: `../retries.md#table` is missing, `../retries.md` is not in the English text (docs/wait.md:5)",
  ],
  [
    "another line of code",
    swap("run(a)", "run(b)"),
    "docs/zh/wait.md:18: the code is `run(a);`; docs/wait.md:18 has `run(b);`",
  ],
  [
    "a line of code more",
    swap("run(a);", "run(a);\nend();"),
    "docs/zh/wait.md:19: the code block ends before the line of docs/wait.md:19: end();",
  ],
  [
    "a comment less",
    swap(" // one", ""),
    "docs/zh/wait.md:17: the code is `const a = 1; // 一`; docs/wait.md:17 has `const a = 1;`",
  ],
  [
    "a new row",
    (text) => `${text}| \`c\` | |\n`,
    "docs/zh/wait.md:21: the row of docs/wait.md:25 is missing: | `c` | |",
  ],
  [
    "another cell",
    swap("10 million", "20 million"),
    "docs/zh/wait.md:23: in column 2, numbers: `20000000` is missing, `10000000` is not in the English text (docs/wait.md:23)",
  ],
])
  test(`the comparison finds ${what}`, () => assert.deepEqual(after(change), [message]));

// A change of the Chinese page.
for (const [what, change, message] of [
  [
    "a link without mark",
    swap("（英文）", ""),
    "docs/zh/wait.md:5: `（英文）` must follow the link `重试` to an English page",
  ],
  [
    "a comment in English",
    swap("// 一", "// uno"),
    "docs/zh/wait.md:17: the comment is `uno`; docs/wait.md:17 has `one`",
  ],
  [
    "no line to the other language",
    swap("[English](../wait.md)\n\n", ""),
    "docs/zh/wait.md:3: the line below the title must be `[English](../wait.md)`",
  ],
  [
    "half-width punctuation",
    swap("有误。", "有误."),
    'docs/zh/wait.md:11: punctuation beside Chinese characters is full-width: "误或警告：时间有误."',
  ],
  [
    "a missing space",
    swap("等待为 `n`", "等待为`n`"),
    'docs/zh/wait.md:5: a space is missing between Chinese characters and Latin text or code: "等待为` 个 5 s"',
  ],
  [
    "a space too many",
    swap("s，见", "s， 见"),
    'docs/zh/wait.md:5: no space beside full-width punctuation: " ` 个 5 s， 见规则和重试"',
  ],
  [
    "a broken line",
    swap("有误。", "有误。\n很久。"),
    "docs/zh/wait.md:12: a paragraph is one line: a line break is shown as a space",
  ],
  ["another term", swap("**第**一", "**秘钥**"), "docs/zh/wait.md:13: `秘钥`: the term is `密钥`"],
  [
    "lost bold text",
    swap("**第**一", "**第。**一"),
    "docs/zh/wait.md:13: bold text must not end in punctuation before a word: it is not shown as bold",
  ],
])
  test(`the rules find ${what}`, () => assert.deepEqual(after(same, change).slice(0, 1), [message]));

const recorded = { "docs/wait.md": hashes(ENGLISH) };
const wait = { english: "docs/wait.md", chinese: "docs/zh/wait.md" };
const beside = (english) => {
  const texts = { "docs/wait.md": english, "docs/zh/wait.md": CHINESE };
  return differences({ pairs: [wait], read: (path) => texts[path], recorded }, wait);
};

test("a changed English text is found, and a broken line is no change", () => {
  assert.deepEqual(beside(ENGLISH.replace("A wait takes", "A wait\ntakes")), []);
  assert.deepEqual(beside(ENGLISH.replace("is wrong", "is not valid")), [
    "docs/wait.md:9: the text of `bad-time` has changed since its translation: correct docs/zh/wait.md:9",
  ]);
});

test("a section that was added or removed is named, and the others are compared with their own", () => {
  assert.deepEqual(beside(ENGLISH.replace("## The rules", "## Before\n\n- new\n\n## The rules")), [
    "docs/wait.md:7: the section `## Before` is missing in docs/zh/wait.md",
  ]);
  assert.deepEqual(beside(ENGLISH.replace("## The rules\n", "").replace("(#the-rules)", "(#bad-time)")), [
    "docs/zh/wait.md:5: links: `#bad-time` is missing, `#规则` is not in the English text (docs/wait.md:5)",
    "docs/wait.md:1: the text of `Wait` has changed since its translation: correct docs/zh/wait.md:1",
    "docs/zh/wait.md:7: docs/wait.md has no section for `## 规则` (#the-rules)",
  ]);
});

test("the pages that users need are there in Chinese, and the index names each page", () => {
  for (const page of ["diagnostics.md", "errors.md", "gateway.md", "cli.md", "emulator.md"])
    assert.ok(pages.includes(page), page);
  for (const { chinese } of pairs) {
    const link = chinese.replace("docs/zh/", "").replace(/^README/, "../../README");
    assert.ok(read(INDEX).includes(`](${link})`), `${INDEX} has no link to ${link}`);
  }
  assert.ok(terms.length > 10, "the glossary has terms that are not used");
});

for (const pair of pairs) {
  test(`${pair.chinese} says what ${pair.english} says`, () => {
    assert.ok(site.recorded[pair.english], `${TRANSLATED} has no \`${pair.english}\`: ${RECORD}`);
    const found = differences(site, pair);
    assert.equal(found.length, 0, `\n${found.join("\n")}\nAfter the correction: ${RECORD}`);
  });
}

for (const path of [INDEX, ...pairs.map(({ chinese }) => chinese)]) {
  test(`${path} has the form of Chinese texts, and its links lead somewhere`, () => {
    // The glossary contains the terms that are not used.
    const found = [...brokenLinks(site, path), ...style({ ...site, terms: path === INDEX ? [] : terms }, path)];
    assert.equal(found.length, 0, `\n${found.join("\n")}`);
  });
}

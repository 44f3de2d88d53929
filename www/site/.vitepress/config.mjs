// The configuration of VitePress. `build.mjs` sets the folders.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const SOURCE = process.env.SITE_PAGES ?? "pages";
/** Names of pages whose titles say too little in a list. */
const NAMES = { "readme.md": "Overview", "zh/readme.md": "概览", "security.md": "Security" };
const title = (page) => NAMES[page] ?? /^# (.*)$/m.exec(readFileSync(join(SOURCE, page), "utf8"))?.[1] ?? page;
const pagesIn = (folder) => readdirSync(join(SOURCE, folder)).filter((name) => name.endsWith(".md"));

/** The pages of the sidebar, by group. Pages that no group has are in the last one. */
const GROUPS = {
  "": [
    ["Start", ["getting-started", "readme", "recipes", "integration", "hosts", "comparison"]],
    ["Flow definitions", ["diagnostics", "cli", "editors", "graph", "messages"]],
    ["Run locally", ["emulator", "test-a-state", "flow-tests", "console", "playground"]],
    ["Executions", ["errors", "retries"]],
    ["Gateway", ["gateway", "gateway-auth"]],
    ["Reference", ["versions", "changelog", "security", "benchmarks", "decisions"]],
  ],
  "zh/": [
    ["开始", ["readme", "messages"]],
    ["流程定义", ["diagnostics", "cli"]],
    ["运行", ["emulator", "errors", "gateway"]],
  ],
};

function sidebar(folder, more) {
  const left = new Set(pagesIn(folder).map((name) => name.replace(/\.md$/, "")));
  left.delete("index");
  const groups = GROUPS[folder].map(([text, names]) => {
    const items = names
      .filter((name) => existsSync(join(SOURCE, folder, `${name}.md`)))
      .map((name) => {
        left.delete(name);
        return { text: title(`${folder}${name}.md`), link: `/${folder}${name.replace(/index$/, "")}` };
      });
    return { text, items };
  });
  const items = [...left].map((name) => ({ text: title(`${folder}${name}.md`), link: `/${folder}${name}` }));
  return items.length === 0 ? groups : [...groups, { text: more, items }];
}

/** The anchors of GitHub, which the links of the pages use. */
const slugify = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");

/**
 * The words of a text for the search: words of letters, and pairs of Chinese characters, which are written without spaces.
 * The page gets the source of this function: it uses nothing outside of it.
 */
function tokenize(text) {
  const words = [];
  for (const [word] of text.matchAll(/\p{Script=Han}+|[^\s\p{P}\p{S}\p{Script=Han}]+/gu)) {
    if (!/\p{Script=Han}/u.test(word) || word.length === 1) words.push(word);
    else for (let at = 0; at + 1 < word.length; at += 1) words.push(word.slice(at, at + 2));
  }
  return words;
}

/** The entries of the package, with the pages of the reference. */
function reference() {
  const names = existsSync(join(SOURCE, "api")) ? readdirSync(join(SOURCE, "api"), { recursive: true }) : [];
  const entries = names.map((name) => String(name).replaceAll("\\", "/")).filter((name) => name.endsWith(".md"));
  const items = entries
    .map((name) => name.replace(/\.md$/, ""))
    .filter((name) => name !== "index")
    .sort()
    .map((text) => ({ text, link: `/api/${text}` }));
  return { text: "API", link: "/api/", items, collapsed: true };
}

const CHINESE = {
  label: "中文",
  lang: "zh-CN",
  title: "cloudflow-wasm",
  description: "云工作流的客户端、流程定义检查器、模拟器和网关",
  themeConfig: {
    nav: [
      { text: "诊断", link: "/zh/diagnostics" },
      { text: "错误", link: "/zh/errors" },
      { text: "API（英文）", link: "/api/" },
    ],
    sidebar: { "/zh/": sidebar("zh/", "其他") },
    outline: { level: [2, 3], label: "本页" },
    docFooter: { prev: "上一页", next: "下一页" },
    darkModeSwitchLabel: "深色",
    lightModeSwitchTitle: "切换到浅色",
    darkModeSwitchTitle: "切换到深色",
    sidebarMenuLabel: "目录",
    returnToTopLabel: "回到顶部",
    langMenuLabel: "语言",
    skipToContentLabel: "跳到正文",
    notFound: { title: "没有这个页面", quote: "地址有误，或页面已移动。", linkText: "回到首页", linkLabel: "回到首页" },
  },
};

export default {
  srcDir: SOURCE,
  outDir: process.env.SITE_OUT,
  cacheDir: process.env.SITE_CACHE,
  base: process.env.SITE_BASE ?? "/",
  lang: "en",
  title: "cloudflow-wasm",
  description: "Query executions and validate flow definitions of Alibaba Cloud CloudFlow in pages, Workers and Node",
  // Addresses end in `.html`: every static host serves them.
  cleanUrls: false,
  lastUpdated: false,
  metaChunk: true,
  head: [["link", { rel: "icon", href: "data:," }]],
  locales: { root: { label: "English", lang: "en" }, zh: CHINESE },
  markdown: {
    anchor: { slugify },
    headers: { slugify },
    toc: { slugify },
  },
  themeConfig: {
    // Most pages have no Chinese version: the menu leads to the index of the other language.
    i18nRouting: false,
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Diagnostics", link: "/diagnostics" },
      { text: "API", link: "/api/" },
      { text: "Playground", link: "/playground" },
    ],
    sidebar: { "/": [...sidebar("", "More"), reference()] },
    outline: { level: [2, 3] },
    socialLinks: [{ icon: "github", link: "https://github.com/cloudflow-wasm/cloudflow-wasm" }],
    search: {
      provider: "local",
      options: {
        miniSearch: { options: { tokenize }, searchOptions: { combineWith: "AND", prefix: true } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
              modal: {
                displayDetails: "显示详细列表",
                resetButtonTitle: "清除",
                backButtonTitle: "关闭",
                noResultsText: "没有结果：",
                footer: {
                  selectText: "选择",
                  selectKeyAriaLabel: "回车",
                  navigateText: "移动",
                  navigateUpKeyAriaLabel: "上",
                  navigateDownKeyAriaLabel: "下",
                  closeText: "关闭",
                  closeKeyAriaLabel: "Esc",
                },
              },
            },
          },
        },
      },
    },
  },
};

// Compares a Chinese page with its English one. The rules are in `docs/zh/README.md`.

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { anchors, blocks, cells, codes, links, numbers, parts, words } from "./markdown.mjs";

const REPOSITORY = "https://github.com/cloudflow-wasm/cloudflow-wasm/";
const HAN = /\p{Script=Han}/u;

/**
 * @typedef {{ english: string, chinese: string }} Pair the paths of a page in both languages, from the root
 * @typedef {object} Site
 * @property {Pair[]} pairs
 * @property {(path: string) => string} read
 * @property {(path: string) => boolean} exists
 * @property {[wrong: string, right: string][]} terms
 * @property {Record<string, Record<string, string>>} [recorded] the `hashes` of the English pages that were translated
 */

/** The blocks without the line below the title that leads to the other language. */
function content(page, switched) {
  const found = blocks(page);
  return { all: found, rest: found.filter((block) => block.text !== switched) };
}

const switchTo = (from, to, shown) => `[${shown}](${posix.relative(posix.dirname(from), to)})`;

/**
 * What of the Chinese page differs from the English one, a line for each difference.
 *
 * @param {Site} site
 * @param {Pair} pair
 */
export function differences(site, pair) {
  const recorded = site.recorded?.[pair.english];
  const [english, chinese] = [site.read(pair.english), site.read(pair.chinese)];
  const found = [];
  const wanted = {
    english: switchTo(pair.english, pair.chinese, "中文"),
    chinese: switchTo(pair.chinese, pair.english, "English"),
  };
  const [from, to] = [content(english, wanted.english), content(chinese, wanted.chinese)];
  for (const [path, { all }, line] of [
    [pair.english, from, wanted.english],
    [pair.chinese, to, wanted.chinese],
  ])
    if (all[1]?.text !== line) found.push(`${path}:${all[1]?.line ?? 1}: the line below the title must be \`${line}\``);

  const pages = { site, pair, found };
  const now = hashes(english);
  const names = Object.keys(now);
  for (const [left, right, name] of paired(
    inSections(from.rest),
    inSections(to.rest),
    names,
    Object.keys(recorded ?? {}),
  )) {
    const difference = headings(pages, left, right, name);
    if (difference) found.push(difference);
    // The sections behind it may not be those of the same place.
    if (difference && left && right) break;
    if (!left || !right) continue;
    section(pages, left, right);
    if (recorded && now[name] !== recorded[name])
      found.push(
        `${pair.english}:${left[0].line}: the text of \`${left[0].text}\` has changed since its translation: correct ${pair.chinese}:${right[0].line}`,
      );
  }
  return found;
}

/**
 * The sections of both pages that belong together, with the anchor of the English one. If their number differs, the
 * anchors at the time of the translation name the English section of each Chinese one.
 */
function paired(english, chinese, names, recorded) {
  const all = { length: Math.max(english.length, chinese.length) };
  if (english.length === chinese.length || chinese.length !== recorded.length)
    return Array.from(all, (_, at) => [english[at], chinese[at], names[at]]);
  const kept = english.map((section, at) => [section, chinese[recorded.indexOf(names[at])], names[at]]);
  const gone = recorded.filter((name) => !names.includes(name));
  return [...kept, ...gone.map((name) => [undefined, chinese[recorded.indexOf(name)], name])];
}

/** A heading and the blocks up to the next one. */
function inSections(all) {
  const found = [];
  for (const block of all) {
    if (block.kind.startsWith("heading") || found.length === 0) found.push([]);
    found.at(-1).push(block);
  }
  return found;
}

/**
 * A hash of the text of each section of an English page, by its anchor. Code blocks and the form of the lines do not count.
 *
 * @param {string} page
 * @returns {Record<string, string>}
 */
export function hashes(page) {
  const names = anchors(page);
  const found = {};
  for (const [at, section] of inSections(blocks(page)).entries()) {
    const text = section
      .filter(({ kind }) => !kind.startsWith("code"))
      .flatMap((block) => [block.text, ...block.lines]);
    const plain = text.join("\n").replace(/\s+/g, " ").trim();
    found[names[at]] = createHash("sha256").update(plain).digest("hex").slice(0, 12);
  }
  return found;
}

/** A code or a name of the package. It is not translated. */
const isName = (text) =>
  /^[a-z][a-z0-9]*(-[a-z0-9]+)*$|^[\w-]+\.\w+$/.test(text) || text.replace(/`[^`]*`/g, "").trim() === "";

function headings({ pair }, [left] = [], [right] = [], name = "") {
  const shown = (block) => `\`${"#".repeat(Number(block.kind.slice(8)))} ${block.text}\``;
  if (!right) return `${pair.english}:${left.line}: the section ${shown(left)} is missing in ${pair.chinese}`;
  if (!left)
    return `${pair.chinese}:${right.line}: ${pair.english} has no section for ${shown(right)}${name && ` (#${name})`}`;
  const wanted = `${pair.english}:${left.line} has ${shown(left)}`;
  if (left.kind !== right.kind) return `${pair.chinese}:${right.line}: the heading is ${shown(right)}; ${wanted}`;
  if (isName(left.text) && left.text !== right.text)
    return `${pair.chinese}:${right.line}: the heading is ${shown(right)}; ${wanted}, which is not translated`;
  return undefined;
}

function section(pages, left, right) {
  const { pair, found } = pages;
  const kinds = (all) => all.map(({ kind }) => kind).join();
  if (kinds(left) !== kinds(right)) {
    found.push(otherBlock(pair, left, right));
    return;
  }
  for (const [at, english] of left.entries()) {
    const chinese = right[at];
    if (english.kind === "table") table(pages, english, chinese);
    else if (english.kind.startsWith("code")) code(pages, english, chinese);
    else inline(pages, english.text, chinese.text, english.line, chinese.line);
  }
}

/** The first block of a section that is not the translation of the one at its place: one of the pages has more blocks. */
function otherBlock(pair, left, right) {
  const content = ({ kind, text, lines }) => {
    const all = [text, ...lines].join("\n");
    return kind.startsWith("code") || kind === "table"
      ? kind
      : [kind, ...new Set([...codes(all), ...numbers(all)])].sort().join();
  };
  // The heading is the first block. It is not compared.
  let at = 1;
  while (at < Math.min(left.length, right.length) && content(left[at]) === content(right[at])) at += 1;
  const [english, chinese] = [left[at], right[at]];
  const counts = `the section has ${right.length - 1} blocks; ${pair.english}:${left[0].line} has ${left.length - 1}`;
  const place = `${pair.chinese}:${(chinese ?? right[0]).line}: under \`${right[0].text}\``;
  if (!english) return `${place}, ${pair.english} has no ${named(chinese)} here: ${counts}`;
  return `${place}, the ${named(english)} of ${pair.english}:${english.line} is missing${chinese ? ` before the ${named(chinese)}` : ""}: ${counts}`;
}

const named = ({ kind }) =>
  kind
    .replace(/ at \d+$/, "")
    .replace("code ", "code block ")
    .replace(/^item .*/, "list item")
    .trim();

function table(pages, english, chinese) {
  const { pair, found } = pages;
  if (english.lines.length !== chinese.lines.length) {
    found.push(...missingRows(pair, english, chinese));
    return;
  }
  for (const [row, left] of english.lines.entries()) {
    const [from, to] = [cells(left), cells(chinese.lines[row])];
    const [place, line] = [english.line + row, chinese.line + row];
    if (from.length === to.length)
      for (const [at, cell] of from.entries()) inline(pages, cell, to[at], place, line, `in column ${at + 1}, `);
    else
      found.push(
        `${pair.chinese}:${line}: the row has ${to.length} columns; ${pair.english}:${place} has ${from.length}`,
      );
  }
}

/** The rows that one of the pages does not have, by the code in their first column. */
function missingRows(pair, english, chinese) {
  const [from, to] = [english, chinese].map(({ lines }) => lines.map((row) => codes(cells(row)[0] ?? "").join(" ")));
  const found = [];
  for (const [row, key] of from.entries())
    if (key && !to.includes(key))
      found.push(
        `${pair.chinese}:${chinese.line}: the row of ${pair.english}:${english.line + row} is missing: ${english.lines[row]}`,
      );
  for (const [row, key] of to.entries())
    if (key && !from.includes(key))
      found.push(`${pair.chinese}:${chinese.line + row}: ${pair.english} has no row for \`${key}\``);
  if (found.length > 0) return found;
  return [
    `${pair.chinese}:${chinese.line}: the table has ${to.length} lines; ${pair.english}:${english.line} has ${from.length}`,
  ];
}

function code(pages, english, chinese) {
  const { pair, found } = pages;
  const language = english.kind.split(" ")[1];
  const lines = Math.max(english.lines.length, chinese.lines.length);
  for (let at = 0; at < lines; at += 1) {
    const place = `${pair.english}:${english.line + 1 + at}`;
    const line = chinese.line + 1 + at;
    const [left, right] = [english.lines[at], chinese.lines[at]];
    if (left === undefined) return found.push(`${pair.chinese}:${line}: ${place} ends the code block here`);
    if (right === undefined)
      return found.push(`${pair.chinese}:${line}: the code block ends before the line of ${place}: ${left}`);
    const [from, to] = [parts(left, language), parts(right, language)];
    const both = from.comment !== undefined && to.comment !== undefined;
    if (from.code !== to.code || (!both && left !== right))
      return found.push(`${pair.chinese}:${line}: the code is \`${right}\`; ${place} has \`${left}\``);
    if (!both || from.comment === to.comment) continue;
    if (!HAN.test(to.comment))
      found.push(`${pair.chinese}:${line}: the comment is \`${to.comment}\`; ${place} has \`${from.comment}\``);
    else inline(pages, from.comment, to.comment, english.line + 1 + at, line);
  }
  return undefined;
}

/** Compares code in backticks, numbers and links of two texts. */
function inline(pages, left, right, from, to, column = "") {
  const { pair, found } = pages;
  const compare = (what, wanted, present) => {
    const missing = [...new Set(wanted)].filter((one) => !present.includes(one));
    const more = [...new Set(present)].filter((one) => !wanted.includes(one));
    if (missing.length === 0 && more.length === 0) return;
    const list = (items) => items.map((one) => `\`${one}\``).join(", ");
    const parts = [
      missing.length > 0 ? `${list(missing)} is missing` : "",
      more.length > 0 ? `${list(more)} is not in the English text` : "",
    ];
    found.push(
      `${pair.chinese}:${to}: ${column}${what}: ${parts.filter(Boolean).join(", ")} (${pair.english}:${from})`,
    );
  };
  compare("code", codes(left), codes(right));
  compare("numbers", numbers(left), numbers(right));
  const bold = [left, right].map((text) => words(text).match(/\*\*.+?\*\*/gs)?.length ?? 0);
  if (bold[0] !== bold[1])
    found.push(
      `${pair.chinese}:${to}: ${column}the text has ${bold[1]} bold words; ${pair.english}:${from} has ${bold[0]}`,
    );
  const [levels, read] = [levelsOf(left).map((word) => LEVELS[word]), levelsOf(right, Object.values(LEVELS))];
  if (levels.join() !== read.join())
    found.push(
      `${pair.chinese}:${to}: the severity is \`${read.join(", ")}\`; ${pair.english}:${from} has \`${levels.join(", ")}\``,
    );
  const targets = links(left).map(({ target }) => translated(pages, target));
  compare(
    "links",
    targets,
    links(right).map(({ target }) => target),
  );
  for (const { target, shown, end } of links(right)) {
    const marked = right.startsWith("（英文）", end);
    const must = isEnglish(pages, target);
    if (must && !marked)
      found.push(`${pair.chinese}:${to}: \`（英文）\` must follow the link \`${shown}\` to an English page`);
    if (!must && marked) found.push(`${pair.chinese}:${to}: \`${target}\` is not an English page of this repository`);
  }
}

/** The words before the text of a code, such as `*error or warning.*` */
const LEVELS = {
  error: "错误",
  warning: "警告",
  info: "提示",
  "not retryable": "不可重试",
  "retryable in some cases": "部分情况下可重试",
  retryable: "可重试",
};

/** The words of `LEVELS` in the italic start of a text, in their order. */
function levelsOf(text, levels = Object.keys(LEVELS)) {
  const [, start = ""] = /^\*([^*]+)\*/.exec(text) ?? [];
  return start.replace(/`[^`]*`/g, "").match(new RegExp(levels.join("|"), "g")) ?? [];
}

/** The path of a link from the root, its anchor, and whether it is an address of the repository. */
function located(from, target) {
  const [path, anchor] = target.split("#");
  const address = /^(?:blob|tree)\/main\/(.*)$/.exec(path.startsWith(REPOSITORY) ? path.slice(REPOSITORY.length) : "");
  if (address) return { path: address[1], anchor, address: path.slice(0, -address[1].length) };
  if (/^https?:/.test(target)) return undefined;
  return { path: path === "" ? from : posix.join(posix.dirname(from), path), anchor, address: undefined };
}

/** The target that a link of the English page has in the Chinese one. */
function translated({ site, pair }, target) {
  if (target.startsWith("https://www.alibabacloud.com/help/en/")) return target.replace("/help/en/", "/help/zh/");
  const place = located(pair.english, target);
  if (!place) return target;
  const other = site.pairs.find(({ english }) => english === place.path);
  const path = other?.chinese ?? place.path;
  let { anchor } = place;
  if (other && anchor !== undefined) {
    const [names, headings] = [anchors(site.read(other.english)), anchors(site.read(other.chinese))];
    const recorded = Object.keys(site.recorded?.[other.english] ?? {});
    const isKept = names.length !== headings.length && recorded.length === headings.length;
    const at = (isKept ? recorded : names).indexOf(anchor);
    if (at === -1) return `${target} (its section has no translation)`;
    anchor = headings[at];
  }
  const end = anchor === undefined ? "" : `#${anchor}`;
  if (place.address) return `${place.address}${path}${end}`;
  return path === pair.chinese && end !== "" ? end : `${posix.relative(posix.dirname(pair.chinese), path)}${end}`;
}

/** True for a page of this repository that has no Chinese text. */
function isEnglish({ site, pair }, target) {
  const place = located(pair.chinese, target);
  return (
    place?.path.endsWith(".md") === true &&
    !site.pairs.some(({ chinese }) => chinese === place.path) &&
    place.path !== "docs/zh/README.md"
  );
}

/** Relative links that lead nowhere. */
export function brokenLinks(site, path) {
  const found = [];
  for (const block of blocks(site.read(path)))
    for (const [at, text] of [block.text, ...block.lines].entries()) {
      if (block.kind.startsWith("code")) continue;
      for (const { target } of links(text)) {
        const place = located(path, target);
        const line = block.line + Math.max(at - 1, 0);
        if (!place) continue;
        if (!site.exists(place.path)) found.push(`${path}:${line}: \`${target}\`: no such file`);
        else if (place.anchor !== undefined && !anchors(site.read(place.path)).includes(place.anchor))
          found.push(`${path}:${line}: \`${target}\`: no such heading`);
      }
    }
  return found;
}

const STYLE = [
  [
    /[\p{Script=Han}（）“”，。：；、][,;:?!()]|[,;:?!()][\p{Script=Han}]/u,
    "punctuation beside Chinese characters is full-width",
  ],
  [/\p{Script=Han}[.](?!\w)/u, "punctuation beside Chinese characters is full-width"],
  [
    /\p{Script=Han}[A-Za-z0-9`]|[A-Za-z0-9`%]\p{Script=Han}/u,
    "a space is missing between Chinese characters and Latin text or code",
  ],
  [/[，。：；、！？（）“”] +|\S +[，。：；、！？）”]/u, "no space beside full-width punctuation"],
  [/\p{Script=Han} +\p{Script=Han}/u, "no space between Chinese characters"],
  [/ {2}/, "two spaces"],
];

/** Text that is not written as the rules of `docs/zh/README.md` require. */
export function style(site, path) {
  const found = [];
  for (const block of blocks(site.read(path))) {
    if (block.kind.startsWith("code")) continue;
    const say = (line, what) => found.push(`${path}:${line}: ${what}`);
    if (block.text.includes("\n")) say(block.line + 1, "a paragraph is one line: a line break is shown as a space");
    for (const [at, text] of [block.text, ...block.lines.flatMap((line) => [line])].entries()) {
      const line = block.line + Math.max(at - 1, 0);
      for (const part of block.kind === "table" ? cells(text) : [text]) {
        const read = words(part).replace(/\]|\[/g, "");
        const plain = read.replaceAll("*", "");
        for (const [pattern, rule] of STYLE) {
          const wrong = pattern.exec(plain);
          if (wrong) say(line, `${rule}: "${plain.slice(Math.max(wrong.index - 8, 0), wrong.index + 8)}"`);
        }
        if (/[，。：；、）”`]\*+[\p{L}\p{N}]/u.test(read))
          say(line, "bold text must not end in punctuation before a word: it is not shown as bold");
        for (const [wrong, right] of site.terms)
          if (plain.includes(wrong)) say(line, `\`${wrong}\`: the term is \`${right}\``);
      }
    }
  }
  return found;
}

// Every message in the sources has a Chinese translation, and every translation belongs to a message.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  COMMAND,
  COMPOSED,
  COMPOSED_BY_COMMAND,
  NO_COMMAND_MESSAGES,
  NO_MESSAGES,
  isCommandLine,
  isProse,
  textsOf,
} from "../../xtask/js/messages/sources.mjs";
import { COMMANDS } from "../../pkg/cli/cli.js";
import { chinese } from "../../pkg/cli/zh.js";
import { GATEWAY } from "../../pkg/cli/zh/gateway.js";
import { HELP } from "../../pkg/cli/zh/help.js";
import { HELPS, NOTES } from "../../pkg/cli/zh/long.js";
import { FORMS, MESSAGES, PREDICATES } from "../../pkg/cli/zh/messages.js";
import { JSON_PROBLEMS, NETWORK, YAML_PROBLEMS } from "../../pkg/cli/zh/runtime.js";
import { ADVICE, CLIENT } from "../../pkg/zh/client.js";
import { DIAGNOSTICS } from "../../pkg/zh/diagnostics.js";
import { EDITOR, TITLES } from "../../pkg/zh/editor.js";
import { LOCAL } from "../../pkg/zh/local.js";
import { createTranslator } from "../../pkg/zh/translate.js";
import { openFlow } from "../../pkg/dist/editor.js";
import "../../pkg/dist/zh.js";
import { englishIn, textsOf as textsOfFindings } from "./support/chinese.mjs";
import { cpuMs } from "./support/cpu.mjs";

/** @param {Record<string, Record<string, string>>} tables */
const entriesOf = (tables) =>
  Object.entries(tables).flatMap(([table, messages]) =>
    Object.entries(messages).map(([english, chinese]) => ({ table, english, chinese })),
  );
const entries = entriesOf({ CLIENT, ADVICE, DIAGNOSTICS, EDITOR, TITLES, LOCAL });
const ofCommand = entriesOf({ HELP, MESSAGES, PREDICATES, FORMS, NOTES, GATEWAY });
/** Messages of the runtimes, which are in no source. */
const ofRuntimes = entriesOf({ JSON_PROBLEMS, NETWORK, YAML_PROBLEMS });
const known = new Set(entries.map(({ english }) => english));
const texts = textsOf();

/** The numbers of the holes of a template, in code or in prose. */
function holesOf(template) {
  let next = 0;
  return template.split("`").map((part) =>
    [...part.matchAll(/\{(\d*)\}/g)].map(([, number]) => {
      if (number !== "") return Number(number);
      next += 1;
      return next - 1;
    }),
  );
}

const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

test("every message in the sources has a translation", () => {
  const without = [...texts].filter(
    ([text]) => isProse(text) && !known.has(text) && !Object.hasOwn(COMPOSED, text) && !NO_MESSAGES.includes(text),
  );
  assert.deepEqual(
    without.map(([text, place]) => `${place} ${JSON.stringify(text)}`),
    [],
  );
});

test("every translation belongs to a message", () => {
  const composed = new Set(Object.values(COMPOSED).flat());
  assert.deepEqual(
    entries.filter(({ english }) => !texts.has(english) && !composed.has(english)).map(({ english }) => english),
    [],
  );
  // The lists of exceptions are about texts that exist.
  assert.deepEqual(
    [...NO_MESSAGES, ...Object.keys(COMPOSED)].filter((text) => !texts.has(text)),
    [],
  );
});

test("every message of the command has a translation, and every translation belongs to a message", () => {
  const texts = textsOf(COMMAND);
  const known = new Set([...ofCommand, ...entriesOf({ HELPS })].map(({ english }) => english));
  const isOther = (text) =>
    Object.hasOwn(COMPOSED_BY_COMMAND, text) || NO_COMMAND_MESSAGES.includes(text) || isCommandLine(text);
  const without = [...texts].filter(([text]) => isProse(text) && !known.has(text) && !isOther(text));
  assert.deepEqual(
    without.map(([text, place]) => `${place} ${JSON.stringify(text)}`),
    [],
  );
  const composed = Object.values(COMPOSED_BY_COMMAND).flat();
  assert.deepEqual(
    [...known].filter((text) => !texts.has(text) && !composed.includes(text)),
    [],
  );
  assert.deepEqual(
    [...NO_COMMAND_MESSAGES, ...Object.keys(COMPOSED_BY_COMMAND)].filter((text) => !texts.has(text)),
    [],
  );
});

test("every text of the help of every command is Chinese", async () => {
  for (const { name, summary, load } of COMMANDS) {
    assert.match(chinese.message(summary), /[\u4e00-\u9fff]/, name);
    if (!load) continue;
    const { definition } = await load();
    const { description, operands, options, examples, exitCodes, notes = "" } = definition;
    const texts = [description, ...[...operands, ...options].map(({ text }) => text), notes];
    for (const text of [...texts, ...[...examples, ...exitCodes].map(([, meaning]) => meaning)]) {
      // A status is a word of the service.
      if (!/ /.test(text)) continue;
      assert.match(chinese.message(text), /[\u4e00-\u9fff]/, `${name}: ${text}`);
      assert.deepEqual(englishIn(chinese.message(text)), [], `${name}: ${text}`);
    }
  }
});

test("a template is in one table, except in that of titles", () => {
  const seen = new Set();
  for (const { table, english } of entries) {
    if (table === "TITLES") continue;
    assert.ok(!seen.has(english), english);
    seen.add(english);
  }
});

test("a translation has the holes and the code of its message", () => {
  for (const { english, chinese } of [...entries, ...ofCommand, ...entriesOf({ HELPS })]) {
    const [before, after] = [holesOf(english), holesOf(chinese)];
    assert.deepEqual(sorted(after.flat()), sorted(before.flat()), english);
    const inCode = (list) => sorted(list.filter((_, i) => i % 2 === 1).flat());
    assert.deepEqual(inCode(after), inCode(before), `${english}: in backticks`);
    const codes = (text) => text.split("`").filter((part, i) => i % 2 === 1 && !/\{\d*\}/.test(part));
    for (const code of codes(english)) assert.ok(codes(chinese).includes(code), `${english}: \`${code}\``);
  }
  // The position in a text is said once.
  for (const { english, chinese } of ofRuntimes)
    for (const hole of holesOf(chinese).flat()) assert.ok(holesOf(english).flat().includes(hole), english);
});

test("a translation is written in Chinese, with spaces around code and without a final period", () => {
  for (const { table, english, chinese } of [...entries, ...ofCommand, ...ofRuntimes]) {
    const prose = chinese.replace(/`[^`]*`/g, "`").replace(/\{\d*\}/g, "{}");
    // A fragment may have only holes and marks.
    assert.ok(/[\u4e00-\u9fff]/.test(prose) || !/[a-z]{4,} [a-z]{3,}/.test(prose), `${english}: ${chinese}`);
    assert.doesNotMatch(prose, /[,;:!?][\u4e00-\u9fff]|[\u4e00-\u9fff][,;:!?(]/, `${english}: ${chinese}`);
    assert.doesNotMatch(prose, /[\u4e00-\u9fff][A-Za-z0-9`]|[A-Za-z0-9`][\u4e00-\u9fff]/, `${english}: ${chinese}`);
    assert.doesNotMatch(prose, / [，。；：、（）！？]|[，。；：、）！？] /, `${english}: ${chinese}`);
    if (["HELP", "NOTES"].includes(table)) continue;
    if (table !== "EDITOR") assert.ok(!chinese.endsWith("。"), `${english}: ${chinese}`);
    else assert.equal(chinese.endsWith("。"), english.endsWith("."), `${english}: ${chinese}`);
  }
});

test("a message is translated whatever is in its holes", () => {
  const translate = createTranslator([DIAGNOSTICS, EDITOR, CLIENT, LOCAL], { ends: ADVICE });
  // Texts of users, also such that look like messages.
  const values = [
    "Next",
    "流程",
    "a b",
    "a list",
    "`",
    "`x` must be `y`",
    "a\nb",
    "$.x[0] == 'y'",
    "{}",
    "{0}",
    "\ue100",
    "",
  ];
  for (const { table, english } of entries) {
    if (["TITLES", "ADVICE"].includes(table) || !english.includes("`{")) continue;
    for (const value of values) {
      const message = english.split("`").map((part, i) => part.replace(/\{\d*\}/g, () => (i % 2 === 1 ? value : "7")));
      const translated = translate(message.join("`"));
      assert.ok(translated !== undefined || english.replace(/\{\d*\}/g, "").length < 12, message.join("`"));
      if (/^[\w流程 ]*$/.test(value) && translated !== undefined) {
        const rest = translated.replace(/`[^`]*`/g, "");
        assert.doesNotMatch(rest, /[a-z]{3,} [a-z]{3,}/, `${message.join("`")}: ${translated}`);
      }
    }
  }
});

test("other texts are returned unchanged, in a time that is proportional to their length", () => {
  const translate = createTranslator([DIAGNOSTICS, EDITOR, CLIENT, LOCAL], { ends: ADVICE });
  for (const text of ["", "x", "Flow 'f' does not exist", "流程不存在", "`a`", "function code 500", "ok"])
    assert.ok([undefined, text].includes(translate(text)), `${text}: ${translate(text)}`);
  const ms = cpuMs(() => {
    for (const text of ["`".repeat(99_999), "a ".repeat(49_000), "; did you mean `".repeat(6000), "; ".repeat(50_000)])
      translate(text);
  });
  assert.ok(ms < 5000, `${ms} ms`);
});

test("no other entry contains the Chinese messages", () => {
  const folder = join(import.meta.dirname, "../../pkg/dist");
  const files = readdirSync(folder).filter((name) => /\.js$/.test(name) && !["zh.js", "graph.js"].includes(name));
  assert.ok(files.includes("index.js") && files.includes("shared.js"));
  for (const name of files) assert.doesNotMatch(readFileSync(join(folder, name), "utf8"), /[\u4e00-\u9fff]/, name);
});

test("the answers of the language service are Chinese at every place of its cases", () => {
  const root = join(import.meta.dirname, "../cases/editor");
  let seen = 0;
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".yaml")) continue;
    const marked = readFileSync(join(root, name), "utf8").split("<|>");
    const text = marked.join("");
    const flow = openFlow(text, { locale: "zh" });
    let at = 0;
    for (const part of marked) {
      at += part.length;
      const answers = [
        flow.hover(at),
        ...(flow.completion(at)?.items ?? []),
        flow.signatureHelp(at),
        ...flow.codeActions(at),
      ];
      for (const answer of answers.filter(Boolean)) {
        const { kind, title, detail, documentation, summary } = answer;
        // The other titles and details have names of the user.
        const shown = [["fix", "refactor", "migrate"].includes(kind) ? title : "", kind === "key" ? detail : ""];
        for (const one of [...shown, documentation, ...(summary?.split("\n").slice(-1) ?? [])]) {
          if (!one) continue;
          seen += 1;
          assert.deepEqual(englishIn(one), [], `${name} at ${at}: ${one}`);
        }
      }
      for (const one of textsOfFindings(flow.diagnostics())) assert.deepEqual(englishIn(one), [], `${name}: ${one}`);
      for (const edit of ["", "a\nb", " a", "x"]) {
        try {
          flow.rename(at, edit);
        } catch (/** @type {any} */ error) {
          seen += 1;
          assert.deepEqual(englishIn(error.message), [], `${name} at ${at}: ${error.message}`);
        }
      }
    }
    flow.close();
  }
  assert.ok(seen > 300, `${seen} texts`);
});

test("the example of docs/messages.md prints what its comments state", async (t) => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/messages.md"), "utf8");
  const [, code] = /```js\n(.*?)```/s.exec(page);
  const file = (name) => new URL(`../../pkg/dist/${name}.js`, import.meta.url).href;
  const program = code
    .replaceAll('"cloudflow-wasm"', `"${file("index")}"`)
    .replaceAll('"cloudflow-wasm/zh"', `"${file("zh")}"`);
  const printed = t.mock.method(console, "log", () => {});
  await import(`data:text/javascript,${encodeURIComponent(program)}`);
  const lines = printed.mock.calls.map((call) => call.arguments.join(" "));
  printed.mock.restore();
  assert.deepEqual(
    lines,
    [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, comment]) => comment),
  );
});

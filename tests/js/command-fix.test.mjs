// `check --fix` inside files of other tools: a definition is corrected as it is alone, and nothing else changes.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { createChecker } from "../../pkg/cli/check/checker.js";
import { definitionsOf } from "../../pkg/cli/check/embed.js";
import { validateFlow } from "../../pkg/dist/language.js";
import { GOOD, WRONG, command, temporary } from "./support/command.mjs";

const { root, folder } = temporary("fix");

const CASES = fileURLToPath(new URL("../cases/check/", import.meta.url));
const checker = createChecker(validateFlow, { rules: {}, fix: true, lines: false });

const indented = (text, width) => text.replace(/^(?=.*\S)/gm, " ".repeat(width));
const escaped = (text) =>
  JSON.stringify(text).replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
const template = (text) =>
  `{"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"F": {"Type": "ALIYUN::FNF::Flow", "Properties": {"Definition": ${text}}}}}`;

/** Templates, and whether their line breaks can be those of another system. */
const KINDS = [
  [
    "ros.yaml",
    true,
    (text) =>
      `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  F:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: |2\n${indented(text, 8)}Outputs: {}\n`,
  ],
  [
    "s.yaml",
    true,
    (text) =>
      `edition: 3.0.0\nresources:\n  f:\n    component: fnf\n    props:\n      definition: |2\n${indented(text, 8)}      name: a\n`,
  ],
  ["ros.json", false, (text) => template(JSON.stringify(text))],
  ["escapes.json", false, (text) => template(escaped(text))],
  ["main.tf", true, (text) => `resource "alicloud_fnf_flow" "f" {\n  definition = <<EOF\n${text}EOF\n}\n`],
  ["indented.tf", true, (text) => `locals {\n  definition = <<-EOF\n${indented(text, 4)}  EOF\n}\n`],
  ["quoted.tf", false, (text) => `locals {\n  definition = ${JSON.stringify(text).replaceAll("${", "$${")}\n}\n`],
];

/** The text of a definition without what its place in a template changes. */
const bare = (text) =>
  text
    .replaceAll("\r\n", "\n")
    .replaceAll("$${", "${")
    .replace(/^[ \t]+$/gm, "")
    .trimEnd();

/** The cases that have a correction. Terraform and YAML write some control characters in no or in other ways. */
function* cases() {
  for (const name of readdirSync(CASES, { recursive: true })) {
    if (!/^(?!ok).*\.yaml$/.test(name)) continue;
    const text = readFileSync(CASES + name, "utf8");
    if (/[\0\r\t\f\ufeff\ufffd\u0085\u2028\u2029]|^\S*EOF\s*$|\n\n$/m.test(text) || !/^\S[\s\S]*\n$/.test(text))
      continue;
    const alone = checker.check(name, text, true);
    if (alone.text !== text) yield { name, text, alone };
  }
}

for (const lineBreak of ["\n", "\r\n"])
  test(`corrections in templates with the line break ${JSON.stringify(lineBreak)}`, () => {
    let corrected = 0;
    for (const { name, text, alone } of cases())
      for (const [file, hasBreaks, write] of KINDS) {
        if (lineBreak !== "\n" && !hasBreaks) continue;
        const outer = write(text).replaceAll("\n", lineBreak);
        const { text: result, fixed } = checker.check(file, outer, true);
        const about = `${name} in ${file}:\n${result}`;
        const [block, ...more] = definitionsOf(file, result);
        assert.ok(block && more.length === 0, about);
        const head = outer.slice(0, definitionsOf(file, outer)[0].at(0));
        assert.ok(result.startsWith(head.trimEnd()), about);
        if (fixed === 0) assert.equal(result, outer, about);
        else if (fixed === alone.fixed) assert.equal(bare(block.text), bare(alone.text), about);
        corrected += fixed > 0 ? 1 : 0;
      }
    assert.ok(corrected > 300, `${corrected}`);
  });

test("a correction writes the line breaks of its file", () => {
  const text = "version: v1\r\ntype: flow\r\nsteps:\r\n  - type: wait\r\n    name: a\r\n    duration: 3\r\n";
  for (const { name, text: lf } of cases()) {
    const crlf = lf.replaceAll("\n", "\r\n");
    const { text: result } = checker.check(name, crlf, true);
    assert.doesNotMatch(result, /(^|[^\r])\n/, name);
  }
  assert.equal(checker.check("a.yaml", text, true).text, text);
});

test("a correction changes nothing of the template inside a definition", () => {
  const flow = (type) => `  version: v1\n  type: flow\n  steps:\n    - {type: ${type}, name: a, duration: 3}\n`;
  const terraform = (type) => `locals {\n  definition = <<EOF\n${flow(type)}EOF\n}\n`;
  const check = (file, text) => checker.check(file, text, true).text;
  assert.equal(check("a.tf", terraform("wiat")), terraform("wait"));
  for (const value of ["wi%{ if var.x }at%{ endif }", `wi${"$"}{var.x}at`, "%{ if var.x }wiat%{ endif }"]) {
    const result = check("a.tf", terraform(value));
    for (const part of value.match(/[%$]\{[^}]*\}/g)) assert.ok(result.includes(part), result);
  }
  // An escape sequence is replaced as a whole, or stays.
  const inJson = (type) => template(JSON.stringify(flow(type).replace(/^ {2}/gm, "")));
  assert.equal(check("a.json", inJson("wiat").replace("wiat", "wi\\u0061t")), inJson("wait"));
});

test("a correction of JSON is JSON", () => {
  const text =
    '{"Type":"StateMachine","SpecVersion":"v1","Name":"a","StartAt":"A","States":[{"Type":"Wiat","Name":"A","Duration":"5"}]}\n';
  for (const [file, outer] of [
    ["a.json", text],
    ["a.yaml", `Resources:\n  F:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: |\n        ${text}`],
  ]) {
    const { text: result, fixed } = checker.check(file, outer, true);
    assert.ok(fixed > 0, result);
    const [state] = JSON.parse(result.slice(result.indexOf("{"))).States;
    assert.deepEqual(state, { Type: "Wait", Name: "A", Seconds: 5, End: true });
  }
});

test("a write-protected file is neither corrected nor converted", async (t) => {
  const cwd = await folder({ "a.yaml": WRONG, "b.yaml": GOOD });
  for (const name of ["a.yaml", "b.yaml"]) await chmod(join(cwd, name), 0o444);
  await chmod(root, 0o755);
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  // The folder is writable: the file could be replaced.
  await chmod(cwd, 0o777);
  const got = await command(["check", "--fix", "a.yaml"], { cwd, uid });
  if (got.err.includes("EACCES")) return t.skip("another user cannot read the package");
  assert.equal(got.code, 2, got.out + got.err);
  assert.match(got.out, /^a\.yaml: not checked: cannot be written: permission denied$/m);
  const converted = await command(["migrate", "--write", "b.yaml"], { cwd, uid });
  assert.equal(converted.code, 2);
  assert.match(converted.err, /^b\.yaml cannot be written: permission denied\n0 converted, 0 unchanged$/m);
  assert.equal(await readFile(join(cwd, "a.yaml"), "utf8"), WRONG);
});

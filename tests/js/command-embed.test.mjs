// The command `check`: patterns of names, and definitions inside files of other tools.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createChecker } from "../../pkg/cli/check/checker.js";
import { definitionsOf } from "../../pkg/cli/check/embed.js";
import { globTest, ignoreTest } from "../../pkg/cli/check/glob.js";
import { validateFlow } from "../../pkg/dist/language.js";
import { WRONG, command, temporary } from "./support/command.mjs";
import { cpuMs } from "./support/cpu.mjs";

const { folder } = temporary("embed");

test("patterns of names", () => {
  const cases = [
    ["*.yaml", "a.yaml", true],
    ["*.yaml", "b/a.yaml", false],
    ["**/*.yaml", "a.yaml", true],
    ["**/*.yaml", "b/c/a.yaml", true],
    ["flows/**", "flows/b/a.yaml", true],
    ["flows/**/x.yaml", "flows/x.yaml", true],
    ["f?.yaml", "f1.yaml", true],
    ["f?.yaml", "f/.yaml", false],
    ["f[0-9].{yaml,yml}", "f1.yml", true],
    ["f[!0-9].yaml", "f1.yaml", false],
    ["f[!0-9].yaml", "fx.yaml", true],
    ["a.b", "axb", false],
    ["[", "[", true],
    ["{a", "{a", true],
    ["f[z-a].yaml", "f[z-a].yaml", true],
  ];
  for (const [pattern, path, wanted] of cases) assert.equal(globTest(pattern)(path), wanted, `${pattern} ${path}`);
  const ignored = ignoreTest(["old", "/top.yaml", "a/*.yaml", "build/"]);
  for (const [path, wanted] of [
    ["old/x.yaml", true],
    ["b/old/x.yaml", true],
    ["older.yaml", false],
    ["top.yaml", true],
    ["b/top.yaml", false],
    ["a/x.yaml", true],
    ["b/a/x.yaml", false],
    ["build/x/y.yaml", true],
  ])
    assert.equal(ignored(path), wanted, path);
});

test("a flow with a key of a template is a flow", async () => {
  const text = "Resources: {}\nType: StateMachine\nSpecVersion: v1\nName: a\nStartAt: A\nStates: []\n";
  assert.equal(definitionsOf("a.yaml", text), "flow");
  // Not inside of a template, whose definitions are indented.
  assert.deepEqual(definitionsOf("a.yaml", "Resources:\n  Type: StateMachine\n"), []);
  const cwd = await folder({ "a.yaml": text, "b.yaml": "services: {}\nversion: v1\ntype: flow\nsteps: []\n" });
  const { code, out } = await command(["check"], { cwd });
  assert.equal(code, 1);
  for (const part of ["a.yaml:1:1: warning[unknown-key]", "b.yaml:1:1: warning[unknown-key]"])
    assert.ok(out.includes(part), out);
});

test("a finding of the corpus has the same place inside other files", async () => {
  const place = new URL("../corpus/", import.meta.url);
  const mistakes = new URL("../cases/check/", import.meta.url);
  const texts = [];
  for (const kind of ["flow", "statemachine"])
    for (const name of await readdir(new URL(`${kind}/`, place)))
      texts.push(await readFile(new URL(`${kind}/${name}`, place), "utf8"));
  for (const code of ["unknown-type", "unknown-target", "missing-key", "duplicate-name", "unknown-key"])
    for (const name of await readdir(new URL(`${code}/`, mistakes)))
      if (name.endsWith(".yaml")) texts.push(await readFile(new URL(`${code}/${name}`, mistakes), "utf8"));
  const usable = texts.filter(
    (text) =>
      text.endsWith("\n") &&
      !/[\u0000-\u0008\u000b-\u001f\u2028\u2029\ufeff\u0085]|^\s*$|\t|\n\n\n$/.test(text) &&
      !/^ /.test(text),
  );
  assert.ok(usable.length > 60, String(usable.length));
  const indent = (text, by) => text.replace(/^(?=.)/gm, " ".repeat(by));
  const wrappers = {
    "ros.yml": (text) =>
      `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: |\n${indent(text, 8)}      Name: x\n`,
    "sub.yml": (text) =>
      `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Flow:\n    Type: 'ALIYUN::FNF::Flow'\n    Properties:\n      Definition:\n        Fn::Sub:\n          - |\n${indent(text, 12)}          - a: b\n`,
    "tag.yml": (text) =>
      `Resources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: !Sub |-\n${indent(text, 7)}`,
    "s.yaml": (text) =>
      `edition: 1.0.0\nservices:\n  flow:\n    component: devsapp/fnf\n    props:\n      definition: |+\n${indent(text, 10)}      name: x\n`,
    "template.yml": (text) =>
      `ROSTemplateFormatVersion: '2015-09-01'\nTransform: 'Aliyun::Serverless-2018-04-03'\nResources:\n  f:\n    Type: 'Aliyun::Serverless::Flow'\n    Properties:\n      Definition:\n${indent(text, 8)}`,
    "quoted.yml": (text) =>
      `Resources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: ${JSON.stringify(text)}\n      Name: x\n`,
    "ros.json": (text) =>
      JSON.stringify(
        {
          ROSTemplateFormatVersion: "x",
          Resources: { F: { Type: "ALIYUN::FNF::Flow", Properties: { Definition: text } } },
        },
        null,
        2,
      ),
    "plain.tf": (text) => `resource "alicloud_fnf_flow" "x" {\n  definition = <<EOF\n${text}EOF\n}\n`,
    "main.tf": (text) =>
      `# a "quote\nresource "alicloud_fnf_flow" "x" {\n  definition = <<-EOF\n${indent(text, 4)}  EOF\n}\n`,
    "quoted.tf": (text) => `resource "alicloud_fnf_flow" "x" {\n  definition = ${JSON.stringify(text)}\n}\n`,
  };
  const checker = createChecker(validateFlow, { rules: {}, fix: false, lines: false });
  let compared = 0;
  for (const [name, wrap] of Object.entries(wrappers)) {
    for (const text of usable) {
      // A mapping has no text of its own: compact flows and comments before it would differ.
      if (name === "template.yml" && !/^\w+:/.test(text)) continue;
      const outer = wrap(text);
      const { findings, definitions } = checker.check(name, outer, true);
      const wanted = validateFlow(text).diagnostics;
      assert.equal(definitions, 1, `${name}:\n${outer.slice(0, 1000)}`);
      assert.deepEqual(
        findings.map(({ code }) => code),
        wanted.map(({ code }) => code),
        `${name}:\n${outer}`,
      );
      findings.forEach(({ range }, i) => {
        if (!range) return;
        const inner = wanted[i].range;
        const found = outer.slice(range.start.offset, range.end.offset);
        const expected = text.slice(inner.start.offset, inner.end.offset);
        // A range of several lines contains the indentation of the outer file.
        if (/["\\\n]/.test(expected)) return;
        assert.equal(found, expected, `${name}: ${wanted[i].code}:\n${outer}`);
        const before = outer.slice(0, range.start.offset);
        assert.equal(range.start.line, before.split("\n").length);
        assert.equal(range.start.column, before.length - before.lastIndexOf("\n"));
        compared += 1;
      });
    }
  }
  assert.ok(compared > 300, String(compared));
});

test("hostile templates take time in proportion to their length", () => {
  const size = 300_000;
  const template = "Resources:\n  F:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n";
  const many = (text) => text.repeat(size / text.length);
  const yaml = [
    many("\n"),
    many(" "),
    `{${many("\n")}`,
    template + many("\n"),
    `${template}      Definition: "${many(" ")}x"\n`,
    `${template}      Definition: '${many(" ")}x'\n`,
    `${template}      Definition: "${many("\\")}`,
    template + many("      Definition:\n"),
    template + many("- "),
    template + many("      Definition: |\n"),
    `${template}      Definition: !${many("a:")}\n`,
    template + many('      Definition: "\n'),
    `{"Resources":${many('"Definition": "')}`,
    `{"Resources":{"Definition":${many(" ")}`,
    `${template}      Definition:\n${many("        Fn::Sub:\n")}`,
    `${template}      Definition:\n${many("        - |\n")}`,
  ];
  const terraform = ['"', "<<EOF\n", "definition = ", '"${', '"${{', "/*", "<<-EOF\n \n", "#", "\\"].map(many);
  for (const [name, texts] of [
    ["a.yaml", yaml],
    ["a.tf", terraform],
  ])
    for (const text of texts) {
      const ms = cpuMs(() => definitionsOf(name, text));
      assert.ok(ms < 3000, `${ms} ms: ${text.slice(0, 150)}`);
    }
});

test("forms in which tools write a definition, and what is none", () => {
  const ros = (value) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n${value}`;
  const flow = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n";
  const block = (by) => flow.replace(/^(?=.)/gm, " ".repeat(by));
  const cases = [
    ["a.yml", ros(`      Definition: |2\n${block(8)}`), [flow]],
    ["a.yml", ros(`      Definition: |4+\n${block(10)}`), [flow]],
    ["a.yml", ros(`      "Definition":\n        "Fn::Sub": |-\n${block(10)}`), [flow]],
    [
      "a.yml",
      ros(`      Definition:\n        Fn::Replace:\n        - name: x\n          other: y\n        - |\n${block(10)}`),
      [flow],
    ],
    [
      "a.yml",
      ros(`      Definition:\n        Fn::Replace:\n          - {name: x}\n          - !Sub |\n${block(12)}`),
      [flow],
    ],
    ["a.yml", ros(`    - x\n    - Definition: |\n${block(8)}`), [flow]],
    ["a.yml", ros(`      {Name: x, Definition: ${JSON.stringify(flow)}}\n`), [flow]],
    [
      "a.yml",
      ros(`      Definition: '${flow.replaceAll("\n", "\n\n        ").trim()}'\n`),
      [flow.trim().replaceAll("\n  ", "\n")],
    ],
    [
      "a.yml",
      ros(`      Definition: |\n${block(8)}  B:\n    Properties:\n      Definition: |\n${block(8)}`),
      [flow, flow],
    ],
    ["a.yml", ros('      Definition:\n        Fn::Join:\n          - "\\n"\n          - - "version: v1"\n'), []],
    ["a.yml", ros(`      Definition: &def |\n${block(8)}`), [flow]],
    ["a.yml", ros(`      Definition: &def ${JSON.stringify(flow)}\n`), [flow]],
    ["a.yml", ros(`      Definition: &def\n        Fn::Sub: &text |\n${block(10)}`), [flow]],
    ["a.yml", ros("      Definition: *def\n"), []],
    ["a.yml", ros("      Definition: {Ref: X}\n"), []],
    ["a.yml", ros("      Definition:\n        Ref: X\n      Name: x\n"), []],
    ["a.yml", ros("      DefinitionURL: oss://x\n"), []],
    ["a.yml", "Resources:\n  A:\n    Type: OTHER\n    Properties:\n      Definition: |\n        a: 1\n", []],
    ["docker-compose.yml", "services:\n  web: {image: x}\n", []],
    [
      "a.tf",
      `x = <<-EOT\n${block(2).replace("  steps", "  %{ if a }\n  steps")}  %{ endif }\n  EOT\n`,
      [`${flow.replace("steps", " \nsteps")} \n`],
    ],
    ["a.tf", '# definition = <<EOF\n/* definition = <<EOF\n*/\ndefinition = "a"\n', []],
    ["a.tf", `definition = "x \${var.a["}"]} y"\nother = <<EOF\n${flow}EOF\n`, [flow]],
    ["a.tf", "definition = <<EOF\nbroken\nEOF\n", ["broken\n"]],
  ];
  for (const [name, text, wanted] of cases) {
    const found = definitionsOf(name, text);
    assert.ok(Array.isArray(found), text);
    const plain = (value) => value.replace(/^ +$/gm, "");
    assert.deepEqual(
      found.map((block) => plain(block.text)),
      wanted.map(plain),
      text,
    );
  }
});

test("fixes inside other files keep the form of the text", async () => {
  const cases = {
    "ros.yaml":
      "Resources:\n  F:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: |\n        version: v1\n        type: flow\n        steps:\n          - type: wiat\n            name: a\n            duration: 3\n",
    "main.tf": `resource "alicloud_fnf_flow" "x" {\n  definition = <<-EOF\n    version: v1\n    type: flow\n    steps:\n      - {type: wiat, name: a, duration: 3}\n  EOF\n}\n`,
    "t.json": JSON.stringify({ Resources: { F: { Type: "ALIYUN::FNF::Flow", Properties: { Definition: WRONG } } } }),
  };
  const cwd = await folder(cases);
  const { code, out } = await command(["check", "--fix"], { cwd });
  assert.equal(code, 0, out);
  for (const [name, text] of Object.entries(cases))
    assert.equal(await readFile(join(cwd, name), "utf8"), text.replace("wiat", "wait"));
});

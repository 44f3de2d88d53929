// The command `format`: files, templates, what is left as it is, exit codes.

import assert from "node:assert/strict";
import { chmod, readFile, readdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { definitionsOf } from "../../pkg/cli/check/embed.js";
import { createFormatter } from "../../pkg/cli/format.js";
import { openFlow } from "../../pkg/dist/editor.js";
import { BROKEN, RUNTIMES, command, temporary } from "./support/command.mjs";

const { folder } = temporary("format");
const corpus = new URL("../corpus/", import.meta.url);

const OLD = `version: v1   # first
type: flow
steps:
    # a comment
    - type: pass
      name: a

    - name: b
      type: pass
`;
const NEW = `version: v1   # first
type: flow
steps:
  # a comment
  - type: pass
    name: a

  - name: b
    type: pass
`;
const SORTED = NEW.replace("name: b\n    type: pass", "type: pass\n    name: b").replace("v1   #", "v1   #");

const format = createFormatter(openFlow, {});
const indent = (text, by) => text.replace(/^(?=.)/gm, " ".repeat(by));

/** Templates with a place for a definition, which is written in lines. */
const TEMPLATES = {
  "ros.yaml": (text) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      # kept   \n      Definition: |\n${indent(text, 8)}      Name:   a\n`,
  "sub.yaml": (text) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition:\n        Fn::Sub: |-\n${indent(text, 10)}`,
  "s.yaml": (text) =>
    `edition: 1.0.0\nservices:\n  a:\n    component: fnf\n    props:\n      definition: |+\n${indent(text, 8)}\n\n      x:   1\n`,
  "template.yml": (text) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  a:\n    Type: 'Aliyun::Serverless::Flow'\n    Properties:\n      Definition:\n${indent(text, 8)}`,
  "strip.tf": (text) =>
    `resource "alicloud_fnf_flow" "a" {\n  definition   = <<-EOF\n${indent(text, 4)}  EOF\n  x   = 1\n}\n`,
  "plain.tf": (text) => `resource "alicloud_fnf_flow" "a" {\n  definition = <<EOF\n${text}EOF\n}\n`,
};

test("format: prints, checks, shows differences and writes", async () => {
  const cwd = await folder({ "old.yaml": OLD, "new.yaml": NEW, "broken.yaml": BROKEN, "notes.yaml": "a:    1\n" });
  const cases = [
    [["old.yaml"], 0, NEW, ""],
    [["new.yaml"], 0, NEW, ""],
    [["--sort-keys", "old.yaml"], 0, SORTED, ""],
    [["broken.yaml"], 1, BROKEN, "broken.yaml:4:5: error[yaml-unclosed-bracket]: unclosed `{`\n"],
    [["--check", "new.yaml"], 0, "", "0 of 1 file would change\n"],
    [["--check", "new.yaml", "old.yaml"], 1, "old.yaml\n", "1 of 2 files would change\n"],
    [["--check", "--sort-keys", "new.yaml"], 1, "new.yaml\n", "1 of 1 file would change\n"],
    [
      ["--check", "."],
      1,
      "old.yaml\n",
      "broken.yaml:4:5: error[yaml-unclosed-bracket]: unclosed `{`\n1 of 3 files would change\n",
    ],
    [["--diff", "new.yaml"], 0, "", ""],
    [["--diff", "old.yaml", "new.yaml"], 0, /^--- old\.yaml\n\+\+\+ old\.yaml\n@@ -1,9 \+1,9 @@\n/, ""],
    [["--diff", "--check", "old.yaml"], 1, /^--- old\.yaml\n/, "1 of 1 file would change\n"],
    [["old.yaml", "new.yaml"], 2, "", "2 files cannot be printed at once: use --write, --diff or --check\n"],
    [["--write", "--check", "old.yaml"], 2, "", "--write cannot be used together with --check\n"],
    [["--write", "--diff", "old.yaml"], 2, "", "--write cannot be used together with --diff\n"],
    [["--write", "-"], 2, "", "`-` cannot be used together with files or --write\n"],
    [["--stdin-filename", "a", "old.yaml"], 2, "", "--stdin-filename is used with `-` only\n"],
    [["--check", "none*.yaml"], 2, "", "`none*.yaml` matches no file\n0 of 0 files would change\n"],
    [["--check", "none.yaml", "old.yaml"], 2, "old.yaml\n", "`none.yaml` does not exist\n1 of 1 file would change\n"],
  ];
  for (const [args, code, out, err] of cases) {
    const got = await command(["format", ...args], { cwd });
    assert.equal(got.code, code, `${args}: ${got.err}`);
    assert.equal(got.err, err, String(args));
    if (typeof out === "string") assert.equal(got.out, out, String(args));
    else assert.match(got.out, out);
  }
  const written = await command(["format", "--write", "."], { cwd });
  assert.deepEqual([written.code, written.out], [1, ""]);
  assert.match(written.err, /^broken\.yaml:4:5: error.*\n1 of 3 files formatted\n$/);
  assert.equal(await readFile(join(cwd, "old.yaml"), "utf8"), NEW);
  assert.equal(await readFile(join(cwd, "broken.yaml"), "utf8"), BROKEN);
  assert.equal(await readFile(join(cwd, "notes.yaml"), "utf8"), "a:    1\n");
  const none = await command(["format", "--check", "notes*"], { cwd });
  assert.deepEqual([none.code, none.err], [2, "no flow definition was found in `notes*`\n"]);
});

for (const [runtime, program] of RUNTIMES)
  test(`${runtime}: format: the standard input, byte order mark, line breaks, links, mode of a file`, async () => {
    const input = await command(["format", "-"], { input: OLD, command: program });
    assert.deepEqual(input, { code: 0, out: NEW, err: "" });
    const tf = await command(["format", "-", "--stdin-filename", "x.tf"], { input: TEMPLATES["strip.tf"](OLD) });
    assert.deepEqual(tf, { code: 0, out: TEMPLATES["strip.tf"](NEW), err: "" });
    const windows = (text) => `\ufeff${text.replaceAll("\n", "\r\n")}`;
    const cwd = await folder({ "old.yaml": windows(OLD), "ros.yaml": windows(TEMPLATES["ros.yaml"](OLD)) });
    await chmod(join(cwd, "old.yaml"), 0o640);
    await symlink("old.yaml", join(cwd, "link.yaml"));
    const { code, err } = await command(["format", "--write", "link.yaml", "ros.yaml"], { cwd, command: program });
    assert.deepEqual([code, err], [0, "2 of 2 files formatted\n"]);
    assert.equal(await readFile(join(cwd, "old.yaml"), "utf8"), windows(NEW));
    assert.equal(await readFile(join(cwd, "ros.yaml"), "utf8"), windows(TEMPLATES["ros.yaml"](NEW)));
    assert.equal((await stat(join(cwd, "old.yaml"))).mode & 0o777, 0o640);
    assert.deepEqual((await readdir(cwd)).sort(), ["link.yaml", "old.yaml", "ros.yaml"]);
  });

test("format: `ignore` of the configuration counts", async () => {
  const cwd = await folder({
    "cloudflow.json": JSON.stringify({ ignore: ["generated"] }),
    "generated/a.yaml": OLD,
    "b.yaml": OLD,
  });
  assert.equal((await command(["format", "--check", "."], { cwd })).out, "b.yaml\n");
  assert.equal((await command(["format", "--check", "--no-config", "."], { cwd })).out, "b.yaml\ngenerated/a.yaml\n");
});

test("format: definitions in templates are formatted in their lines, the rest stays", async () => {
  const texts = [[OLD, NEW]];
  for (const kind of ["flow", "statemachine"])
    for (const name of await readdir(new URL(`${kind}/`, corpus))) {
      const text = await readFile(new URL(`${kind}/${name}`, corpus), "utf8");
      // Another indentation, which the command must undo.
      texts.push([text, format("a.yaml", text, true).text]);
    }
  let changed = 0;
  for (const [name, template] of Object.entries(TEMPLATES))
    for (const [before, after] of texts) {
      const text = template(before);
      const [block, ...others] = definitionsOf(name, text);
      // Some definitions cannot be written in a template in this form: they have texts such as `${`.
      if (others.length > 0 || block?.text.trimEnd() !== before.trimEnd()) continue;
      const result = format(name, text, true);
      assert.deepEqual(result.kept, [], `${name}: ${before}`);
      assert.equal(result.text.trimEnd(), template(after).trimEnd(), name);
      assert.equal(format(name, result.text, true).text, result.text);
      if (result.text !== text) changed += 1;
    }
  assert.ok(changed > 5, String(changed));
});

test("format: definitions that are not written line by line keep their layout, and are reported", () => {
  const ros = (definition) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  Flow:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: ${definition}\n`;
  const tf = (body) => `resource "alicloud_fnf_flow" "a" {\n  definition = <<EOF\n${body}EOF\n}\n`;
  const kept = [
    ["quoted.yaml", ros(JSON.stringify(OLD))],
    ["folded.yaml", ros(`>\n${indent(OLD.replace(/\n(?=[vts]\w+:|$)/g, "\n\n"), 8)}`)],
    ["ros.json", JSON.stringify({ Resources: { a: { Type: "ALIYUN::FNF::Flow", Properties: { Definition: OLD } } } })],
    ["directive.tf", tf(OLD.replace("    - type", "    %{ for a in b }\n    - type"))],
    ["directive-in-line.tf", tf(OLD.replace("name: a", "name: a%{ if x }    %{ endif }"))],
  ];
  for (const [name, text] of kept) {
    const result = format(name, text, true);
    assert.equal(result.text, text, name);
    assert.equal(result.definitions, 1, name);
    assert.deepEqual(
      result.kept.map(({ code, message }) => [code, message]),
      [[undefined, "the definition keeps its layout: it is in quotes, folded, or has directives of the template"]],
      name,
    );
  }
  // One definition of two.
  const two = `${ros(`|\n${indent(OLD, 8)}`)}  Other:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: ${JSON.stringify(OLD)}\n`;
  const result = format("two.yaml", two, true);
  assert.equal(result.text, two.replace(indent(OLD, 8), indent(NEW, 8)));
  assert.deepEqual(
    result.kept.map(({ position }) => position.line),
    [two.split("\n").findIndex((line) => line.includes('"version')) + 1],
  );
  // A syntax error has its place in the template.
  const broken = ros(`|\n${indent(BROKEN, 8)}`);
  const [error] = format("broken.yaml", broken, true).kept;
  assert.deepEqual([error.code, error.position.line, error.position.column], ["yaml-unclosed-bracket", 10, 13]);
});

test("format: the time grows with the number of definitions of a template", () => {
  const part = (i) =>
    `  Flow${i}:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: |\n${indent(OLD, 8)}`;
  const many = (count) =>
    `ROSTemplateFormatVersion: '2015-09-01'\nResources:\n${Array.from({ length: count }, (_, i) => part(i)).join("")}`;
  const timed = (count) => {
    const text = many(count);
    const began = performance.now();
    const result = format("many.yaml", text, true);
    const ms = performance.now() - began;
    assert.equal(result.definitions, count);
    assert.equal(result.text, text.replaceAll(indent(OLD, 8), indent(NEW, 8)));
    return ms;
  };
  timed(100);
  const [few, more] = [timed(500), timed(4000)];
  // Eight times as many: a quadratic step would take 64 times as long.
  assert.ok(more < 25 * few, `${few} ms, ${more} ms`);
});

// The command `check`: forms of the output for programs, and the schema of the configuration.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import Ajv from "ajv";
import { GOOD, WARNED, WRONG, command, lines, temporary } from "./support/command.mjs";

const { folder } = temporary("formats");

test("names with control characters cannot write to the terminal or forge an annotation", async () => {
  const name = "a\n\u001b[31m\u202e::error::x,y:%.yaml";
  const cwd = await folder({ [name]: WRONG });
  for (const format of ["text", "json", "sarif", "github", "junit"]) {
    const { code, out, err } = await command(["check", "--format", format], { cwd });
    assert.equal(code, 1, err);
    assert.ok(!/[\u0000-\u0009\u000b-\u001f]/.test(out), format);
    if (format === "text") assert.match(out, /^a\\u\{a\}\\u\{1b\}\[31m\\u\{202e\}::error::x,y:%\.yaml:4:12: error/);
    if (format === "github")
      assert.match(out, /^::error file=a%0A\\u\{1b\}\[31m\\u\{202e\}%3A%3Aerror%3A%3Ax%2Cy%3A%25\.yaml,line=4/);
    if (format === "github") assert.equal(lines(out).length, 1);
    if (format === "json") assert.equal(JSON.parse(out).files[0].file, name);
  }
});

test("the configuration is described by its schema", async () => {
  const schema = JSON.parse(await readFile(new URL("../../pkg/schema/config.schema.json", import.meta.url), "utf8"));
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
  const cwd = await folder({ "good.yaml": GOOD });
  const cases = [
    [{}, true],
    [{ files: ["a"], ignore: ["b"], mode: "Express", rules: { undocumented: "off" }, maxWarnings: 3 }, true],
    [{ $schema: "x" }, true],
    [{ file: ["a"] }, false],
    [{ files: [""] }, false],
    [{ files: [] }, false],
    [{ mode: "express" }, false],
    [{ rules: { undocumented: "loud" } }, false],
    [{ rules: { "yaml-limit": "off" } }, false],
    [{ rules: { "too-many": "off" } }, false],
    [{ rules: { "unknown-dialect": "warning" } }, false],
    [{ rules: { "unknown-dialect": "error" } }, true],
    [{ maxWarnings: -1 }, false],
    [{ maxWarnings: 1.5 }, false],
    [[], false],
  ];
  for (const [config, valid] of cases) {
    assert.equal(validate(config), valid, JSON.stringify(config));
    await writeFile(join(cwd, "cloudflow.json"), JSON.stringify(config));
    const { code, err } = await command(["check", "good.yaml"], { cwd });
    assert.equal(code, valid ? 0 : 2, `${JSON.stringify(config)}: ${err}`);
  }
});

test("SARIF follows its schema", async () => {
  const schema = JSON.parse(await readFile(new URL("support/sarif-schema-2.1.0.json", import.meta.url), "utf8"));
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
  const cwd = await folder({
    "a b/wrong.yaml": WRONG,
    "等.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: pass, name: a}\n",
    "binary.yaml": "\0",
    "good.yaml": GOOD,
  });
  const { code, out } = await command(["check", "--format", "sarif"], { cwd });
  assert.equal(code, 2);
  const log = JSON.parse(out);
  assert.ok(validate(log), JSON.stringify(validate.errors));
  const [run] = log.runs;
  assert.deepEqual(
    run.results.map(({ ruleId, locations }) => [ruleId, locations[0].physicalLocation.artifactLocation.uri]),
    [
      ["unknown-type", "a%20b/wrong.yaml"],
      ["duplicate-name", "%E7%AD%89.yaml"],
    ],
  );
  assert.equal(run.results[1].relatedLocations.length, 1);
  assert.equal(run.results[0].fixes[0].artifactChanges[0].replacements[0].insertedContent.text, "wait");
  assert.equal(run.invocations[0].executionSuccessful, false);
  for (const { ruleIndex, ruleId } of run.results) assert.equal(run.tool.driver.rules[ruleIndex].id, ruleId);
  const empty = JSON.parse((await command(["check", "--format", "sarif", "good.yaml"], { cwd })).out);
  assert.ok(validate(empty), JSON.stringify(validate.errors));
});

test("GitHub annotations can be read back by the rules of the runner", async () => {
  const cwd = await folder({
    "a,b:c%.yaml": WRONG,
    "multi.yaml": WARNED.replace("[]", "\n      []"),
    "binary.yaml": "\0",
  });
  const { out } = await command(["check", "--format", "github"], { cwd });
  const unescaped = (text, names) =>
    names.reduce((result, [from, to]) => result.replaceAll(from, to), text).replaceAll("%25", "%");
  const DATA = [
    ["%0D", "\r"],
    ["%0A", "\n"],
  ];
  const commands = lines(out).map((line) => {
    const [, name, properties, data] = /^::(\w+) (.*?)::(.*)$/.exec(line);
    return {
      name,
      message: unescaped(data, DATA),
      ...Object.fromEntries(
        properties.split(",").map((property) => {
          const [key, value] = property.split("=");
          return [key, unescaped(value, [...DATA, ["%3A", ":"], ["%2C", ","]])];
        }),
      ),
    };
  });
  assert.equal(commands.length, 3);
  const [first, binary, multi] = commands;
  assert.deepEqual([first.file, first.line, first.col, first.endColumn], ["a,b:c%.yaml", "4", "12", "16"]);
  assert.match(binary.message, /is a binary file/);
  assert.equal(multi.name, "warning");
  // The runner drops columns of a range of several lines.
  for (const { line, endLine, col } of commands) if (line !== endLine) assert.equal(col, undefined);
});

test("JUnit: one case for each file", async () => {
  const cwd = await folder({ "a<&\"'.yaml": WRONG, "good.yaml": GOOD, "binary.yaml": "\0", "other.yaml": "a: 1" });
  const { out } = await command(["check", "--format", "junit"], { cwd });
  assert.match(out, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites .* tests="3" failures="1" errors="1">/);
  assert.match(
    out,
    /<testcase name="a&#60;&#38;&#34;&#39;\.yaml" classname="cloudflow-wasm check">\n +<failure message="/,
  );
  assert.match(out, /<testcase name="good\.yaml" classname="cloudflow-wasm check"\/>/);
  assert.equal((out.match(/<testcase /g) ?? []).length, 3);
  assert.equal((out.match(/<\/testcase>|<testcase [^>]*\/>/g) ?? []).length, 3);
});

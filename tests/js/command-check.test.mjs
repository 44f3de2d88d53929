// The command `check`: output, exit codes, hostile input, files of other tools.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import Ajv from "ajv";
import { excerpt } from "../../pkg/cli/excerpt.js";
import { definitionsOf } from "../../pkg/cli/check/embed.js";
import { globTest, ignoreTest } from "../../pkg/cli/check/glob.js";
import { wantsColor } from "../../pkg/cli/io.js";
import { fitted, widthOf } from "../../pkg/cli/width.js";
import { validateFlow } from "../../pkg/dist/language.js";
import { BIN, RUNTIMES, command } from "./support/command.mjs";

const GOOD = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n";
const WRONG = "version: v1\ntype: flow\nsteps:\n  - {type: wiat, name: a, duration: 3}\n";
const WARNED = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a, outputMapping: []}\n";
const BROKEN = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a\n";

let root;
before(async () => (root = await mkdtemp(join(tmpdir(), "cloudflow-check-"))));
after(() => rm(root, { recursive: true, force: true }));

/** Makes a folder with files. */
async function folder(files) {
  const place = await mkdtemp(join(root, "f-"));
  await chmod(place, 0o755);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(place, name)), { recursive: true });
    await writeFile(join(place, name), text);
  }
  return place;
}

const lines = (text) => text.split("\n").filter(Boolean);

test("an exit code for each result", async () => {
  const cwd = await folder({
    "good.yaml": GOOD,
    "wrong.yaml": WRONG,
    "warned.yaml": WARNED,
    "broken.yaml": BROKEN,
    "other.yaml": "a: 1\n",
  });
  const cases = [
    [["good.yaml"], 0, /^no findings in 1 file\n$/],
    [["wrong.yaml"], 1, /^wrong\.yaml:4:12: error\[unknown-type\]: /],
    [["warned.yaml"], 1, /warning\[unknown-key\]/],
    [["warned.yaml", "--max-warnings", "1"], 0, /1 warning in 1 of 1 file/],
    [["warned.yaml", "--rule", "unknown-key=off"], 0, /no findings/],
    [["warned.yaml", "--rule", "unknown-key=error", "--max-warnings", "9"], 1, /error\[unknown-key\]/],
    [["wrong.yaml", "--rule", "unknown-type=off"], 0, /no findings/],
    [["wrong.yaml", "good.yaml"], 1, /in 1 of 2 files/],
    [["broken.yaml"], 1, /error\[yaml-unclosed-bracket\]/],
    [["broken.yaml", "--rule", "yaml-unclosed-bracket=off"], 2, /`yaml-unclosed-bracket` is always an error/],
    [["wrong.yaml", "--rule", "unknown-tpye=off"], 2, /`unknown-tpye` is not a code.*did you mean `unknown-type`\?/],
    [["wrong.yaml", "--rule", "unknown-type=loud"], 2, /must be `off`, `warning` or `error`, not `loud`/],
    [["wrong.yaml", "--rule", "unknown-type"], 2, /must be `off`, `warning` or `error`/],
    [["other.yaml"], 1, /other\.yaml.*error\[/],
    [["good.yaml", "missing.yaml"], 2, /missing\.yaml: not checked: does not exist\n/],
    [["missing.yaml", "wrong.yaml"], 2, /wrong\.yaml:4:12: error/],
    [["*.nothing"], 2, /\*\.nothing: not checked: matches no file/],
    [["-", "good.yaml"], 2, /`-` cannot be used together with files/],
    [["--stdin-filename", "a.yaml", "good.yaml"], 2, /--stdin-filename is used with `-` only/],
    [["--quiet", "warned.yaml"], 1, /^1 warning in 1 of 1 file/],
  ];
  for (const [args, code, words] of cases) {
    const got = await command(["check", ...args], { cwd });
    assert.equal(got.code, code, `${args.join(" ")}: ${got.out}${got.err}`);
    assert.match(got.out + got.err, words);
  }
});

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: each kind of unusable input has one line and the code 2`, { timeout: 180_000 }, async () => {
    const cwd = await folder({
      "binary.yaml": Buffer.from([0x74, 0, 1, 2, 255]),
      "latin1.yaml": Buffer.from([0x74, 0x79, 0xe9, 0x0a]),
      "utf16.yaml": Buffer.from("\ufefftype: flow", "utf16le"),
      "large.yaml": "",
      "empty/x.txt": "",
      "notes/x.yaml": "a: 1\n",
      "good.yaml": GOOD,
      "config/cloudflow.json": "{",
      "config/good.yaml": GOOD,
      "keys/cloudflow.json": '{"rule": {}}',
      "types/cloudflow.json": '{"mode": "express"}',
      "rules/cloudflow.json": '{"rules": {"unknown-tpye": "off"}}',
      "list/cloudflow.json": "[]",
    });
    const { truncate } = await import("node:fs/promises");
    await truncate(join(cwd, "large.yaml"), 100 * 1024 * 1024);
    await symlink("loop.yaml", join(cwd, "loop.yaml"));
    await symlink("nowhere.yaml", join(cwd, "dangling.yaml"));
    const cases = [
      [["missing.yaml"], /^missing\.yaml: not checked: does not exist\n$/],
      [["good.yaml/x.yaml"], /not checked: does not exist/],
      [["empty"], /^empty: not checked: has no file with the ending/],
      [["notes"], /^no flow definition was found in `notes`\n$/],
      [["binary.yaml"], /^binary\.yaml: not checked: is a binary file\n$/],
      [["latin1.yaml"], /is not UTF-8 text/],
      [["utf16.yaml"], /is UTF-16 text: save it as UTF-8/],
      [["large.yaml"], /is larger than the maximum of 16 MiB/],
      [["loop.yaml"], /is part of a loop of symbolic links/],
      [["dangling.yaml"], /does not exist/],
      [["/dev/null"], /is not a regular file/],
      [["/dev/zero"], /is not a regular file/],
      [[""], /^a file name is empty\n$/],
      [["--config", "none.json", "good.yaml"], /^none\.json does not exist\n$/],
      [["--config", "config/cloudflow.json", "good.yaml"], /^config\/cloudflow\.json is not valid JSON: /],
      [["--config", "keys/cloudflow.json", "good.yaml"], /`rule` is not a key: did you mean `rules`\?/],
      [["--config", "types/cloudflow.json", "good.yaml"], /`mode` must be `Standard` or `Express`/],
      [["--config", "rules/cloudflow.json", "good.yaml"], /`rules`: `unknown-tpye` is not a code/],
      [["--config", "list/cloudflow.json", "good.yaml"], /expected an object/],
      [["--config", "config", "good.yaml"], /^config is a folder\n$/],
    ];
    await Promise.all(
      cases.map(async ([args, words]) => {
        const { code, out, err } = await command(["check", ...args], { cwd, command: program });
        // The summary of a check that could not read a file is a line of its own.
        const text = `${lines((out + err).replace(/^no findings in 0 files; .* not checked\n$/m, "")).join("\n")}\n`;
        assert.equal(code, 2, `${args.join(" ")}: ${out}${err}`);
        assert.match(text, words);
        assert.equal(lines(text).length, 1, text);
        assert.ok(!/\n +at |file:\/\//.test(text), `no trace: ${text}`);
      }),
    );
  });
}

test("unreadable files and folders are reported, the others are checked", async (t) => {
  const cwd = await folder({ "a.yaml": GOOD, "b.yaml": WRONG, "closed/c.yaml": GOOD });
  await chmod(join(cwd, "a.yaml"), 0);
  await chmod(join(cwd, "closed"), 0);
  // Nothing is unreadable for root.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  await chmod(root, 0o755);
  const got = await command(["check", "--no-config"], { cwd, uid });
  await chmod(join(cwd, "closed"), 0o755);
  if (got.err.includes("EACCES")) return t.skip("another user cannot read the package");
  assert.equal(got.code, 2, got.out + got.err);
  assert.match(got.out, /^a\.yaml: not checked: cannot be accessed: permission denied$/m);
  assert.match(got.out, /^closed: not checked: cannot be accessed: permission denied$/m);
  assert.match(got.out, /^b\.yaml:4:12: error/m);
});

for (const [runtime, [program, ...first]] of RUNTIMES)
  test(`${runtime}: a reader that closes the output ends the command with a line and the code 2`, async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}.yaml`, WRONG]));
    const cwd = await folder(files);
    const child = spawn(program, [...first, BIN, "check"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 2, err);
    assert.equal(err, "the output was closed before its end\n");
  });

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

test("marks stand below tabs, wide and combining characters", () => {
  const cases = [
    ["  name: abc", 8, 11, "  name: abc", "        ^^^"],
    ["\tname:\tabc", 7, 10, "    name:   abc", "            ^^^"],
    ["x\tab", 2, 3, "x   ab", "    ^"],
    ["名: 等待 x", 3, 5, "名: 等待 x", "    ^^^^"],
    ["e\u0301e\u0301: x", 6, 7, "e\u0301e\u0301: x", "    ^"],
    ["👩‍👩‍👧: x", "👩‍👩‍👧: ".length, "👩‍👩‍👧: x".length, "👩‍👩‍👧: x", "    ^"],
    ["🇨🇳: x", 6, 7, "🇨🇳: x", "    ^"],
    ["a\u001b[1mb", 5, 6, "a\\u{1b}[1mb", "          ^"],
    ["", 0, 0, "", "^"],
    ["abc", 3, 3, "abc", "   ^"],
    ["abc", 1, 1, "abc", " ^"],
  ];
  for (const [line, from, to, text, marks] of cases) assert.deepEqual(excerpt(line, from, to), { text, marks }, line);
  const long = `${"x".repeat(5000)}WRONG${"y".repeat(100_000)}`;
  const { text, marks } = excerpt(long, 5000, 5005);
  assert.ok(widthOf(text) <= 152, String(widthOf(text)));
  assert.equal(text.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1), "WRONG");
  assert.match(text, /^…x.*y…$/);
  for (const most of [20, 37, 80])
    for (const at of [0, 10, 60, 119]) {
      const line = `${"等".repeat(at)}X${"等".repeat(119 - at)}`;
      const cut = excerpt(line, at, at + 1, "^", most);
      assert.ok(widthOf(cut.text) <= most, `${most} ${at}: ${cut.text}`);
      const before = cut.text.slice(0, cut.text.indexOf("X"));
      assert.equal(widthOf(before), cut.marks.length - 1, `${most} ${at}: ${cut.text}`);
    }
  assert.equal(fitted("等待步骤", 5), "等待…");
  assert.equal(fitted("abc", 3), "abc");
});

test("colours: FORCE_COLOR decides before NO_COLOR, and both before the terminal", async () => {
  const cases = [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    [{ TERM: "dumb" }, true, false],
  ];
  for (const [env, terminal, wanted] of cases) assert.equal(wantsColor(env, terminal), wanted, JSON.stringify(env));
  const cwd = await folder({ "wrong.yaml": WRONG });
  const colored = await command(["check"], { cwd, env: { FORCE_COLOR: "1" } });
  const plain = await command(["check"], { cwd });
  assert.match(colored.out, /\u001b\[31m/);
  assert.equal(colored.out.replace(/\u001b\[\d+m/g, ""), plain.out);
});

test("text: line, mark, correction and related places", async () => {
  const cwd = await folder({
    "twice.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: 等待}\n  - {type: pass, name: 等待}\n",
    "wrong.yaml": WRONG,
  });
  const { out } = await command(["check"], { cwd });
  assert.equal(
    out,
    `twice.yaml:5:24: error[duplicate-name]: duplicate name: another step in this list is named \`等待\`
 5 |   - {type: pass, name: 等待}
   |                        ^^^^
   = see twice.yaml:4:24: the first \`等待\`
 4 |   - {type: pass, name: 等待}
   |                        ----

wrong.yaml:4:12: error[unknown-type]: unknown step type \`wiat\`: did you mean \`wait\`?
 4 |   - {type: wiat, name: a, duration: 3}
   |            ^^^^
   = fix: change \`wiat\` to \`wait\` (--fix)

2 errors in 2 of 2 files; 1 can be corrected with --fix
`,
  );
});

test("--fix corrects files, keeps their mode and byte order mark, and leaves links", async () => {
  const cwd = await folder({ "wrong.yaml": `\ufeff${WRONG}`, "good.yaml": GOOD });
  await chmod(join(cwd, "wrong.yaml"), 0o640);
  await symlink("wrong.yaml", join(cwd, "link.yaml"));
  const { code, out } = await command(["check", "--fix", "link.yaml", "good.yaml"], { cwd });
  assert.equal(code, 0, out);
  assert.match(out, /1 correction applied/);
  assert.equal(await readFile(join(cwd, "wrong.yaml"), "utf8"), `\ufeff${WRONG.replace("wiat", "wait")}`);
  assert.equal((await stat(join(cwd, "wrong.yaml"))).mode & 0o777, 0o640);
  assert.deepEqual((await readdir(cwd)).sort(), ["good.yaml", "link.yaml", "wrong.yaml"]);
  const input = await command(["check", "--fix", "-"], { cwd, input: WRONG });
  assert.deepEqual([input.code, input.out], [0, WRONG.replace("wiat", "wait")]);
});

test("the standard input: name, mode of the name, unusable bytes", async () => {
  const waits =
    "Type: StateMachine\nName: a\nSpecVersion: v1\nStartAt: a\nStates:\n  - {Type: Wait, Name: a, Seconds: 60, End: true}\n";
  const cases = [
    [["-"], GOOD, 0, /no findings/],
    [["-"], WRONG, 1, /^<stdin>:4:12: error/],
    [["-", "--stdin-filename", "x/order.yaml"], WRONG, 1, /^x\/order\.yaml:4:12: error/],
    [["-"], waits, 0, /no findings/],
    [["-", "--mode", "Express"], waits, 1, /out-of-range|unsupported-mode/],
    [["-", "--stdin-filename", "a.express.yaml"], waits, 1, /^a\.express\.yaml:6:/],
    [["-", "--stdin-filename", "a.express.yaml", "--mode", "Standard"], waits, 0, /no findings/],
    [["-"], Buffer.from([0, 1]), 2, /^<stdin>: not checked: is a binary file/],
    [["-"], "x".repeat(17 * 1024 * 1024), 2, /larger than the maximum/],
    [["-"], "", 1, /error/],
  ];
  for (const [args, input, code, words] of cases) {
    const got = await command(["check", ...args], { input, cwd: root });
    assert.equal(got.code, code, `${args}: ${got.out.slice(0, 500)}${got.err}`);
    assert.match(got.out, words);
  }
});

test("configuration: files, ignored paths, rules, mode, and what options override", async () => {
  const cwd = await folder({
    "cloudflow.json": JSON.stringify({
      $schema: "node_modules/cloudflow-wasm/schema/config.schema.json",
      files: ["flows"],
      ignore: ["old", "flows/x*.yaml"],
      rules: { "unknown-key": "off" },
      maxWarnings: 0,
    }),
    "flows/warned.yaml": WARNED,
    "flows/old/wrong.yaml": WRONG,
    "flows/x1.yaml": WRONG,
    "elsewhere.yaml": WRONG,
    "below/cwd/y.yaml": GOOD,
  });
  const all = await command(["check"], { cwd });
  assert.equal(all.code, 0, all.out);
  assert.match(all.out, /^no findings in 1 file\n$/);
  const below = await command(["check"], { cwd: join(cwd, "below/cwd") });
  assert.deepEqual([below.code, below.out], [0, "no findings in 1 file\n"]);
  const rule = await command(["check", "--rule", "unknown-key=error"], { cwd: join(cwd, "below/cwd") });
  assert.equal(rule.code, 1);
  assert.match(rule.out, /^\.\.\/\.\.\/flows\/warned\.yaml:4:/);
  const none = await command(["check", "--no-config"], { cwd });
  assert.match(none.out, /4 errors|3 errors/);
  assert.equal(none.code, 1);
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
    [{ mode: "express" }, false],
    [{ rules: { undocumented: "loud" } }, false],
    [{ rules: { "yaml-limit": "off" } }, false],
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

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: threads check many files in the order of their names`, { timeout: 120_000 }, async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1200 }, (_, i) => [`f${String(i).padStart(4, "0")}.yaml`, i % 100 === 7 ? WRONG : GOOD]),
    );
    const cwd = await folder({ ...files, "f0500.yaml": "\0" });
    const { code, out, err } = await command(["check"], { cwd, command: program });
    assert.equal(code, 2, err);
    const names = [...out.matchAll(/^(f\d+)\.yaml/gm)].map(([, name]) => name);
    assert.deepEqual(names, [...names].sort());
    assert.equal(names.length, 13);
    assert.match(out, /12 errors in 12 of 1199 files; 1 file not checked/);
  });
}

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
  const { createChecker } = await import("../../pkg/cli/check/checker.js");
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
      const began = Date.now();
      definitionsOf(name, text);
      assert.ok(Date.now() - began < 3000, text.slice(0, 150));
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

// The command `check`: exit codes, hostile input, text, corrections, configuration, threads.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmod, readFile, readdir, stat, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { excerpt } from "../../pkg/cli/excerpt.js";
import { wantsColor } from "../../pkg/cli/io.js";
import { fitted, widthOf } from "../../pkg/cli/width.js";
import { BIN, BROKEN, GOOD, RUNTIMES, WARNED, WRONG, command, lines, temporary } from "./support/command.mjs";

const { folder, root } = temporary("check");

test("an exit code for each result", async () => {
  const cwd = await folder({
    "good.yaml": GOOD,
    "wrong.yaml": WRONG,
    "warned.yaml": WARNED,
    "broken.yaml": BROKEN,
    "other.yaml": "a: 1\n",
    "many.yaml": `${GOOD.replace("}", `, ${Array.from({ length: 150 }, (_, i) => `x${i}: 1`).join(", ")}}`)}  - {type: wiat, name: b}\n`,
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
    [["other.yaml", "--rule", "unknown-dialect=warning"], 2, /`unknown-dialect` is always an error/],
    [["many.yaml", "--rule", "too-many=off"], 2, /`too-many` cannot be changed: it replaces further findings/],
    // Findings that are not shown may be errors.
    [["many.yaml", "--rule", "unknown-key=off"], 1, /error\[too-many\]/],
    [["wrong.yaml", "--rule", "unknown-tpye=off"], 2, /`unknown-tpye` is not a code.*did you mean `unknown-type`\?/],
    [["wrong.yaml", "--rule", "unknown-type=loud"], 2, /must be `off`, `warning` or `error`, not `loud`/],
    [["wrong.yaml", "--rule", "unknown-type"], 2, /must be `off`, `warning` or `error`/],
    [["other.yaml"], 1, /other\.yaml.*error\[/],
    [["good.yaml", "missing.yaml"], 2, /missing\.yaml: not checked: does not exist\n/],
    [["missing.yaml", "wrong.yaml"], 2, /wrong\.yaml:4:12: error/],
    // Operands that name the same file.
    [["good.yaml", "good.*", "./good.yaml", "go*.yaml"], 0, /^no findings in 1 file\n$/],
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
      ...(spawnSync("mkfifo", [join(cwd, "pipe.yaml")]).status === 0 ? [[["pipe.yaml"], /is not a regular file/]] : []),
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

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: threads check many files in the order of their names`, { timeout: 120_000 }, async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2400 }, (_, i) => [`f${String(i).padStart(4, "0")}.yaml`, i % 100 === 7 ? WRONG : GOOD]),
    );
    const cwd = await folder({ ...files, "f0500.yaml": "\0" });
    const { code, out, err } = await command(["check"], { cwd, command: program });
    assert.equal(code, 2, err);
    const names = [...out.matchAll(/^(f\d+)\.yaml/gm)].map(([, name]) => name);
    assert.deepEqual(names, [...names].sort());
    assert.equal(names.length, 25);
    assert.match(out, /24 errors in 24 of 2399 files; 1 file not checked/);
  });
}

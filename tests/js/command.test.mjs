// The command line: the selection of a command, its help, mistakes in arguments.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../pkg/cli/cli.js";
import { folded } from "../../pkg/cli/fold.js";
import { exampleLines, narrowHelp } from "../../pkg/cli/help.js";
import { nearest } from "../../pkg/cli/nearest.js";
import { createStyle } from "../../pkg/cli/style.js";
import { widthOf } from "../../pkg/cli/width.js";
import { RUNTIMES, command } from "./support/command.mjs";

const { version } = JSON.parse(await readFile(new URL("../../pkg/package.json", import.meta.url), "utf8"));

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: help and version, and mistakes in arguments`, { timeout: 120_000 }, async () => {
    const cases = [
      [[], 0, /usage: cloudflow-wasm <command>/, ""],
      [["--help"], 0, /check +report mistakes/, ""],
      [["-h"], 0, /local +run the emulator/, ""],
      [["help"], 0, /usage:/, ""],
      [["help", "check"], 0, /Usage: cloudflow-wasm check/, ""],
      [["--version"], 0, new RegExp(`^${version}\\n$`), ""],
      [
        ["chekc"],
        2,
        "",
        /^`chekc` is not a command: did you mean `check`\?\n`cloudflow-wasm --help` lists the commands\n$/,
      ],
      [["serve"], 2, "", /^`serve` is not a command\n/],
      [["--fix", "a.yaml"], 2, "", /^`--fix` is not an option before a command/],
      [["check", "--fromat", "json"], 2, "", /^unknown option `--fromat`: did you mean `--format`\?\n/],
      [
        ["check", "--format", "xml"],
        2,
        "",
        /^option `--format <format>` argument `xml` is invalid\. Allowed choices are `text`/,
      ],
      [["check", "--max-warnings", "many"], 2, "", /argument `many` is invalid\. Expected a whole number from 0/],
      [["check", "--max-warnings"], 2, "", /^option `--max-warnings <n>` argument missing\n/],
      [["explain", "a", "b"], 2, "", /^too many arguments/],
      [["graph"], 2, "", /^missing required argument `file`\n/],
      [["graph\u001b[31m"], 2, "", /^`graph\\u\{1b\}\[31m` is not a command/],
    ];
    await Promise.all(
      cases.map(async ([args, code, out, err]) => {
        const got = await command(args, { command: program });
        assert.equal(got.code, code, `${args.join(" ")}: ${got.err}`);
        for (const [text, wanted] of [
          [got.out, out],
          [got.err, err],
        ])
          if (wanted === "") assert.equal(text, "", args.join(" "));
          else assert.match(text, wanted);
      }),
    );
  });
}

for (const { name } of COMMANDS) {
  test(`${name} --help teaches by example`, async () => {
    const { code, out, err } = await command([name, "--help"]);
    assert.equal(code, 0, err);
    assert.equal(err, "");
    assert.match(out, new RegExp(`cloudflow-wasm ${name}`));
    if (name !== "local" && name !== "gateway") assert.match(out, /^Examples:\n {2}(# .*\n {2})?cloudflow-wasm/m);
    for (const line of out.split("\n")) assert.ok(line.length <= 120, `too long: ${line}`);
  });
}

test("the help of commands names every option of the parser once", async () => {
  const { definition } = await (await COMMANDS.find(({ name }) => name === "check")).load();
  const { out } = await command(["check", "--help"]);
  for (const { flags } of definition.options) assert.equal(out.split(`  ${flags}  `).length, 2, flags);
});

test("the nearest name is found by edits, not for unrelated words", () => {
  const names = ["check", "explain", "graph", "history", "executions"];
  assert.equal(nearest("chekc", names), "check");
  assert.equal(nearest("CHECK", names), "check");
  assert.equal(nearest("histroy", names), "history");
  assert.equal(nearest("execution", names), "executions");
  assert.equal(nearest("serve", names), undefined);
  assert.equal(nearest("", names), undefined);
  assert.equal(nearest("x".repeat(1e6), names), undefined);
});

test("long lines are broken between words, with colours, wide characters and lists", () => {
  const { red } = createStyle(true);
  const cases = [
    ["a b c", undefined, "a b c"],
    ["aaa bbb ccc", 11, "aaa bbb ccc"],
    ["aaa bbb ccc", 10, "aaa bbb\n  ccc"],
    ["aaa bbb ccc\nddd", 7, "aaa bbb\n  ccc\nddd"],
    ["   = fix: change it", 12, "   = fix:\n     change\n     it"],
    ["  check  report mistakes in flows", 24, "  check  report mistakes\n         in flows"],
    ["等待 等待 等待", 9, "等待 等待\n  等待"],
    [`${red("aaa bbb")} ccc`, 7, `${red("aaa bbb")}\n  ccc`],
    ["aaaaaaaaaaaa bbb", 5, "aaaaaaaaaaaa\n  bbb"],
    ["", 5, ""],
  ];
  for (const [text, columns, wanted] of cases) assert.equal(folded(text, columns), wanted, JSON.stringify(text));
  assert.equal(folded("aaa bbb ccc", 7, 0), "aaa bbb\nccc");
  assert.equal(
    exampleLines(
      [
        ["x a", "one"],
        ["x abc", "two"],
      ],
      40,
    ),
    "  x a    # one\n  x abc  # two",
  );
  assert.equal(exampleLines([["x a", "one two"]], 12), "  # one two\n  x a");
});

test("the help of a server fits into a narrow terminal", async () => {
  for (const name of ["local", "gateway"]) {
    const { out } = await command([name, "--help"]);
    assert.equal(narrowHelp(out, 120), out);
    for (const columns of [100, 80, 60, 40]) {
      const lines = narrowHelp(out, columns).split("\n");
      const long = lines.filter((line) => widthOf(line) > columns && !/^ {2,}|cloudflow-wasm/.test(line));
      assert.deepEqual(long, []);
      const words = (text) => text.split(/\s+/).filter(Boolean);
      assert.deepEqual(words(lines.join("\n")), words(out), "no word is lost");
    }
  }
});

test("the completion scripts are valid and complete commands, options and values", async (t) => {
  const { out: bash } = await command(["completion", "bash"]);
  const complete = (...words) => {
    const script = `${bash}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_cloudflow_wasm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.trim().split("\n");
  };
  assert.deepEqual(complete("cloudflow-wasm", "ch"), ["check"]);
  assert.deepEqual(complete("cloudflow-wasm", "check", "--fo"), ["--format"]);
  assert.deepEqual(complete("cloudflow-wasm", "check", "--format", "s"), ["sarif"]);
  assert.deepEqual(complete("cloudflow-wasm", "completion", "z"), ["zsh"]);
  const cwd = await mkdtemp(join(tmpdir(), "completion-"));
  t.after(() => rm(cwd, { recursive: true }));
  for (const shell of ["zsh", "fish"]) {
    const { out, code } = await command(["completion", shell]);
    assert.equal(code, 0);
    for (const { name } of COMMANDS) assert.ok(out.includes(name), `${shell}: ${name}`);
    // In a file: fish reads no script from the socket that Node connects to its standard input.
    const file = join(cwd, `completion.${shell}`);
    await writeFile(file, out);
    const { error, status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    if (error) t.diagnostic(`${shell} is not installed: its syntax is not checked`);
    else assert.equal(status, 0, stderr);
    if (error || shell !== "fish") continue;
    const inFish = (line) => {
      const script = `source $argv[1]; complete -C ${JSON.stringify(line)}`;
      const fish = spawnSync("fish", ["--no-config", "-c", script, file], { encoding: "utf8" });
      assert.equal(fish.status, 0, fish.stderr);
      return fish.stdout
        .trim()
        .split("\n")
        .map((row) => row.split("\t")[0]);
    };
    assert.deepEqual(inFish("cloudflow-wasm ch"), ["check"]);
    assert.deepEqual(inFish("cloudflow-wasm check --fo"), ["--format"]);
    assert.deepEqual(inFish("cloudflow-wasm check --format s"), ["sarif"]);
    assert.deepEqual(inFish("cloudflow-wasm completion z"), ["zsh"]);
  }
  const { code, err } = await command(["completion", "tcsh"]);
  assert.equal(code, 2);
  assert.match(err, /`tcsh` is invalid.*`bash`, `zsh`, `fish`/);
});

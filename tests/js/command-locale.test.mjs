// The language of the command: by the environment, and by its option.

import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../pkg/cli/cli.js";
import { sections } from "../../pkg/cli/codes.js";
import { localeOf } from "../../pkg/cli/locale.js";
import { RUNTIMES, WRONG, command, lines, temporary } from "./support/command.mjs";

const ZH = { LANG: "zh_CN.UTF-8" };
const { folder } = temporary("locale");

test("the first variable of the environment that is not empty decides", () => {
  const cases = [
    [{}, "en"],
    [{ LANG: "zh_CN.UTF-8" }, "zh"],
    [{ LANG: "zh" }, "zh"],
    [{ LANG: "zh-TW" }, "zh"],
    [{ LANG: "ZH_CN" }, "zh"],
    [{ LANG: "zhang" }, "en"],
    [{ LANG: "en_US.UTF-8" }, "en"],
    [{ LANG: "zh_CN.UTF-8", LC_ALL: "C" }, "en"],
    [{ LANG: "en_US", LC_MESSAGES: "zh_CN.GB18030" }, "zh"],
    [{ LANG: "zh_CN", LC_MESSAGES: "POSIX" }, "en"],
    [{ LANG: "zh_CN", LC_ALL: "", LC_MESSAGES: "" }, "zh"],
  ];
  for (const [env, locale] of cases) assert.equal(localeOf(env), locale, JSON.stringify(env));
});

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: findings, summary and mistakes in arguments are Chinese`, { timeout: 120_000 }, async () => {
    const cwd = await folder({ "a.yaml": WRONG });
    const run = (args, env = ZH) => command(args, { command: program, cwd, env });
    const checked = await run(["check", "a.yaml"]);
    assert.equal(checked.code, 1);
    assert.match(checked.out, /^a\.yaml:4:12: error\[unknown-type\]: 未知的步骤类型 `wiat`：是否应为 `wait`？\n/);
    assert.match(checked.out, /\n1 个文件中有 1 个共含 1 个错误；其中 1 个可用 --fix 修正\n$/);
    // The option decides before the environment, anywhere before `--`.
    for (const args of [
      ["check", "a.yaml", "--locale", "en"],
      ["--locale=en", "check", "a.yaml"],
    ])
      assert.match((await run(args)).out, /unknown step type `wiat`/);
    assert.match((await run(["check", "--locale", "zh", "a.yaml"], {})).out, /未知的步骤类型/);
    const json = JSON.parse((await run(["check", "a.yaml", "--format", "json"])).out);
    assert.match(JSON.stringify(json), /未知的步骤类型/);
    const mistakes = [
      [["chekc"], "`chekc` 不是命令：是否应为 `check`？\n`cloudflow-wasm --help` 列出所有命令\n"],
      [["check", "--fromat", "json"], "未知的选项 `--fromat`：是否应为 `--format`？\n"],
      [["--locale"], "--locale 需要一个值：`en` 或 `zh`\n"],
      [["--locale", "fr", "check"], "--locale 必须是 `en` 或 `zh`，不能是 `fr`\n"],
      [["explain", "nothing-like-it"], "`nothing-like-it` 不是诊断码或错误码\n"],
      [["graph", "none.yaml"], "`none.yaml` 不存在\n"],
    ];
    for (const [args, expected] of mistakes) {
      const { code, err } = await run(args);
      assert.equal(code, 2, args.join(" "));
      assert.ok(err.startsWith(expected), `${args.join(" ")}: ${err}`);
    }
  });
}

test("the help of every command is Chinese, and names the option in both languages", { timeout: 120_000 }, async () => {
  const helps = [[], ...COMMANDS.map(({ name }) => [name])];
  for (const args of helps) {
    const [chinese, english] = await Promise.all([
      command([...args, "--help"], { env: ZH }),
      command([...args, "--help"]),
    ]);
    assert.equal(chinese.code, 0);
    const sentences = lines(english.out).filter(
      (line) => !line.includes("cloudflow-wasm") && /[a-z]+ [a-z]+ [a-z]+ [a-z]+/.test(line),
    );
    for (const line of sentences) assert.ok(!lines(chinese.out).includes(line), `${args}: ${line}`);
    for (const { out } of [chinese, english]) assert.match(out, /--locale/);
  }
});

test("the codes are explained in Chinese", { timeout: 60_000 }, async () => {
  for (const name of ["diagnostics", "errors"])
    assert.deepEqual([...sections(name, "zh").keys()], [...sections(name, "en").keys()], name);
  const explained = await command(["explain", "unreachable-state"], { env: ZH });
  assert.match(explained.out, /^unreachable-state\n\n警告：[^\n]*[\u4e00-\u9fff]/);
  const { out } = await command(["explain"], { env: ZH });
  const summaries = lines(out).filter((line) => /^ {2}[a-z-]+ {2,}/.test(line));
  assert.ok(summaries.length > 100);
  for (const line of summaries) assert.match(line, /[\u4e00-\u9fff]/);
});

test("tests of flows, runs and servers report in Chinese", { timeout: 120_000 }, async () => {
  const flow =
    "version: v1\ntype: flow\nsteps:\n  - {type: task, name: a, resourceArn: acs:fc:::services/s/functions/f}\n";
  const cwd = await folder({
    "flow.yaml": flow,
    "one.flowtest.yaml": "flow: flow.yaml\ntests:\n  - {name: one, status: Succeeded}\n",
    "two.flowtest.yaml": "flow: flow.yaml\ntests:\n  - {name: two, status: Failed, outpt: 1}\n",
  });
  const run = (args) => command(args, { cwd, env: ZH });
  const tested = await run(["test", "--coverage"]);
  for (const expected of [
    "status：应为 Succeeded，实际为 Failed",
    "失败于 `a`",
    "请在 `mocks` 中为 `a` 添加 mock",
    "`outpt` 不是测试的键：是否应为 `output`？",
    "2 个文件：1 个失败、1 个无法运行，",
  ])
    assert.ok(tested.out.includes(expected), `${expected}: ${tested.out}`);
  assert.match((await run(["run", "flow.yaml"])).out, /状态 `a` 失败：Local\.NoTaskHandler/);
  const port = await run(["local", "--port", "70000"]);
  assert.equal(
    port.err,
    "--port 必须是 0 到 65535 之间的整数，不能是 `70000`\n`cloudflow-wasm local --help` 列出所有选项\n",
  );
  assert.match((await run(["gateway"])).err, /^配置 `gateway\.mjs` 不存在；/);
  assert.match((await run(["describe", "f", "e"])).err, /^没有凭证/);
  // What programs read is never translated.
  assert.equal((await run(["migrate", "flow.yaml"])).out, (await command(["migrate", "flow.yaml"], { cwd })).out);
  assert.equal((await run(["graph", "flow.yaml"])).out, (await command(["graph", "flow.yaml"], { cwd })).out);
});

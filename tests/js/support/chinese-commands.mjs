// What the command is run with in Chinese: files, and arguments for each kind of output and of error.

import { BROKEN, GOOD, WARNED, WRONG } from "./command.mjs";

const HEAD = "version: v1\ntype: flow\nsteps:\n";
const CHOICE = `${HEAD}  - type: choice
    name: 判断
    inputMappings: [{target: a, source: $input.a}]
    choices: [{condition: $.a > 0, goto: 通过}]
    default: {goto: 退回}
  - {type: succeed, name: 通过}
  - {type: fail, name: 退回, error: Order.Refused, cause: 订单没有金额}
`;
const RETRIED = `${HEAD}  - type: task
    name: 扣款
    resourceArn: acs:fc:::services/s/functions/f
    retry: [{errors: [Busy], intervalSeconds: 1, maxAttempts: 2, multiplier: 2}]
`;

/** The names of files and the texts of users are Chinese, so that each English word is one of the command. */
export const FILES = {
  "good.yaml": GOOD,
  "wrong.yaml": WRONG,
  "warned.yaml": WARNED,
  "broken.yaml": BROKEN,
  "indented.yaml": GOOD.replace("  - {", "    - {"),
  "choice.yaml": CHOICE,
  "retried.yaml": RETRIED,
  "many.yaml": `${HEAD}${Array.from({ length: 210 }, (_, i) => `  - {type: pass, name: s${i}}\n`).join("")}`,
  "late.yaml": `version: v1\ntype: flow\ntimeoutSeconds: 1\nsteps:\n  - {type: wait, name: 小睡, duration: 86400}\n`,
  "slow.yaml": `${HEAD}  - {type: wait, name: 小睡, duration: 86400}\n`,
  "old.yaml": `${HEAD}  - {type: task, name: a, resourceArn: "acs:fc:::services/s/functions/f", pattern: waitForCallback}\n`,
  "empty.yaml": "type: flow\nversion: v1\nsteps: []\n",
  "template.yml":
    'ROSTemplateFormatVersion: "2015-09-01"\nResources:\n  F:\n    Type: ALIYUN::FNF::Flow\n    Properties:\n      Definition: "type: flow\\nversion: v1\\nsteps:\\n  - {type: pass, name: a}\\n"\n',
  "binary.yaml": Buffer.from([0x74, 0, 1, 2, 255]),
  "latin1.yaml": Buffer.from([0x74, 0x79, 0xe9, 0x0a]),
  "utf16.yaml": Buffer.from("\ufefftype: flow", "utf16le"),
  "busy.json": '{"acs:fc:*": [{"error": "Busy"}, {"error": "Busy"}, {"error": "Busy", "cause": "函数繁忙"}]}',
  "broken.json": "{",
  "list.json": "[1]",
  "token.json": "{a: 1}",
  "throws.mjs": "throw new Error('模块有误');\n",
  "syntax.mjs": "export default {\n",
  "number.mjs": "export default 1;\n",
  "empty/备注.txt": "",
  "rule.json": '{"rule": {}, "ignore": 1}',
  "level.json": '{"rules": {"no-effect": "loud", "nonsense": "off"}}',
  "flows/good.yaml": GOOD,
  "flows/choice.yaml": CHOICE,
  "flows/retried.yaml": RETRIED,
  "flows/slow.yaml": `${HEAD}  - {type: wait, name: 小睡, duration: 86400}\n`,
  "flows/late.yaml": `version: v1\ntype: flow\ntimeoutSeconds: 1\nsteps:\n  - {type: wait, name: 小睡, duration: 86400}\n`,
  "flows/wrong.yaml": WRONG,
  "good.flowtest.yaml": "flow: good.yaml\ntests:\n  - {name: 结束, status: Succeeded}\n",
  "fails.flowtest.yaml": `flow: choice.yaml
tests:
  - {name: 通过, input: {a: 1}, status: Failed, output: {b: 1}, path: [判断, 退回]}
  - {name: 退回, input: {a: 0}, status: Succeeded, error: 其他}
  - {name: 输出, input: {a: 1}, outputIncludes: {b: 1}}
`,
  "retried.flowtest.yaml": `flow: retried.yaml
tests:
  - {name: 没有 mock, status: Succeeded}
  - {name: 重试, mocks: {扣款: [{error: Busy}, {error: Busy}, {error: Busy, cause: 函数繁忙}]}, status: Succeeded, attempts: {扣款: 9}}
  - {name: 单个状态, state: 扣款, next: 其他}
`,
  "broken.flowtest.yaml": "flow: none.yaml\ntests: []\n",
  "keys.flowtest.yaml": `flow: choice.yaml
tests:
  - {name: 一, status: 成功}
  - {name: 一, status: Failed, outpt: 1}
  - {status: Failed}
  - {name: 二}
  - {name: 三, output: 1, outputIncludes: {}, mocks: {通过: {output: 1}, 没有: {output: 1}}, path: 1, attempts: {判断: many}}
  - 5
`,
  "nothing.flowtest.yaml": "a: [1\n",
  ".aliyun/config.json": JSON.stringify({
    current: "default",
    profiles: [
      { name: "default", mode: "AK", access_key_id: "", region_id: "cn-hangzhou" },
      { name: "role", mode: "RamRoleArn" },
      { name: "token", mode: "StsToken", access_key_id: "a", access_key_secret: "b" },
    ],
  }),
  "gateway.mjs":
    'export default { upstream: () => ({ region: "cn-hangzhou", credentials: { accessKeyId: "a", accessKeySecret: "b" } }), authorize: () => true };\n',
  "none.mjs": "export const a = 1;\n",
  "options.mjs": "export default { upstrem: 1 };\n",
};

/** Mistakes in the arguments of commands that commander reads. */
const MISTAKES = [
  ["check", "--nonsense"],
  ["check", "--fromat", "json"],
  ["check", "--format", "xml"],
  ["check", "--max-warnings", "viele"],
  ["check", "--max-warnings"],
  ["check", "--rule", "x"],
  ["check", "--rule", "no-effect=loud"],
  ["check", "--rule", "nonsense=off"],
  ["check", "-", "good.yaml"],
  ["check", "--stdin-filename", "a.yaml", "good.yaml"],
  ["check", "--locale", "fr"],
  ["check", "--locale"],
  ["explain", "a", "b"],
  ["explain", "unknown-targt"],
  ["explain", "没有"],
  ["graph"],
  ["graph", "--theme", "grün", "good.yaml"],
  ["format", "--write", "--check", "good.yaml"],
  ["format", "-", "--write"],
  ["format", "good.yaml", "warned.yaml"],
  ["migrate"],
  ["migrate", "good.yaml", "warned.yaml"],
  ["run", "good.yaml", "--input", "{"],
  ["run", "good.yaml", "--input", "[1]"],
  ["run", "good.yaml", "--input", "{a: 1}"],
  ["run", "good.yaml", "--input", '{"a" 1}'],
  ["run", "good.yaml", "--input", '{"a": 1 "b"}'],
  ["run", "good.yaml", "--input", '{"a": 1,}'],
  ["run", "good.yaml", "--input", "[1 2]"],
  ["run", "good.yaml", "--input", '{"a": "\\x"}'],
  ["run", "good.yaml", "--input", '{"a": "\n"}'],
  ["run", "good.yaml", "--input", '{"a": "'],
  ["run", "good.yaml", "--input", "{} {}"],
  ["run", "good.yaml", "--input", "-"],
  ["run", "good.yaml", "--input", '{"a": -}'],
  ["run", "good.yaml", "--input", '{"a": 1.}'],
  ["run", "good.yaml", "--input", '{"a": 1e}'],
  ["run", "good.yaml", "--input", '{"a": "\\u12"}'],
  ["run", "good.yaml", "--input", "金额"],
  ["run", "good.yaml", "--input", "@none.json"],
  ["run", "good.yaml", "--input", "@binary.yaml"],
  ["run", "-", "--input", "-"],
  ["run", "good.yaml", "--speed", "0"],
  ["run", "good.yaml", "--tasks", "throws.mjs"],
  ["run", "good.yaml", "--tasks", "syntax.mjs"],
  ["run", "good.yaml", "--tasks", "number.mjs"],
  ["run", "good.yaml", "--tasks", "none.mjs"],
  ["run", "good.yaml", "--tasks", "没有.mjs"],
  ["run", "good.yaml", "--tasks", "empty"],
  ["run", "good.yaml", "--tasks", "broken.json"],
  ["run", "good.yaml", "--tasks", "list.json"],
  ["run", "good.yaml", "--flows", "good.yaml"],
  ["run", "good.yaml", "--flows", "没有"],
  ["test", "--format", "xml"],
  ["test", "--watch", "--format", "json"],
  ["test", "--min-coverage", "101"],
  ["test", "--filter", "没有", "good.flowtest.yaml"],
  ["test", "empty"],
  ["completion", "tcsh"],
  ["completion"],
  ["init", "good.yaml"],
  ["init", "--dialect", "asl"],
  ["lsp", "--socket", "1"],
  ["describe", "f", "e"],
  ["describe", "f"],
  ["watch", "f", "e", "--timeout", "x"],
  ["history", "f", "e", "--limit", "0"],
  ["executions", "f", "--status", "Done"],
  ["executions", "f", "--profile", "没有"],
  ["executions", "f", "--profile", "rol"],
  ["executions", "f", "--profile", "role"],
  ["executions", "f", "--profile", "token"],
  ["executions", "f", "--profile", "default"],
  ["describe", "f", "e", "--endpoint", "gateway"],
  ["describe", "f", "e", "--endpoint", "http://127.0.0.1:1"],
  ["chekc"],
  ["serve"],
  ["--fix", "a.yaml"],
  ["help", "没有"],
  ["--locale", "fr", "check"],
  ["--locale"],
];

/** Mistakes in the arguments of the servers. */
const OF_SERVERS = [
  ["local", "--nonsense"],
  ["local", "--port"],
  ["local", "--port", "--quiet"],
  ["local", "--quiet=1"],
  ["local", "-x"],
  ["local", "--port", "viele"],
  ["local", "--port", "70000"],
  ["local", "--latency", "-1"],
  ["local", "--speed", "0"],
  ["local", "--host", "a b"],
  ["local", "--host", "203.0.113.1", "--port", "0"],
  ["local", "--host", "没有.invalid", "--port", "0"],
  ["local", "--allow-origin", "x"],
  ["local", "--console", "--no-console"],
  ["local", "--flows", ""],
  ["local", "--flows", "没有", "--port", "0"],
  ["local", "--flows", "good.yaml", "--port", "0"],
  ["local", "--tasks", "throws.mjs", "--port", "0"],
  ["local", "--tasks", "syntax.mjs", "--port", "0"],
  ["local", "--state", "empty", "--port", "0"],

  ["local", "--key", "a"],
  ["local", "--key", "a: b"],
  ["local", "--key", "a:b\n"],
  ["local", "more"],
  ["local", "--port", "1", "--host", "8.8.8.8"],
  ["gateway", "--nonsense"],
  ["gateway", "--port", "viele"],
  ["gateway", "--drain", "999"],
  ["gateway", "--config", ""],
  ["gateway", "--config", "没有.mjs"],
  ["gateway", "--config", "empty"],
  ["gateway", "--config", "throws.mjs"],
  ["gateway", "--config", "syntax.mjs"],
  ["gateway", "--config", "none.mjs"],
  ["gateway", "--config", "options.mjs"],
  ["gateway", "--force"],
  ["gateway", "more"],
  ["gateway", "init", "--port", "1"],
  ["gateway", "init", "good.yaml"],
  ["gateway", "init", "a", "b"],
  ["gateway", "init", ""],
  ["gateway", "--host", "203.0.113.1", "--port", "0"],
];

/** Files that cannot be used, with each command that reads files. */
const UNUSABLE = [
  "没有.yaml",
  "good.yaml/x.yaml",
  "empty",
  "binary.yaml",
  "latin1.yaml",
  "utf16.yaml",
  "/dev/zero",
].flatMap((file) => [
  ["check", "--no-config", file],
  ["format", file],
  ["graph", file],
  ["migrate", file],
  ["run", file],
  ["test", file],
]);

/** Results. */
const RESULTS = [
  ["check", "--no-config", "good.yaml"],
  ["check", "--no-config", "wrong.yaml", "warned.yaml", "broken.yaml", "没有.yaml", "template.yml"],
  ["check", "--no-config", "--max-warnings", "0", "warned.yaml"],
  ["check", "--no-config", "--rule", "no-effect=error", "warned.yaml"],
  ["check", "--no-config", "--ignore-unknown", "busy.json", "good.yaml"],
  ["check", "--no-config", "--format", "github", "wrong.yaml"],
  ["check", "--config", "rule.json", "good.yaml"],
  ["check", "--config", "level.json", "good.yaml"],
  ["check", "--config", "broken.json", "good.yaml"],
  ["check", "--config", "list.json", "good.yaml"],
  ["check", "--config", "token.json", "good.yaml"],
  ["check", "--config", "没有.json", "good.yaml"],
  ["format", "--check", "indented.yaml"],
  ["format", "--diff", "indented.yaml"],
  ["format", "template.yml"],
  ["format", "broken.yaml"],
  ["graph", "good.yaml"],
  ["graph", "wrong.yaml"],
  ["graph", "empty.yaml"],
  ["graph", "--format", "dot", "choice.yaml"],
  ["graph", "-o", "empty", "choice.yaml"],
  ["graph", "-o", "没有/a.mmd", "choice.yaml"],
  ["migrate", "--diff", "choice.yaml"],
  ["migrate", "old.yaml"],
  ["migrate", "broken.yaml"],
  ["run", "good.yaml"],
  ["run", "many.yaml"],
  ["run", "late.yaml"],
  ["run", "choice.yaml", "--input", '{"a": 0}'],
  ["run", "retried.yaml", "--tasks", "busy.json"],
  ["run", "retried.yaml", "--tasks", "busy.json", "--format", "timeline"],
  ["run", "retried.yaml"],
  ["run", "wrong.yaml"],
  ["test", "good.flowtest.yaml"],
  ["test", "--coverage", "fails.flowtest.yaml", "retried.flowtest.yaml", "good.flowtest.yaml"],
  ["test", "--min-coverage", "100", "good.flowtest.yaml", "fails.flowtest.yaml"],
  ["test", "broken.flowtest.yaml", "keys.flowtest.yaml", "nothing.flowtest.yaml", "没有.flowtest.yaml"],
  ["test", "--format", "junit", "keys.flowtest.yaml", "fails.flowtest.yaml"],
  ["test", "--format", "tap", "--coverage", "keys.flowtest.yaml", "fails.flowtest.yaml"],
  ["explain"],
  ["completion", "bash"],
  ["completion", "zsh"],
  ["completion", "fish"],
  // Last: these change the files.
  ["migrate", "--write", "choice.yaml"],
  ["format", "--write", "indented.yaml"],
  ["check", "--no-config", "--fix", "wrong.yaml", "good.yaml"],
];

/** Commands that find their own files at the second time. */
export const REPEATED = [
  ["init", "new"],
  ["gateway", "init", "worker"],
];

/** Commands that run until they are stopped. */
export const WATCHED = [
  [["test", "--watch", "good.flowtest.yaml"], /Ctrl-C/],
  [["local", "--port", "0", "--host", "0.0.0.0", "--state", "state.jsonl", "--skip-waits"], /密钥|key/],
  [["gateway", "--port", "0"], /网关|gateway/],
];

/** With the emulator as the service. */
export const ASKED = [
  ["describe", "good", "one"],
  ["describe", "good", "none"],
  ["describe", "good", "-x"],
  ["describe", "none", "one"],
  ["watch", "good", "one"],
  ["watch", "choice", "one"],
  ["watch", "retried", "one"],
  ["watch", "late", "one"],
  ["watch", "slow", "one", "--timeout", "1"],
  ["history", "good", "one"],
  ["history", "good", "none"],
  ["executions", "good"],
  ["executions", "good", "--prefix", "zzz"],
  ["executions", "good", "--since", "昨天"],
  ["executions", "none"],
];

export const CASES = [...MISTAKES, ...OF_SERVERS, ...UNUSABLE, ...RESULTS];

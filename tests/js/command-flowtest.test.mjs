// The command `test`: tests of flows in YAML.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { parse } from "yaml";
import { readTestFile } from "../../pkg/cli/flow-test/read.js";
import { flowGraph, replayExecution, validateFlow } from "../../pkg/dist/language.js";
import { simulateFlow, simulateState } from "../../pkg/dist/local.js";
import { BIN, RUNTIMES, command } from "./support/command.mjs";
import { cpuMs } from "./support/cpu.mjs";

const PACKAGE = { flowGraph, replayExecution, validateFlow, simulateFlow, simulateState };
const docs = await readFile(new URL("../../docs/flow-tests.md", import.meta.url), "utf8");
const blocks = (language) =>
  [...docs.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text);
const [ORDER, ORDER_TESTS] = blocks("yaml");
const schema = JSON.parse(await readFile(new URL("../../pkg/schema/flowtest.schema.json", import.meta.url), "utf8"));
const isValid = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);

let root;
before(async () => (root = await mkdtemp(join(tmpdir(), "cloudflow-flowtest-"))));
after(() => rm(root, { recursive: true, force: true }));

async function folder(files) {
  const place = await mkdtemp(join(root, "f-"));
  for (const [name, text] of Object.entries({ "order.yaml": ORDER, ...files })) {
    await mkdir(join(place, name, ".."), { recursive: true });
    await writeFile(join(place, name), text);
  }
  return place;
}

/** A test file with one test. */
const one = (body, head = "") => `flow: order.yaml\n${head}tests:\n  - name: it\n${body.replace(/^(?=.)/gm, "    ")}`;

// What is wrong in a file: the place and words of each problem. `schema: false`: the schema cannot know it.
const WRONG = [
  [
    "flow: order.yaml\ntests:\n  - {name: a, statsu: Failed, error: x}\n",
    [/^3:15 `statsu` is not a key of a test: did you mean `status`\?$/],
  ],
  [
    "flow: order.yaml\ntest: []\n",
    [/^2:1 `test` is not a key of a test file: did you mean `tests`\?$/, /^1:1 the key `tests` is missing/],
  ],
  ["tests: [{name: a, status: Failed}]\n", [/^1:1 the key `flow` is missing/]],
  ["flow: order.yaml\ntests: []\n", [/^2:8 `tests` must be a list with at least one test$/]],
  ["flow: order.yaml\ntests: {a: 1}\n", [/^2:8 `tests` must be a list/]],
  ["[]\n", [/^1:1 the file is not a mapping/]],
  ["", [/^1:1 the file is not a mapping/]],
  ["flow: order.yaml\ntests: [a]\n", [/^2:9 a test must be a mapping$/]],
  ["flow: order.yaml\ntests: [{status: Failed}]\n", [/^2:9 a test has no `name`$/]],
  ["flow: order.yaml\ntests: [{name: 5, status: Failed}]\n", [/^2:16 the name of a test must be a text$/]],
  ["flow: order.yaml\ntests: [{name: a, input: {}}]\n", [/^2:16 the test `a` expects nothing: add one of `status`, /]],
  ["flow: order.yaml\ntests: [{name: a, attempts: {}}]\n", [/^2:29 `attempts` is empty$/]],
  ["flow: order.yaml\ntests: [{name: a, state: Charge}]\n", [/^2:16 the test `a` expects nothing: .*`values`/]],
  [
    "flow: order.yaml\ntests: [{name: a, status: Failed}, {name: a, status: Failed}]\n",
    [/^2:43 the test of line 2 has the same name$/],
    false,
  ],
  ["flow: none.yaml\ntests: [{name: a, status: Failed}]\n", [/^1:7 the flow `.*none\.yaml` does not exist$/], false],
  [
    "flow: bad.yaml\ntests: [{name: a, status: Failed}]\n",
    [/^1:7 the flow has errors: .*bad\.yaml:4:12: error\[unknown-type\]: /],
    false,
  ],
  ["flow: [a]\ntests: [{name: a, status: Failed}]\n", [/^1:7 the path of a flow must be a text$/]],
  [
    "flow: order.yaml\nmode: express\ntests: [{name: a, status: Failed}]\n",
    [/^2:7 `mode` must be one of .*did you mean `Express`\?$/],
  ],
  [one("status: Suceeded\n"), [/^4:13 `status` must be one of .*did you mean `Succeeded`\?$/]],
  [one("status: succeeded\n"), [/^4:13 `status` must be one of/]],
  [one("state: Charge\nstatus: Succeeded\n"), [/^5:13 `status` must be one of/]],
  [one("error: 5\n"), [/^4:12 `error` must be a text$/]],
  [one("input: [1]\nstatus: Failed\n"), [/^4:12 `input` must be a mapping$/]],
  [one("output: 1\noutputIncludes: 1\n"), [/^5:21 `output` and `outputIncludes` exclude each other$/]],
  [one("path: [HasAmount, Chrge]\n"), [/^4:23 the flow has no state `Chrge`: did you mean `Charge`\?$/], false],
  [one("path: Charge\n"), [/^4:11 `path` must be a list/]],
  [one("attempts: {Chrge: 1}\n"), [/^4:16 the flow has no state `Chrge`/], false],
  [one("attempts: {Charge: 1.5}\n"), [/^4:24 the attempts of `Charge` must be a whole number/]],
  [one("status: Failed\nnext: Charge\n"), [/^5:5 `next` is a key of a test of one state, which has the key `state`$/]],
  [one("state: Charge\nstatus: failed\npath: [Charge]\n"), [/^6:5 `path` is a key of a test without `state`$/]],
  [one("state: Chrge\nstatus: failed\n"), [/^4:12 the flow has no state `Chrge`/], false],
  [one("state: Charge\nnext: 5\n"), [/^5:11 `next` must be the name of a state, or `null`/]],
  [one("state: Charge\nrule: {knd: retry}\n"), [/^5:12 `knd` is not a key of `rule`: did you mean `kind`\?$/]],
  [one("state: Charge\nvalues: {}\n"), [/^5:13 `values` is empty$/]],
  [
    one("state: Charge\nstatus: failed\nmock: {eror: a}\n"),
    [/^6:12 `eror` is not a key of `mock`: did you mean `error`\?$/],
  ],
  [
    one("status: Failed\nmocks: {Chrge: {output: 1}}\n"),
    [/^5:13 the flow has no state `Chrge`: did you mean `Charge`\?$/],
    false,
  ],
  [
    one("status: Failed\nmocks: {Refuse: {output: 1}}\n"),
    [/^5:13 `Refuse` is a state of the type fail: only tasks have mocks$/],
    false,
  ],
  [
    one("status: Failed\nmocks: {Charge: {ouput: 1}}\n"),
    [/^5:22 `ouput` is not a key of the mock of `Charge`: did you mean `output`\?$/],
  ],
  [one("status: Failed\nmocks: {Charge: []}\n"), [/^5:21 the list of mocks of `Charge` is empty$/]],
  [
    one("status: Failed\nmocks: {Charge: {attempts: 1}}\n"),
    [/^5:32 the attempts of `Charge` must be a list of mocks$/],
  ],
  [
    one("status: Failed\nmocks: {Charge: {output: 1, error: a}}\n"),
    [/^5:21 the mock of `Charge` cannot have both `output` and `error`$/],
    false,
  ],
  [
    one("status: Failed\nmocks: {Charge: {delayMs: -1}}\n"),
    [/^5:21 the mock of `Charge` must have a number of 0 or more as `delayMs`$/],
  ],
  [one("status: Failed\nmocks: {'acs:fc:*': 5}\n"), [/^5:25 the mock of `acs:fc:\*` must be a mapping/]],
  [one("status: Failed\nmocks: 5\n"), [/^5:12 `mocks` must be a mapping$/]],
  // Texts that are not YAML, or not JSON as a value.
  ["flow: [a\n", [/^1:7 unclosed `\[`$/], false],
  ["a: 1\n---\nb: 2\n", [/^2:1 a second document begins here/], false],
  ["flow: a\nflow: b\n", [/^2:1 .*`flow`/], false],
  [one("output: .nan\n"), [/^4:13 a number is not finite/], false],
  [one("output: !what 5\n"), [/^4:13 unresolved tag/], false],
  [one("output: &a [*a]\n"), [/^4:\d+ /], false],
  [one("output: *b\n"), [/^4:13 the alias `\*b` has no anchor$/], false],
  [one("output: {? [a] : 1}\n"), [/^4:\d+ a key is not a text$/], false],
  [one(`output: ${"[".repeat(150)}${"]".repeat(150)}\n`), [/^4:\d+ a value is nested more than 100 deep$/], false],
  [one(`output: ${"[".repeat(100_000)}\n`), [/./], false],
];

test("what is wrong in a test file is reported with its place", async () => {
  const cwd = await folder({ "bad.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: wiat, name: a, duration: 3}\n" });
  for (const [text, words, bySchema = true] of WRONG) {
    const file = join(cwd, "t.flowtest.yaml");
    await writeFile(file, text);
    const { problems } = readTestFile(file, PACKAGE);
    const got = problems.map(
      ({ message, range }) => (range ? `${range.start.line}:${range.start.column} ` : "") + message,
    );
    assert.equal(got.length >= words.length, true, `${text.slice(0, 200)}\n${got.join("\n")}`);
    words.forEach((word, i) => assert.match(got[i], word, text.slice(0, 200)));
    if (words.length > 1 || bySchema) assert.equal(got.length, words.length, `${text}\n${got.join("\n")}`);
    if (bySchema) assert.equal(isValid(parse(text)), false, `the schema accepts\n${text}`);
  }
});

test("many aliases are refused in a short time", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(10)
        .fill(i === 0 ? "x" : `*a${i - 1}`)
        .join(",")}]`,
  );
  const cwd = await folder({ "t.flowtest.yaml": `${levels.join("\n")}\n` });
  let problems;
  const ms = cpuMs(() => ({ problems } = readTestFile(join(cwd, "t.flowtest.yaml"), PACKAGE)));
  assert.match(problems[0].message, /more than 200000 values/);
  assert.ok(ms < 5000, `${ms} ms`);
});

// A test that passes (no words), or what its failure says.
const RESULTS = [
  ["input: {amount: 1}\nmocks: {Charge: {output: {paid: true}}}\noutput: {paid: true}\n"],
  ["input: {amount: 1}\nmocks: {'acs:fc:*': {output: {paid: true}}}\nstatus: Succeeded\n"],
  [
    "input: {amount: 1}\nmocks: {'FC:InvokeFunction': {output: {paid: 1}}, Charge: {output: {paid: 2}}}\noutput: {paid: 2}\n",
  ],
  [
    "input: {amount: 1}\nmocks: {Charge: {output: {paid: {a: [1, {b: 2, c: 3}]}}}}\noutputIncludes: {paid: {a: [1, {b: 2}]}}\n",
  ],
  [
    "input: {amount: 1}\nmocks: {Charge: {output: {paid: [1, 2]}}}\noutputIncludes: {paid: [1]}\n",
    /outputIncludes: expected \{"paid":\[1\]\}, got \{"paid":\[1,2\]\}/,
  ],
  [
    "input: {amount: 1}\nmocks: {Charge: {attempts: [{error: FC.ResourceThrottled}, {output: {paid: 1}}]}}\nattempts: {Charge: 2, Refuse: 0}\n",
  ],
  [
    "input: {amount: 1}\nmocks: {Charge: {error: FC.ResourceThrottled}}\nerror: FC.ResourceThrottled\nattempts: {Charge: 4}\n",
  ],
  ["input: {amount: 1}\nmocks: {Charge: {error: E, cause: because}}\nerror: E\ncause: because\nstatus: Failed\n"],
  [
    "input: {amount: 0}\nerror: Other\n",
    /error: expected Other, got Order\.Refused\n.*\n.*path taken HasAmount → Refuse\n.*failed in `Refuse`: Order\.Refused: the order has no amount\n +order\.yaml:\d+:11\n +\d+ \| {5}Name: Refuse\n +\| +\^{6}/,
  ],
  ["input: {amount: 1}\nstatus: Succeeded\n", /add a mock for `Charge` to `mocks`/],
  ["input: {amount: 1}\nmocks: {Charge: {output: {paid: 1}}}\nerror: E\n", /error: expected E, got nothing/],
  [
    "input: {amount: 1}\nmocks: {Charge: {output: {paid: 1}}}\nattempts: {Charge: 3}\n",
    /attempts of `Charge`: expected 3, got 1/,
  ],
  [
    "input: {amount: 1}\nmocks: {Charge: {output: {paid: 1}}}\npath: [Charge]\n",
    /path: expected \["Charge"\], got \["HasAmount","Charge"\]/,
  ],
  [
    `input: {amount: 1}\nmocks: {Charge: {output: {paid: {a: ${"x".repeat(60)}}}}}\noutput: {paid: {a: ${"y".repeat(60)}}}\n`,
    /- expected \+ actual\n[\s\S]*- +"a": "y+"\n +\+ +"a": "x+"/,
  ],
  ['input: {amount: 1}\nmocks: {Charge: {error: "E\\e[2J"}}\nstatus: Succeeded\n', /E\\u\{1b\}\[2J/],
  ["state: HasAmount\ninput: {amount: 5}\nstatus: succeeded\nnext: Charge\n"],
  [
    "state: HasAmount\ninput: {amount: 0}\nnext: Charge\n",
    /next: expected Charge, got Refuse\n[\s\S]*order\.yaml:7:11\n/,
  ],
  [
    "state: Charge\ninput: {amount: 5}\nmock: {output: {paid: 1}}\nnext: null\nvalues: {input: {amount: 5}, result: {Body: {paid: 1}}, output: {paid: 1}}\n",
  ],
  ["state: Charge\nmock: {error: FC.ResourceThrottled}\nattempt: 3\nstatus: failed\n"],
  [
    "state: Charge\nmock: {error: FC.ResourceThrottled}\nrule: {retry: 2}\n",
    /rule: expected \{"retry":2\}, got \{"retry":1\}/,
  ],
  ["state: Charge\nmock: {error: E}\nrule: {retry: 2}\n", /rule: expected \{"retry":2\}, got nothing/],
  [
    "state: Charge\nstatus: succeeded\n",
    /status: expected succeeded, got pending[\s\S]*help the state is `pending`: `mock` gives/,
  ],
  ["state: Charge\nmock: {output: 5}\nvalues: {local: {}}\n", /values\.local: expected \{\}, got nothing/],
  ["state: Charge\nlocal: {a: 1}\nstatus: failed\n", /could not run: .*`local`/],
];

test("tests pass, or their failures say why", { timeout: 120_000 }, async () => {
  const tests = RESULTS.map(([body], i) => `  - name: test ${i}.\n${body.replace(/^(?=.)/gm, "    ")}`).join("");
  const text = `flow: order.yaml\ntests:\n${tests}`;
  assert.ok(isValid(parse(text)), JSON.stringify(isValid.errors));
  const cwd = await folder({ "t.flowtest.yaml": text });
  const { code, out, err } = await command(["test"], { cwd });
  assert.equal(code, 2, out + err);
  RESULTS.forEach(([body, words], i) => {
    const shown = out.split(`test ${i}.`)[1].split(/\n {2}[✓✗]|\n\n/)[0];
    const sign = new RegExp(`([✓✗]) test ${i}\\.`).exec(out)[1];
    assert.equal(sign, words ? "✗" : "✓", `${body}\n${shown}`);
    if (words) assert.match(shown, words, body);
  });
  const failed = RESULTS.filter(([, words]) => words).length - 1;
  assert.match(
    out,
    new RegExp(`\\n${failed} failed, 1 could not run, ${RESULTS.length - failed - 1} passed in 1 file, \\d+ ms\\n$`),
  );
});

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: exit codes and unusable arguments`, { timeout: 120_000 }, async () => {
    const cwd = await folder({
      "order.flowtest.yaml": ORDER_TESTS,
      "bad/failed.flowtest.yaml": one("status: Failed\n").replace("order.yaml", "../order.yaml"),
      "wrong/wrong.flowtest.yaml": one("sttus: Failed\n").replace("order.yaml", "../order.yaml"),
      "part/part.flowtest.yaml": one("input: {amount: 0}\nstatus: Failed\n").replace("order.yaml", "../order.yaml"),
      "binary.flowtest.yaml.x": "\0",
    });
    await mkdir(join(cwd, "empty"));
    const cases = [
      [["order.flowtest.yaml"], 0, /\n3 passed in 1 file, \d+ ms\n$/, /^$/],
      [
        ["order.flowtest.yaml", "--coverage"],
        0,
        /coverage order\.yaml: states 3\/3 \(100 %\), branches 2\/2 \(100 %\)\n/,
        /^$/,
      ],
      [["bad"], 0, /1 passed/, /^$/],
      [
        ["part", "--min-coverage", "60"],
        1,
        /states 2\/3 \(66 %\), branches 1\/2 \(50 %\)\n {2}not reached: branch 1 of `HasAmount` \(.*\), line 7\n {2}not reached: state `Charge`, line 13\n/,
        /^the coverage of branches is 50 %, below the minimum of 60 %\n$/,
      ],
      [["part", "--min-coverage", "50"], 0, /1 passed/, /^$/],
      [["part", "order.flowtest.yaml", "--min-coverage", "100"], 0, /4 passed/, /^$/],
      [["wrong"], 2, /wrong\.flowtest\.yaml:4:5\n +4 \| {5}sttus: Failed\n +\| {5}\^{5}\n/, /^$/],
      [["part", "wrong"], 2, /1 could not run, 1 passed in 2 files/, /^$/],
      [["order.flowtest.yaml", "--filter", "REFUSED"], 0, /\n1 passed in 1 file/, /^$/],
      [["order.flowtest.yaml", "--filter", "nothing"], 2, /no test ran/, /^no test has a name with `nothing`\n$/],
      [["none.flowtest.yaml"], 2, /the file does not exist/, /^$/],
      [["order.flowtest.yaml", "none/*.yaml"], 2, /3 passed/, /^`none\/\*\.yaml` |^`none` /],
      [["binary.flowtest.yaml.x"], 2, /the file is a binary file/, /^$/],
      [["empty"], 2, /^$/, /^`empty` has no file|no test file/],
      [["--format", "xml"], 2, /^$/, /Allowed choices are `text`, `json`, `junit`, `tap`/],
      [["--min-coverage", "101"], 2, /^$/, /Expected a whole number from 0 to 100/],
      [["--watch", "--format", "tap"], 2, /^$/, /^--watch is used with --format text only\n$/],
    ];
    for (const [args, code, out, err] of cases) {
      const got = await command(["test", ...args], { cwd, command: program });
      assert.equal(got.code, code, `${args.join(" ")}: ${got.out}${got.err}`);
      assert.match(got.out, out, args.join(" "));
      assert.match(got.err, err, args.join(" "));
      assert.ok(!/\n +at /.test(got.err), got.err);
    }
  });

  test(`${runtime}: --watch runs again after a change, and Ctrl-C ends it`, { timeout: 60_000 }, async (t) => {
    const cwd = await folder({ "order.flowtest.yaml": ORDER_TESTS });
    const [path, ...first] = program;
    const child = spawn(path, [...first, BIN, "test", "--watch"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    let out = "";
    let hear = () => {};
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
      hear();
    });
    const until = (words) =>
      new Promise((resolve) => {
        hear = () => words.test(out) && resolve();
        hear();
      });
    await until(/3 passed[\s\S]*Ctrl-C ends\n/);
    out = "";
    await writeFile(join(cwd, "order.yaml"), ORDER.replace("Order.Refused", "Order.Declined"));
    await until(/changed: .*order\.yaml\n[\s\S]*got Order\.Declined[\s\S]*1 failed, 2 passed[\s\S]*Ctrl-C ends\n/);
    out = "";
    await writeFile(join(cwd, "new.flowtest.yaml"), one("input: {amount: 0}\nerror: Order.Declined\n"));
    await until(/changed: new\.flowtest\.yaml\n[\s\S]*1 failed, 3 passed in 2 files[\s\S]*Ctrl-C ends\n/);
    child.kill("SIGINT");
    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 130);
  });
}

test("JSON, JUnit and TAP", { timeout: 60_000 }, async () => {
  const name = 'a <b> & "c" # \\ \\u0007';
  const cwd = await folder({
    "a.flowtest.yaml": `flow: order.yaml\ntests:\n  - {name: "${name.replace(/["]/g, '\\"').replace(" \\ ", " \\\\ ")}", status: Succeeded}\n  - {name: fine, error: Order.Refused}\n`,
    "b.flowtest.yaml": "flow: order.yaml\n",
  });
  const run = (format) => command(["test", "--coverage", "--format", format], { cwd });
  const json = await run("json");
  assert.equal(json.code, 2, json.err);
  const report = JSON.parse(json.out);
  assert.deepEqual(
    { ...report.summary, durationMs: 0 },
    { passed: 1, failed: 1, problems: 1, files: 2, durationMs: 0 },
  );
  const [failed] = report.files[0].tests;
  assert.equal(failed.name, 'a <b> & "c" # \\ \u0007');
  assert.deepEqual(
    failed.differences.map(({ what, expected, actual }) => [what, expected, actual]),
    [["status", "Succeeded", "Failed"]],
  );
  assert.deepEqual(
    failed.path.map(({ name }) => name),
    ["HasAmount", "Refuse"],
  );
  assert.equal(failed.failure.state, "Refuse");
  assert.equal(report.files[1].problems.length, 1);
  assert.deepEqual(report.coverage.total, { states: { covered: 2, total: 3 }, branches: { covered: 1, total: 2 } });

  const tap = await run("tap");
  assert.equal(tap.code, 2);
  const lines = tap.out.split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    "TAP version 14",
    "1..3",
    'not ok 1 - a.flowtest.yaml: a <b> & "c" \\# \\\\ \\\\u{7}',
  ]);
  const yaml = tap.out.match(/^ {2}---\n[\s\S]*?^ {2}\.\.\.$/gm);
  assert.equal(yaml.length, 2);
  for (const block of yaml) assert.equal(typeof parse(block.replace(/^ {2}(---|\.\.\.)$/gm, "")).message, "string");
  assert.match(tap.out, /^ok 2 - a\.flowtest\.yaml: fine$/m);
  assert.match(tap.out, /^not ok 3 - b\.flowtest\.yaml: the test file$/m);
  assert.match(tap.out, /^# coverage order\.yaml: states 2\/3 /m);

  const junit = await run("junit");
  assert.match(
    junit.out,
    /^<testsuites name="cloudflow-wasm test" tests="3" failures="1" errors="1" time="\d+\.\d{3}">$/m,
  );
  assert.match(
    junit.out,
    /<testcase name="a &#60;b&#62; &#38; &#34;c&#34; # \\ \ufffd" classname="a\.flowtest\.yaml" time="[\d.]+">\n +<failure message="status: expected Succeeded, got Failed" type="failure">/,
  );
  assert.match(junit.err, /^coverage order\.yaml: /);
  const open = junit.out.match(/<[a-z]+[ >]/g).length - (junit.out.match(/\/>/g) ?? []).length;
  assert.equal(open, junit.out.match(/<\/[a-z]+>/g).length);
});

test("child flows, express flows, and both dialects", async () => {
  const cwd = await folder({
    "parent.yaml":
      "version: v1\ntype: flow\nsteps:\n  - {type: task, name: start, resourceArn: 'acs:fnf:::flow/child', pattern: sync}\n",
    "child.yaml":
      "version: v1\ntype: flow\nsteps:\n  - type: choice\n    name: which\n    inputMappings: [{target: a, source: $input.a}]\n    choices: [{condition: $.a == 1, goto: end}]\n    default: {goto: end}\n  - {type: pass, name: end}\n",
    "fast.express.yaml":
      "Type: StateMachine\nSpecVersion: v1\nName: fast\nStartAt: a\nStates:\n  - {Type: Pass, Name: a, End: true}\n",
    "p.flowtest.yaml":
      "flow: parent.yaml\nflows: {child: child.yaml}\ntests:\n  - {name: a, status: Succeeded, path: [start]}\n",
    "e.flowtest.yaml": "flow: fast.express.yaml\ntests:\n  - {name: a, status: Succeeded}\n",
  });
  const { code, out, err } = await command(["test", "--coverage"], { cwd });
  assert.equal(code, 0, out + err);
  assert.match(out, /coverage child\.yaml: states 2\/2 \(100 %\), branches 2\/2/);
  assert.match(out, /coverage all flows: states 4\/4/);
});

test("the example of the documentation", { timeout: 60_000 }, async (t) => {
  assert.ok(isValid(parse(ORDER_TESTS)), JSON.stringify(isValid.errors));
  const cwd = await folder({ "order.flowtest.yaml": ORDER_TESTS });
  const [shown] = blocks("console");
  const plain = (text) =>
    text
      .replace(/ \(\d+ ms\)/g, "")
      .replace(/\d+ ms/g, "N ms")
      .trim();
  const good = await command(["test", "--coverage"], { cwd });
  assert.equal(plain(good.out), plain(shown.replace(/^\$.*\n/, "")));
  await writeFile(join(cwd, "order.flowtest.yaml"), ORDER_TESTS.replace("Order.Refused", "Order.Declined"));
  const bad = await command(["test"], { cwd });
  assert.ok(bad.out.includes(blocks("text")[0]), bad.out);
  assert.equal((await command(["check"], { cwd })).code, 0, "a test file is not a definition");

  // Bun has the matchers of Jest.
  if (!process.env.BUN) return t.diagnostic("`BUN` is not set: the matchers are not run");
  await mkdir(join(cwd, "node_modules"));
  await symlink(
    fileURLToPath(new URL("../../pkg/dist", import.meta.url)),
    join(cwd, "node_modules", "cloudflow-wasm"),
    "junction",
  );
  const [plainMatcher, own] = blocks("js");
  await writeFile(
    join(cwd, "order.test.js"),
    `import { expect, test } from "bun:test";\nimport { readFileSync } from "node:fs";\nconst flow = readFileSync("order.yaml", "utf8");\n${own}
test("plain", async () => {\n${plainMatcher}});
test.failing("fails", async () => expect(await simulateFlow(flow, { input: { amount: 0 } })).toSucceed());\n`,
  );
  const child = spawn(process.env.BUN, ["test", "order.test.js"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0, said);
  assert.match(said, /3 pass/);
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  assert.ok(readme.includes(plainMatcher), "the README has the matcher");
});

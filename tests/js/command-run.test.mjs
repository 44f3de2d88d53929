// The command `run`: events, timeline, results, failures, unusable options.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BIN, RUNTIMES, command } from "./support/command.mjs";

const FLOWS = {
  "good.yaml": `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: 30}
  - type: parallel
    name: both
    branches:
      - steps: [{type: wait, name: 等待, duration: 10}]
      - steps:
          - type: task
            name: call
            resourceArn: acs:fc:::services/a/functions/b
            inputMappings: [{target: a, source: $input.a}]
            outputMappings: [{target: got, source: $local.got}]
            retry: [{errors: [FC.Busy], intervalSeconds: 2, maxAttempts: 3, multiplier: 1}]
`,
  "bad.yaml": `version: v1
type: flow
steps:
  - {type: pass, name: first}
  - {type: fail, name: refuse, error: Order.Refused, cause: too large}
`,
  "late.yaml": "version: v1\ntype: flow\ntimeoutSeconds: 5\nsteps:\n  - {type: wait, name: nap, duration: 60}\n",
  "wrong.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: wiat, name: a, duration: 3}\n",
  "parent.yaml":
    "version: v1\ntype: flow\nsteps:\n  - {type: task, name: child, resourceArn: 'acs:fnf:::flow/bad', pattern: sync}\n",
  "long.express.yaml":
    "Type: StateMachine\nName: a\nSpecVersion: v1\nStartAt: a\nStates:\n  - {Type: Wait, Name: a, Seconds: 60, End: true}\n",
  "token.yaml":
    "Type: StateMachine\nName: signing\nSpecVersion: v1\nStartAt: sign\nStates:\n  - {Type: Task, Name: sign, Action: 'FC:InvokeFunction', TaskMode: WaitForCustomCallback, Parameters: {resourceArn: 'acs:fc:::services/a/functions/b', invocationType: Sync, body.$: $Context.Current.TaskToken}, End: true}\n",
};

let cwd;
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), "cloudflow-run-"));
  for (const [name, text] of Object.entries(FLOWS)) await writeFile(join(cwd, name), text);
  await writeFile(join(cwd, "mocks.json"), '{"acs:fc:*": [{"error": "FC.Busy"}, {"output": {"got": 1}}]}');
  await writeFile(join(cwd, "delay.json"), '{"acs:fc:*": {"output": {"signed": true}, "delayMs": 3000}}');
  await writeFile(join(cwd, "refused.json"), '{"state:sign": {"error": "Refused", "cause": "no"}}');
  await writeFile(join(cwd, "tasks.mjs"), 'export default { "acs:fc:*": (input) => ({ got: input.a }) };\n');
  await writeFile(join(cwd, "throws.mjs"), "throw new Error('broken module');\n");
  await writeFile(join(cwd, "input.json"), '\ufeff{"a": 5}');
  await writeFile(join(cwd, "broken.json"), "{");
  await writeFile(join(cwd, "list.json"), "[]");
  await mkdir(join(cwd, "flows"));
  await writeFile(join(cwd, "flows", "bad.yaml"), FLOWS["bad.yaml"]);
  // Not a flow, but a binary file would be refused.
  await writeFile(join(cwd, "flows", "bad.flowtest.yaml"), "\0");
});
after(() => rm(cwd, { recursive: true, force: true }));

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: events, the timeline and the result`, { timeout: 120_000 }, async () => {
    const run = (...args) => command(["run", ...args], { cwd, command: program });
    const good = await run("good.yaml", "--tasks", "mocks.json", "--input", '{"a": 1}');
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, /^ {4}\+0\.000 {2}ExecutionStarted +\{"input":\{"a":1\}\}\n/);
    assert.match(good.out, /^ {3}\+30\.000 {2}TaskFailed +call {2}\{"error":"FC\.Busy"/m);
    assert.match(
      good.out,
      /^nap +│█+ +│ 30 s\nboth +│ +█+│ 10 s\n {2}\[0\] 等待 │ +█+│ 10 s\n {2}\[1\] call │ +█+ +│ 2\.0 s, 2 attempts\n/m,
    );
    assert.match(good.out, /\nSucceeded after 40 s: \{\}\n$/);

    const bad = await run("bad.yaml", "--format", "timeline");
    assert.equal(bad.code, 1);
    assert.match(
      bad.out,
      /\nFailed after 0\.0 s\nbad\.yaml:5:24: state `refuse` failed: Order\.Refused: too large\n 5 \| {3}- \{type: fail, name: refuse, .*\n {3}\| {24}\^{6}\n$/,
    );
    const piped = await command(["run", "good.yaml", "--tasks", "tasks.mjs", "--input", "-"], {
      cwd,
      command: program,
      input: '{"a": 7}',
    });
    assert.match(piped.out, /ExecutionStarted +\{"input":\{"a":7\}\}\n/);
    const json = await run("good.yaml", "--tasks", "tasks.mjs", "--input", "@input.json", "--format", "json");
    assert.equal(json.code, 0, json.err);
    const { status, events } = JSON.parse(json.out);
    assert.equal(status, "Succeeded");
    assert.ok(events.some(({ detail }) => detail.output?.got === 5));

    const others = [
      [["late.yaml"], 3, /\nTimedOut after 5\.0 s\n/, /^$/],
      [["wrong.yaml"], 1, /^$/, /^wrong\.yaml:4:12: error\[unknown-type\]: /],
      [["long.express.yaml"], 1, /^$/, /^long\.express\.yaml:6:\d+: error\[/],
      [["long.express.yaml", "--mode", "Standard"], 0, /\nSucceeded after 1 min 0 s/, /^$/],
      [["good.yaml"], 1, /Local\.NoTaskHandler/, /^$/],
      [["parent.yaml", "--flows", "flows"], 1, /Order\.Refused|FnF\./, /^$/],
      [["none.yaml"], 2, /^$/, /^`none\.yaml` does not exist\n$/],
      [["bad.yaml", "--input", "{"], 2, /^$/, /^--input is not valid JSON: /],
      [["bad.yaml", "--input", "-"], 2, /^$/, /^--input is not valid JSON: /],
      [["-", "--input", "-"], 2, /^$/, /^`-` cannot be both the definition and the input\n$/],
      [["bad.yaml", "--input", "5"], 2, /^$/, /^--input must be a JSON object\n$/],
      [["bad.yaml", "--input", "@none.json"], 2, /^$/, /^--input: `none\.json` does not exist\n$/],
      [["bad.yaml", "--input", "@broken.json"], 2, /^$/, /^--input is not valid JSON: /],
      [["bad.yaml", "--input", "@list.json"], 2, /^$/, /^--input must be a JSON object\n$/],
      [["bad.yaml", "--tasks", "none.mjs"], 2, /^$/, /^--tasks: the tasks of .*none\.mjs: /],
      [["bad.yaml", "--tasks", "throws.mjs"], 2, /^$/, /^--tasks: the tasks of .*throws\.mjs: broken module\n$/],
      [["bad.yaml", "--tasks", "broken.json"], 2, /^$/, /^--tasks: the tasks of .*invalid JSON/],
      [["bad.yaml", "--tasks", "list.json"], 2, /^$/, /^wrong-options: /],
      [["bad.yaml", "--flows", "none"], 2, /^$/, /^--flows: `none` does not exist\n$/],
      [["bad.yaml", "--speed", "0"], 2, /^$/, /Expected a whole number from 1 to 1000000/],
    ];
    for (const [args, code, out, err] of others) {
      const got = await run(...args);
      assert.equal(got.code, code, `${args.join(" ")}: ${got.out}${got.err}`);
      assert.match(got.out, out, args.join(" "));
      assert.match(got.err, err, args.join(" "));
      assert.ok(!/\n +at /.test(got.err), got.err);
    }
  });

  test(`${runtime}: with a real clock, events are printed during the run, and Ctrl-C ends it`, {
    timeout: 60_000,
  }, async (t) => {
    const done = await command(["run", "good.yaml", "--speed", "20", "--tasks", "mocks.json", "--input", '{"a": 1}'], {
      cwd,
      command: program,
    });
    assert.equal(done.code, 0, done.out + done.err);
    assert.match(done.out, /TaskFailed +call[\s\S]*\nSucceeded after (40|4[12]) s: \{\}\n$/);
    const failed = await command(["run", "bad.yaml", "--speed", "1", "--format", "json"], { cwd, command: program });
    assert.equal(failed.code, 1, failed.err);
    const { status, error, cause, failure } = JSON.parse(failed.out);
    assert.deepEqual([failure.name, failure.range.start.line], ["refuse", 5]);
    assert.deepEqual({ status, error, cause }, { status: "Failed", error: "Order.Refused", cause: "too large" });
    // A task that waits for a report gets the result of its mock or handler, as with a simulated clock.
    for (const clock of [[], ["--speed", "100"]]) {
      const token = (...args) =>
        command(["run", "token.yaml", "--format", "json", ...clock, ...args], { cwd, command: program });
      const reported = await token("--tasks", "delay.json");
      assert.equal(reported.code, 0, reported.out + reported.err);
      const { output, events } = JSON.parse(reported.out);
      assert.deepEqual(output, { signed: true });
      assert.ok(Date.parse(events.at(-1).time) - Date.parse(events[0].time) >= 3000);
      const refused = JSON.parse((await token("--tasks", "refused.json")).out);
      assert.deepEqual([refused.status, refused.error, refused.cause], ["Failed", "Refused", "no"]);
      assert.equal(JSON.parse((await token()).out).error, "Local.NoTaskHandler");
    }
    const [path, ...first] = program;
    const child = spawn(path, [...first, BIN, "run", "good.yaml", "--speed", "1"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGINT");
    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 130);
  });
}

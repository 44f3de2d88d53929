// The commands that ask the service: against the emulator, in Node, Deno and Bun.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { serveFetch } from "../../pkg/cli/serve.js";
import { readAccount } from "../../pkg/cli/service/credentials.js";
import { period, table } from "../../pkg/cli/service/client.js";
import { bearer } from "../../pkg/dist/gateway/auth.js";
import { createGateway } from "../../pkg/dist/gateway.js";
import { BIN, RUNTIMES, command } from "./support/command.mjs";
import { start } from "./support/local-server.mjs";

const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "emulator", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulator-secret" };

const FLOWS = {
  "good.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: 步骤}\n",
  "slow.yaml": "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 60}\n",
  "short.yaml": "version: v1\ntype: flow\ntimeoutSeconds: 1\nsteps:\n  - {type: wait, name: nap, duration: 60}\n",
  "bad.yaml":
    "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: fail, name: refuse, error: Order.Refused, cause: too large}\n",
};

let place;
before(async () => {
  place = await mkdtemp(join(tmpdir(), "cloudflow-service-"));
  await mkdir(join(place, "flows"));
  for (const [name, text] of Object.entries(FLOWS)) await writeFile(join(place, "flows", name), text);
});
after(() => rm(place, { recursive: true, force: true }));

/** Nothing of the account of the person that runs the tests. */
const env = (more) => ({
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("ALIBABA_CLOUD_") || name === "CLOUDFLOW_GATEWAY_TOKEN")
      .map((name) => [name, ""]),
  ),
  HOME: place,
  ...more,
});

async function service(t) {
  const server = await start(t, RUNTIMES[0][1], ["local", "--flows", join(place, "flows"), "--port", "0", "--quiet"]);
  return server;
}

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: states, histories and lists of executions`, { timeout: 180_000 }, async (t) => {
    const server = await service(t);
    const ask = (args, more = {}) =>
      command([...args, "--endpoint", server.url], {
        command: program,
        env: env({ ...KEYS, ...more.env }),
        cwd: place,
      });
    for (const [flow, name] of [
      ["good", "one"],
      ["good", "two"],
      ["bad", "one"],
      ["slow", "one"],
      ["slow", "stopped"],
      ["short", "one"],
    ])
      assert.equal(
        (await server.ask("StartExecution", { FlowName: flow, ExecutionName: name, Input: '{"a":1}' })).status,
        200,
      );
    await server.ask("StopExecution", { FlowName: "slow", ExecutionName: "stopped" });

    const watched = [
      [["good", "one"], 0, /^execution good\/one\nstatus +Succeeded\n/m, /^$/],
      [
        ["bad", "one"],
        1,
        /^status +Failed\n[\s\S]*failed in state `refuse`, line 5 of the definition: Order\.Refused: too large\n$/m,
        /^$/,
      ],
      [["short", "one"], 3, /^status +TimedOut\n/m, /^$/],
      [["slow", "stopped"], 4, /^status +Stopped\n/m, /^$/],
      [
        ["slow", "one", "--timeout", "1"],
        5,
        / {2}(Running|Starting) /,
        /^the execution was still Running after 1 s\n$/,
      ],
      [
        ["good", "none"],
        2,
        /^$/,
        /^(attempt \d failed: ExecutionNotExists; next in 1 s\n){2}the service answered `ExecutionNotExists`: .*\n$/,
      ],
    ];
    for (const [args, code, out, err] of watched) {
      const got = await ask(["watch", ...args]);
      assert.equal(got.code, code, `${args}: ${got.out}${got.err}`);
      assert.match(got.out, out);
      assert.match(got.err, err);
    }
    const json = await ask(["watch", "good", "one", "-o", "json"]);
    assert.equal(JSON.parse(json.out.trim().split("\n").at(-1)).status, "Succeeded");

    const described = await ask(["describe", "bad", "one"]);
    assert.equal(described.code, 0, described.err);
    assert.match(
      described.out,
      /^status +Failed\nstarted +\d{4}-.*\nstopped +\d{4}-.*\nduration +\d+\.\d s\ninput +\{"a":1\}\n/m,
    );
    assert.equal(JSON.parse((await ask(["describe", "good", "one", "-o", "json"])).out).status, "Succeeded");
    const missing = await ask(["describe", "nothing", "one"]);
    assert.deepEqual([missing.code, missing.out], [2, ""]);
    assert.match(missing.err, /^the service answered `FlowNotExists`: .*\n$/);

    const history = await ask(["history", "good", "one"]);
    assert.equal(history.code, 0, history.err);
    assert.match(history.out, /^1 +\+0\.000 {2}ExecutionStarted +-/);
    assert.match(history.out, /StepEntered +步骤/);
    const step = await ask(["history", "good", "one", "--step", "步骤", "-o", "json"]);
    assert.ok(
      step.out
        .trim()
        .split("\n")
        .every((line) => JSON.parse(line).stepName === "步骤"),
    );
    assert.equal((await ask(["history", "good", "one", "--limit", "2"])).out.trim().split("\n").length, 2);
    assert.equal((await ask(["history", "bad", "one", "--follow"])).code, 0);

    const list = await ask(["executions", "good"]);
    assert.equal(list.code, 0, list.err);
    assert.match(list.out, /^NAME +STATUS +STARTED +DURATION\n(one|two) +Succeeded +\d{4}-/);
    assert.equal(list.out.trim().split("\n").length, 3);
    assert.equal((await ask(["executions", "good", "--limit", "1", "-o", "json"])).out.trim().split("\n").length, 1);
    assert.match((await ask(["executions", "good", "--status", "Failed"])).err, /has no such executions/);

    const refused = [
      [
        ["describe", "good", "one"],
        { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "wrong" },
        /^the service answered `SignatureNotMatch`: /,
      ],
      [
        ["describe", "good", "one"],
        { ALIBABA_CLOUD_ACCESS_KEY_ID: "" },
        /^ALIBABA_CLOUD_ACCESS_KEY_SECRET is set, but/,
      ],
      [["describe", "good"], {}, /^missing required argument `execution`/],
      [["describe", "good", "one", "--access-key-secret", "x"], {}, /^unknown option `--access-key-secret`/],
      [["describe", "good", "one", "--profile", "x"], {}, /config\.json does not exist\n/],
      [
        ["describe", "no\u001b[1m", "one"],
        {},
        /^out-of-range: `flowName` has a line break or another control character\n$/,
      ],
    ];
    for (const [args, more, words] of refused) {
      const got = await ask(args, { env: more });
      assert.equal(got.code, 2, `${args}: ${got.out}${got.err}`);
      assert.match(got.err, words);
      assert.ok(!/emulator-secret|\n +at /.test(got.out + got.err), got.err);
    }
    server.child.kill("SIGTERM");
  });
}

test("Ctrl-C ends a watch at once with the code 130", { timeout: 60_000 }, async (t) => {
  const server = await service(t);
  await server.ask("StartExecution", { FlowName: "slow", ExecutionName: "one" });
  for (const [runtime, [program, ...before]] of RUNTIMES) {
    const child = spawn(program, [...before, BIN, "watch", "slow", "one", "--endpoint", server.url], {
      env: { ...process.env, ...env(KEYS) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => child.kill("SIGKILL"));
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 130, `${runtime}: ${err}`);
    assert.equal(err, "stopped watching; the execution is not changed\n");
  }
  server.child.kill("SIGTERM");
});

test("a gateway gets its token, and an unsigned request that is refused names what is missing", {
  timeout: 60_000,
}, async (t) => {
  const server = await service(t);
  assert.equal((await server.ask("StartExecution", { FlowName: "good", ExecutionName: "one" })).status, 200);
  const token = "a-token-of-the-gateway";
  const credentials = { accessKeyId: "emulator", accessKeySecret: "emulator-secret" };
  const gateway = createGateway({
    upstream: () => ({ endpoint: server.url, credentials }),
    authorize: bearer(() => token),
    actions: ["DescribeExecution", "GetExecutionHistory", "ListExecutions"],
    log: false,
  });
  const { url, close } = await serveFetch((request) => gateway.fetch(request, {}), { port: 0 });
  t.after(close);
  const run = (args, more) => command(args, { env: env(more), cwd: place });
  const withToken = { CLOUDFLOW_GATEWAY_TOKEN: token };
  for (const more of [withToken, { ...KEYS, ...withToken }])
    for (const [name, ...args] of [
      ["describe", "good", "one"],
      ["watch", "good", "one"],
      ["history", "good", "one"],
      ["executions", "good"],
    ]) {
      const { code, err } = await run([name, ...args, "--endpoint", url], more);
      assert.equal(code, 0, `${name}: ${err}`);
    }
  const missing =
    /; the request was not signed: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or CLOUDFLOW_GATEWAY_TOKEN for a gateway\n$/;
  for (const [endpoint, answer] of [
    [url, /^the service answered `AccessDenied`/],
    [server.url, /^the service answered `MissingRequiredParams`/],
  ]) {
    const { code, err } = await run(["describe", "good", "one", "--endpoint", endpoint], {});
    assert.equal(code, 2);
    assert.match(err, missing);
    assert.match(err, answer);
    assert.doesNotMatch(err, /RAM policy|another product/);
  }
  // Other answers, and those to a request with a token, do not speak of credentials.
  for (const [flow, more] of [
    ["none", withToken],
    ["good", { CLOUDFLOW_GATEWAY_TOKEN: "another-token-of-it" }],
  ]) {
    const { code, err } = await run(["describe", flow, "one", "--endpoint", url], more);
    assert.equal(code, 2);
    assert.doesNotMatch(err, missing);
  }
  const { err: plain } = await run(["describe", "good", "one", "--endpoint", "http://10.0.0.1"], withToken);
  assert.match(plain, /^CLOUDFLOW_GATEWAY_TOKEN is not sent over plain http/);
  // A token is not sent to the service.
  const { err } = await run(["describe", "good", "one", "--region", "cn-hangzhou"], withToken);
  assert.match(err, /^there are no credentials/);
});

test("without a service, credentials or a region: one line and the code 2", async (t) => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const url = `http://127.0.0.1:${closed.address().port}`;
  closed.close();
  const html = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1");
  await new Promise((resolve) => html.once("listening", resolve));
  t.after(() => html.close());
  const cases = [
    [["describe", "a", "b"], {}, /^there are no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID/],
    [["describe", "a", "b"], KEYS, /^the region is missing: use --region, or set ALIBABA_CLOUD_REGION_ID\n/],
    [["describe", "a", "b", "--region", "not a region"], KEYS, /^[\w-]+: .*region/],
    [["describe", "a", "b", "--endpoint", "nonsense"], KEYS, /^bad-endpoint: |^wrong-options: /],
    [["describe", "a", "b", "--endpoint", "http://10.0.0.1"], KEYS, /^insecure-endpoint: /],
    [["describe", "a", "b", "--endpoint", url], KEYS, /^[\w-]+: /],
    [["describe", "a", "b", "--endpoint", `http://127.0.0.1:${html.address().port}`], KEYS, /^[\w-]+: /],
  ];
  await Promise.all(
    cases.map(async ([args, more, words]) => {
      const { code, out, err } = await command(args, { env: env(more), cwd: place });
      assert.equal(code, 2, err);
      assert.equal(out, "");
      assert.match(err, words);
      assert.equal(err.trim().split("\n").length, 1, err);
    }),
  );
});

test("profiles of the CLI aliyun", async () => {
  const home = await mkdtemp(join(place, "home-"));
  await mkdir(join(home, ".aliyun"));
  const file = join(home, ".aliyun", "config.json");
  const ak = {
    name: "default",
    mode: "AK",
    access_key_id: "id",
    access_key_secret: "secret",
    region_id: "cn-hangzhou",
  };
  const sts = { ...ak, name: "sts", mode: "StsToken", sts_token: "token", region_id: "" };
  const config = (profiles, current = "default") => JSON.stringify({ current, profiles });
  const several = config([
    ak,
    sts,
    { ...ak, name: "role", mode: "RamRoleArn" },
    { ...ak, name: "ecs", mode: "EcsRamRole" },
  ]);
  const pair = { accessKeyId: "id", accessKeySecret: "secret" };
  const good = [
    [several, {}, undefined, { credentials: pair, region: "cn-hangzhou", source: "the profile `default`" }],
    [
      several,
      { ALIBABA_CLOUD_REGION_ID: "cn-beijing" },
      undefined,
      { credentials: pair, region: "cn-beijing", source: "the profile `default`" },
    ],
    [several, {}, "sts", { credentials: { ...pair, securityToken: "token" }, source: "the profile `sts`" }],
    [
      several,
      { ALIBABA_CLOUD_PROFILE: "sts" },
      undefined,
      { credentials: { ...pair, securityToken: "token" }, source: "the profile `sts`" },
    ],
    [
      config([sts], "sts"),
      {},
      undefined,
      { credentials: { ...pair, securityToken: "token" }, source: "the profile `sts`" },
    ],
    [
      several,
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "x", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "y" },
      undefined,
      { credentials: { accessKeyId: "x", accessKeySecret: "y" }, source: "the environment" },
    ],
    [
      several,
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "x", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "y", ALIBABA_CLOUD_SECURITY_TOKEN: "z" },
      undefined,
      { credentials: { accessKeyId: "x", accessKeySecret: "y", securityToken: "z" }, source: "the environment" },
    ],
    // A profile that is named counts more than the environment.
    [
      several,
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "x", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "y" },
      "default",
      { credentials: pair, region: "cn-hangzhou", source: "the profile `default`" },
    ],
    [`\ufeff${several}`, {}, undefined, { credentials: pair, region: "cn-hangzhou", source: "the profile `default`" }],
    [config([]), {}, undefined, { source: "" }],
  ];
  for (const [text, variables, profile, wanted] of good) {
    await writeFile(file, text);
    assert.deepEqual(readAccount(variables, profile, home), wanted);
  }
  const wrong = [
    [
      several,
      "role",
      /the profile `role` has the mode `RamRoleArn`, which is not supported: use the mode AK or StsToken/,
    ],
    [several, "ecs", /the profile `ecs` has the mode `EcsRamRole`, which is not supported/],
    [several, "defualt", /has no profile `defualt`: did you mean `default`\?/],
    [config([{ ...ak, access_key_secret: "" }]), undefined, /has no access_key_secret/],
    [config([{ ...sts, sts_token: "" }], "sts"), undefined, /has no sts_token/],
    ['{"profiles": [{"access_key_secret": "hidden" ', undefined, /config\.json is not valid JSON$/],
    [config([ak], "other"), undefined, /has no profile `other`/],
  ];
  for (const [text, profile, words] of wrong) {
    await writeFile(file, text);
    assert.throws(
      () => readAccount({}, profile, home),
      (error) => words.test(error.message) && error.exitCode === 2 && !/hidden/.test(error.message),
    );
  }
});

test("periods and tables", () => {
  const cases = [
    [0, "0.0 s"],
    [9_949, "9.9 s"],
    [10_000, "10 s"],
    [59_400, "59 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h 0 min"],
    [90_061_000, "25 h 1 min"],
  ];
  for (const [ms, text] of cases) assert.equal(period(ms), text);
  assert.equal(
    table([
      ["a", "b"],
      ["等待", "c"],
    ]),
    "a     b\n等待  c\n",
  );
});

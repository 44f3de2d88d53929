// The command `cloudflow-wasm local` in Node, Deno and Bun.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { signRequest } from "../../pkg/dist/local.js";
import { BIN, RUNTIMES, pause, run, start } from "./support/local-server.mjs";

const flow = (seconds) => `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: ${seconds}}
  - {type: task, name: ask, resourceArn: 'acs:fc:::services/s/functions/ask'}
`;

let place;
before(async () => (place = await mkdtemp(join(tmpdir(), "cloudflow-local-"))));
after(() => rm(place, { recursive: true, force: true }));

for (const [name, command] of RUNTIMES) {
  test(`${name}: flows are loaded from a folder, and executions survive a restart`, { timeout: 120_000 }, async (t) => {
    const flows = await mkdtemp(join(place, "flows-"));
    const state = join(place, `${name}-state`);
    const tasks = join(place, `${name}-tasks.mjs`);
    await writeFile(join(flows, "orders.yaml"), flow(6));
    await writeFile(join(flows, "quick.express.yml"), flow(1));
    await writeFile(join(flows, "orders.flowtest.yaml"), "flow: orders.yaml\ntests: []\n");
    await writeFile(tasks, `export default { "acs:fc:*": (input, { attempt }) => ({ ...input, attempt }) };\n`);
    const args = ["local", "--flows", flows, "--state", state, "--tasks", tasks, "--port", "0"];

    let server = await start(t, command, args);
    assert.match(server.output(), /flow orders: loaded, orders\.yaml/);
    assert.match(server.output(), /flow quick: loaded as Express, quick\.express\.yml/);
    assert.match(server.output(), /key +emulator, from CLOUDFLOW_KEY/);
    assert.doesNotMatch(server.output(), /flowtest/, "a test of a flow is not a flow");
    const one = { FlowName: "orders", ExecutionName: "one" };
    assert.equal((await server.ask("StartExecution", { ...one, Input: '{"n":  1}' })).body.Status, "");
    const sync = await server.ask("StartSyncExecution", { FlowName: "quick" });
    assert.equal(sync.body.Output, '{"attempt":0}');

    // A stop answers held requests and writes the state.
    const poll = server.ask("DescribeExecution", { ...one, WaitTimeSeconds: 60 });
    await server.until(/StartSyncExecution quick 200 \d+ ms/);
    await pause(300);
    server.child.kill("SIGTERM");
    assert.equal((await poll).body.Status, "Running");
    assert.equal(await server.ended, 0);
    assert.match(server.output(), /StartExecution orders\/one 200 \d+ ms/);
    assert.match(server.output(), /DescribeExecution orders\/one 200 \d+ ms/);
    assert.ok(!/secret=|Signature/i.test(server.output()), "no secrets in the log");
    assert.deepEqual(
      (await readdir(place)).filter((file) => file.startsWith(`${name}-state`)),
      [`${name}-state`],
    );

    server = await start(t, command, args);
    assert.match(server.output(), /state: 2 flows and 2 executions restored/);
    const ended = await server.ask("DescribeExecution", { ...one, WaitTimeSeconds: 20 });
    assert.equal(ended.body.Status, "Succeeded");
    assert.equal(ended.body.Output, '{"n":1,"attempt":0}');
    assert.equal(ended.body.Input, '{"n":  1}');
    assert.equal((await server.ask("StartExecution", one)).body.Code, "ExecutionAlreadyExists");
    await server.until(/StartExecution orders\/one 400 ExecutionAlreadyExists/);

    // A changed file is loaded again. An invalid file is reported, and the flow is kept.
    await writeFile(join(flows, "orders.yaml"), flow(60));
    await server.until(/flow orders: changed, orders\.yaml/);
    assert.equal((await server.ask("DescribeFlow", { Name: "orders" })).body.Definition, flow(60));
    await writeFile(join(flows, "orders.yaml"), flow(61).replace("type: wait", "type: wiat"));
    await server.until(/orders\.yaml:4:12 [a-z-]+: .*wiat/);
    assert.match(server.output(), /orders\.yaml is invalid; the last valid definition is kept/);
    assert.equal((await server.ask("DescribeFlow", { Name: "orders" })).body.Definition, flow(60));
    // The warnings of a valid definition are printed, for a file and for a request.
    const misspelt = flow(60).replace("type: wait,", "type: wait, outputMapping: [],");
    await writeFile(join(flows, "orders.yaml"), misspelt);
    await server.until(/ {2}orders\.yaml:4:18 unknown-key: warning: .*`outputMappings`/);
    const created = { Name: "created", Description: "d", Type: "FDL", Definition: misspelt };
    assert.equal((await server.ask("CreateFlow", created)).status, 200);
    await server.until(/CreateFlow created 200 \d+ ms\n {2}created:4:18 unknown-key: warning: .*`outputMappings`/);
    await rm(join(flows, "quick.express.yml"));
    await server.until(/flow quick: removed/);
    assert.equal((await server.ask("DescribeFlow", { Name: "quick" })).status, 404);
    server.child.kill("SIGINT");
    assert.equal(await server.ended, 0);
  });

  test(`${name}: wrong options are reported, and a damaged state file is renamed`, { timeout: 120_000 }, async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    t.after(() => taken.close());
    const refusals = [
      [
        ["local", "--port", String(taken.address().port)],
        2,
        /port \d+ of 127\.0\.0\.1 is in use: select another port with --port/,
      ],
      [["local", "--flows", join(place, "nowhere")], 2, /the folder `.*nowhere` does not exist/],
      [["local", "--flows", BIN], 2, /is not a folder; --flows expects the folder/],
      [["local", "--tasks", join(place, "none.mjs")], 2, /the tasks of .*none\.mjs/],
      [["local", "--port", "many"], 2, /--port must be a whole number from 0 to 65535, not `many`/],
      [["local", "--key", "nosecret"], 2, /--key must have the form ID:SECRET/],
      [["local"], 2, /CLOUDFLOW_KEY must have the form ID:SECRET/, { CLOUDFLOW_KEY: "nosecret" }],
      [["local"], 2, /CLOUDFLOW_KEY contains a line break; expected ID:SECRET/, { CLOUDFLOW_KEY: "id:secret\r\n" }],
      [["local", "--key", "id: secret"], 2, /--key contains a blank; expected ID:SECRET/],
      [
        ["local", "--allow-origin", "*"],
        2,
        /--allow-origin must be an origin such as http:\/\/localhost:3000, not `\*`/,
      ],
      [["local", "--speed", "0"], 2, /--speed must be a whole number from 1 to 1000000, not `0`/],
      [["local", "--host", ""], 2, /--host must be a name or an address/],
      [["local", "--prot", "1"], 2, /--prot/],
      [["serve"], 2, /`serve` is not a command/],
      [["local", "--help"], 0, /--flows DIR/],
      [["--help"], 0, /^ {2}local {5,}run the emulator/m],
    ];
    await Promise.all(
      refusals.map(async ([args, code, words, env]) => {
        const { child, ended, output } = run(t, command, args, env);
        assert.equal(await ended, code, `${args.join(" ")}: ${output()}`);
        assert.match(output(), words);
        assert.ok(!/\n +at /.test(output()), `no trace: ${output()}`);
        child.kill();
      }),
    );

    const state = join(place, `${name}-torn`);
    await writeFile(state, '{"format":"cloudflow-wasm emulator","version":2}\n{"fl');
    const server = await start(t, command, [
      "local",
      "--state",
      state,
      "--port",
      "0",
      "--key",
      "me:my secret",
      "--quiet",
    ]);
    assert.match(server.output(), /torn: the saved state is damaged.*the file is renamed to .*torn\.aside-/);
    const [aside] = (await readdir(place)).filter((file) => file.startsWith(`${name}-torn.aside-`));
    assert.match(await readFile(join(place, aside), "utf8"), /\{"fl$/);
    const { status } = await server.ask("ListFlows", {}, { accessKeyId: "me", accessKeySecret: "my secret" });
    assert.equal(status, 200);
    assert.equal((await server.ask("ListFlows")).status, 403);
    assert.ok(!/my secret|ListFlows/.test(server.output()), server.output());
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0);
  });
}

test("a flow file that cannot be read is reported once and loaded when it can be read", {
  timeout: 60_000,
  skip: process.platform !== "linux",
}, async (t) => {
  const flows = await mkdtemp(join(place, "unreadable-"));
  await writeFile(join(flows, "good.yaml"), flow(1));
  // A regular file whose read fails, also for root.
  await symlink("/proc/self/mem", join(flows, "bad.yaml"));
  const server = await start(t, RUNTIMES[0][1], ["local", "--flows", flows, "--port", "0"]);
  assert.match(server.output(), /bad\.yaml: cannot be read: /);
  assert.match(server.output(), /flow good: loaded, good\.yaml/);
  await pause(1000);
  assert.equal(server.output().split("cannot be read").length, 2, server.output());
  await rm(join(flows, "bad.yaml"));
  await writeFile(join(flows, "bad.yaml"), flow(2));
  await server.until(/flow bad: loaded, bad\.yaml/);
  server.child.kill("SIGTERM");
  assert.equal(await server.ended, 0);
});

test("the server listens on an IPv6 address with or without brackets", {
  timeout: 60_000,
  skip:
    !Object.values(networkInterfaces())
      .flat()
      .some(({ address }) => address === "::1") && "this machine has no ::1",
}, async (t) => {
  for (const host of ["[::1]", "::1"]) {
    const server = await start(t, RUNTIMES[0][1], ["local", "--host", host, "--port", "0"]);
    assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
    assert.equal((await server.ask("ListFlows")).status, 200);
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0);
  }
});

test("a request body without end is cut off, and a client that disconnects stops no execution", async (t) => {
  const server = await start(t, RUNTIMES[0][1], ["local", "--port", "0"]);
  assert.equal((await fetch(server.url, { method: "POST", body: new Uint8Array(20_000_000) })).status, 413);
  await assert.rejects(fetch(server.url, { method: "POST", body: new Uint8Array(80_000_000) }));
  const gone = new AbortController();
  const definition = flow(60);
  await server.ask("CreateFlow", { Name: "f", Definition: definition, Description: "d", Type: "FDL" });
  await server.ask("StartExecution", { FlowName: "f", ExecutionName: "e\n" });
  await server.until(/StartExecution f\/e\\u\{a\} 400 InvalidArgument/);
  await server.ask("StartExecution", { FlowName: "f", ExecutionName: "e" });
  const request = await signRequest(
    "DescribeExecution",
    { FlowName: "f", ExecutionName: "e", WaitTimeSeconds: 60 },
    { endpoint: server.url },
  );
  const held = fetch(request, { signal: gone.signal });
  await pause(300);
  gone.abort();
  await assert.rejects(held);
  await server.until(/DescribeExecution f\/e the client has disconnected/);
  assert.equal((await server.ask("DescribeExecution", { FlowName: "f", ExecutionName: "e" })).body.Status, "Running");
  server.child.kill("SIGTERM");
  assert.equal(await server.ended, 0);
});

test("failures, repairs and warnings are printed, and waits are short on request", { timeout: 120_000 }, async (t) => {
  const flows = await mkdtemp(join(place, "flows-"));
  const tasks = join(place, "mocks.json");
  await writeFile(
    tasks,
    JSON.stringify({ "acs:fc:*/functions/ask": { error: "OutOfStock", cause: "no box is left" } }),
  );
  const lines = ["version: v1", "type: flow", "steps:", "  - {type: wait, name: nap, duration: 3600}", ""];
  const long = lines.join("\n");
  const step = (name) => `  - {type: task, name: ${name}, resourceArn: 'acs:fc:::services/s/functions/${name}'}\n`;
  await writeFile(join(flows, "ask.yaml"), `${long}${step("ask")}`);
  await writeFile(join(flows, "other.yaml"), `${long}${step("other")}`);
  await writeFile(join(flows, "late.yaml"), `timeoutSeconds: 60\n${long}`);
  await writeFile(join(flows, "broken.yaml"), long.replace("type: wait", "type: wiat"));
  const paces = [["--skip-waits"], ["--speed", "20000"]];
  for (const pace of paces) {
    const server = await start(t, RUNTIMES[0][1], [
      "local",
      "--flows",
      flows,
      "--tasks",
      tasks,
      "--port",
      "0",
      "--state",
      join(place, `paced${pace[0]}`),
      ...pace,
    ]);
    await server.until(/flow broken: broken\.yaml is invalid/);
    for (const FlowName of ["ask", "other", "late"]) {
      const run = { FlowName, ExecutionName: "e" };
      await server.ask("StartExecution", run);
      const { body } = await server.ask("DescribeExecution", { ...run, WaitTimeSeconds: 20 });
      assert.equal(body.Status, FlowName === "late" ? "TimedOut" : "Failed");
    }
    await server.until(/^execution ask\/e: Failed in ask, OutOfStock: no box is left$/m);
    await server.until(/^task other: no handler matches `acs:fc:::services\/s\/functions\/other`; it fails with/m);
    await server.until(/^execution other\/e: Failed in other, Local\.NoTaskHandler: no handler in --tasks matches/m);
    await server.until(/^execution late\/e: TimedOut$/m);

    await writeFile(join(flows, "broken.yaml"), long);
    await server.until(/^flow broken: valid again, loaded, broken\.yaml$/m);
    await writeFile(join(flows, "broken.yaml"), "");
    await server.until(/flow broken: broken\.yaml is invalid; the last valid definition is kept/);
    await writeFile(join(flows, "broken.yaml"), long);
    await server.until(/^flow broken: valid again, unchanged, broken\.yaml$/m);
    await writeFile(join(flows, "broken.yaml"), long.replace("type: wait", "type: wiat"));
    await server.until(/wiat.*$/m);

    // The warnings of a definition: of a file and of a request.
    const odd = `${long}  - {type: pass, name: never}\n`.replace("duration: 3600}", "duration: 3600, end: true}");
    await writeFile(join(flows, "odd.yaml"), odd);
    await server.until(/^flow odd: loaded, odd\.yaml$/m);
    await server.until(/^ {2}odd\.yaml:5:\d+ unreachable[a-z-]*: warning: .*never/m);
    await server.ask("CreateFlow", { Name: "made", Definition: odd, Description: "d", Type: "FDL" });
    await server.until(/^ {2}made:5:\d+ unreachable[a-z-]*: warning: .*never/m);
    await rm(join(flows, "odd.yaml"));
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0);
  }

  // The clock continues where it was: an execution that ended stays ended, and is not reported again.
  const server = await start(t, RUNTIMES[0][1], ["local", "--state", join(place, "paced--skip-waits"), "--port", "0"]);
  for (const FlowName of ["ask", "other", "late"]) {
    const { body } = await server.ask("DescribeExecution", { FlowName, ExecutionName: "e" });
    assert.equal(body.Status, FlowName === "late" ? "TimedOut" : "Failed");
  }
  assert.ok(!/^execution /m.test(server.output()), server.output());
  // It also goes on.
  const Definition = flow(1).split("\n").slice(0, 4).join("\n");
  await server.ask("CreateFlow", { Name: "short", Definition, Description: "d", Type: "FDL" });
  const run = { FlowName: "short", ExecutionName: "e" };
  await server.ask("StartExecution", run);
  const { body } = await server.ask("DescribeExecution", { ...run, WaitTimeSeconds: 20 });
  assert.equal(body.Status, "Succeeded");
  server.child.kill("SIGTERM");
  assert.equal(await server.ended, 0);
});

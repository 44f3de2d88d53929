// The command `cloudflow-wasm local` in Node, Deno and Bun.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { signRequest } from "../../pkg/local.js";
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
  test(`${name}: flows come from a folder, and executions survive a restart`, { timeout: 120_000 }, async (t) => {
    const flows = await mkdtemp(join(place, "flows-"));
    const state = join(place, `${name}-state`);
    const tasks = join(place, `${name}-tasks.mjs`);
    await writeFile(join(flows, "orders.yaml"), flow(3));
    await writeFile(join(flows, "quick.express.yml"), flow(1));
    await writeFile(tasks, `export default { "acs:fc:*": (input, { attempt }) => ({ ...input, attempt }) };\n`);
    const args = ["local", "--flows", flows, "--state", state, "--tasks", tasks, "--port", "0"];

    let server = await start(t, command, args);
    assert.match(server.output(), /flow orders: loaded, orders\.yaml/);
    assert.match(server.output(), /flow quick: loaded as Express, quick\.express\.yml/);
    assert.match(server.output(), /key +emulator, from CLOUDFLOW_KEY/);
    const one = { FlowName: "orders", ExecutionName: "one" };
    assert.equal((await server.ask("StartExecution", { ...one, Input: '{"n":  1}' })).body.Status, "Running");
    const sync = await server.ask("StartSyncExecution", { FlowName: "quick" });
    assert.equal(sync.body.Output, '{"attempt":0}');

    // A stop answers what is held, and writes the state.
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

    // A changed file is loaded again; a broken one is reported, and changes nothing.
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

  test(`${name}: what cannot be started is said, and a torn state is set aside`, { timeout: 120_000 }, async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    t.after(() => taken.close());
    const refusals = [
      [
        ["local", "--port", String(taken.address().port)],
        1,
        /port \d+ of 127\.0\.0\.1 is in use: select another port with --port/,
      ],
      [["local", "--flows", join(place, "nowhere")], 1, /the folder `.*nowhere` does not exist/],
      [["local", "--flows", BIN], 1, /is not a folder; --flows expects the folder/],
      [["local", "--tasks", join(place, "none.mjs")], 1, /the tasks of .*none\.mjs/],
      [["local", "--port", "many"], 2, /--port must be a whole number from 0 to 65535, not `many`/],
      [["local", "--key", "nosecret"], 2, /--key must have the form ID:SECRET/],
      [["local"], 2, /CLOUDFLOW_KEY must have the form ID:SECRET/, { CLOUDFLOW_KEY: "nosecret" }],
      [
        ["local", "--allow-origin", "*"],
        2,
        /--allow-origin must be an origin such as http:\/\/localhost:3000, not `\*`/,
      ],
      [["local", "--host", ""], 2, /--host must be a name or an address/],
      [["local", "--prot", "1"], 2, /--prot/],
      [["serve"], 2, /`serve` is not a command/],
      [["--help"], 0, /--flows DIR/],
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
    await writeFile(state, '{"format":"cloudflow-wasm emulator","version":1}\n{"fl');
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

test("a body without end is cut off, and a client that leaves ends nothing", async (t) => {
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

// Attacks on the state file of the local server: kills, two servers, links, locks of ended processes.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, link, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { acquireLock } from "../../pkg/cli/lock.js";
import { openStateFile } from "../../pkg/cli/state.js";
import { RUNTIMES, pause, run, start } from "./support/local-server.mjs";

const NODE = RUNTIMES[0][1];
const LINUX = process.platform === "linux";

let place;
before(async () => (place = await mkdtemp(join(tmpdir(), "cloudflow-state-"))));
after(() => rm(place, { recursive: true, force: true }));

const waits = (seconds) => `version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: ${seconds}}\n`;
const token = `version: v1
type: flow
steps:
  - type: task
    name: ask
    resourceArn: acs:fc:::services/s/functions/ask
    pattern: waitForCallback
    inputMappings: [{target: token, source: $context.task.token}]
`;

for (const [name, command] of RUNTIMES) {
  test(`${name}: changes that were answered survive kill -9`, { timeout: 240_000 }, async (t) => {
    const state = join(place, `${name}-kill`);
    const tasks = join(place, `${name}-tasks.mjs`);
    // The handler prints the token, so that the test can report it.
    await writeFile(tasks, "export default { '*': (input) => { console.log('token ' + input.token); return {}; } };\n");
    const args = ["local", "--state", state, "--tasks", tasks, "--port", "0"];
    const f = { FlowName: "f", ExecutionName: "e" };
    let server = await start(t, command, args);
    const kill = async () => {
      server.child.kill("SIGKILL");
      assert.equal(await server.ended, "SIGKILL");
      server = await start(t, command, args);
      assert.doesNotMatch(server.output(), /left out|renamed to/);
    };
    const done = async (action, parameters) => {
      const { status, body } = await server.ask(action, parameters);
      assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
      await kill();
      return body;
    };
    const status = async (which) => (await server.ask("DescribeExecution", which)).body.Status;

    await done("CreateFlow", { Name: "f", Definition: waits(600), Description: "泡茶 🫖", Type: "FDL" });
    assert.equal((await server.ask("DescribeFlow", { Name: "f" })).body.Description, "泡茶 🫖");
    await done("StartExecution", { ...f, Input: '{"n":  1}' });
    assert.equal((await server.ask("DescribeExecution", f)).body.Input, '{"n":  1}');
    const { Name } = await done("StartExecution", { FlowName: "f" });
    assert.equal(await status({ FlowName: "f", ExecutionName: Name }), "Running");
    await done("UpdateFlow", { Name: "f", Definition: waits(601) });
    assert.equal((await server.ask("DescribeFlow", { Name: "f" })).body.Definition, waits(601));
    assert.equal((await server.ask("DescribeExecution", f)).body.FlowDefinition, waits(600));
    await done("StopExecution", { ...f, Error: "Enough", Cause: "of this" });
    assert.equal(await status(f), "Stopped");

    await server.ask("CreateFlow", { Name: "asks", Definition: token, Description: "d", Type: "FDL" });
    for (const [action, rest, end] of [
      ["ReportTaskSucceeded", { Output: '{"m":2}' }, "Succeeded"],
      ["ReportTaskFailed", { Error: "No", Cause: "never" }, "Failed"],
    ]) {
      const one = { FlowName: "asks", ExecutionName: end };
      await server.ask("StartExecution", one);
      await server.until(new RegExp(`token (v1\\.asks\\.${end}\\.\\S+)`));
      const TaskToken = new RegExp(`token (v1\\.asks\\.${end}\\.\\S+)`).exec(server.output())[1];
      await done(action, { TaskToken, ...rest });
      assert.equal(await status(one), end);
    }

    // Concurrent changes share a write, and all of them are written.
    const names = Array.from({ length: 40 }, (_, i) => `many-${i}`);
    await Promise.all(names.map((ExecutionName) => server.ask("StartExecution", { FlowName: "f", ExecutionName })));
    await kill();
    for (const ExecutionName of names)
      assert.equal(await status({ FlowName: "f", ExecutionName }), "Running", ExecutionName);

    await done("DeleteFlow", { Name: "f" });
    assert.equal((await server.ask("DescribeFlow", { Name: "f" })).status, 404);
    assert.equal((await server.ask("DescribeExecution", { FlowName: "asks", ExecutionName: "Succeeded" })).status, 200);
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0);
    assert.deepEqual(
      (await readdir(place)).filter((file) => file.startsWith(`${name}-kill`)),
      [`${name}-kill`],
    );
  });

  test(`${name}: two servers do not share a file`, { timeout: 120_000 }, async (t) => {
    const folder = await mkdtemp(join(place, "two-"));
    const state = join(folder, "state");
    await symlink(folder, join(folder, "again"), "junction");
    const server = await start(t, command, ["local", "--state", state, "--port", "0"]);
    const inUse = new RegExp(
      `the state file \`.*state\` is in use by process ${server.child.pid} since .*lock is \`.*state\\.lock\``,
    );
    const names = [state, join(folder, "again", "state"), join(folder, "again", "..", "state")];
    if (process.platform !== "win32") {
      await symlink(state, join(folder, "link"));
      names.push(join(folder, "link"));
    }
    for (const file of names) {
      const second = run(t, command, ["local", "--state", file, "--port", "0"]);
      assert.equal(await second.ended, 2, second.output());
      assert.match(second.output(), inUse);
    }
    // The lock of a killed server is stale.
    server.child.kill("SIGKILL");
    await server.ended;
    assert.ok(await stat(`${state}.lock`));
    const next = await start(t, command, ["local", "--state", names.at(-1), "--port", "0"]);
    next.child.kill("SIGTERM");
    assert.equal(await next.ended, 0);
    assert.deepEqual(
      (await readdir(folder)).filter((file) => file.startsWith("state")),
      ["state"],
    );
  });
}

test("exactly one of many processes takes over a stale lock", { timeout: 120_000 }, async (t) => {
  const dead = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => dead.once("close", resolve));
  const own = await ownLock();
  const file = join(place, "race");
  const script = `
    const { acquireLock } = await import(${JSON.stringify(new URL("../../pkg/cli/lock.js", import.meta.url))});
    process.stdin.once("data", async () => {
      try { await acquireLock(process.argv[1]); console.log("mine"); }
      catch (error) { console.log(error.message); }
    });
    console.log("ready");`;
  for (let round = 0; round < 4; round += 1) {
    const stale = { ...own, token: `0123456789abcde${round}`, pid: dead.pid };
    await writeFile(`${file}.lock`, JSON.stringify(stale));
    // In half of the rounds, a process has also ended in the middle of a takeover.
    if (round % 2 === 1)
      await writeFile(`${file}.lock.${stale.token}`, JSON.stringify({ ...stale, token: `fedcba987654321${round}` }));
    const starters = Array.from({ length: 6 }, () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      t.after(() => child.kill("SIGKILL"));
      const lines = [];
      let hear = () => {};
      child.stdout.setEncoding("utf8").on("data", (text) => {
        lines.push(...text.trim().split("\n"));
        hear();
      });
      const line = async (number) => {
        while (lines.length <= number) await new Promise((resolve) => (hear = resolve));
        return lines[number];
      };
      return { child, line };
    });
    await Promise.all(starters.map(({ line }) => line(0)));
    for (const { child } of starters) child.stdin.write("go\n");
    const said = await Promise.all(starters.map(({ line }) => line(1)));
    assert.equal(said.filter((line) => line === "mine").length, 1, said.join("\n"));
    const winner = starters[said.indexOf("mine")].child.pid;
    for (const line of said) if (line !== "mine") assert.match(line, new RegExp(`in use by process ${winner} `));
    assert.deepEqual(
      (await readdir(place)).filter((name) => name.startsWith("race")),
      ["race.lock"],
    );
    for (const { child } of starters) child.kill("SIGKILL");
    await rm(`${file}.lock`);
  }
});

test("a lock states whether its process is running", { timeout: 60_000 }, async () => {
  const own = await ownLock();
  const file = join(place, "stale");
  const acquired = async (content) => {
    await writeFile(
      `${file}.lock`,
      typeof content === "string" ? content : JSON.stringify({ ...own, token: "00112233445566aa", ...content }),
    );
    const release = await acquireLock(file);
    await release();
    await assert.rejects(stat(`${file}.lock`));
  };
  // The number of a process that is gone belongs to this one by now.
  if (LINUX) await acquired({ started: "1" });
  if (LINUX) await acquired({ boot: "another", pid: 1 });
  await acquired("");
  await acquired('{"token":"00112');
  // The process is running, or its state is unknown.
  await assert.rejects(acquired({}), new RegExp(`in use by process ${process.pid} since`));
  await assert.rejects(
    acquired({ machine: "elsewhere" }),
    /of `elsewhere`; if that process has ended, remove `.*stale\.lock`/,
  );
  await rm(`${file}.lock`);

  const release = await acquireLock(file);
  await assert.rejects(acquireLock(file), /in use by process/);
  // A lock that another process has taken meanwhile is not removed.
  await writeFile(`${file}.lock`, "another");
  await release();
  assert.equal(await readFile(`${file}.lock`, "utf8"), "another");
});

test("an incompletely written change is ignored and reported, and the rest is restored", {
  timeout: 60_000,
}, async (t) => {
  const state = join(place, "cut");
  const args = ["local", "--state", state, "--port", "0"];
  let server = await start(t, NODE, args);
  await server.ask("CreateFlow", { Name: "f", Definition: waits(600), Description: "d", Type: "FDL" });
  await server.ask("StartExecution", { FlowName: "f", ExecutionName: "e" });
  server.child.kill("SIGKILL");
  await server.ended;
  const whole = await readFile(state, "utf8");
  await appendFile(state, whole.slice(whole.lastIndexOf('{"batch"'), -30));
  await writeFile(`${state}.0123456789abcdef.tmp`, "what a killed server was writing");
  server = await start(t, NODE, args);
  assert.match(server.output(), /1 flow and 1 execution restored/);
  assert.match(
    server.output(),
    /the changes from line \d+ on \(\d+ bytes\) are left out: they were not completely written/,
  );
  const [aside] = (await readdir(place)).filter((file) => file.startsWith("cut.aside-"));
  assert.match(await readFile(join(place, aside), "utf8"), /\{"batch"/);
  assert.deepEqual(
    (await readdir(place)).filter((file) => /^cut\..*tmp$/.test(file)),
    [],
  );
  assert.equal((await server.ask("DescribeExecution", { FlowName: "f", ExecutionName: "e" })).body.Status, "Running");
});

test("a file of another format is reported and kept", { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(place, "format-"));
  const state = join(folder, "state");
  const args = ["local", "--state", state, "--port", "0"];
  const first = await start(t, NODE, args);
  await first.ask("CreateFlow", { Name: "f", Definition: waits(600), Description: "d", Type: "FDL" });
  first.child.kill("SIGTERM");
  await first.ended;
  const [head, ...rest] = (await readFile(state, "utf8")).split("\n");
  const { version, ...others } = JSON.parse(head);
  assert.equal(typeof version, "number");
  const aside = async () => (await readdir(folder)).filter((name) => name.startsWith("state.aside-"));

  const kept = [];
  const line = (value) => [JSON.stringify({ ...others, version: value }), ...rest].join("\n");
  for (const [text, problem] of [
    [line(version + 1), `the saved state has format ${version + 1}, but this version reads format ${version}`],
    [line(version - 1), `the saved state has format ${version - 1}, but this version reads format ${version}`],
    // An older or a newer program, or another one.
    [[JSON.stringify(others), ...rest].join("\n"), "the saved state has format null"],
    [waits(1), "the text is not a saved state of an emulator"],
    ["", "the text is not a saved state of an emulator"],
  ]) {
    await writeFile(state, text);
    const server = await start(t, NODE, args);
    assert.ok(server.output().includes(`${problem}`), `${problem}:\n${server.output()}`);
    assert.match(server.output(), /the file is renamed to .*state\.aside-\S+, and nothing is restored/);
    assert.deepEqual((await server.ask("ListFlows", {})).body.Flows, []);
    await server.ask("CreateFlow", { Name: "new", Definition: waits(1), Description: "d", Type: "FDL" });
    server.child.kill("SIGTERM");
    await server.ended;
    kept.push(text);
    // Each file is kept with its bytes, also after further starts.
    const texts = await Promise.all((await aside()).map((name) => readFile(join(folder, name), "utf8")));
    assert.deepEqual(texts.sort(), kept.toSorted(), problem);
    assert.match(await readFile(state, "utf8"), /"name":"new"/);
  }
});

test("a request fails while the file cannot be written", {
  timeout: 60_000,
  skip: LINUX ? false : "needs /proc",
}, async () => {
  const folder = await mkdtemp(join(place, "full-"));
  const state = join(folder, "state");
  const emulator = createEmulator();
  const said = [];
  const file = await openStateFile(state, emulator, (line) => said.push(line));
  const create = async (Name) =>
    emulator.fetch(await signRequest("CreateFlow", { Name, Definition: waits(1), Description: "d", Type: "FDL" }));
  // The folder is removed, so a new file cannot be created. The open file takes one more change.
  await rm(folder, { recursive: true });
  await create("one");
  const big = "x".repeat(1_200_000);
  for (let i = 0; i < 30; i += 1) {
    await emulator.fetch(
      await signRequest("UpdateFlow", { Name: "one", Definition: `${waits(1)}# ${big.slice(0, 60_000)}${i}\n` }),
    );
    await file.commit().catch(() => {});
  }
  await assert.rejects(file.commit(), /ENOENT/);
  assert.match(said.at(-1), /cannot be written/);
  await mkdir(folder);
  await file.commit();
  assert.match(said.at(-1), /can be written again/);
  const again = createEmulator();
  assert.equal(again.restore(await readFile(state, "utf8")).flows, 1);
  assert.equal(await file.stop(), true);
  emulator.close();
});

test("hard links of a state file become separate files, each with its own lock", {
  timeout: 60_000,
  skip: !LINUX,
}, async () => {
  const folder = await mkdtemp(join(place, "links-"));
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  const flow = (name) => signRequest("CreateFlow", { Name: name, Definition: waits(1), Description: "d", Type: "FDL" });
  const before = createEmulator();
  await before.fetch(await flow("both"));
  await writeFile(one, before.save());
  await link(one, two);
  const printed = [];
  const print = (line) => printed.push(line);
  const first = createEmulator();
  const firstFile = await openStateFile(one, first, print);
  assert.match(printed.join("\n"), /one has further hard links; the server replaces the file/);
  const second = createEmulator();
  const secondFile = await openStateFile(two, second, () => {});
  await assert.rejects(
    openStateFile(one, createEmulator(), () => {}),
    /is in use by process/,
  );
  await first.fetch(await flow("first"));
  await second.fetch(await flow("second"));
  await Promise.all([firstFile.stop(), secondFile.stop()]);
  for (const [file, own, other] of [
    [one, "first", "second"],
    [two, "second", "first"],
  ]) {
    const text = await readFile(file, "utf8");
    assert.equal(createEmulator().restore(text).flows, 2, file);
    assert.ok(
      text.includes('"name":"both"') && text.includes(`"name":"${own}"`) && !text.includes(`"name":"${other}"`),
    );
  }
});

test("the size of the file is limited, and a path that is not a regular file is refused", {
  timeout: 120_000,
}, async (t) => {
  const state = join(place, "grows");
  const emulator = createEmulator();
  const file = await openStateFile(state, emulator, () => {});
  await emulator.fetch(
    await signRequest("CreateFlow", { Name: "f", Definition: waits(1), Description: "d", Type: "FDL" }),
  );
  let largest = 0;
  for (let i = 0; i < 60; i += 1) {
    await emulator.fetch(
      await signRequest("UpdateFlow", { Name: "f", Definition: `${waits(1)}# ${"x".repeat(60_000)}${i}\n` }),
    );
    await file.commit();
    largest = Math.max(largest, (await stat(state)).size);
  }
  assert.ok(largest < 2_000_000, `${largest} bytes`);
  assert.equal(await file.stop(), true);
  assert.equal(createEmulator().restore(await readFile(state, "utf8")).flows, 1);

  await assert.rejects(
    openStateFile(place, createEmulator(), () => {}),
    /is not a regular file/,
  );
  await assert.rejects(
    openStateFile(join(place, "none", "state"), createEmulator(), () => {}),
    /the folder of the state file/,
  );
  if (process.platform !== "win32") {
    await symlink(join(place, "loop"), join(place, "loop"));
    await assert.rejects(
      openStateFile(join(place, "loop"), createEmulator(), () => {}),
      /is part of a loop of symbolic links/,
    );
    // A link to a file that does not exist yet.
    await symlink(join(place, "later"), join(place, "to-later"));
    const later = await openStateFile(join(place, "to-later"), createEmulator(), () => {});
    assert.ok(await stat(join(place, "later.lock")));
    await later.stop();
    assert.ok((await stat(join(place, "later"))).isFile());
  }
  await pause(0);
});

/** The content of a lock of this process. */
async function ownLock() {
  const file = join(place, `own-${Math.random()}`);
  const release = await acquireLock(file);
  const content = JSON.parse(await readFile(`${file}.lock`, "utf8"));
  await release();
  assert.ok(content.machine.includes(hostname()));
  return content;
}

test("a lock that is not a regular file is refused with its path", { timeout: 60_000, skip: !LINUX }, async (t) => {
  const folder = await mkdtemp(join(place, "odd-lock-"));
  for (const [name, make] of Object.entries({
    dangling: (lock) => symlink(join(folder, "nowhere"), lock),
    link: async (lock) => {
      await writeFile(join(folder, "other"), "precious");
      await symlink(join(folder, "other"), lock);
    },
    folder: (lock) => mkdir(lock),
    pipe: (lock) => new Promise((resolve) => spawn("mkfifo", [lock]).once("close", resolve)),
  })) {
    const state = join(folder, name);
    await make(`${state}.lock`);
    const server = run(t, NODE, ["local", "--state", state, "--port", "0"]);
    assert.equal(await server.ended, 2, server.output());
    assert.match(server.output(), /the lock `.*\.lock` is not a regular file; remove it/);
  }
  assert.equal(await readFile(join(folder, "other"), "utf8"), "precious");
});

test("a state that is too large to be restored is not written", { timeout: 120_000 }, async () => {
  const file = join(await mkdtemp(join(place, "full-")), "state");
  let saved = "saved\n";
  let change = "";
  const emulator = {
    restore: () => ({ flows: 0, executions: 0, problems: [] }),
    save: () => saved,
    journal: () => {
      const text = change;
      change = "";
      return text;
    },
  };
  const state = await openStateFile(file, emulator, () => {});
  change = "a change\n";
  await state.commit();
  const kept = "saved\na change\n";
  assert.equal(await readFile(file, "utf8"), kept);
  saved = "x".repeat(256 * 1024 * 1024 + 1);
  change = saved;
  await assert.rejects(state.commit(), /the state is longer than the maximum of 268435456 bytes/);
  assert.equal(await readFile(file, "utf8"), kept);
  saved = "smaller\n";
  await state.commit();
  assert.equal(await readFile(file, "utf8"), "smaller\n");
  assert.equal(await state.stop(), true);
});

test("a file that is removed while it is in use is written again", { timeout: 60_000, skip: !LINUX }, async (t) => {
  const folder = await mkdtemp(join(place, "removed-"));
  const state = join(folder, "state");
  const flow = (Name) => ({ Name, Definition: waits(600), Description: "d", Type: "FDL" });
  let server = await start(t, NODE, ["local", "--state", state, "--port", "0"]);
  assert.equal((await server.ask("CreateFlow", flow("one"))).status, 200);
  await rm(state);
  assert.equal((await server.ask("CreateFlow", flow("two"))).status, 200);
  server.child.kill("SIGKILL");
  await server.ended;
  server = await start(t, NODE, ["local", "--state", state, "--port", "0"]);
  for (const Name of ["one", "two"]) assert.equal((await server.ask("DescribeFlow", { Name })).status, 200, Name);
  // Without the lock, another server may use the file.
  await rm(`${state}.lock`);
  const other = await start(t, NODE, ["local", "--state", state, "--port", "0"]);
  assert.equal((await other.ask("CreateFlow", flow("three"))).status, 200);
  assert.equal((await server.ask("CreateFlow", flow("lost"))).status, 503);
  other.child.kill("SIGKILL");
  await other.ended;
  const { executions, flows } = createEmulator().restore(await readFile(state, "utf8"));
  assert.deepEqual([executions, flows], [0, 3]);
});

// Each kind of unusable input of each command that reads files: one line, the right exit code, no trace, no hang. Outputs
// that end early or are full.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, closeSync, cpSync, existsSync, openSync } from "node:fs";
import { chmod, mkdir, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BIN, FIRST, GOOD, WRONG, command, lines, temporary } from "./support/command.mjs";

const { folder, root } = temporary("input");
const MOCKS = '{"acs:fc:*": {"output": {}}}';
const TEST = "flow: good.yaml\ntests:\n  - name: ends\n    status: Succeeded\n";

let cwd;
before(async () => {
  cwd = await folder({
    "good.yaml": GOOD,
    "good.flowtest.yaml": TEST,
    "mocks.json": MOCKS,
    "binary.yaml": Buffer.from([0x74, 0, 1, 2, 255]),
    "latin1.yaml": Buffer.from([0x74, 0x79, 0xe9, 0x0a]),
    "utf16.yaml": Buffer.from("\ufefftype: flow", "utf16le"),
    "large.yaml": "",
    "closed.yaml": GOOD,
    "empty/notes.txt": "",
    "broken-config.json": "{",
    "wrong-config.json": '{"rule": {}}',
    "throws.mjs": "throw new Error('broken module');\n",
    "syntax.mjs": "export default {\n",
  });
  await truncate(join(cwd, "large.yaml"), 100 * 1024 * 1024);
  await symlink("loop.yaml", join(cwd, "loop.yaml"));
  await symlink("nowhere.yaml", join(cwd, "dangling.yaml"));
  await chmod(join(cwd, "closed.yaml"), 0);
  if (spawnSync("mkfifo", [join(cwd, "pipe.yaml")]).status !== 0) KINDS.delete("pipe.yaml");
  // The same files with the ending of mocks.
  for (const name of ["binary", "latin1", "utf16", "large", "pipe", "loop", "dangling", "closed", "empty"]) {
    if (name === "empty") await mkdir(join(cwd, "empty.json"));
    else if (name !== "pipe" || KINDS.has("pipe.yaml")) await symlink(`${name}.yaml`, join(cwd, `${name}.json`));
  }
});

/** The files and what is said of them. */
const KINDS = new Map([
  ["none.yaml", /does not exist/],
  ["good.yaml/x.yaml", /does not exist: a part of its path is not a folder/],
  ["empty", /is a folder|has no file with the ending|no test file/],
  ["binary.yaml", /is a binary file/],
  ["latin1.yaml", /is not UTF-8 text/],
  ["utf16.yaml", /is UTF-16 text: save it as UTF-8/],
  ["large.yaml", /is larger than the maximum of 16 MiB/],
  ["loop.yaml", /is part of a loop of symbolic links/],
  ["dangling.yaml", /does not exist/],
  ["pipe.yaml", /is not a regular file/],
  ["/dev/zero", /is not a regular file/],
  ["\u001b[31m.yaml", /\\u\{1b\}\[31m.*(does not exist|matches no file)/],
]);

/** COMMAND_FULL=1 tries every file with every command. Otherwise every command gets three files. */
const { COMMAND_FULL } = process.env;
const FEW = new Set(["none.yaml", "binary.yaml", "large.yaml"]);
const withJson = (file) => file.replace(/^empty$|\.yaml$/, (end) => (end === "empty" ? "empty.json" : ".json"));

/** The commands, with the place of the file. */
const READERS = {
  check: (file) => ["check", "--no-config", file],
  "check --fix": (file) => ["check", "--no-config", "--fix", file],
  "format --write": (file) => ["format", "--write", file],
  "format --check": (file) => ["format", "--check", file],
  graph: (file) => ["graph", file],
  migrate: (file) => ["migrate", file],
  "migrate --write": (file) => ["migrate", "--write", file],
  run: (file) => ["run", file],
  "run --input": (file) => ["run", "good.yaml", "--input", `@${file}`],
  "run --tasks": (file) => ["run", "good.yaml", "--tasks", withJson(file)],
  test: (file) => ["test", file],
  "local --tasks": (file) => ["local", "--port", "0", "--tasks", withJson(file)],
};

async function all(jobs, limit = 4) {
  const failures = [];
  const queue = [...jobs];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await next().catch((error) => failures.push(error.message));
  };
  await Promise.all(Array.from({ length: limit }, work));
  assert.deepEqual(failures, []);
}

test("each kind of unusable file, for each command", { timeout: 600_000 }, async () => {
  const jobs = Object.entries(READERS).flatMap(([name, args]) =>
    [...KINDS].map(([file, words]) => async () => {
      if (!COMMAND_FULL && name !== "check" && !FEW.has(file)) return;
      if (name.endsWith("--tasks") && !/^empty$|\.yaml$/.test(file)) return;
      const { code, out, err } = await command(args(file), { cwd });
      const text = out + err;
      assert.equal(code, 2, `${name} ${file}: ${text}`);
      assert.match(text, words, `${name} ${file}: ${text}`);
      const reports = lines(text).filter((line) => words.test(line));
      assert.equal(reports.length, 1, `${name} ${file}: ${text}`);
      assert.ok(lines(text).length <= 3, `${name} ${file}: ${text}`);
      assert.ok(!/\n +at |file:\/\/|[\u0000-\u0009\u000b-\u001f]/.test(text), `${name} ${file}: ${text}`);
    }),
  );
  await all(jobs);
});

test("the standard input with the same mistakes", { timeout: 300_000 }, async () => {
  const inputs = [
    [Buffer.from([0x74, 0, 1]), /is a binary file/],
    [Buffer.from([0x74, 0x79, 0xe9, 0x0a]), /is not UTF-8 text/],
    [Buffer.from("\ufefftype: flow", "utf16le"), /is UTF-16 text: save it as UTF-8/],
    [Buffer.alloc(17 * 1024 * 1024, "x"), /is larger than the maximum of 16 MiB/],
  ];
  const commands = [["check"], ["format"], ["format", "--check"], ["graph"], ["migrate"], ["run"]];
  await all(
    commands.flatMap((args) =>
      inputs.map(([input, words]) => async () => {
        const { code, out, err } = await command([...args, "-"], { cwd, input });
        assert.equal(code, 2, `${args}: ${out.slice(0, 300)}${err}`);
        assert.match(out + err, words);
        assert.ok(lines(out + err).length <= 2, out + err);
      }),
    ),
  );
});

test("modules, mocks and configurations that cannot be used", { timeout: 300_000 }, async () => {
  const cases = [
    [["run", "good.yaml", "--tasks", "throws.mjs"], /^--tasks: the tasks of .*throws\.mjs: broken module\n$/],
    [["run", "good.yaml", "--tasks", "syntax.mjs"], /^--tasks: the tasks of .*syntax\.mjs: .*\n$/],
    [["run", "good.yaml", "--tasks", "none.mjs"], /^--tasks: the tasks of .*none\.mjs: the file does not exist\n$/],
    [["run", "good.yaml", "--tasks", "empty"], /expected a module \(\.mjs, \.js\) or mocks \(\.json\)\n$/],
    [["run", "good.yaml", "--tasks", "broken-config.json"], /^--tasks: .*: invalid JSON: .*\n$/],
    [["run", "good.yaml", "--flows", "good.yaml"], /^--flows: `good\.yaml` does not exist: .*\n$|is not a folder/],
    [["local", "--port", "0", "--tasks", "throws.mjs"], /the tasks of .*throws\.mjs: broken module\n$/],
    [["local", "--port", "0", "--flows", "good.yaml"], /is not a folder/],
    [["local", "--port", "0", "--state", "empty"], /state/],
    [["gateway", "--config", "throws.mjs"], /^the config `throws\.mjs` cannot be loaded: broken module\n$/],
    [["gateway", "--config", "syntax.mjs"], /^the config `syntax\.mjs` cannot be loaded: /],
    [["gateway", "--config", "empty"], /^the config `empty` is not a file/],
    ...["check", "format"].flatMap((name) => [
      [[name, "--config", "broken-config.json", "good.yaml"], /^broken-config\.json is not valid JSON: .*\n$/],
      [[name, "--config", "wrong-config.json", "good.yaml"], /^wrong-config\.json: `rule` is not a key.*\n$/],
      [[name, "--config", "none.json", "good.yaml"], /^none\.json does not exist\n$/],
      [[name, "--config", "binary.yaml", "good.yaml"], /^binary\.yaml is (a binary file|not valid JSON: .*)\n$/],
      [[name, "--config", "large.yaml", "good.yaml"], /^large\.yaml is larger than the maximum of 16 MiB\n$/],
    ]),
  ];
  await all(
    cases.map(([args, words]) => async () => {
      const { code, out, err } = await command(args, { cwd, env: { CLOUDFLOW_KEY: "a:b" } });
      assert.equal(code, 2, `${args.join(" ")}: ${out}${err}`);
      assert.match(out + err, words, args.join(" "));
      assert.equal(lines(out + err).length, 1, `${args.join(" ")}: ${out}${err}`);
    }),
  );
});

test("files that another user may not read", { timeout: 120_000 }, async (t) => {
  if (process.platform === "win32") return t.skip("Windows has no such modes");
  // Nothing is unreadable for root: the command runs as another user, from a copy that this user can read.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  let bin = BIN;
  if (uid !== undefined) {
    chmodSync(root, 0o755);
    cpSync(fileURLToPath(new URL("../../pkg/dist", import.meta.url)), join(root, "package"), { recursive: true });
    bin = join(root, "package", "bin", "cloudflow-wasm.js");
    chmodSync(join(root, "package"), 0o755);
  }
  const [program, ...first] = FIRST;
  const asUser = (args) =>
    spawnSync(program, [...first, bin, ...args], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, HOME: cwd },
      ...(uid ? { uid, gid: uid } : {}),
    });
  const probe = asUser(["--version"]);
  if (probe.status !== 0) return t.skip(`another user cannot run the runtime: ${probe.error?.code ?? probe.stderr}`);
  for (const [name, args] of Object.entries(READERS)) {
    const { status, stdout, stderr } = asUser(args("closed.yaml"));
    assert.equal(status, 2, `${name}: ${stdout}${stderr}`);
    assert.match(stdout + stderr, /cannot be (accessed|read): permission denied/, name);
  }
  for (const args of [
    ["init", "new"],
    ["graph", "good.yaml", "-o", "new.mmd"],
    ["format", "--write", "--sort-keys", "good.yaml"],
  ]) {
    const { status, stderr } = asUser(args);
    if (args[0] === "format") assert.equal(status, 0, "a file that does not change is not written");
    else {
      assert.equal(status, 2, `${args}: ${stderr}`);
      assert.match(stderr, /permission denied|cannot be (written|accessed)/, String(args));
    }
  }
});

/** The commands with an output, which is longer than the buffer of a pipe where the command can print that much. */
const WRITERS = [
  ["check", "--no-config", "many"],
  ["check", "--no-config", "--format", "json", "many"],
  ["format", "wide.yaml"],
  ["format", "--diff", "many"],
  ["graph", "wide.yaml"],
  ["migrate", "wide.yaml"],
  ["run", "wide.yaml"],
  ["test", "good.flowtest.yaml"],
  ["explain"],
  ["completion", "bash"],
  ["--help"],
  ["check", "--help"],
];

async function writers() {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`many/f${i}.yaml`, WRONG.replace("  - {", "    - {")]),
  );
  const steps = Array.from({ length: 3000 }, (_, i) => `  - {type: pass, name: step${i}}\n`).join("");
  return await folder({
    ...many,
    "good.yaml": GOOD,
    "good.flowtest.yaml": TEST,
    "wide.yaml": `version: v1\ntype: flow\nsteps:\n${steps}`,
  });
}

test("an output that is closed early, or full", { timeout: 300_000 }, async () => {
  const cwd = await writers();
  const [program, ...first] = FIRST;
  const started = (args, stdout) => {
    const child = spawn(program, [...first, BIN, ...args], { cwd, stdio: ["ignore", stdout, "pipe"] });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    if (stdout === "pipe") child.stdout.destroy();
    return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code: code ?? signal, err })));
  };
  await all(
    WRITERS.flatMap((args) => [
      async () => {
        const { code, err } = await started(args, "pipe");
        assert.equal(code, 2, `${args.join(" ")}: ${err}`);
        assert.match(err, /(^|\n)the output was closed before its end\n$/, `${args.join(" ")}: ${err}`);
        assert.ok(lines(err).length <= 2, err);
      },
      async () => {
        if (!existsSync("/dev/full")) return;
        const full = openSync("/dev/full", "w");
        const { code, err } = await started(args, full);
        closeSync(full);
        assert.equal(code, 2, `${args.join(" ")}: ${err}`);
        assert.match(err, /(^|\n)the output cannot be written: no space is left\n$/, `${args.join(" ")}: ${err}`);
      },
    ]),
  );
});

// The commands that read and write definitions: explain, graph, migrate, init.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sections } from "../../pkg/cli/codes.js";
import { unifiedDiff } from "../../pkg/cli/diff.js";
import { createStyle } from "../../pkg/cli/style.js";
import { migrateFlow } from "../../pkg/dist/local.js";
import { RUNTIMES, command } from "./support/command.mjs";
import { cpuMs } from "./support/cpu.mjs";

const FLOW = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n";
const WRONG = "version: v1\ntype: flow\nsteps:\n  - {type: wiat, name: a, duration: 3}\n";
const corpus = new URL("../corpus/", import.meta.url);

let root;
before(async () => (root = await mkdtemp(join(tmpdir(), "cloudflow-files-"))));
after(() => rm(root, { recursive: true, force: true }));

async function folder(files = {}) {
  const place = await mkdtemp(join(root, "f-"));
  await chmod(place, 0o755);
  for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
  return place;
}

test("explain: every code of the documents", async () => {
  const codes = [...sections("diagnostics").keys(), ...sections("errors").keys()];
  assert.ok(codes.length > 80, String(codes.length));
  const all = await command(["explain"]);
  assert.equal(all.code, 0);
  for (const code of codes) assert.match(all.out, new RegExp(`^ {2}${code} +\\S`, "m"));
  const one = await command(["explain", "unknown-target"]);
  assert.match(one.out, /^unknown-target\n\nerror\. A transition[\s\S]*\nBad, at 7:39:\n\n {4}version: v1\n/);
  assert.ok(!one.out.includes("```"));
  assert.match((await command(["explain", "wrong-options"])).out, /^wrong-options\n\n\S/);
  const wrong = await command(["explain", "unkown-target"]);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /^`unkown-target` is not a code: did you mean `unknown-target`\?\n/);
  assert.equal((await command(["explain", "__proto__"])).code, 2);
});

for (const [runtime, program] of RUNTIMES) {
  test(`${runtime}: unusable input of the commands that read a definition`, { timeout: 120_000 }, async () => {
    const cwd = await folder({ "binary.yaml": "\0", "notes.yaml": "a: 1\n", "wrong.yaml": WRONG, "flow.yaml": FLOW });
    await mkdir(join(cwd, "folder"));
    const cases = [
      [["graph", "none.yaml"], 2, /^`none\.yaml` does not exist\n$/],
      [["graph", "folder"], 2, /^`folder` is a folder\n$/],
      [["graph", "binary.yaml"], 2, /^`binary\.yaml` is a binary file\n$/],
      [["graph", "notes.yaml"], 2, /`notes\.yaml` has no states to draw\n$/],
      [["graph", "wrong.yaml"], 1, /^wrong\.yaml:4:12: error\[unknown-type\]: /],
      [["graph", "flow.yaml", "-o", "folder"], 2, /^`folder` is a folder\n$/],
      [["graph", "flow.yaml", "-o", "none/x.mmd"], 2, /^`none\/x\.mmd` does not exist\n$/],
      [["migrate", "none.yaml"], 2, /^`none\.yaml` does not exist\n$/],
      [["migrate", "folder"], 2, /^folder: has no file with the ending/],
      [["migrate", "binary.yaml"], 2, /^`binary\.yaml` is a binary file\n$/],
      [["migrate", "wrong.yaml"], 1, /^wrong\.yaml:4:12: error\[unknown-type\]: /],
      [["migrate", "flow.yaml", "wrong.yaml"], 2, /^2 files cannot be printed at once: use --write or --diff\n$/],
      [["migrate", "--write", "-"], 2, /^`-` cannot be used together with files or --write\n$/],
      [["migrate"], 2, /^missing required argument `files`\n/],
      [["init", "flow.yaml"], 2, /^`flow\.yaml\/package\.json` does not exist: a part of its path is not a folder\n$/],
    ];
    await Promise.all(
      cases.map(async ([args, code, words]) => {
        const got = await command(args, { cwd, command: program });
        assert.equal(got.code, code, `${args.join(" ")}: ${got.out}${got.err}`);
        assert.match(got.err, words);
        assert.ok(!/\n +at /.test(got.err), got.err);
      }),
    );
  });
}

test("graph: Mermaid, DOT and SVG of the corpus", async () => {
  for (const name of await readdir(new URL("statemachine/", corpus))) {
    const file = fileURLToPath(new URL(`statemachine/${name}`, corpus));
    const [mermaid, dot, svg] = await Promise.all(
      ["mermaid", "dot", "svg"].map((format) => command(["graph", "--format", format, file])),
    );
    for (const { code, err } of [mermaid, dot, svg]) assert.equal(code, 0, err);
    assert.match(mermaid.out, /^flowchart TD\n/);
    assert.match(dot.out, /^digraph flow \{\n/);
    const depth = dot.out
      .split("\n")
      .reduce((sum, line) => sum + Number(/ \{$/.test(line)) - Number(/^ *\}$/.test(line)), 0);
    assert.equal(depth, 0, "braces");
    assert.match(svg.out, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"[\s\S]*<\/svg>\n$/);
    assert.equal((svg.out.match(/<text /g) ?? []).length, (svg.out.match(/<\/text>/g) ?? []).length);
  }
  const cwd = await folder({ "a.yaml": 'version: v1\ntype: flow\nsteps:\n  - {type: pass, name: "q\\"\\\\<&>"}\n' });
  assert.match((await command(["graph", "--format", "dot", "a.yaml"], { cwd })).out, /label="q\\"\\\\<&>"/);
  assert.match((await command(["graph", "--format", "svg", "a.yaml"], { cwd })).out, /q&#34;\\&#60;&#38;&#62;/);
  const input = await command(["graph", "-"], { input: FLOW });
  assert.equal(input.code, 0);
  const written = await command(["graph", "a.yaml", "-o", "a.mmd"], { cwd });
  assert.deepEqual([written.code, written.out], [0, ""]);
  assert.match(await readFile(join(cwd, "a.mmd"), "utf8"), /^flowchart TD/);
});

test("migrate: prints, writes, and shows differences that `patch` applies", async (t) => {
  const names = await readdir(new URL("flow/", corpus));
  const texts = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(new URL(`flow/${name}`, corpus), "utf8")])),
  );
  const cwd = await folder({ ...texts, "notes.yaml": "a: 1\n" });
  const [first] = names;
  const printed = await command(["migrate", first], { cwd });
  assert.equal(printed.out, migrateFlow(texts[first]).text);
  const diff = await command(["migrate", "--diff", "."], { cwd });
  assert.equal(await readFile(join(cwd, first), "utf8"), texts[first], "nothing is written");
  const copy = await folder(texts);
  const patch = spawn("patch", ["-p0", "--binary", "--quiet"], { cwd: copy, stdio: ["pipe", "inherit", "inherit"] });
  const patched = new Promise((resolve) => patch.on("close", resolve).on("error", () => resolve(undefined)));
  patch.stdin.on("error", () => {}).end(diff.out);
  const code = await patched;
  const written = await command(["migrate", "--write", "."], { cwd });
  assert.equal(written.out, "");
  for (const [name, text] of Object.entries(texts)) {
    const wanted = migrateFlow(text).text ?? text;
    assert.equal(await readFile(join(cwd, name), "utf8"), wanted, name);
    if (code !== undefined) assert.equal(await readFile(join(copy, name), "utf8"), wanted, `patch: ${name}`);
  }
  if (code === undefined) t.diagnostic("`patch` is not installed: the differences are not applied");
  assert.equal(await readFile(join(cwd, "notes.yaml"), "utf8"), "a: 1\n");
  const again = await command(["migrate", "--write", "."], { cwd });
  assert.match(again.err, new RegExp(`^0 converted, ${names.length} unchanged$`, "m"));
});

test("differences of two texts", () => {
  const plain = createStyle(false);
  const cases = [
    ["a\n", "a\n", ""],
    ["a\n", "b\n", "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n+b\n"],
    ["", "b\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+b\n"],
    ["a", "a\n", "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"],
    [
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
      "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
      "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n",
    ],
  ];
  for (const [a, b, wanted] of cases) assert.equal(unifiedDiff("f", a, b, plain), wanted);
  const large = Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join("");
  const ms = cpuMs(() => unifiedDiff("f", large, large.replace(/\d+/g, "x$&"), plain));
  assert.ok(ms < 2000, `${ms} ms`);
});

for (const dialect of ["StateMachine", "flow"]) {
  test(`init: the project of the dialect ${dialect} has no findings, and its test passes`, async () => {
    const cwd = await folder();
    const made = await command(["init", "--dialect", dialect, "shop"], { cwd });
    assert.equal(made.code, 0, made.err);
    const shop = join(cwd, "shop");
    await mkdir(join(shop, "node_modules"));
    await symlink(
      fileURLToPath(new URL("../../pkg/dist", import.meta.url)),
      join(shop, "node_modules", "cloudflow-wasm"),
    );
    const checked = await command(["check"], { cwd: shop });
    assert.deepEqual([checked.code, checked.out], [0, "no findings in 1 file\n"]);
    const tested = await command(["test", "--min-coverage", "100"], { cwd: shop });
    assert.equal(tested.code, 0, tested.out + tested.err);
    assert.match(tested.out, /\n2 passed in 1 file/);
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const child = spawn(process.execPath, ["--test"], { cwd: shop, env, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0, out);
    assert.match(out, /pass 2\n/);
    const again = await command(["init"], { cwd: shop });
    assert.equal(again.code, 2);
    assert.match(again.err, /^`\.` already contains `flows\/order\.yaml`, .*: nothing was written\n$/);
    for (const name of ["cloudflow.json", ".vscode/settings.json", "package.json"])
      JSON.parse(await readFile(join(shop, name), "utf8"));
  });
}

test("init writes nothing if a file exists, also as a link", async () => {
  const cwd = await folder();
  await mkdir(join(cwd, "flows"));
  await symlink("/nowhere", join(cwd, "flows", "order.yaml"));
  const { code, err } = await command(["init"], { cwd });
  assert.equal(code, 2);
  assert.match(err, /already contains `flows\/order\.yaml`/);
  assert.deepEqual(await readdir(cwd), ["flows"]);
});

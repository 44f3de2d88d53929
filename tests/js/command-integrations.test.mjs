// The GitHub Action and the hooks of pre-commit, with the packed package in checkouts of their own.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { parse, stringify } from "yaml";
import { BROKEN, GOOD, WARNED, WRONG, lines, temporary } from "./support/command.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { folder } = temporary("integrations");
const UNFORMATTED = GOOD.replace("  - {", "    - {");
const NOTES = "name: notes\nservices: {}\n";

let place;
let tarball;
/** Without a registry: the package has no dependencies. */
let env;
before(async () => {
  place = await mkdtemp(join(tmpdir(), "cloudflow-packed-"));
  await cp(join(ROOT, "pkg/dist"), join(place, "copy"), { recursive: true });
  const { NODE_TEST_CONTEXT, NO_COLOR, FORCE_COLOR, ...rest } = process.env;
  env = {
    ...rest,
    npm_config_cache: join(place, "cache"),
    npm_config_offline: "true",
    PRE_COMMIT_HOME: join(place, "pre-commit"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "test",
    GIT_AUTHOR_EMAIL: "test@example.com",
    GIT_COMMITTER_NAME: "test",
    GIT_COMMITTER_EMAIL: "test@example.com",
  };
  const { out } = await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", place], {
    cwd: join(place, "copy"),
  });
  tarball = join(place, out.trim());
});
after(() => rm(place, { recursive: true, force: true }));

function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, maxBuffer: 1e8, timeout: 200_000, ...options }, (error, out, err) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: error?.code ?? 0, out, err });
    });
  });
}

/** The expressions that a composite action of this repository uses, and no other ones. */
function evaluated(text, contexts) {
  return String(text).replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, name) => {
    const value = name.split(".").reduce((value, key) => value?.[key], contexts);
    assert.notEqual(value, undefined, `\`${name}\` is not known`);
    return value;
  });
}

/** Runs the steps of the action literally, as a runner does. */
async function runAction(checkout, given) {
  const action = parse(await readFile(join(ROOT, "action.yml"), "utf8"));
  assert.equal(action.runs.using, "composite");
  for (const name of Object.keys(given)) assert.ok(Object.hasOwn(action.inputs, name), name);
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: absent }]) => [name, given[name] ?? absent]),
  );
  const steps = {};
  let result;
  for (const { id, shell, env: its, run: script } of action.runs.steps) {
    assert.equal(shell, "bash");
    const output = join(place, `output-${Math.random()}`);
    const file = `${output}.sh`;
    await writeFile(output, "");
    await writeFile(file, evaluated(script, { inputs, steps }));
    const values = Object.entries(its).map(([name, value]) => [name, evaluated(value, { inputs, steps })]);
    result = await run("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", file], {
      cwd: checkout,
      env: { ...env, ...Object.fromEntries(values), GITHUB_OUTPUT: output, GITHUB_WORKSPACE: checkout, CI: "true" },
    });
    const outputs = Object.fromEntries(lines(await readFile(output, "utf8")).map((line) => line.split(/=(.*)/s, 2)));
    steps[id] = { outputs: { "sarif-file": "", ...outputs } };
    if (result.code !== 0) break;
  }
  const outputs = Object.fromEntries(
    Object.entries(action.outputs).map(([name, { value }]) => [name, evaluated(value, { steps })]),
  );
  return { ...result, outputs };
}

test("the action: annotations, exit codes, outputs and the SARIF file", { timeout: 300_000 }, async () => {
  const version = `file:${tarball}`;
  const checkout = await folder({
    "flows/good.yaml": GOOD,
    "flows/wrong.yaml": WRONG,
    "warned/warned.yaml": WARNED,
    "with blank/good.yaml": GOOD,
    "notes.yaml": NOTES,
  });
  const all = await runAction(checkout, { version, "sarif-file": "out/flows.sarif" });
  assert.equal(all.code, 1, all.err);
  assert.deepEqual(all.outputs, { "exit-code": "1", "sarif-file": "out/flows.sarif" });
  assert.deepEqual(
    lines(all.out).map((line) => line.split("::")[1]),
    [
      "error file=flows/wrong.yaml,line=4,endLine=4,col=12,endColumn=16,title=unknown-type",
      "warning file=warned/warned.yaml,line=4,endLine=4,col=27,endColumn=40,title=unknown-key",
    ],
    all.out,
  );
  const schema = JSON.parse(await readFile(new URL("support/sarif-schema-2.1.0.json", import.meta.url), "utf8"));
  const isValid = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
  const log = JSON.parse(await readFile(join(checkout, "out/flows.sarif"), "utf8"));
  assert.ok(isValid(log), JSON.stringify(isValid.errors));
  assert.equal(log.runs[0].results.length, 2);

  // Without `version`, the version that the checkout has.
  await writeFile(join(checkout, "package.json"), "{}");
  await installed(checkout);
  const cases = [
    [{ files: "flows/good.yaml" }, 0, ""],
    [{ files: "\n  with blank\n  flows/g*.yaml\n" }, 0, ""],
    [{ files: "warned" }, 1, /^::warning /],
    [{ files: "warned", "fail-on-warnings": "false" }, 0, /^::warning /],
    [{ files: "warned", args: "--rule unknown-key=off" }, 0, ""],
    [{ files: "flows", args: "--rule unknown-type=off   --quiet" }, 0, ""],
    [{ files: "none.yaml" }, 2, /^::error file=none\.yaml,title=not checked::none\.yaml does not exist\n$/],
    [{ files: "flows", "fail-on-warnings": "no" }, 2, "::error::fail-on-warnings must be true or false\n"],
    // Inputs are data, not parts of the script or options.
    [{ files: '$(touch hacked); "`touch hacked`' }, 2, /^::error file=.*does not exist\n$/],
    [{ files: "--fix" }, 2, /^::error file=--fix,.*does not exist\n$/],
  ];
  for (const [inputs, code, out] of cases) {
    const got = await runAction(checkout, inputs);
    assert.equal(got.code, code, `${JSON.stringify(inputs)}: ${got.out}${got.err}`);
    if (typeof out === "string") assert.equal(got.out, out);
    else assert.match(got.out, out);
    assert.equal(got.outputs["exit-code"], String(code));
  }
  assert.equal(
    spawnSync("ls", { cwd: checkout, encoding: "utf8" }).stdout,
    "flows\nnode_modules\nnotes.yaml\nout\npackage-lock.json\npackage.json\nwarned\nwith blank\n",
  );
});

test("the workflow in docs/cli.md has inputs of the action", async () => {
  const action = parse(await readFile(join(ROOT, "action.yml"), "utf8"));
  const [{ jobs }] = await documented("uses: cloudflow-wasm");
  const step = jobs.flows.steps.find(({ uses }) => uses.startsWith("cloudflow-wasm/"));
  for (const name of Object.keys(step.with)) assert.ok(Object.hasOwn(action.inputs, name), name);
  const text = await readFile(join(ROOT, "docs/cli.md"), "utf8");
  for (const name of Object.keys(action.inputs)) assert.match(text, new RegExp(`^\\| \`${name}\` \\|`, "m"));
});

/** The YAML blocks of docs/cli.md that contain a text. */
async function documented(part) {
  const text = await readFile(join(ROOT, "docs/cli.md"), "utf8");
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .filter(([, block]) => block.includes(part))
    .map(([, block]) => parse(block));
}

/** Installs the package into a checkout. */
async function installed(checkout) {
  const { code, out, err } = await run("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: checkout });
  assert.equal(code, 0, out + err);
}

/** pre-commit of PYTHON or of the PATH. */
const PRE_COMMIT = [...(process.env.PYTHON ? [[process.env.PYTHON, "-m", "pre_commit"]] : []), ["pre-commit"]].find(
  ([program, ...args]) => spawnSync(program, [...args, "--version"]).status === 0,
);
const skip = PRE_COMMIT ? false : "pre-commit is not installed";

/** A repository of a user with the hooks of a documented configuration. */
async function repository(config, files) {
  const checkout = await folder({ "package.json": "{}", ".gitignore": "node_modules\npackage-lock.json\n", ...files });
  await writeFile(join(checkout, ".pre-commit-config.yaml"), stringify(config));
  await git(checkout, "init", "--quiet");
  await git(checkout, "add", ".");
  return checkout;
}

async function git(cwd, ...args) {
  const { code, out, err } = await run("git", args, { cwd });
  assert.equal(code, 0, `git ${args}: ${err}`);
  return out.trim();
}

const FILES = {
  "flows/good.yaml": GOOD,
  "flows/unformatted.yaml": UNFORMATTED,
  "notes.yaml": NOTES,
  "flows/good.flowtest.yaml": "flow: good.yaml\ntests:\n  - name: ends\n    status: Succeeded\n",
};

async function hooks(checkout, ...ids) {
  const [program, ...args] = PRE_COMMIT;
  return run(program, [...args, "run", "--all-files", "--verbose", "--color=never", ...ids], { cwd: checkout });
}

test("pre-commit: the hooks of the repository", { skip, timeout: 300_000 }, async () => {
  const source = await folder({});
  await cp(join(ROOT, ".pre-commit-hooks.yaml"), join(source, ".pre-commit-hooks.yaml"));
  await git(source, "init", "--quiet");
  await git(source, "add", ".");
  await git(source, "commit", "--quiet", "-m", "hooks");
  const [config] = await documented("cloudflow-test");
  config.repos[0].repo = source;
  config.repos[0].rev = await git(source, "rev-parse", "HEAD");
  const checkout = await repository(config, FILES);
  await installed(checkout);
  const first = await hooks(checkout);
  assert.equal(first.code, 1, first.out + first.err);
  assert.match(first.out, /^check flow definitions\.+Passed$/m);
  assert.match(
    first.out,
    /^format flow definitions\.+Failed\n- hook id: cloudflow-format\n.*\n- files were modified by this hook$/m,
  );
  assert.match(first.out, /^test flow definitions\.+Passed$/m);
  assert.equal(await readFile(join(checkout, "flows/unformatted.yaml"), "utf8"), GOOD);
  await git(checkout, "add", ".");
  const second = await hooks(checkout);
  assert.equal(second.code, 0, second.out + second.err);
  await writeFile(join(checkout, "flows/wrong.yaml"), WRONG);
  await writeFile(join(checkout, "flows/broken.yaml"), BROKEN);
  await git(checkout, "add", ".");
  const [program, ...args] = PRE_COMMIT;
  assert.equal((await run(program, [...args, "install"], { cwd: checkout })).code, 0);
  const commit = await run("git", ["commit", "-m", "a broken flow"], { cwd: checkout });
  assert.equal(commit.code, 1);
  assert.match(commit.err, /^check flow definitions\.+Failed\n[\s\S]*^flows\/wrong\.yaml:4:12: error\[unknown-type\]/m);
  assert.match(commit.err, /^format flow definitions\.+Failed\n[\s\S]*^flows\/broken\.yaml:4:5: error/m);
  assert.equal(await readFile(join(checkout, "flows/broken.yaml"), "utf8"), BROKEN);
});

test("pre-commit: a fixed version in an environment of its own", { skip, timeout: 300_000 }, async () => {
  const [, config] = await documented("id: cloudflow-check");
  const [hook] = config.repos[0].hooks;
  assert.deepEqual(hook.additional_dependencies, ["cloudflow-wasm@VERSION"]);
  hook.additional_dependencies = [tarball];
  const checkout = await repository(config, FILES);
  const good = await hooks(checkout);
  assert.equal(good.code, 0, good.out + good.err);
  await writeFile(join(checkout, "flows/wrong.yaml"), WRONG);
  await git(checkout, "add", ".");
  const wrong = await hooks(checkout);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /^flows\/wrong\.yaml:4:12: error\[unknown-type\]/m);
});

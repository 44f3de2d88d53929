// The names that docs/versions.md promises, as the package and the documents have them, beside `contract.json`. A name that
// leaves this file, or changes, is an incompatible change: docs/versions.md states which version it needs.
// `UPDATE_EXPECT=1` writes the file.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { transform } from "esbuild";
import { parse } from "yaml";
import { openFlow } from "../../pkg/dist/editor.js";
import { COMMANDS, main } from "../../pkg/cli/cli.js";
import { CAPABILITIES } from "../../pkg/cli/lsp/answers.js";
import { METRICS } from "../../pkg/gateway/metrics.js";

const root = (path) => new URL(`../../${path}`, import.meta.url);
const read = (path) => readFileSync(root(path), "utf8");
const STORED = root("tests/js/contract.json");

/** Names and further text of the sections of a document, by code. */
function sections(path, shown) {
  const list = read(path).split("\n### ").slice(1);
  return Object.fromEntries(list.map((text) => [text.slice(0, text.indexOf("\n")), shown.exec(text)?.[1]]));
}

/** The functions of each entry; null for a module of WebAssembly and for a file of another kind. */
async function entries() {
  const result = {};
  for (const [name, conditions] of Object.entries(JSON.parse(read("pkg/package.json")).exports)) {
    const file = typeof conditions === "string" ? conditions : conditions.default;
    result[name] = file.endsWith(".js") ? Object.keys(await import(root(`pkg/dist/${file}`))).sort() : null;
  }
  return result;
}

async function help(...argv) {
  let text = "";
  const print = (line) => (text += `${line}\n`);
  const io = { env: {}, out: print, err: print, columns: 100, color: false };
  await main([...argv, "--help"], { out: print, complain: print, io });
  return text;
}

/** The options of each command, as its help lists them. */
async function commands() {
  const result = {};
  for (const { name } of COMMANDS) {
    const options = [...(await help(name)).matchAll(/^ {2,}(?:-\w, )?(--[a-z][a-z-]*)/gm)].map(([, option]) => option);
    assert.ok(options.includes("--help"), `${name}: ${options}`);
    result[name] = [...new Set(options)].sort();
  }
  return result;
}

/** The port on which a server listens without an option. */
const port = async (name) => Number(/^ +--port N .*default (\d+)/m.exec(await help(name))[1]);

async function contract() {
  const action = parse(read("action.yml"));
  const flow = openFlow("");
  const methods = Object.keys(flow).sort();
  flow.close();
  return {
    entries: await entries(),
    commands: await commands(),
    ports: { local: await port("local"), gateway: await port("gateway") },
    diagnostics: sections("docs/diagnostics.md", /^\*(.*?)\.\*/m),
    errors: sections("docs/errors.md", /^\*(.*?)\.\*/m),
    schemas: readdirSync(root("pkg/schema")).sort(),
    action: { inputs: Object.keys(action.inputs), outputs: Object.keys(action.outputs) },
    hooks: parse(read(".pre-commit-hooks.yaml")).map(({ id }) => id),
    metrics: Object.fromEntries(
      Object.entries(METRICS).map(([name, { type, labels }]) => [name, [type, ...labels].join(" ")]),
    ),
    editor: methods,
    languageServer: Object.keys(CAPABILITIES).sort(),
  };
}

test("the package has the names of the contract", async () => {
  const found = `${JSON.stringify(await contract(), null, 2)}\n`;
  if (process.env.UPDATE_EXPECT) writeFileSync(STORED, found);
  const stored = JSON.parse(readFileSync(STORED, "utf8"));
  const advice = "a name that leaves is an incompatible change (docs/versions.md); `UPDATE_EXPECT=1` writes the file";
  assert.deepEqual(JSON.parse(found), stored, `tests/js/contract.json: ${advice}`);
});

/** The first cells of the rows of a table, by the beginning of its head. */
function rows(path, head) {
  const [, table] = read(path).split(`\n${head}`);
  assert.ok(table, `${path} has no table \`${head}\``);
  const lines = table.split("\n\n")[0].split("\n").slice(2);
  return lines.map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}

test("the documents name the whole contract", async () => {
  const { metrics, editor, commands } = await contract();
  const documented = rows("docs/gateway-auth.md", "| metric, after").map(([name, type, labels]) => [
    name.replaceAll("`", ""),
    [type, ...labels.matchAll(/`(\w+)`/g)].map((part) => (typeof part === "string" ? part : part[1])).join(" "),
  ]);
  assert.deepEqual(Object.fromEntries(documented), metrics);

  const methods = rows("docs/editors.md", "| function | answer |").flatMap(([names]) => names.match(/\w+(?=\()/g));
  assert.deepEqual(methods.sort(), editor);

  const cli = read("docs/cli.md");
  for (const name of Object.keys(commands)) assert.match(cli, new RegExp(`\\b${name}\\b`), name);
});

/** Functions that the oldest hosts lack. */
const LATER =
  /\b(Promise\.(withResolvers|try)|Array\.fromAsync|(Object|Map)\.groupBy|RegExp\.escape|Iterator\.(from|concat)|Uint8Array\.from(Base64|Hex)|Error\.isError|Math\.sumPrecise|URL\.parse|import\.meta\.main)\b|\.(toHex|toBase64|setFromBase64|isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference|getOrInsert)\(/;

test("the package uses syntax and functions of the oldest hosts", async () => {
  const versions = rows("docs/versions.md", "| host | minimum version |").map(([host, version]) => [host, version]);
  const oldest = Object.fromEntries(versions);
  const target = [
    `chrome${oldest["Chrome and Edge"]}`,
    `firefox${oldest.Firefox}`,
    `safari${oldest.Safari}`,
    `node${oldest.Node}`,
  ];
  // Safari has them from 11.1; esbuild doubts it because of names that Unicode added later.
  const supported = { "regexp-unicode-property-escapes": true };
  const files = readdirSync(root("pkg/dist"), { recursive: true }).filter((name) => name.endsWith(".js"));
  assert.ok(files.length > 50, `${files.length} files`);
  for (const name of files) {
    const text = read(`pkg/dist/${name}`);
    assert.doesNotMatch(text, LATER, name);
    // esbuild writes later syntax in another way.
    const [latest, lowered] = await Promise.all(
      ["esnext", target].map((target) => transform(text, { target, supported })),
    );
    assert.ok(latest.code === lowered.code, `${name} has syntax that is later than ${target}`);
  }
});

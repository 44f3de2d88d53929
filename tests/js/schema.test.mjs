// The JSON Schemas and the cases: flows without errors are accepted; errors that a schema can detect are refused. With
// CLOUDFLOW_CORPUS also the published flows.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../..", import.meta.url));
const validators = Object.fromEntries(
  ["flow", "statemachine", "cloudflow"].map((name) => {
    const schema = JSON.parse(readFileSync(join(root, `pkg/schema/${name}.schema.json`), "utf8"));
    return [
      name,
      new Ajv({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true }).compile(schema),
    ];
  }),
);

/** What the schema of the value's dialect and the one for both say; they must agree. */
function problems(text) {
  const value = parse(text, { logLevel: "silent", maxAliasCount: -1 });
  const one = value?.Type === undefined ? validators.flow : validators.statemachine;
  const ok = one(value);
  assert.equal(validators.cloudflow(value), ok, "the schema for both says the same");
  return ok ? null : one.errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join("; ");
}

function* flows(family, also) {
  const dir = join(root, "tests/cases", family);
  for (const name of readdirSync(dir)) {
    const file = join(dir, name, "flow.yaml");
    // A schema knows the text only, not what validateFlow is told beside it.
    if (existsSync(join(dir, name, "options.json"))) continue;
    if (existsSync(file)) yield [`${family}/${name}`, readFileSync(file, "utf8"), also(join(dir, name))];
  }
}

/** Codes of errors that are about keys, types, words and ranges: what a schema is for. */
const VISIBLE = [
  "missing-key",
  "unknown-value",
  "unknown-type",
  "out-of-range",
  "empty-value",
  "misplaced-key",
  "wrong-type",
];

/** Placeholders that a schema cannot know from what should stand there. */
const UNSEEN = [
  // `${mode}` among braces ends in a mapping to every other reader of YAML.
  "check/ok/machine_map_config_placeholder",
  // `{{ name }}` without quotes is a mapping to every other reader of YAML.
  "check/ok/placeholder_braces_unquoted",
  // A tag is no part of the value: `!Include first.yaml` is a text.
  "check/ok/placeholder_catch_rule",
  "check/ok/placeholder_state",
];

test("the schemas accept what has no finding", () => {
  let count = 0;
  const refused = [];
  for (const [name, text] of flows("check/ok", () => true)) {
    if (problems(text) !== null) refused.push(name);
    count += 1;
  }
  assert.deepEqual(refused.sort(), UNSEEN);
  assert.ok(count >= 20, `only ${count} flows`);
});

test("the schemas accept what migrateFlow makes", () => {
  let count = 0;
  const dir = join(root, "tests/cases/migrate");
  for (const name of readdirSync(dir)) {
    const file = join(dir, name, "expected.yaml");
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    // A line of a template language is no YAML to other readers.
    if (/^\s*\{%/m.test(text)) continue;
    assert.equal(problems(text), null, name);
    count += 1;
  }
  assert.ok(count >= 30, `only ${count} flows`);
});

test("the schemas refuse what they can see", () => {
  let [seen, missed] = [0, []];
  for (const [name, text, found] of flows("check/err", (dir) => readFileSync(join(dir, "diagnostics.txt"), "utf8"))) {
    const codes = [...found.matchAll(/^\S+ error (\S+):/gm)].map((match) => match[1]);
    if (codes.length === 0 || !codes.every((code) => VISIBLE.includes(code))) continue;
    seen += 1;
    let result;
    try {
      result = problems(text);
    } catch {
      continue; // Not YAML for every reader.
    }
    if (result === null) missed.push(name);
  }
  assert.ok(seen >= 30, `only ${seen} flows`);
  assert.deepEqual(missed, BEYOND);
});

/** What the shape of the text does not show. */
const BEYOND = [
  // A mistake inside an expression.
  "check/err/condition_in_text",
  // The range depends on another key.
  "check/err/map_concurrency_41",
];

test("the schemas accept the published flows that are valid", { skip: !process.env.CLOUDFLOW_CORPUS }, async () => {
  const corpus = process.env.CLOUDFLOW_CORPUS;
  const { validateFlow } = await import("../../pkg/index.js");
  let count = 0;
  for (const folder of ["flow", "statemachine", "templated"]) {
    for (const file of readdirSync(join(corpus, folder))) {
      const text = readFileSync(join(corpus, folder, file), "utf8");
      // Lines of a template language: only what is filled in is YAML.
      if (text.includes("{%")) continue;
      const { valid, diagnostics } = validateFlow(text);
      if (!valid || diagnostics.some(({ code }) => code === "unknown-key")) continue;
      assert.equal(problems(text), null, `${folder}/${file}`);
      count += 1;
    }
  }
  assert.ok(count >= 60, `only ${count} files`);
});

// The JSON Schemas against the cases and the corpus: what has no error is accepted, and what a schema can see
// is refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { parse } from "yaml";

import { definitions, readFamily } from "./cases.mjs";

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

/** `[name, text, parts]` of the cases of `check` in these folders. */
function flows(isFolder) {
  return (
    Object.entries(readFamily("check"))
      // A schema knows the text only, not the options of validateFlow.
      .filter(([name, parts]) => isFolder(name.split("/")[0]) && !parts["options.json"])
      .map(([name, parts]) => [`check/${name}`, parts.yaml, parts])
  );
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
  "check/ok/machine-map-config-placeholder",
  // `{{ name }}` without quotes is a mapping to every other reader of YAML.
  "check/ok/placeholder-braces-unquoted",
  // A tag is no part of the value: `!Include first.yaml` is a text.
  "check/ok/placeholder-catch-rule",
  "check/ok/placeholder-state",
];

test("the schemas accept what has no finding", () => {
  let count = 0;
  const refused = [];
  for (const [name, text] of flows((folder) => folder === "ok")) {
    if (problems(text) !== null) refused.push(name);
    count += 1;
  }
  assert.deepEqual(refused.sort(), UNSEEN);
  assert.ok(count >= 20, `only ${count} flows`);
});

test("the schemas accept what migrateFlow makes", () => {
  let count = 0;
  for (const [name, { "expected.yaml": text }] of Object.entries(readFamily("migrate"))) {
    // A line of a template language is no YAML to other readers.
    if (text === undefined || /^\s*\{[%#]/m.test(text)) continue;
    assert.equal(problems(text), null, name);
    count += 1;
  }
  assert.ok(count >= 30, `only ${count} flows`);
});

test("the schemas refuse what they can see", () => {
  let [seen, missed] = [0, []];
  for (const [name, text, found] of flows((folder) => folder !== "ok")) {
    const codes = [...found.out.matchAll(/^\S+ error (\S+):/gm)].map((match) => match[1]);
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
  // The range depends on another key.
  "check/out-of-range/map-concurrency-41",
  // A mistake inside an expression.
  "check/wrong-type/condition-in-text",
];

test("the schemas accept the definitions of the corpus that are valid", async () => {
  const { validateFlow } = await import("../../pkg/index.js");
  const counts = { own: 0, external: 0 };
  for (const [name, text, own] of definitions()) {
    // Lines of a template language: only what is filled in is YAML.
    if (text.includes("{%")) continue;
    const { valid, diagnostics } = validateFlow(text);
    if (!valid || diagnostics.some(({ code }) => code === "unknown-key")) continue;
    assert.equal(problems(text), null, name);
    counts[own ? "own" : "external"] += 1;
  }
  assert.ok(counts.own >= 12, `only ${counts.own} files of tests/corpus`);
  assert.ok(
    !process.env.CLOUDFLOW_CORPUS || counts.external >= 60,
    `only ${counts.external} files of CLOUDFLOW_CORPUS`,
  );
});

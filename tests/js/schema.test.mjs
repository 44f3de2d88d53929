// The JSON Schemas with the cases and the corpus: definitions without an error are accepted, and errors that a schema
// can express are refused.

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

/** The result of the schema of the dialect. The schema for both dialects must agree. */
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
      // A schema does not depend on the options of validateFlow.
      .filter(([name, parts]) => isFolder(name.split("/")[0]) && !parts["options.json"])
      .map(([name, parts]) => [`check/${name}`, parts.yaml, parts])
  );
}

/** Codes of errors in keys, types, words and ranges, which a schema can express. */
const VISIBLE = [
  "missing-key",
  "unknown-value",
  "unknown-type",
  "out-of-range",
  "empty-value",
  "misplaced-key",
  "wrong-type",
];

/** Cases with placeholders, which a schema cannot distinguish from values. */
const UNSEEN = [
  // Other YAML readers read `${mode}` inside braces as a mapping.
  "check/ok/machine-map-config-placeholder",
  // An explicit null is an absent key. Editors refuse it, because it is probably unfinished.
  "check/ok/null-end-and-next",
  "check/ok/null-of-two-keys",
  // Other YAML readers read `{{ name }}` without quotes as a mapping.
  "check/ok/placeholder-braces-unquoted",
  // The value of `!Include first.yaml` is a text without the tag.
  "check/ok/placeholder-catch-rule",
  "check/ok/placeholder-state",
];

test("the schemas accept definitions without a finding", () => {
  let count = 0;
  const refused = [];
  for (const [name, text] of flows((folder) => folder === "ok")) {
    if (problems(text) !== null) refused.push(name);
    count += 1;
  }
  assert.deepEqual(refused.sort(), UNSEEN);
  assert.ok(count >= 20, `only ${count} flows`);
});

test("the schemas accept the output of migrateFlow", () => {
  let count = 0;
  for (const [name, { "expected.yaml": text }] of Object.entries(readFamily("migrate"))) {
    // Other YAML readers refuse lines of a template language.
    if (text === undefined || /^\s*\{[%#]/m.test(text)) continue;
    assert.equal(problems(text), null, name);
    count += 1;
  }
  assert.ok(count >= 30, `only ${count} flows`);
});

test("the schemas refuse the errors that they can express", () => {
  let [seen, missed] = [0, []];
  for (const [name, text, found] of flows((folder) => folder !== "ok")) {
    const codes = [...found.out.matchAll(/^\S+ error (\S+):/gm)].map((match) => match[1]);
    if (codes.length === 0 || !codes.every((code) => VISIBLE.includes(code))) continue;
    seen += 1;
    let result;
    try {
      result = problems(text);
    } catch {
      continue; // Other YAML readers refuse the text.
    }
    if (result === null) missed.push(name);
  }
  assert.ok(seen >= 30, `only ${seen} flows`);
  assert.deepEqual(missed, BEYOND);
});

/** Cases with errors that a schema cannot express. */
const BEYOND = [
  // The range depends on another key, or the mistake is inside an expression.
  "check/out-of-range/computed-seconds",
  "check/out-of-range/map-concurrency-41",
  "check/out-of-range/random-int-order",
  "check/unknown-value/hash-algorithm",
  "check/unknown-value/hash-algorithm-in-double-quotes",
  "check/wrong-type/argument-kinds",
  "check/wrong-type/computed-seconds-text",
  "check/wrong-type/condition-in-text",
  "check/wrong-type/items-path-number",
];

test("the schemas accept the definitions of the corpus that are valid", async () => {
  const { validateFlow } = await import("../../pkg/dist/index.js");
  const counts = { own: 0, external: 0 };
  for (const [name, text, own] of definitions()) {
    // Lines of a template language are YAML only after they are filled in.
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

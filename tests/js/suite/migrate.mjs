// migrateFlow, over the same cases as the Rust suite.

import { assert } from "../harness.mjs";

/** A finding in the form of `diagnostics.txt`. */
const line = ({ range, severity, code, message }) => {
  const place = ({ line, column }) => `${line}:${column}`;
  return `${range ? `${place(range.start)}-${place(range.end)} ` : ""}${severity} ${code}: ${message}\n`;
};

export const tests = {
  "every case has its expected output, which is valid": ({ local, cloudflow, cases }) => {
    const all = cases("migrate");
    assert.ok(all.length >= 30, "at least 30 cases");
    for (const { name, files } of all) {
      const { text, diagnostics } = local.migrateFlow(files["flow.yaml"]);
      assert.equal(text, files["expected.yaml"] ?? null, name);
      assert.equal(diagnostics.map(line).join(""), files["diagnostics.txt"] ?? "", name);
      if (text !== null) assert.equal(cloudflow.validateFlow(text).valid, true, name);
    }
  },

  "a wrong call throws": ({ local }) => {
    assert.throws(
      () => local.migrateFlow(17),
      (error) => assert.equal(error.code, "not-a-text"),
    );
  },
};

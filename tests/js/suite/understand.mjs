// Flow definitions: the cases that the Rust suite reads, through the boundary.

import { assert } from "../harness.mjs";

/** One line for each finding, then its details, indented: the form of crates/language/tests/it/check.rs. */
function lines(diagnostics) {
  let out = "";
  for (const { severity, code, message, path, range, related = [], fix } of diagnostics) {
    if (range) out += `${range.start.line}:${range.start.column}-${range.end.line}:${range.end.column} `;
    out += `${severity} ${code}: ${message}\n`;
    if (path.length > 0) out += `  at [${path.map((part) => JSON.stringify(part)).join(", ")}]\n`;
    for (const other of related) out += `  ${other.range.start.line}:${other.range.start.column} ${other.message}\n`;
    if (fix) out += `  fix: ${fix.title}\n`;
  }
  return out;
}

export const tests = {
  "every case of `check` gives its findings": ({ cases, cloudflow }) => {
    for (const { name, files } of cases("check")) {
      const options = files["options.json"] && JSON.parse(files["options.json"]);
      const { diagnostics, valid } = cloudflow.validateFlow(files.yaml, options);
      assert.equal(lines(diagnostics), files.out ?? "", name);
      assert.equal(valid, !diagnostics.some(({ severity }) => severity === "error"), name);
    }
  },

  "offsets are those of a JavaScript string": ({ cases, cloudflow }) => {
    for (const { name, files } of cases("check")) {
      const text = files.yaml;
      for (const { range } of cloudflow.validateFlow(text).diagnostics) {
        if (!range) continue;
        for (const { line, column, offset } of [range.start, range.end]) {
          const before = text.slice(0, offset).split(/\r\n|\r|\n/);
          assert.deepEqual([line, column], [before.length, before.at(-1).length + 1], `${name} at ${offset}`);
        }
      }
    }
  },

  "every case of `graph` gives its graph, its Mermaid text and its tree": ({ cases, cloudflow }) => {
    for (const { name, files } of cases("graph")) {
      const text = files.yaml;
      assert.deepEqual(cloudflow.flowGraph(text), JSON.parse(files["graph.json"]), name);
      assert.equal(cloudflow.flowToMermaid(text), files.mmd, name);
      assert.deepEqual(cloudflow.parseFlow(text), JSON.parse(files["parsed.json"]), name);
    }
  },

  "every text has a result": ({ cloudflow }) => {
    const texts = [
      "",
      "\0",
      "\ud800",
      "\ufeff",
      "[".repeat(100_000),
      "? ".repeat(10_000),
      "a: &a [*a, *a]",
      "- ".repeat(5_000),
    ];
    texts.push(
      "type: flow\nversion: v1\ntimeoutSeconds: 9223372036854775807\nsteps:\n- {type: wait, name: w, duration: 9007199254740993}\n",
    );
    for (const text of texts) {
      for (const name of ["parseFlow", "validateFlow", "flowGraph"]) {
        const { diagnostics } = cloudflow[name](text);
        assert.ok(diagnostics.length > 0, `a finding of ${name} for ${JSON.stringify(text.slice(0, 20))}`);
      }
      assert.equal(typeof cloudflow.flowToMermaid(text), "string");
    }
  },

  "a wrong call throws an error with the correction": ({ cloudflow }) => {
    for (const name of ["parseFlow", "validateFlow", "flowGraph", "flowToMermaid"]) {
      for (const wrong of [undefined, null, 1, {}, ["a"], true, 10n, Symbol("s"), () => {}]) {
        assert.throws(
          () => cloudflow[name](wrong),
          (error) => {
            assert.ok(error instanceof cloudflow.CloudFlowError, "a CloudFlowError");
            assert.equal(error.kind, "request");
            assert.ok(error.message.includes("must be a string"), error.message);
          },
        );
      }
    }
    assert.equal(cloudflow.validateFlow("type: flow").valid, false);
  },

  "a wrong option throws an error with the correction": ({ cloudflow }) => {
    const wrong = [
      [1, "wrong-type", "must be an object"],
      ["Express", "wrong-type", "must be an object"],
      [["Express"], "wrong-type", "must be an object"],
      [{ mode: 1 }, "wrong-type", "`mode` must be a text"],
      [{ mode: "express" }, "unknown-value", "`mode` must be `Standard` or `Express`"],
      [{ mod: "Express" }, "unknown-option", "did you mean `mode`?"],
    ];
    for (const [options, code, message] of wrong) {
      assert.throws(
        () => cloudflow.validateFlow("type: flow", options),
        (error) => {
          assert.ok(error instanceof cloudflow.CloudFlowError, "a CloudFlowError");
          assert.equal(error.kind, "request");
          assert.equal(error.code, code, error.message);
          assert.ok(error.message.includes(message), error.message);
        },
      );
    }
    const plain = cloudflow.validateFlow("type: flow");
    for (const options of [undefined, {}, { mode: undefined }, { mode: "Standard" }]) {
      assert.deepEqual(cloudflow.validateFlow("type: flow", options), plain);
    }
  },
};

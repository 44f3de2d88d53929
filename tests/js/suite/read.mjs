// Responses of the service: the cases of the Rust suite, through the WebAssembly boundary.

import { assert } from "../harness.mjs";

const without = (body, key) => Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));

/** One line for each finding, as crates/service/tests/it/execution.rs writes them. */
function lines(diagnostics) {
  return diagnostics
    .map(({ severity, code, message, path, range }) => {
      const spelt = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
      const place = range ? ` at ${range.start.line}:${range.start.column}` : "";
      return `${severity} ${code} ${spelt.replace(/^\./, "") || "$"}${place}: ${message}\n`;
    })
    .join("");
}

export const tests = {
  "every case of `execution` is read and checked": ({ cases, cloudflow }) => {
    for (const { name, files } of cases("execution")) {
      const body = files["response.json"];
      const { execution, diagnostics } = cloudflow.parseExecution(body);
      assert.deepEqual(execution, JSON.parse(files["execution.json"]), name);
      const all = cloudflow.validateExecution(body);
      assert.equal(lines(all), files.out ?? "", name);
      assert.deepEqual(all.slice(0, diagnostics.length), diagnostics, name);
    }
  },

  "a text, its bytes and its value have the same result": ({ cases, cloudflow }) => {
    for (const { name, files } of cases("execution")) {
      const text = files["response.json"];
      const expected = cloudflow.parseExecution(text);
      const bytes = new TextEncoder().encode(text);
      assert.deepEqual(cloudflow.parseExecution(bytes), expected, name);
      assert.deepEqual(cloudflow.parseExecution(bytes.buffer), expected, name);
      const value = JSON.parse(text);
      if (typeof value === "object" && value !== null)
        assert.deepEqual(cloudflow.parseExecution(value), expected, name);
    }
  },

  "a text that differs a little from a usual one is read as its bytes are": ({ readCase, cloudflow }) => {
    const usual = JSON.parse(readCase("execution", "running-absent", "response.json"));
    const odd = [undefined, null, "", " ", "x", 0, 1, true, [], {}, ["x"], { Variables: [{ Name: "n" }] }];
    const times = ["2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00Z\n", "\n2026-01-01T00:00:00Z"];
    const statuses = ["Succeeded", "Running\n", "Running\n2026-01-01T00:00:00Z", "running", "\n\n"];
    const variables = [
      [],
      [1],
      [{ Name: "a" }, null],
      [
        { Name: "a", Value: "" },
        { Name: "b", Value: null },
      ],
      [{ Name: "" }],
    ];
    const environments = [...odd, ...variables].map((Variables) => ({ Variables }));
    const keys = [
      "RequestId",
      "FlowName",
      "Name",
      "FlowDefinition",
      "Input",
      "Output",
      "Code",
      "code",
      "Message",
      "More",
    ];
    const changes = [
      ...Object.keys({ ...usual, ...Object.fromEntries(keys.map((key) => [key])) }).flatMap((key) =>
        odd.map((value) => ({ [key]: value })),
      ),
      ...["StartedTime", "StoppedTime"].flatMap((key) => times.map((time) => ({ [key]: time }))),
      ...statuses.map((Status) => ({ Status })),
      ...environments.map((Environment) => ({ Environment })),
      { Code: 200 },
      { code: "OK" },
    ];
    for (const change of changes) {
      const text = JSON.stringify({ ...usual, ...change });
      const [read, expected] = [text, new TextEncoder().encode(text)].map(cloudflow.parseExecution);
      // The order of the keys, too.
      assert.equal(JSON.stringify(read), JSON.stringify(expected), text);
    }
  },

  "an empty text, null and an absent field have the same result": ({ readCase, cloudflow }) => {
    const body = JSON.parse(readCase("execution", "running-absent", "response.json"));
    for (const key of ["StoppedTime", "Output"]) {
      const [absent, empty, none] = [without(body, key), { ...body, [key]: "" }, { ...body, [key]: null }].map((body) =>
        cloudflow.parseExecution(body),
      );
      assert.deepEqual(empty, absent, key);
      assert.deepEqual(none, absent, key);
    }
  },

  "a list of millions of wrong variables is read quickly": ({ cloudflow }) => {
    const wrong = { RequestId: "r", FlowName: "f", Name: "n", Status: "Running" };
    const text = (item) => {
      const list = `${item},`.repeat(Math.floor(8_300_000 / (item.length + 1)));
      return JSON.stringify({ ...wrong, Environment: { Variables: [] } }).replace("[]", () => `[${list}${item}]`);
    };
    const sparse = { ...wrong, Environment: { Variables: new Array(2 ** 32 - 1) } };
    for (const body of [text("1"), text("{}"), text('{"Name":1}'), sparse]) {
      for (const read of ["parseExecution", "validateExecution"]) {
        // Quadratic time takes minutes. A busy machine takes 10 s.
        const began = Date.now();
        const answer = cloudflow[read](body);
        assert.ok((answer.diagnostics ?? answer).length < 100);
        assert.ok(Date.now() - began < 30_000, `${read} took ${Date.now() - began} ms`);
      }
    }
  },

  "a text that is not JSON is reported, not thrown": ({ cloudflow }) => {
    for (const text of ["", "  ", "<Error><Code>X</Code></Error>", "<html>502</html>", "{", "nonsense", "\ufeff"]) {
      const { execution, diagnostics } = cloudflow.parseExecution(text);
      assert.equal(execution, null);
      assert.deepEqual(
        diagnostics.map(({ code }) => code),
        ["not-json"],
        JSON.stringify(text),
      );
      assert.deepEqual(cloudflow.validateExecution(text), diagnostics);
    }
  },

  "a wrong call throws": ({ cloudflow }) => {
    for (const name of ["parseExecution", "validateExecution"]) {
      for (const wrong of [undefined, null, 1, true, () => {}, Symbol("s"), 1n]) {
        assert.throws(
          () => cloudflow[name](wrong),
          (error) => assert.equal(error.kind, "request"),
        );
      }
    }
  },
};

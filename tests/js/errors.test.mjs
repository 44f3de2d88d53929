// The examples of docs/errors.md are run: each throws the error that its section describes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import * as cloudflow from "../../pkg/dist/index.js";
import * as editor from "../../pkg/dist/editor.js";
import * as local from "../../pkg/dist/local.js";
import * as slim from "../../pkg/dist/slim.js";

const page = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
const [head, ...sections] = page.split("\n### ");
const codeIn = (text) => /^```js\n(.*?)^```/ms.exec(text)?.[1];
const names = { ...cloudflow, ...editor, ...local, slim };
const AsyncFunction = (async () => {}).constructor;
const run = (code) => new AsyncFunction(...Object.keys(names), codeIn(head) + code)(...Object.values(names));

for (const section of sections) {
  const code = section.slice(0, section.indexOf("\n"));
  const example = codeIn(section);
  test(`docs/errors.md: ${code}`, async () => {
    const [, kinds, retryable] = /^\*(`.*`), (.*)\.\* /m.exec(section);
    // A bug of the package has no example.
    if (code === "internal") return assert.equal(example, undefined);
    assert.ok(example, "it has an example");
    const globals = example.startsWith("// In a page.") ? { window: globalThis, document: {} } : {};
    Object.assign(globalThis, globals);
    let error;
    try {
      await run(example);
    } catch (thrown) {
      error = thrown;
    } finally {
      for (const name of Object.keys(globals)) delete globalThis[name];
    }
    assert.ok(error instanceof cloudflow.CloudFlowError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(kinds.includes(`\`${error.kind}\``), error.kind);
    if (retryable !== "retryable in some cases") assert.equal(error.retryable, retryable === "retryable");
  });
}

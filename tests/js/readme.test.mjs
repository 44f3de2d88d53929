// The README's code is run, so that it is true.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = { ACCESS_KEY_ID: "readme", ACCESS_KEY_SECRET: "readme-secret" };

let place;
let blocks;

// The code stands where a user's would: beside a node_modules with the package.
before(async () => {
  place = await mkdtemp(join(tmpdir(), "cloudflow-readme-"));
  await mkdir(join(place, "node_modules"));
  await symlink(join(ROOT, "pkg"), join(place, "node_modules", "cloudflow-wasm"), "junction");
  await cp(join(ROOT, "www", "worker"), place, { recursive: true });
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  blocks = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
});

after(() => rm(place, { recursive: true, force: true }));

const block = (words) => {
  const found = blocks.filter((code) => code.includes(words));
  assert.equal(found.length, 1, `one block of the README has ${words}`);
  return found[0];
};

/** Runs code as a module of its own and gives what it printed. */
async function printed(name, code) {
  const file = join(place, `${name}.mjs`);
  await writeFile(file, code);
  const lines = [];
  const { log } = console;
  console.log = (...words) => lines.push(words.join(" "));
  try {
    return { module: await import(pathToFileURL(file)), lines };
  } finally {
    console.log = log;
  }
}

test("the check of a definition prints what it says", async () => {
  const { lines } = await printed("check", block("Next: Sned"));
  assert.equal(lines[0], "StateMachine false");
  assert.ok(lines.some((line) => /^8:11 error unknown-target: .*`Sned`.*`Send`/.test(line)), lines.join("\n"));
});

test("the ten lines watch an execution to its end, and a missing one is told by its code", async (t) => {
  const { module } = await printed("emulator", `${block("createEmulator({")}\nexport { options };`.replace("my-id\": \"my-secret\" }", `my-id": "my-secret", ${KEY.ACCESS_KEY_ID}: "${KEY.ACCESS_KEY_SECRET}" }`));
  const { fetch } = globalThis;
  t.after(() => (globalThis.fetch = fetch));
  globalThis.fetch = module.options.fetch;

  const { default: demo } = await import(pathToFileURL(join(place, "demo.js")));
  const definition = "Type: StateMachine\nSpecVersion: v1\nName: orders\nStartAt: Send\nStates:\n  - {Type: Wait, Name: Send, Seconds: 1, End: true}\n";
  const started = await demo.fetch(
    new Request("http://demo.invalid/demo/start", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ flowName: "orders", executionName: "order-42", definition, input: "{}" }),
    }),
    { DEMO: "yes", ENDPOINT: "http://emulator.invalid", ...KEY },
  );
  assert.equal(started.status, 200, await started.text());

  Object.assign(process.env, KEY);
  const { lines } = await printed("watch", block("watchExecution(execution"));
  assert.match(lines.at(-1), /^Succeeded/);

  const options = { ...module.options, retry: false };
  globalThis.options = options;
  t.after(() => delete globalThis.options);
  const missing = await printed("missing", block("ExecutionNotExists").replace('"order-42"', '"order-43"'));
  assert.deepEqual(missing.lines, ["not started yet"]);
});

test("the Worker is the one in www/worker", async () => {
  assert.equal(block("createGateway({"), await readFile(join(ROOT, "www", "worker", "worker.js"), "utf8"));
});

test("every name that is imported is there", async () => {
  const wanted = blocks.flatMap((code) => [...code.matchAll(/^import \{(.*?)\} from "cloudflow-wasm(.*?)";/gm)]);
  assert.ok(wanted.length >= 4);
  for (const [, names, entry] of wanted) {
    const file = entry === "" ? "index.js" : `${entry.slice(1)}.js`;
    const module = await import(pathToFileURL(join(ROOT, "pkg", file)));
    for (const name of names.split(",")) assert.equal(typeof module[name.trim()], "function", name);
  }
});

// Runs the code blocks of the README.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { formatWithOptions } from "node:util";

import { bearer } from "../../pkg/dist/gateway/auth.js";
import { createGateway } from "../../pkg/dist/gateway.js";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { RUNTIMES, run } from "./support/local-server.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The blocks of the README with the words by which a test finds them, in their order. Add the test of a new block before the
 * block is added here. Other files run some of them: tests/js/packaging/gateway.mjs and getting-started.test.mjs the commands
 * of a gateway, command-examples.test.mjs the matchers, graph-element.test.mjs the HTML. No test runs the commands that
 * install, build or deploy.
 */
const BLOCKS = [
  ["sh", "npx cloudflow-wasm local"],
  ["sh", "cargo xtask demo"],
  ["sh", "npm install cloudflow-wasm"],
  ["js", "AbortSignal.timeout"],
  ["js", "createEmulator()"],
  ["console", "npx cloudflow-wasm local"],
  ["js", "OutOfStock"],
  ["json", "FC.ResourceThrottled"],
  ["js", "Next: Sned"],
  ["js", "cool, duration"],
  ["js", "toSucceed"],
  ["js", "simulateState"],
  ["html", "<cloudflow-graph>"],
  ["js", "openFlow"],
  ["js", "simulateFlow(definition"],
  ["js", "nextToken"],
  ["js", "ExecutionNotExists"],
  ["js", "follow: true"],
  ["sh", "npx cloudflow-wasm gateway init"],
  ["js", "createGateway({"],
  ["jsonc", "durable_objects"],
  ["sh", "npx wrangler deploy"],
  ["sh", "npm run dev"],
  ["sh", "npx cloudflow-wasm gateway --config"],
  ["js", "https://gateway.example.com/"],
  ["json", "fnf:DescribeExecution"],
];

let place;
let readme;
let blocks;

// A folder with the package in node_modules, as in the project of a user.
before(async () => {
  place = await mkdtemp(join(tmpdir(), "cloudflow-readme-"));
  await mkdir(join(place, "node_modules"));
  await symlink(join(ROOT, "pkg", "dist"), join(place, "node_modules", "cloudflow-wasm"), "junction");
  readme = await readFile(join(ROOT, "README.md"), "utf8");
  blocks = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
});

after(() => rm(place, { recursive: true, force: true }));

const block = (words) => {
  const found = blocks.filter((code) => code.includes(words));
  assert.equal(found.length, 1, `one block of the README has ${words}`);
  return found[0];
};

/** The line that `console.log` prints, in one line. */
const inspected = (...words) => formatWithOptions({ breakLength: Number.POSITIVE_INFINITY }, ...words);

/** Runs code as a module. Returns the printed lines. */
async function printed(name, code, format = (...words) => words.join(" ")) {
  const file = join(place, `${name}.mjs`);
  await writeFile(file, code);
  const lines = [];
  const { log } = console;
  console.log = (...words) => lines.push(format(...words));
  try {
    await import(pathToFileURL(file));
    return { lines };
  } finally {
    console.log = log;
  }
}

test("each block has a test", () => {
  const found = [...readme.matchAll(/^ *```(\w+)\n(.*?)^ *```$/gms)];
  assert.equal(found.length, BLOCKS.length);
  for (const [index, [language, words]] of BLOCKS.entries()) {
    assert.equal(found[index][1], language, words);
    assert.ok(found[index][2].includes(words), words);
  }
});

test("the validation example prints the documented diagnostic", async () => {
  const { lines } = await printed("check", block("Next: Sned"));
  assert.equal(lines[0], "StateMachine false");
  assert.ok(
    lines.some((line) => /^8:11 error unknown-target: .*`Sned`.*`Send`/.test(line)),
    lines.join("\n"),
  );
});

test("the emulator example prints Succeeded", async () => {
  const { lines } = await printed("emulator", block("createEmulator()"));
  assert.deepEqual(lines, ["Succeeded"]);
});

test("the replay example prints the failure and its line", async () => {
  const { lines } = await printed("replay", block("simulateFlow(definition"));
  assert.deepEqual(lines, ["Failed failed", "charge Declined 2 5"]);
});

test("the simulation example prints the documented result", async () => {
  const code = block("cool, duration");
  const { lines } = await printed(
    "simulate",
    code.replace(
      "console.log(status, output, events.length)",
      "console.log(status, JSON.stringify(output), events.length)",
    ),
  );
  assert.deepEqual(lines, ['Succeeded {"paid":true} 16']);
  assert.ok(code.includes("// Succeeded { paid: true } 16"));
});

test("the example of the language service prints its first item", async () => {
  const { lines } = await printed("editor", block("openFlow"));
  assert.deepEqual(lines, ["steps"]);
});

test("the example of one state prints its retry", async () => {
  const { lines } = await printed("state", block("simulateState"));
  assert.deepEqual(lines, ["retriable 2 20000"]);
});

test("the examples of docs/test-a-state.md print what their comments state", async () => {
  const page = await readFile(join(ROOT, "docs", "test-a-state.md"), "utf8");
  const [, definition] = /^```yaml\n(.*?)^```/ms.exec(page);
  const head = `import { simulateState } from "cloudflow-wasm/local";\nconst text = ${JSON.stringify(definition)};\n`;
  const examples = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.ok(examples.length >= 6);
  for (const [index, code] of examples.entries()) {
    const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
    const { lines } = await printed(`state-${index}`, head + code, inspected);
    assert.deepEqual(lines, expected);
  }
});

test("the task handlers of the local server work", async (t) => {
  const { startServer } = await import(pathToFileURL(join(ROOT, "pkg", "cli", "server.js")));
  const tasks = join(place, "tasks.mjs");
  await writeFile(tasks, block("OutOfStock"));
  const flows = join(place, "flows");
  await mkdir(flows);
  const flow = (name) =>
    `version: v1\ntype: flow\nsteps:\n  - {type: task, name: one, resourceArn: 'acs:fc:cn-hangzhou:12345:${name}'}\n`;
  // Function Compute 2.0 and 3.0.
  await writeFile(join(flows, "pack.yaml"), flow("services/s/functions/pack"));
  await writeFile(join(flows, "pack3.yaml"), flow("functions/pack"));
  await writeFile(join(flows, "other.yaml"), flow("services/s/functions/other"));
  await writeFile(join(flows, "other3.yaml"), flow("functions/other"));
  const server = await startServer({ flows, tasks, port: 0, keys: [["emulator", "emulator-secret"]] });
  t.after(() => server.close());
  const ask = async (action, parameters) =>
    (await fetch(await signRequest(action, parameters, { endpoint: server.url }))).json();
  const end = async (FlowName) => {
    await ask("StartExecution", { FlowName, ExecutionName: "e", Input: '{"a":1}' });
    return ask("DescribeExecution", { FlowName, ExecutionName: "e", WaitTimeSeconds: 20 });
  };
  for (const name of ["pack", "pack3"]) assert.equal((await end(name)).Output, '{"a":1,"packedBy":"one","attempt":0}');
  for (const name of ["other", "other3"]) {
    assert.equal((await end(name)).Status, "Failed");
    const { Events } = await ask("GetExecutionHistory", { FlowName: name, ExecutionName: "e" });
    assert.match(Events.at(-1).EventDetail, /OutOfStock.*out of stock/);
  }
});

test("the mocks of the local server answer as the README states", async () => {
  const { simulateFlow } = await import(pathToFileURL(join(ROOT, "pkg", "dist", "local.js")));
  const [, text] = /^```json\n(.*?)^```/ms.exec(await readFile(join(ROOT, "README.md"), "utf8"));
  const tasks = JSON.parse(text);
  const flow = (name) => `version: v1
type: flow
steps:
  - type: foreach
    name: each
    iterationMapping: {collection: $.items, item: item}
    inputMappings: [{target: items, source: $input.items}]
    steps:
      - type: task
        name: one
        resourceArn: 'acs:fc:::${name}'
        retry: [{errors: [FnF.ALL], maxAttempts: 1, intervalSeconds: 1}]
`;
  const failures = async (name) => {
    const { status, events } = await simulateFlow(flow(name), { input: { items: [1, 2, 3] }, tasks });
    assert.equal(status, "Succeeded");
    return events.filter(({ type }) => type === "TaskFailed").length;
  };
  for (const prefix of ["services/s/functions/", "functions/"]) {
    assert.equal(await failures(`${prefix}charge`), 1, "the list answers once with the error");
    assert.equal(await failures(`${prefix}ship`), 3, "the attempts begin anew for each item");
  }
});

test("the first example watches an execution to its end, and the error example recognizes an absent execution", async (t) => {
  const key = { accessKeyId: "readme", accessKeySecret: "readme-secret" };
  const emulator = createEmulator({ accessKeys: { [key.accessKeyId]: key.accessKeySecret } });
  const Definition = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: pack, duration: 1}\n";
  for (const [action, parameters] of [
    ["CreateFlow", { Name: "orders", Definition, Description: "orders", Type: "FDL" }],
    ["StartExecution", { FlowName: "orders", ExecutionName: "order-42" }],
  ]) {
    const answer = await emulator.fetch(await signRequest(action, parameters, key));
    assert.equal(answer.status, 200, await answer.text());
  }

  // The example uses the global fetch. The emulator replaces the service.
  const { fetch } = globalThis;
  t.after(() => {
    globalThis.fetch = fetch;
    delete globalThis.options;
    delete process.env.ACCESS_KEY_ID;
    delete process.env.ACCESS_KEY_SECRET;
    emulator.close();
  });
  globalThis.fetch = emulator.fetch;
  Object.assign(process.env, { ACCESS_KEY_ID: key.accessKeyId, ACCESS_KEY_SECRET: key.accessKeySecret });
  const { lines } = await printed("watch", block("AbortSignal.timeout"));
  assert.match(lines.at(-1), /^Succeeded/);

  globalThis.options = { region: "cn-hangzhou", credentials: key, retry: false };
  const missing = await printed("missing", block("ExecutionNotExists").replace('"order-42"', '"order-43"'));
  assert.deepEqual(missing.lines, ["not started yet"]);
});

test("the examples of the history read it to its end", async (t) => {
  const key = { accessKeyId: "readme", accessKeySecret: "readme-secret" };
  const tasks = {
    "*": () => {
      throw Object.assign(new Error("no money"), { code: "Declined" });
    },
  };
  const emulator = createEmulator({ accessKeys: { [key.accessKeyId]: key.accessKeySecret }, tasks });
  // More events than a page has.
  const passes = Array.from({ length: 30 }, (_, index) => `  - {type: pass, name: p${index}}\n`).join("");
  const Definition = `version: v1\ntype: flow\nsteps:\n${passes}  - {type: task, name: charge, resourceArn: "acs:fc:::services/s/functions/f"}\n`;
  for (const [action, parameters] of [
    ["CreateFlow", { Name: "orders", Definition, Description: "orders", Type: "FDL" }],
    ["StartExecution", { FlowName: "orders", ExecutionName: "order-42" }],
    ["DescribeExecution", { FlowName: "orders", ExecutionName: "order-42", WaitTimeSeconds: 20 }],
  ]) {
    const answer = await emulator.fetch(await signRequest(action, parameters, key));
    assert.equal(answer.status, 200, await answer.text());
  }
  let requests = 0;
  const fetch = (url, init) => {
    const request = new Request(url, init);
    const sent = `${request.url} ${request.headers.get("x-acs-action")}`;
    if (sent.includes("GetExecutionHistory")) requests += 1;
    return emulator.fetch(request);
  };
  Object.assign(globalThis, {
    execution: { flowName: "orders", executionName: "order-42" },
    options: { endpoint: "http://localhost", credentials: key, fetch },
  });
  t.after(() => {
    delete globalThis.execution;
    delete globalThis.options;
    emulator.close();
  });
  const page = await printed("history", block("nextToken"));
  assert.deepEqual(page.lines, ["Declined no money"]);
  assert.equal(requests, 2);
  const followed = await printed("follow", block("follow: true"));
  assert.deepEqual(followed.lines, ["charge Declined no money", "charge Declined no money", " Declined no money"]);
});

test("the examples of docs/graph.md work", async (t) => {
  const page = await readFile(join(ROOT, "docs", "graph.md"), "utf8");
  const [replay, layout, ...others] = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.deepEqual(others, []);
  globalThis.text = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: one}\n";
  globalThis.element = {};
  t.after(() => {
    delete globalThis.text;
    delete globalThis.element;
  });
  const { lines } = await printed(
    "layout",
    `${layout}\nconsole.log(width > 0 && height > 0, nodes.length, boxes.length, lines.length);`,
  );
  assert.deepEqual(lines, ["true 3 0 2"]);
  await printed("element", replay);
  assert.ok(Object.keys(globalThis.element.replay.nodes).length > 0);
});

test("the local server prints what the README shows", { timeout: 60_000 }, async (t) => {
  const [, shown] = /^```console\n(.*?)^```/ms.exec(readme);
  const [key, command, ...expected] = shown.trimEnd().split("\n");
  const folder = join(place, "served");
  await mkdir(join(folder, "flows"), { recursive: true });
  await writeFile(join(folder, "tasks.mjs"), block("OutOfStock"));
  const nap = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: end}\n";
  await writeFile(join(folder, "flows", "orders.yaml"), nap);
  const [name, value] = key.replace("$ export ", "").split("=");
  const args = command.replace("$ npx cloudflow-wasm ", "").split(" ");
  const path = (word) => (/^(?:flows|\w+\.\w+)$/.test(word) ? join(folder, word) : word);
  const server = run(t, RUNTIMES[0][1], [...args.map(path), "--port", "0"], { [name]: value });
  await server.until(/^key .*$/m);
  const [, endpoint] = /^endpoint +(\S+)$/m.exec(server.output());
  const [accessKeyId, accessKeySecret] = value.split(":");
  const names = { FlowName: "orders", ExecutionName: "today" };
  await fetch(await signRequest("StartExecution", names, { accessKeyId, accessKeySecret, endpoint }));
  await server.until(/StartExecution/);
  const plain = (text) =>
    text
      .replace(/^state: \S*(?=state\.jsonl)/m, "state: ")
      .replaceAll(endpoint, "http://127.0.0.1:8791")
      .replace(/^\S+Z (.*) \d+ ms$/gm, "TIME $1 N ms")
      .trimEnd();
  assert.equal(plain(server.output()), plain(expected.join("\n")));
});

test("the example of the page asks the gateway with its token", async (t) => {
  const key = { accessKeyId: "readme", accessKeySecret: "readme-secret" };
  const emulator = createEmulator({ accessKeys: { [key.accessKeyId]: key.accessKeySecret } });
  emulator.putFlow("orders", "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: pack, duration: 1}\n");
  await emulator.fetch(await signRequest("StartExecution", { FlowName: "orders", ExecutionName: "order-42" }, key));
  const token = "a-token-of-the-readme";
  const gateway = createGateway({
    upstream: () => ({ endpoint: "http://localhost", fetch: emulator.fetch, credentials: key }),
    authorize: bearer(() => token),
    log: false,
  });
  const { fetch } = globalThis;
  t.after(() => {
    globalThis.fetch = fetch;
    delete globalThis.token;
    emulator.close();
  });
  globalThis.fetch = (url, init) => gateway.fetch(new Request(url, init), {});
  globalThis.token = token;
  const { lines } = await printed("page", `${block("https://gateway.example.com/")}\nconsole.log(execution.status);`);
  assert.deepEqual(lines, ["Succeeded"]);
  globalThis.token = "another-token-of-16";
  await assert.rejects(printed("refused", block("https://gateway.example.com/")), { status: 403 });
});

test("the policy allows what the gateway forwards by default", () => {
  const [, text] = /^ *```json\n((?:(?!```).)*?fnf:.*?)^ *```/ms.exec(readme);
  assert.deepEqual(JSON.parse(text).Statement, [{ Effect: "Allow", Action: "fnf:DescribeExecution", Resource: "*" }]);
});

test("the gateway example is www/worker/worker.js", async () => {
  assert.equal(block("createGateway({"), await readFile(join(ROOT, "www", "worker", "worker.js"), "utf8"));
});

test("every imported name exists", async () => {
  const wanted = blocks.flatMap((code) => [...code.matchAll(/^import \{(.*?)\} from "cloudflow-wasm(.*?)";/gm)]);
  assert.ok(wanted.length >= 4);
  for (const [, names, entry] of wanted) {
    const file = entry === "" ? "index.js" : `${entry.slice(1)}.js`;
    const module = await import(pathToFileURL(join(ROOT, "pkg", "dist", file)));
    for (const name of names.split(",")) assert.equal(typeof module[name.trim()], "function", name);
  }
});

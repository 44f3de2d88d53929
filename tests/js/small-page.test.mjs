// `www/small/`, the example to copy: it watches an execution through a gateway.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createGateway } from "../../pkg/dist/gateway.js";
import { createEmulator, signRequest } from "../../pkg/dist/local.js";
import { launch } from "./chromium.mjs";
import { serveStatic } from "./support/static-server.mjs";

const folder = fileURLToPath(new URL("../../www/small/", import.meta.url));
const pkg = fileURLToPath(new URL("../../pkg/", import.meta.url));

const definition = (second) => `version: v1
type: flow
steps:
  - {type: wait, name: nap, duration: 3}
  - ${second}
`;

test("the small page has less than 100 lines", async () => {
  let lines = 0;
  for (const file of await readdir(folder)) lines += (await readFile(folder + file, "utf8")).split("\n").length;
  assert.ok(lines < 100, `${lines} lines`);
});

test("the small page shows status, output and errors, and can be stopped", { timeout: 120_000 }, async (t) => {
  const emulator = createEmulator();
  t.after(() => emulator.close());
  const polls = [];
  const gateway = createGateway({
    upstream: () => ({
      endpoint: "http://localhost",
      fetch: (url, init) => {
        polls.push(Number(new URL(url).searchParams.get("WaitTimeSeconds")));
        return emulator.fetch(url, init);
      },
      credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
    }),
    authorize: () => true,
  });
  const url = await serveStatic(t, {
    "/sub/": folder,
    "/sub/api/": (request) => gateway.fetch(request),
    "/sub/node_modules/cloudflow-wasm/": pkg,
  });
  const send = async (action, parameters) => {
    const response = await emulator.fetch(await signRequest(action, parameters));
    assert.equal(response.status, 200, action);
  };
  emulator.putFlow("good", definition("{type: pass, name: end, outputMappings: [{target: a, source: $input.a}]}"));
  emulator.putFlow("bad", definition("{type: fail, name: end, error: Broken, cause: no reason}"));

  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const mistakes = [];
  page.on("pageerror", (error) => mistakes.push(String(error)));
  await page.goto(`${url}/sub/`);
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const findings = async () => (await page.evaluate(() => globalThis.axe.run())).violations.map(({ id }) => id);
  const status = (words) => page.getByRole("status").filter({ hasText: words }).waitFor();
  const watch = async (flow, execution) => {
    await page.getByLabel("Flow").fill(flow);
    await page.getByLabel("Execution").fill(execution);
    await page.getByRole("button", { name: "Watch", exact: true }).click();
  };
  assert.deepEqual(await findings(), []);

  await send("StartExecution", { FlowName: "good", ExecutionName: "one", Input: '{"a":"<b>x</b>"}' });
  await watch("good", "one");
  await status("Running");
  await status("Succeeded");
  assert.equal(await page.getByLabel("Output").textContent(), '{"a":"<b>x</b>"}');
  assert.equal(await page.getByRole("alert").textContent(), "");
  assert.deepEqual(polls, [0, 20], "the second request is held until the end");
  assert.deepEqual(await findings(), []);

  await send("StartExecution", { FlowName: "bad", ExecutionName: "one" });
  await watch("bad", "one");
  await status("Failed");
  assert.equal(await page.getByRole("alert").textContent(), "The execution has ended: Failed");

  await watch("absent", "one");
  await status("Not watching");
  assert.match(await page.getByRole("alert").textContent(), /FlowNotExists: .*absent/);

  // A stop ends the held request, and the next watch is not disturbed by the one before.
  await send("StartExecution", { FlowName: "good", ExecutionName: "two" });
  await watch("good", "two");
  await status("Running");
  await page.getByRole("button", { name: "Stop watching" }).click();
  await status("Not watching");
  assert.equal(await page.getByRole("alert").textContent(), "");
  await watch("good", "two");
  await watch("good", "one");
  await status("Succeeded");
  assert.deepEqual(await findings(), []);
  assert.deepEqual(mistakes, []);
});

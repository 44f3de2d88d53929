// Runs what docs/getting-started.md shows.

import assert from "node:assert/strict";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

import { launch } from "./chromium.mjs";
import { command, temporary } from "./support/command.mjs";
import { commandsOf, filesOf } from "./support/page-files.mjs";
import { RUNTIMES, start } from "./support/local-server.mjs";
import { serveStatic } from "./support/static-server.mjs";

const PAGE = "docs/getting-started.md";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGE = join(ROOT, "pkg", "dist");
const { folder } = temporary("started");
const sections = filesOf(PAGE);

async function project(heading) {
  const place = await folder(sections.get(heading));
  await mkdir(join(place, "node_modules"), { recursive: true });
  await symlink(PACKAGE, join(place, "node_modules", "cloudflow-wasm"), "junction");
  return place;
}

/** The arguments of the commands of a section that begin with `npx cloudflow-wasm`. */
const commands = (heading) =>
  commandsOf(PAGE, heading).flatMap((line) => {
    const found = /^npx cloudflow-wasm (.*)$/.exec(line);
    return found ? [found[1].split(" ")] : [];
  });

test("the page reports the mistakes while it is edited", { timeout: 120_000 }, async (t) => {
  const root = await project("A page");
  await build({ root, configFile: false, logLevel: "error" });
  const url = await serveStatic(t, { "/": join(root, "dist") });
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  const items = page.locator("li");
  await items.first().waitFor();
  assert.deepEqual(await items.allTextContents(), [
    "line 6: error unknown-key: unknown key `duraton`: did you mean `duration`?",
  ]);
  const text = page.locator("textarea");
  await text.fill((await text.inputValue()).replace("duraton", "duration"));
  await items.first().waitFor({ state: "detached" });
});

test("the project of a Worker has the files that the commands use", async () => {
  const place = await folder();
  const [init] = commands("A Worker");
  assert.deepEqual(init.slice(0, 2), ["gateway", "init"]);
  // The tests of packages run the commands of this page, in workerd.
  const gateway = commandsOf("docs/gateway.md", "From nothing to a deployed gateway");
  const [watch, ...others] = commandsOf(PAGE, "A Worker").reverse();
  for (const line of others) assert.ok(gateway.includes(line), line);
  const { code, err } = await command(init, { cwd: place });
  assert.equal(code, 0, err);
  const values = await readFile(join(place, init[2], ".dev.vars.example"), "utf8");
  // The tests of the command run it with a token, command-service.test.mjs.
  const [, token, name, address] =
    /^CLOUDFLOW_GATEWAY_TOKEN=(\S+) npx cloudflow-wasm watch order (\S+) --endpoint (\S+)$/.exec(watch);
  assert.ok(values.includes(`\nGATEWAY_TOKEN="${token}"\n`), token);
  assert.ok(others[0].includes(`"${address}/?`) && others[0].endsWith(`FlowName=order&ExecutionName=${name}"`));
});

for (const name of ["docs/getting-started.md", "docs/gateway.md", "www/worker/README.md"])
  test(`${name}: the console starts the execution that the Worker is asked for`, { timeout: 60_000 }, async (t) => {
    const text = (await readFile(join(ROOT, name), "utf8")).replace(/\s+/g, " ");
    const [, value, field, button] = /Write `([^`]*)` into the field \*([^*]*)\* and press \*([^*]*)\*\./.exec(text);
    const [, query] = /^curl .*"http:\/\/localhost:8787\/\?([^"]*)"$/m.exec(await readFile(join(ROOT, name), "utf8"));
    const { Action, Version: _, ...names } = Object.fromEntries(new URLSearchParams(query));
    const [, command] = RUNTIMES[0];
    const server = await start(t, command, ["local", "--port", "0"]);
    assert.equal((await server.ask(Action, names)).body.Code, "FlowNotExists");
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage({ locale: "en" });
    await page.goto(server.url);
    const form = page.locator("form", { has: page.getByRole("button", { name: button, exact: true }) });
    await form.getByLabel(field, { exact: true }).fill(value);
    await form.getByRole("button", { name: button, exact: true }).click();
    await page.getByText("Running").first().waitFor();
    const { status, body } = await server.ask(Action, { ...names, WaitTimeSeconds: 30 });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.Status, "Succeeded");
  });

test("the program in Node prints what the page shows", async () => {
  const place = await project("A program in Node");
  const lines = [];
  const { log } = console;
  console.log = (...words) => lines.push(words.join(" "));
  try {
    await import(pathToFileURL(join(place, "watch.mjs")));
  } finally {
    console.log = log;
  }
  assert.deepEqual(lines, ["Running ", "Succeeded {}"]);
});

test("the check and the tests of flows pass, and a mistake fails them", async () => {
  const files = sections.get("A check in CI");
  const steps = commands("A check in CI");
  assert.equal(steps.length, 2);
  for (const [text, expected] of [
    [files["flows/order.yaml"], [0, 0]],
    [files["flows/order.yaml"].replace("intervalSeconds: 1", "intervalSeconds: -1"), [1, 2]],
    [files["flows/order.yaml"].replace("FC.ResourceThrottled", "Busy"), [0, 1]],
  ]) {
    const cwd = await folder({ ...files, "flows/order.yaml": text });
    const codes = [];
    for (const step of steps) codes.push((await command(step, { cwd })).code);
    assert.deepEqual(codes, expected);
  }
});

// The playground: the console with an emulator in the page, on a static host.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createChannel } from "../../www/playground/channel.js";
import { bundlePage } from "../../xtask/js/page.mjs";
import { launch } from "./chromium.mjs";
import { serveStatic } from "./support/static-server.mjs";

const www = fileURLToPath(new URL("../../www/", import.meta.url));

let folder;
let browser;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudflow-playground-"));
  await bundlePage({
    html: join(www, "console", "index.html"),
    main: join(www, "playground", "main.js"),
    out: join(folder, "site"),
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the playground. The end of the test fails if the page reported an error or sent a request elsewhere. */
async function open(t, context, url, button = "Start and watch") {
  const page = await context.newPage();
  const mistakes = [];
  page.on("pageerror", (error) => mistakes.push(String(error)));
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(url) || /\/(api|control)\//.test(address)) mistakes.push(`a request: ${address}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) mistakes.push(`${response.status()} ${response.url()}`);
  });
  t.after(() => assert.deepEqual(mistakes, []));
  await page.goto(url);
  await page.getByRole("button", { name: button }).waitFor();
  return page;
}

test("a flow is started in the page and seen to its end, and is there after a reload", {
  timeout: 120_000,
}, async (t) => {
  const url = `${await serveStatic(t, { "/some/folder/": join(folder, "site") })}/some/folder/`;
  const context = await browser.newContext({ locale: "en-US" });
  t.after(() => context.close());
  const page = await open(t, context, url);
  const ended = (page) =>
    page.getByText("Succeeded", { exact: true }).locator("visible=true").first().waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Start and watch" }).click();
  await page.waitForFunction(() => /execution=/.test(location.hash));
  await ended(page);
  const { hash } = new URL(page.url());
  assert.match(hash, /flow=\w+&execution=[\w-]+/);

  // Flows, executions and answers are kept.
  await page.waitForTimeout(1500);
  await page.reload();
  await ended(page);

  // A second page at the same time has an emulator of its own, which keeps nothing, and says so.
  const notice = (page) => page.getByText("Nothing is kept here", { exact: false });
  assert.equal(await notice(page).count(), 0);
  const second = await open(t, context, url);
  await notice(second).waitFor();
  await second.getByRole("button", { name: "Start and watch" }).click();
  await ended(second);
});

test("the editor completes by the module that it loads when it is opened", { timeout: 60_000 }, async (t) => {
  const url = `${await serveStatic(t, { "/": join(folder, "site") })}/`;
  const context = await browser.newContext({ locale: "zh-CN" });
  t.after(() => context.close());
  const page = await open(t, context, url, "启动并查看");
  const loaded = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .join(),
    );
  assert.doesNotMatch(await loaded(), /editor-\w{8}\.(js|wasm)/);
  await page.goto(`${url}#view=definition`);
  await page.locator('.cm-content[aria-autocomplete="list"]').waitFor({ timeout: 30_000 });
  assert.match(await loaded(), /editor-\w{8}\.wasm/);
  await page.locator(".cm-line", { hasText: "StartAt:" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
  assert.equal(await page.getByRole("listbox", { name: "补全建议" }).count(), 1);
});

test("the files have relative addresses and the licences of the packages in them", async () => {
  const site = join(folder, "site");
  const index = await readFile(join(site, "index.html"), "utf8");
  const files = [...index.matchAll(/(?:src|href)="([^":,]+)"/g)].map(([, file]) => file);
  const present = await readdir(site);
  assert.ok(files.length >= 4);
  for (const file of files) assert.ok(present.includes(file), file);
  for (const file of present.filter((name) => name.endsWith(".js"))) {
    const imported = [
      ...(await readFile(join(site, file), "utf8")).matchAll(/(?:^|;)import(?:[^"'`;]*from)?"([^"]*)"/g),
    ];
    for (const [, address] of imported) assert.ok(address.startsWith("./"), `${file} imports ${address}`);
  }
  for (const name of ["ask", "editor", "language", "local"])
    assert.equal(present.filter((file) => new RegExp(`^${name}-\\w{8}\\.wasm$`).test(file)).length, 1, name);
  const notices = await readFile(join(site, "THIRD-PARTY.txt"), "utf8");
  for (const name of ["@codemirror/view", "@codemirror/state", "style-mod"])
    assert.match(notices, new RegExp(`^${name} [\\d.]+: MIT$`, "m"));
  assert.match(notices, /Permission is hereby granted/);
});

test("a page whose modules cannot be loaded says so", { timeout: 60_000 }, async (t) => {
  const site = join(folder, "site");
  const module = (await readdir(site)).find((name) => name.startsWith("language-") && name.endsWith(".wasm"));
  const url = await serveStatic(t, { "/": site, [`/${module}`]: () => new Response("gone", { status: 404 }) });
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("alert").filter({ hasText: `The page could not be loaded` }).waitFor();
});

test("the channel to the emulator carries requests, aborts them, and fails with its Worker", async () => {
  const sent = [];
  const worker = Object.assign(new EventTarget(), { postMessage: (message) => sent.push(message) });
  const answer = (data) => worker.dispatchEvent(Object.assign(new Event("message"), { data }));
  const fetch = createChannel(worker, "https://host.example/sub/");

  const first = fetch("https://host.example/sub/control/flows?limit=1", { headers: { "x-a": "b" } });
  const put = fetch("https://host.example/sub/control/answers", { method: "PUT", body: '{"a":1}' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(
    sent.map(({ id, method, path, headers }) => [id, method, path, Object.fromEntries(headers)["x-a"]]),
    [
      [1, "GET", "control/flows?limit=1", "b"],
      [2, "PUT", "control/answers", undefined],
    ],
  );
  assert.equal(sent[0].body, undefined);
  assert.equal(new TextDecoder().decode(sent[1].body), '{"a":1}');
  answer({ id: 2, status: 204, headers: [], body: new ArrayBuffer(0) });
  answer({ id: 1, status: 404, headers: [["x-b", "c"]], body: new TextEncoder().encode("none").buffer });
  answer({ id: 1, status: 200, headers: [], body: new ArrayBuffer(0) });
  const response = await first;
  assert.deepEqual([response.status, response.headers.get("x-b"), await response.text()], [404, "c", "none"]);
  assert.equal((await put).status, 204);

  const controller = new AbortController();
  const held = fetch("https://host.example/sub/api/", { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort(new Error("left"));
  await assert.rejects(held, /left/);
  assert.deepEqual(sent.at(-1), { id: 3, abort: true });
  await assert.rejects(fetch("https://host.example/sub/api/", { signal: controller.signal }), /left/);
  await assert.rejects(fetch("https://host.example/other/"), /not an address of the emulator/);

  const lost = fetch("https://host.example/sub/api/");
  await new Promise((resolve) => setTimeout(resolve, 20));
  worker.dispatchEvent(Object.assign(new Event("error"), { message: "trap" }));
  await assert.rejects(lost, /the emulator has stopped: trap/);
  await assert.rejects(fetch("https://host.example/sub/api/"), /the emulator has stopped: trap/);
});

// The playground: the console with an emulator in the page, on a static host.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundlePage } from "../../xtask/js/bundle.mjs";
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
async function open(t, context, url) {
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
  await page.getByRole("button", { name: "Start and watch" }).waitFor();
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

  // A second page at the same time has an emulator of its own, which keeps nothing.
  const second = await open(t, context, url);
  await second.getByRole("button", { name: "Start and watch" }).click();
  await ended(second);
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
  for (const name of ["ask", "language", "local"])
    assert.equal(present.filter((file) => new RegExp(`^${name}-\\w{8}\\.wasm$`).test(file)).length, 1, name);
  const notices = await readFile(join(site, "THIRD-PARTY.txt"), "utf8");
  for (const name of ["@codemirror/view", "@codemirror/state", "style-mod"])
    assert.match(notices, new RegExp(`^${name} [\\d.]+: MIT$`, "m"));
  assert.match(notices, /Permission is hereby granted/);
});

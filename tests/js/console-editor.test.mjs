// The definition view of the console in Chromium, under the policy of the page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { check, FLOW } from "./support/editor-flow.mjs";
import { longDefinition, serveEditor } from "./support/editor-server.mjs";
import { typeKeys, until } from "./support/editor-typing.mjs";
import { englishIn } from "./support/chinese.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** Two mistakes with a fix: line 8 and line 9. */
const FAULTY = FLOW.replace("    Next: Served", "    Nxt: Served").replace("Type: Succeed", "Type: Succed");

let server;
let browser;
let page;
let problems = [];

before(async () => {
  server = await serveEditor();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(async () => {
  await page?.context().close();
  page = undefined;
  const found = problems;
  problems = [];
  // The policy of the page reports what it forbids here, too.
  assert.deepEqual(found, []);
});

/** Shows the view with a state. `options` are those of a browser context. */
async function open(state, options = {}, how = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(server.url);
  await until(page, () => window.page !== undefined);
  await page.evaluate(([given, more]) => void window.page.start(given, more), [state, how]);
  await page.locator(".cm-content").waitFor();
}
const state = (field) => page.evaluate((name) => window.page.store.get()[name], field);
const set = (change) => page.evaluate((given) => window.page.store.set(given), change);
const text = () => state("text");
/** Waits until the check belongs to the text and the view has shown it. */
const checked = () =>
  until(page, () => {
    const { text, checked } = window.page.store.get();
    return checked?.text === text;
  });
const line = (number) => page.locator(".cm-line").nth(number - 1);
const list = () => page.locator(".problems li");
const press = (...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
const button = (name) => page.getByRole("button", { name, exact: true });
/** The text of the line with the caret. */
const activeLine = () => page.locator(".cm-activeLine").first().textContent();

test("a typed mistake is marked, listed and explained, and the list leads to it", async () => {
  await open({ text: FLOW });
  await checked();
  assert.equal(await page.locator(".problems-count").textContent(), "No problems");
  await line(8).click();
  await press("End");
  await page.keyboard.type("x");
  await page.locator(".cm-lintRange-error").first().waitFor();
  assert.equal(await text(), FLOW.replace("Next: Served", "Next: Servedx"));
  assert.match(await list().first().textContent(), /Line 8, column 11.*Servedx/s);
  await until(page, () => window.page.announced.some((text) => text.startsWith("1 error")));
  assert.equal(await page.locator(".cm-lint-marker-error").count(), 1);
  await page.locator(".cm-lintRange-error").first().hover();
  assert.match(await page.locator(".cm-tooltip-lint").textContent(), /Servedx/);
  // By keyboard from the list into the text.
  await press("Control+Home");
  await list().first().getByRole("button").first().focus();
  await press("Enter");
  assert.equal(await activeLine(), "    Next: Servedx");
  await page.keyboard.type("Served");
  await until(page, () => window.page.store.get().checked.valid);
  assert.equal(await text(), FLOW);
  await until(page, () => window.page.announced.includes("No problems"));
});

test("quick fixes: one, by keyboard, and all as one change", async () => {
  await open({ text: FAULTY });
  await checked();
  await page
    .getByRole("button", { name: /^Fix: / })
    .first()
    .waitFor();
  const fixable = (await state("checked")).diagnostics.filter(({ fix }) => fix);
  assert.equal(fixable.length, 2);
  await page.locator(".problem-fix").first().click();
  await checked();
  assert.equal(await text(), FAULTY.replace("Nxt", "Next"));
  // The focus stays in the list.
  assert.equal(await page.evaluate(() => document.activeElement.closest(".problems") !== null), true);
  assert.match((await page.evaluate(() => window.page.announced)).join(), /Fixed: /);
  await line(9).click();
  await press("Control+.");
  assert.equal(await text(), FLOW);
  await press("Control+z", "Control+z");
  assert.equal(await text(), FAULTY);
  await checked();
  await button("Fix all (2)").click();
  await until(page, (wanted) => window.page.store.get().text === wanted, FLOW);
  await button("Undo").click();
  assert.equal(await text(), FAULTY);
  // From the tooltip, which the next check closes.
  await checked();
  await page.locator(".cm-lintRange-error").first().hover();
  await page.locator(".cm-tooltip-lint .cm-fix").first().click();
  assert.notEqual(await text(), FAULTY);
});

test("diagnostics and fixes stay at their places while the text changes", async () => {
  await open({ text: FAULTY }, {}, { follows: false });
  await line(1).click();
  await press("Home");
  await page.keyboard.type("# a\n\n");
  // The check is late: its positions belong to the text before.
  await set({ checked: check(FAULTY) });
  assert.equal(await page.locator(".cm-lintRange-error").first().textContent(), "Nxt");
  await page.locator(".problem-fix").first().click();
  assert.equal((await text()).replace(/^# a\n+/, ""), FAULTY.replace("Nxt", "Next"));
});

test("undo works across loading another text", async () => {
  await open({ text: FLOW });
  await line(7).click();
  await press("End");
  await page.keyboard.type("ed");
  const typed = FLOW.replace("Name: Boil", "Name: Boiled");
  assert.equal(await text(), typed);
  const sample = "version: v1\r\ntype: flow\r\nsteps:\r\n  - type: pass\r\n    name: one\r\n";
  await set({ text: sample });
  // The editor has plain line breaks, and so has the state then.
  await until(page, () => !window.page.store.get().text.includes("\r"));
  assert.equal(await text(), sample.replaceAll("\r\n", "\n"));
  await checked();
  assert.equal((await state("checked")).dialect, "flow");
  await page.locator(".cm-content").focus();
  await press("Control+z");
  assert.equal(await text(), typed);
  await press("Control+z");
  assert.equal(await text(), FLOW);
  await press("Control+y", "Control+y");
  assert.equal(await text(), sample.replaceAll("\r\n", "\n"));
});

test("the keyboard enters, indents and leaves the editor, and its keys are no shortcuts", async () => {
  await open({ text: FLOW });
  await line(6).click();
  await press("End", "Enter");
  await page.keyboard.type("Description: ?");
  assert.match(await text(), /\n {2}- Type: Pass\n {4}Description: \?\n {4}Name: Boil/);
  await press("Home", "Tab");
  assert.match(await text(), /\n {6}Description/);
  await press("Shift+Tab");
  assert.match(await text(), /\n {4}Description/);
  assert.deepEqual(
    (await page.evaluate(() => window.page.keys)).filter((key) => key.length === 1),
    [],
  );
  const focus = () => page.evaluate(() => document.activeElement.dataset.key ?? document.activeElement.className);
  assert.equal(await focus(), "editor-host");
  await press("Escape", "Tab");
  assert.notEqual(await focus(), "editor-host");
  const content = page.getByRole("textbox", { name: "Flow definition" });
  assert.equal(await content.getAttribute("aria-multiline"), "true");
  assert.match(await content.getAttribute("aria-description"), /Escape, then Tab/);
});

test("F8 goes from problem to problem and says what is wrong", async () => {
  await open({ text: FAULTY });
  await checked();
  await page.locator(".cm-lintRange-error").first().waitFor();
  await line(1).click();
  await press("F8");
  assert.match(await activeLine(), /Nxt/);
  assert.match((await page.evaluate(() => window.page.announced)).at(-1), /Nxt/);
  await press("Shift+F8");
  assert.match(await activeLine(), /Succed/);
});

test("large texts are checked in a Worker thread, whose failure is made up for", async () => {
  const long = longDefinition(60_000);
  await open({ text: long });
  await checked();
  assert.equal(page.workers().length, 1);
  const same = await page.evaluate(async (given) => {
    const { language } = window.page;
    const { text, dialect, diagnostics, graph } = await language.check(given);
    return { text: text === given, dialect, count: diagnostics.length, nodes: graph.nodes.length };
  }, long);
  const expected = check(long);
  assert.deepEqual(same, {
    text: true,
    dialect: "StateMachine",
    count: expected.diagnostics.length,
    nodes: expected.graph.nodes.length,
  });
  // A comment changes no state: the graph is the same object, with other ranges.
  const graph = await page.evaluateHandle(() => window.page.store.get().checked.graph);
  await line(1).click();
  await press("Home");
  await page.keyboard.type("# a\n");
  await checked();
  assert.equal(await graph.evaluate((before) => before === window.page.store.get().checked.graph), true);
  assert.equal(await graph.evaluate(({ nodes }) => nodes[1].range.start.line), 8);
  // Not if it also belongs to the definition that ran.
  await page.evaluate(() => window.page.store.set({ ran: window.page.store.get().checked }));
  await page.keyboard.type("# b\n");
  await checked();
  assert.equal(await graph.evaluate((before) => before === window.page.store.get().checked.graph), false);
  assert.equal(await graph.evaluate(({ nodes }) => nodes[1].range.start.line), 8);
});

test("the result of a text that was replaced is dropped, and the last text is always checked", async () => {
  await open({ text: FLOW });
  const seen = await page.evaluate(async () => {
    const { createLanguage, createStore } = window.page;
    // A Worker thread that answers when the test says so.
    const worker = new EventTarget();
    const asked = [];
    worker.postMessage = (question) => asked.push(question);
    worker.terminate = () => {};
    const answer = async () => {
      const { id, text } = asked.shift();
      const checked = { text: "", dialect: text, valid: true, diagnostics: [], graph: { nodes: [], edges: [] } };
      worker.dispatchEvent(new MessageEvent("message", { data: { id, checked } }));
      await new Promise((done) => setTimeout(done, 20));
    };
    const store = createStore({ text: "first" });
    const language = createLanguage({ delayMs: 5, large: 0, startWorker: () => worker });
    const seen = [];
    store.subscribe(({ checked }, previous) => checked !== previous.checked && seen.push(checked.text));
    language.follow(store);
    const type = async (text) => {
      store.set({ text });
      await new Promise((done) => setTimeout(done, 30));
    };
    await answer();
    await type("second");
    // The check of the second text is in progress.
    await type("third");
    await answer();
    await answer();
    await type("fourth");
    await type("third");
    await answer();
    const open = asked.length;
    await type("fifth");
    language.destroy();
    await answer();
    return { seen, open, last: store.get().checked.dialect };
  });
  assert.deepEqual(seen, { seen: ["first", "third"], open: 0, last: "third" });
});

test("a Worker thread that does not load is replaced", async () => {
  await open({ text: FLOW });
  await page.route("**/language-worker.js", (route) => route.abort());
  const count = await page.evaluate(
    async (given) => (await window.page.language.check(given)).graph.nodes.length,
    longDefinition(30_000),
  );
  assert.ok(count > 10);
  assert.equal(page.workers().length, 0);
  problems.length = 0;
});

test("the selected state is marked, a click selects, and a range is shown", async () => {
  await open({ text: FLOW });
  await checked();
  await set({ selection: { node: "/Served" } });
  const marked = page.locator(".cm-selectedState");
  await until(page, () => window.page.store.get().selection.node);
  assert.equal(await marked.textContent(), "    Name: Served");
  await line(7).click();
  assert.deepEqual(await state("selection"), { node: "/Boil" });
  assert.equal(await marked.textContent(), "    Name: Boil");
  // The mark moves with the text.
  await press("Control+Home");
  await page.keyboard.type("# a\n");
  assert.equal(await marked.textContent(), "    Name: Boil");
  await checked();
  await page.evaluate(() => {
    const { store } = window.page;
    store.set({ mark: { range: store.get().checked.graph.nodes[2].range } });
  });
  assert.equal(await activeLine(), "    Name: Served");
  await set({ selection: {} });
  assert.equal(await marked.count(), 0);
});

test("what ran: shown, compared and loaded", async () => {
  const ran = FLOW.replace("Name: Boil", "Name: Cook").replace("StartAt: Boil", "StartAt: Cook");
  await open({ text: FLOW, definition: ran, ran: check(ran), selection: { node: "/Cook" } });
  await button("Show what ran").click();
  const shown = page.getByRole("textbox", { name: "Definition that ran" });
  assert.equal(await shown.getAttribute("aria-readonly"), "true");
  assert.match(await shown.textContent(), /StartAt: Cook/);
  assert.equal(await page.locator(".cm-selectedState").textContent(), "    Name: Cook");
  await page.keyboard.type("zz");
  assert.equal((await shown.textContent()).includes("zz"), false);

  await button("Compare").click();
  await page.getByText("2 changes").waitFor();
  assert.equal(await page.locator(".cm-merge-a .cm-changedLine").count(), 2);
  assert.equal(await page.locator(".cm-merge-b .cm-changedLine").count(), 2);
  await button("Next change").click();
  assert.match(await page.locator(".cm-merge-b .cm-activeLine").textContent(), /Boil/);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator(".cm-deletedChunk").first().waitFor();
  assert.equal(await page.locator(".cm-deletedChunk").count(), 2);

  // A failure leads to its place in what ran.
  await set({ mark: { range: check(ran).graph.nodes[1].range } });
  await shown.waitFor();
  assert.equal(await page.locator("[aria-label='Definition that ran'] .cm-activeLine").textContent(), "    Name: Cook");

  await button("Load into the editor").click();
  assert.equal(await text(), ran);
  assert.equal(await page.locator(".definition-notice").isHidden(), true);
  await press("Control+z");
  assert.equal(await text(), FLOW);
  assert.equal(await page.locator(".definition-notice").isVisible(), true);
});

test("the search finds, in the language of the page", async () => {
  await open({ text: FLOW, lang: "zh" });
  await button("查找").click();
  const field = page.getByRole("textbox", { name: "查找" });
  await field.fill("Served");
  await press("Enter");
  assert.equal(await page.locator(".cm-searchMatch").count(), 2);
  await set({ lang: "en" });
  await page.getByRole("textbox", { name: "Find" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Flow definition" }).count(), 1);
  await press("Escape");
  assert.equal(await page.locator(".cm-search").count(), 0);
});

/** Waits until the language service is there: the editor then says that it completes. */
const served = () => page.locator('.cm-content[aria-autocomplete="list"]').waitFor();

test("the language service completes, explains, goes to a state and renames it", async () => {
  await open({ text: FLOW });
  await served();
  await checked();
  // Complete a target, also after a part of it.
  await line(8).click();
  await press("End", ..."Served".split("").map(() => "Backspace"));
  await page.keyboard.type("S");
  await page.locator(".cm-tooltip-autocomplete li[aria-selected]", { hasText: "Served" }).waitFor();
  await page.waitForTimeout(100); // a list that has just opened takes no key
  await press("Enter");
  assert.equal(await text(), FLOW);
  // The key that closes a list does not leave the editor.
  await press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete").waitFor();
  await press("Escape");
  assert.equal(await page.locator(".cm-tooltip-autocomplete").count(), 0);

  await press("F12");
  assert.equal(await activeLine(), "    Name: Served");
  await page.locator(".cm-line", { hasText: "StartAt" }).hover({ position: { x: 20, y: 5 } });
  assert.match(await page.locator(".cm-flow-note").textContent(), /StartAt/);

  await line(8).click();
  await press("End", "F2");
  const field = page.getByRole("textbox", { name: "New name" });
  await field.fill("Poured");
  await page.getByRole("button", { name: "Rename" }).click();
  await until(page, () => window.page.store.get().text.includes("Poured"));
  assert.equal(await text(), FLOW.replaceAll("Served", "Poured"));
  await checked();
  await button("Undo").click();
  assert.equal(await text(), FLOW);

  // Marks come from the check of the page alone.
  await line(8).click();
  await press("End");
  await page.keyboard.type("x");
  await page.locator(".cm-lintRange-error").first().waitFor();
  await page.waitForTimeout(400);
  assert.equal(await page.locator(".cm-lintRange-error").count(), 1);
  assert.equal(await list().count(), 1);
});

test("the language service has the words of the page, which may change", async () => {
  await open({ text: FLOW, lang: "zh" });
  await served();
  await line(8).click();
  await press("End", "F2");
  const field = page.getByRole("textbox", { name: "新名称" });
  await field.fill("Boil");
  await page.getByRole("button", { name: "重命名" }).click();
  // The reason of the refusal.
  await page.locator(".cm-dialog", { hasText: "此列表中已有状态 `Boil`" }).waitFor();
  assert.equal(await text(), FLOW);
  await page.locator(".cm-line", { hasText: "StartAt" }).hover({ position: { x: 20, y: 5 } });
  assert.match(await page.locator(".cm-flow-note").textContent(), /最先运行的状态的名称/);
  await set({ lang: "en" });
  await line(8).click();
  await press("End", "F2");
  await page.getByRole("textbox", { name: "New name" }).waitFor();
});

test("problems, corrections and explanations are in the language of the page", async () => {
  await open({ text: FAULTY, lang: "zh" });
  await checked();
  await until(page, () => /[\u4e00-\u9fff]/.test(document.querySelector(".problem-text")?.textContent ?? ""));
  const texts = await page.locator(".problem-text, .problem-fix, .problem-related").allTextContents();
  assert.ok(texts.length > 2);
  for (const one of texts) assert.deepEqual(englishIn(one), [], one);
  await page.locator(".cm-lintRange").first().hover();
  assert.match(await page.locator(".cm-tooltip-lint").first().textContent(), /[\u4e00-\u9fff]/);
  await set({ lang: "en" });
  await until(page, () => !/[\u4e00-\u9fff]/.test(document.querySelector(".problem-text")?.textContent ?? ""));
});

test("without the language service, the editor works and says what is missing", async () => {
  const context = await browser.newContext();
  page = await context.newPage();
  await page.route("**/service-*.js", (route) => route.abort());
  await page.goto(server.url);
  await until(page, () => window.page !== undefined);
  await page.evaluate((given) => void window.page.start({ text: given }), FAULTY);
  await page.locator(".cm-lintRange-error").first().waitFor();
  await until(page, () => window.page.announced.some((text) => text.startsWith("The completion could")));
  await button("Fix all (2)").click();
  await until(page, (wanted) => window.page.store.get().text === wanted, FLOW);
});

test("no finding of axe, light and dark, in every mode", async () => {
  const ran = FLOW.replaceAll("Boil", "Cook");
  await open({ text: FAULTY, definition: ran, ran: check(ran), selection: { node: "/Boil" } });
  await checked();
  // A script element would be against the policy.
  await page.evaluate(await readFile(AXE, "utf8"));
  const audit = async (name) => {
    for (const theme of ["light", "dark"]) {
      await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
      const found = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document.body);
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      });
      assert.deepEqual(found, [], `${name}, ${theme}`);
    }
  };
  await audit("problems");
  await button("Search").click();
  await page.locator(".cm-search").waitFor();
  await audit("search");
  await press("Escape", "F8");
  await page.locator(".cm-tooltip-lint").waitFor();
  await audit("tooltip");
  await served();
  await line(4).click();
  await press("End", "Control+Space");
  await page.locator(".cm-completionInfo").waitFor();
  await audit("completion");
  await press("Escape");
  await line(10).click();
  await press("End", "F2");
  await page.locator(".cm-dialog").waitFor();
  await audit("rename");
  await button("Show what ran").click();
  await audit("what ran");
  await button("Compare").click();
  await page.locator(".cm-mergeView").waitFor();
  await audit("side by side");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator(".cm-deletedChunk").first().waitFor();
  await audit("one text");
});

test("a key in a definition of 64 KB is handled in a short task", async () => {
  await open({ text: longDefinition(65_536) });
  await checked();
  await served();
  await line(9).click();
  await press("End");
  await typeKeys(page, { keys: 12 });
  // A frame has 16 ms, which the benchmark of the editor measures. A check of the text in this task would exceed 50 ms, and on a
  // busy machine the time of the processor has outliers.
  const tasks = [];
  for (let round = 0; round < 4 && !(tasks.at(-1) < 50); round += 1)
    tasks.push((await typeKeys(page, { keys: 24 })).task);
  assert.ok(tasks.at(-1) < 50, `${tasks.map((ms) => ms.toFixed(1)).join(", ")} ms`);
});

// The adapter for Monaco in Chromium.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";

import { FLOW, MONACO, PAGES, contrast, longFlow, openAdapterPage } from "./support/adapter-page.mjs";
import { examples } from "./support/recipes.mjs";

const skip =
  !existsSync(MONACO) && process.env.CI !== "true" && "Monaco is not installed: run `npm ci` in tests/js/monaco";

test("the language service in Monaco", { timeout: 240_000, skip }, async (t) => {
  const { page, problems } = await openAdapterPage(t, ...PAGES.monaco);
  const counted = (name) => page.evaluate((name) => window.counted[name], name);
  const start = (text, options) => page.evaluate(([text, options]) => window.start(text, options), [text, options]);
  const text = () => page.evaluate(() => window.editor.getModel().getValue());
  const run = (action) => page.evaluate((action) => void window.editor.trigger("test", action), action);
  /** The marked texts with their codes. */
  const marks = () =>
    page.evaluate(() => {
      const model = window.editor.getModel();
      return window.monaco.editor
        .getModelMarkers({ resource: model.uri })
        .map((marker) => [model.getValueInRange(marker), marker.code, marker.severity]);
    });
  const waitForMarks = (count) =>
    page.waitForFunction(
      (count) => window.monaco.editor.getModelMarkers({ resource: window.editor.getModel().uri }).length === count,
      count,
    );
  /** Puts the caret after a part of the text. */
  const caret = (after) =>
    page.evaluate((after) => {
      const model = window.editor.getModel();
      const at = model.getValue().indexOf(after);
      if (at < 0) throw new Error(`the text has no ${after}`);
      window.editor.setPosition(model.getPositionAt(at + after.length));
      window.editor.focus();
    }, after);
  const place = () => page.evaluate(() => window.editor.getPosition().lineNumber);

  await t.test("a wrong target is marked, and its fix repairs the text", async () => {
    await start(FLOW);
    await caret("Next: Serve");
    await page.keyboard.type("x");
    await page.keyboard.press("Escape");
    await waitForMarks(1);
    assert.deepEqual(await marks(), [["Servex", "unknown-target", 8]]);
    await page.locator(".squiggly-error").first().waitFor();
    await run("editor.action.quickFix");
    await page.locator(".action-widget", { hasText: "Serve" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => !window.editor.getModel().getValue().includes("Servex"));
    assert.equal(await text(), FLOW);
    await waitForMarks(0);
  });

  await t.test("targets are completed while typing", async () => {
    await start(FLOW.replace("Next: Serve", "Next:"));
    await caret("Next:");
    await page.keyboard.type(" Ser");
    await page.locator(".suggest-widget .monaco-list-row.focused", { hasText: "Serve" }).waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await text(), FLOW);
  });

  await t.test("a key has a hover text", async () => {
    await start(FLOW);
    await caret("StartA");
    await run("editor.action.showHover");
    const hover = page.locator(".monaco-hover-content", { hasText: "StartAt" });
    await hover.waitFor();
    assert.match(await hover.locator("a[data-href], a[href]").first().textContent(), /Documentation/);
  });

  await t.test("F12 goes to a state", async () => {
    await start(FLOW);
    await caret("Next: Ser");
    await page.keyboard.press("F12");
    await page.waitForFunction(() => window.editor.getPosition().lineNumber === 10);
    assert.equal(await place(), 10);
  });

  await t.test("F2 renames a state and its references, and says why it refuses", async () => {
    await start(FLOW);
    await caret("Next: Ser");
    for (const [name, renamed] of [
      ["Boil", undefined],
      ["Pour", FLOW.replaceAll("Serve", "Pour")],
    ]) {
      await page.keyboard.press("F2");
      const field = page.locator(".rename-box input");
      await field.waitFor();
      assert.equal(await field.inputValue(), "Serve");
      await field.fill(name);
      const refused = renamed ?? page.waitForEvent("console", (message) => message.text().includes("Boil"));
      await page.keyboard.press("Enter");
      if (renamed === undefined) {
        // Monaco alone shows notifications on the console.
        assert.match((await refused).text(), /`Boil`/);
        assert.equal(await text(), FLOW);
        await page.keyboard.press("Escape");
      } else {
        await page.waitForFunction(() => window.editor.getModel().getValue().includes("Pour"));
        assert.equal(await text(), renamed);
        await page.evaluate(() => window.editor.focus());
        await page.keyboard.press("Control+z");
        assert.equal(await text(), FLOW);
      }
    }
  });

  await t.test("folding, colours, outline and hints come from the service", async () => {
    await start(FLOW);
    // Line 7 is the second line of the first state.
    await run("editor.foldAll");
    await page.locator(".cldr.codicon-folding-collapsed").first().waitFor();
    await run("editor.unfoldAll");
    const hint = page.locator(".view-line", { hasText: "→" });
    await start(FLOW.replace("    Next: Serve\n", ""));
    await hint.first().waitFor();
  });

  await t.test("the layout is corrected", async () => {
    await start(FLOW.replaceAll("    ", "      ").replaceAll("  - Type", "  -   Type"));
    await run("editor.action.formatDocument");
    await page.waitForFunction((wanted) => window.editor.getModel().getValue() === wanted, FLOW);
  });

  await t.test("texts with CR LF and several edits at a time stay in step", async () => {
    await start(FLOW.replaceAll("\n", "\r\n"));
    await page.evaluate(() => {
      const model = window.editor.getModel();
      const edits = model
        .findMatches("Serve", false, false, true, null, false)
        .map(({ range }) => ({ range, text: "🍵" }));
      window.editor.executeEdits("test", edits);
    });
    await caret("Next: Done");
    await page.keyboard.type("x");
    await page.keyboard.press("Escape");
    await waitForMarks(1);
    assert.deepEqual((await marks())[0].slice(0, 2), ["Donex", "unknown-target"]);
    await page.evaluate(() => window.editor.getModel().setEOL(0));
    await page.waitForTimeout(400);
    assert.deepEqual((await marks())[0].slice(0, 2), ["Donex", "unknown-target"]);
    await page.evaluate((text) => window.editor.getModel().setValue(text), FLOW);
    await waitForMarks(0);
  });

  await t.test("a text of 1 MB is marked and fixed", async () => {
    const long = longFlow(1024 * 1024);
    await start(long.replace("Next: S9\n", "Next: S9x\n"));
    const marked = (wanted) =>
      page.waitForFunction(
        (wanted) => {
          const markers = window.monaco.editor.getModelMarkers({ resource: window.editor.getModel().uri });
          return markers.some(({ code }) => code === "unknown-target") === wanted;
        },
        wanted,
        { timeout: 30_000 },
      );
    await marked(true);
    await caret("Next: S9x");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Escape");
    await marked(false);
    assert.equal(await text(), long);
  });

  await t.test("two editors of a page have definitions of their own, which are closed with their models", async () => {
    await start(FLOW);
    await page.evaluate((text) => window.startSecond(text), FLOW.replaceAll("Serve", "Pour"));
    await page.waitForFunction(() => window.counted.open === 2);
    await caret("Next: Ser");
    await page.keyboard.press("F12");
    await page.waitForFunction(() => window.editor.getPosition().lineNumber === 10);
    await page.evaluate(() => {
      window.second.getModel().dispose();
      window.second.dispose();
    });
    assert.equal(await counted("open"), 1);
    // Another language is no definition.
    await page.evaluate(() => window.monaco.editor.setModelLanguage(window.editor.getModel(), "plaintext"));
    assert.equal(await counted("open"), 0);
    await page.evaluate(() => window.monaco.editor.setModelLanguage(window.editor.getModel(), "yaml"));
    await page.waitForFunction(() => window.counted.open === 1);
  });

  await t.test("a text that is too long is served again when it is short", async () => {
    await start(`${FLOW}# ${"x".repeat(17 * 1024 * 1024)}`);
    await page.waitForTimeout(300);
    await page.evaluate((text) => window.editor.getModel().setValue(text), FLOW.replace("Next: Serve", "Next: None"));
    await waitForMarks(1);
  });

  await t.test("hover texts can be read with the dark theme", async () => {
    await start(FLOW);
    await page.evaluate(() => window.theme("vs-dark"));
    await caret("StartA");
    await run("editor.action.showHover");
    const hover = page.locator(".monaco-hover-content", { hasText: "StartAt" });
    await hover.waitFor();
    const colours = await hover.evaluate((found) => {
      const { color } = getComputedStyle(found);
      return [color, getComputedStyle(found.closest(".monaco-hover")).backgroundColor];
    });
    assert.ok(contrast(...colours) >= 4.5, `${colours}`);
    await page.evaluate(() => window.theme("vs"));
  });

  await t.test("`dispose` removes markers and providers", async () => {
    await start(FLOW.replace("Next: Serve", "Next: None"));
    await waitForMarks(1);
    await page.evaluate(() => window.registered.dispose());
    await waitForMarks(0);
    assert.equal(await counted("open"), 0);
    await page.evaluate(() => window.editor.getModel().setValue("a: b"));
    await page.waitForTimeout(300);
    assert.deepEqual(await marks(), []);
  });

  assert.deepEqual(problems, []);
});

test("the example of docs/editors.md marks what is wrong, and completes while typing", {
  timeout: 120_000,
  skip,
}, async (t) => {
  const [example] = examples("Monaco", "js");
  const { page } = await openAdapterPage(t, {}, [MONACO], `${example}\nwindow.monaco = monaco;`);
  await page.waitForFunction(() => window.monaco.editor.getModelMarkers({ owner: "cloudflow" }).length > 0);
  await page.locator(".view-line").first().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("St", { delay: 50 });
  await page.locator(".suggest-widget .monaco-list-row", { hasText: "StartAt" }).waitFor();
});

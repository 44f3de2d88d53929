// The adapter for CodeMirror 6 in Chromium.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { FLOW, PAGES, contrast, longFlow, openAdapterPage } from "./support/adapter-page.mjs";
import { examples } from "./support/recipes.mjs";

test("the language service in CodeMirror", { timeout: 240_000 }, async (t) => {
  const { page, problems } = await openAdapterPage(t, ...PAGES.codemirror);
  const start = (...all) => page.evaluate((all) => window.start(...all), all);
  const counted = (name) => page.evaluate((name) => window.counted[name], name);
  const text = () => page.evaluate(() => window.view.state.doc.toString());
  const selected = () =>
    page.evaluate(() => {
      const { main } = window.view.state.selection;
      return [window.view.state.doc.lineAt(main.head).number, window.view.state.sliceDoc(main.from, main.to)];
    });
  /** Puts the caret after a part of the text. */
  const caret = (after) =>
    page.evaluate((after) => {
      const at = window.view.state.doc.toString().indexOf(after);
      if (at < 0) throw new Error(`the text has no ${after}`);
      window.view.dispatch({ selection: { anchor: at + after.length } });
    }, after);
  const line = (number) => page.locator(".cm-line").nth(number - 1);

  await t.test("a wrong target is marked, and its fix repairs the text", async () => {
    await start(FLOW);
    await caret("Next: Serve");
    await page.keyboard.type("x");
    await page.keyboard.press("Escape");
    const mark = page.locator(".cm-lintRange-error");
    await mark.waitFor();
    assert.equal(await mark.textContent(), "Servex");
    await mark.hover();
    await page.locator(".cm-tooltip-lint .cm-diagnosticAction").click();
    assert.equal(await text(), FLOW);
    await page.locator(".cm-lintRange-error").waitFor({ state: "detached" });
    await page.keyboard.press("Control+z");
    assert.equal(await text(), FLOW.replace("Next: Serve", "Next: Servex"));
  });

  await t.test("the fix of a mark belongs to the text of the moment", async () => {
    await start(FLOW.replace("Next: Serve", "Next: Servex"), { delay: 2000 });
    await page.locator(".cm-lintRange-error").waitFor();
    await page.evaluate(() => window.view.dispatch({ changes: { from: 0, insert: "# one\n# two\n" } }));
    await page.locator(".cm-lintRange-error").hover();
    await page.locator(".cm-tooltip-lint .cm-diagnosticAction").click();
    assert.equal(await text(), `# one\n# two\n${FLOW}`);
  });

  await t.test("targets are completed while typing, with their documentation", async () => {
    await start(FLOW.replace("Next: Serve", "Next:"));
    await caret("Next:");
    await page.keyboard.type(" ");
    const items = page.locator(".cm-tooltip-autocomplete li");
    await items.first().waitFor();
    const labels = await page.locator(".cm-tooltip-autocomplete .cm-completionLabel").allTextContents();
    assert.deepEqual(
      labels.filter((label) => ["Boil", "Serve", "Done"].includes(label)).length >= 2,
      true,
      `${labels}`,
    );
    await page.keyboard.type("Ser");
    await page.waitForFunction(() =>
      document.querySelector('.cm-tooltip-autocomplete li[aria-selected="true"]')?.textContent?.startsWith("Serve"),
    );
    await page.waitForTimeout(100); // a list that has just opened takes no key
    await page.keyboard.press("Enter");
    assert.equal(await text(), FLOW);
  });

  await t.test("keys are completed with the vendor's page", async () => {
    await start(FLOW.replace("    Next: Done\n", "    \n"));
    await caret("Name: Serve\n    ");
    await page.keyboard.press("Control+Space");
    await page.locator(".cm-completionInfo .cm-flow-note a").first().waitFor();
    assert.match(await page.locator(".cm-completionInfo a").first().getAttribute("href"), /^https:\/\//);
  });

  await t.test("a key has a hover text", async () => {
    await start(FLOW);
    await page.getByText("StartAt").hover({ position: { x: 20, y: 5 } });
    const note = page.locator(".cm-tooltip-hover .cm-flow-note");
    await note.waitFor();
    assert.match(await note.textContent(), /StartAt/);
  });

  await t.test("F12 and Ctrl with a click go to a state", async () => {
    await start(FLOW);
    await caret("Next: Ser");
    await page.keyboard.press("F12");
    assert.deepEqual(await selected(), [10, "Serve"]);
    await line(11)
      .getByText("Done")
      .click({ modifiers: ["Control"], position: { x: 100, y: 5 } });
    assert.deepEqual(await selected(), [13, "Done"]);
  });

  await t.test("F2 renames a state and its references, and says why it refuses", async () => {
    await start(FLOW);
    await caret("Next: Ser");
    await page.keyboard.press("F2");
    const field = page.locator(".cm-panel input");
    await field.waitFor();
    assert.equal(await field.inputValue(), "Serve");
    await field.fill("Boil");
    await page.keyboard.press("Enter");
    assert.match(await page.locator(".cm-panel").textContent(), /Boil/);
    assert.equal(await text(), FLOW);
    await page.keyboard.press("F2");
    await field.waitFor();
    await field.fill("Pour");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.view.state.doc.toString().includes("Pour"));
    assert.equal(await text(), FLOW.replaceAll("Serve", "Pour"));
    await page.keyboard.press("Control+z");
    assert.equal(await text(), FLOW);
  });

  await t.test("states and lists can be folded", async () => {
    await start(FLOW);
    const folded = await page.evaluate(() => window.folded());
    assert.ok(
      folded.some((text) => text.includes("Name: Boil")),
      JSON.stringify(folded),
    );
  });

  await t.test("random edits at several places leave the service with the text of the editor", async () => {
    await start(FLOW);
    const [after, fresh] = await page.evaluate(() => {
      let seed = 7;
      const random = (below) => {
        seed = (seed * 48271) % 2147483647;
        return seed % below;
      };
      const parts = ["", "x", "\n", "  - Type: Pass\n", "🍵", "é: ", "# "];
      for (let round = 0; round < 300; round += 1) {
        const { length } = window.view.state.doc;
        const places = [random(length + 1), random(length + 1), random(length + 1)].sort((a, b) => a - b);
        const changes = [
          { from: places[0], to: Math.min(places[0] + random(3), places[1]), insert: parts[random(7)] },
          { from: places[1], to: Math.min(places[1] + random(3), places[2]), insert: parts[random(7)] },
        ];
        window.view.dispatch({ changes });
      }
      window.view.dispatch({ changes: { from: 0, insert: "# a\n# b\nStates:\n  - Name: a\n    Next: b\n" } });
      // The folds come from the edited definition.
      const after = window.folded();
      window.start(window.view.state.doc.toString());
      return [after, window.folded()];
    });
    assert.ok(after.length > 0);
    assert.deepEqual(after, fresh);
  });

  await t.test("a text with CR LF is written as it is", async () => {
    const windows = FLOW.replaceAll("\n", "\r\n");
    const written = () => page.evaluate(() => window.view.state.sliceDoc());
    for (const separator of [undefined, "\r\n"]) {
      await start(windows.replace("Next: Serve", "Next: Servex"), {}, { separator });
      const mark = page.locator(".cm-lintRange-error");
      await mark.waitFor();
      assert.equal(await mark.textContent(), "Servex");
      await mark.hover();
      await page.locator(".cm-tooltip-lint .cm-diagnosticAction").click();
      assert.equal(await written(), separator ? windows : FLOW);
      await caret("Next: Ser");
      await page.keyboard.press("F2");
      await page.locator(".cm-panel input").fill("Pour");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => window.view.state.doc.toString().includes("Pour"));
      assert.equal(await written(), (separator ? windows : FLOW).replaceAll("Serve", "Pour"));
    }
  });

  await t.test("a text of 1 MB is marked, fixed and completed, and not read after each key", async () => {
    const long = longFlow(1024 * 1024);
    await start(long.replace("Next: S9\n", "Next: S99999x\n"));
    // The number of states is a finding, too.
    const mark = page.locator(".cm-lintRange-error", { hasText: "S99999x" });
    await mark.waitFor({ timeout: 30_000 });
    await caret("Next: S99999x");
    await page.keyboard.press("F2");
    assert.equal(await page.locator(".cm-panel").count(), 0);
    for (let i = 0; i < 7; i += 1) await page.keyboard.press("Backspace");
    await page.keyboard.type("S");
    const item = page.locator(".cm-tooltip-autocomplete li", { hasText: "S9" });
    await item.first().waitFor({ timeout: 30_000 });
    await page.keyboard.press("Escape");
    await page.keyboard.type("9");
    assert.equal(await text(), long);
    await mark.waitFor({ state: "detached", timeout: 30_000 });
    const before = await counted("asked");
    await caret("Name: S12");
    await page.keyboard.type("abcdefghijklmnopqrstuvwxyz");
    assert.ok((await counted("asked")) - before <= 13, `${(await counted("asked")) - before} questions`);
  });

  await t.test("a surrogate pair that is divided and joined again is the character that it was", async () => {
    await start(FLOW.replaceAll("Serve", "🍵"));
    await page.evaluate(() => {
      const at = window.view.state.doc.toString().indexOf("Next: 🍵") + 7;
      window.view.dispatch({ changes: { from: at, insert: "a" } });
      window.view.dispatch({ changes: { from: at, to: at + 1 } });
    });
    await caret("Next: 🍵");
    await page.keyboard.press("F12");
    assert.deepEqual(await selected(), [10, "🍵"]);
  });

  await t.test("a text that is only read is marked and explained, and not changed", async () => {
    const wrong = FLOW.replace("Next: Serve", "Next: Servex");
    await start(wrong, {}, { readOnly: true });
    await page.locator(".cm-lintRange-error").hover();
    await page.locator(".cm-tooltip-lint .cm-diagnosticAction").click();
    await caret("Name: Ser");
    await page.keyboard.press("F2");
    assert.equal(await page.locator(".cm-panel").count(), 0);
    assert.equal(await text(), wrong);
  });

  await t.test("two editors of a page have definitions of their own, which are closed with them", async () => {
    await start(FLOW);
    await page.evaluate((text) => window.startSecond(text), FLOW.replaceAll("Serve", "Pour"));
    await caret("Next: Ser");
    await page.keyboard.press("F12");
    assert.deepEqual(await selected(), [10, "Serve"]);
    assert.equal(await counted("open"), 2);
    // Another state in the same view, and a state in two views.
    await page.evaluate(() => {
      const { state } = window.view;
      window.second.setState(state);
      window.view.destroy();
      window.second.dispatch({ changes: { from: 0, insert: "# a\n" } });
    });
    await page.locator("#second .cm-line", { hasText: "StartAt" }).hover({ position: { x: 20, y: 5 } });
    await page.locator("#second .cm-flow-note").waitFor();
    assert.equal(await counted("open"), 1);
    await page.evaluate(() => window.second.destroy());
    await page.waitForTimeout(400);
    assert.equal(await counted("open"), 0);
  });

  await t.test("a text that is too long is served again when it is short", async () => {
    await start(`${FLOW}# ${"x".repeat(17 * 1024 * 1024)}`);
    await caret("Next: Ser");
    await page.keyboard.press("F12");
    assert.deepEqual(await selected(), [8, ""]);
    await page.evaluate((length) => {
      window.view.dispatch({ changes: { from: length, to: window.view.state.doc.length } });
    }, FLOW.length);
    await page.keyboard.press("F12");
    assert.deepEqual(await selected(), [10, "Serve"]);
  });

  await t.test("options that do not exist are an error of the call", async () => {
    const message = await page.evaluate(() => {
      try {
        window.start("", { mode: "fast" });
      } catch (error) {
        return `${error.code}: ${error.message}`;
      }
    });
    assert.match(message, /^unknown-value: `mode` must be/);
  });

  await t.test("notes can be read with a dark theme", async () => {
    for (const dark of [false, true]) {
      await start(FLOW, {}, { dark });
      await line(4).hover({ position: { x: 20, y: 5 } });
      await page.locator(".cm-flow-note a").waitFor();
      const colours = await page.evaluate(() => {
        const style = (selector) => getComputedStyle(document.querySelector(selector));
        return [style(".cm-flow-note a").color, style(".cm-tooltip").backgroundColor];
      });
      assert.ok(contrast(...colours) >= 4.5, `${colours}`);
    }
  });

  assert.deepEqual(problems, []);
});

test("the example of docs/editors.md marks what is wrong", { timeout: 60_000 }, async (t) => {
  const [example] = examples("CodeMirror 6", "js");
  const installed = examples("CodeMirror 6", "sh")[0].trim().split(" ").slice(2);
  const { peerDependencies } = JSON.parse(await readFile(new URL("../../pkg/package.json", import.meta.url), "utf8"));
  const needed = [
    ...[...example.matchAll(/from "([^"]*)"/g)].map(([, name]) => /^(?:@[^/]*\/)?[^/]*/.exec(name)[0]),
    ...Object.keys(peerDependencies).filter((name) => name.startsWith("@codemirror/")),
  ];
  assert.deepEqual(installed.sort(), [...new Set(needed)].sort());
  const { page, problems } = await openAdapterPage(t, {}, [], example);
  await page.locator(".cm-lintRange-error").first().waitFor();
  assert.deepEqual(problems, []);
});

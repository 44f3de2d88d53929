// The adapters in Chromium, Firefox and WebKitGTK: a wrong target is marked and fixed, completed, gone to and renamed.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { engineNames, startEngine, whyAbsent } from "./engines/driver.mjs";
import { FLOW, MONACO, PAGES, serveAdapterPage } from "./support/adapter-page.mjs";

const RENAMED = FLOW.replaceAll("Serve", "Pour");

/** Puts the caret after a part of the text. */
const CARET = {
  codemirror: (after) => {
    const at = window.view.state.doc.toString().indexOf(after);
    window.view.dispatch({ selection: { anchor: at + after.length } });
    window.view.focus();
  },
  monaco: (after) => {
    const model = window.editor.getModel();
    window.editor.setPosition(model.getPositionAt(model.getValue().indexOf(after) + after.length));
    window.editor.focus();
  },
};
const TEXT = {
  codemirror: () => window.view.state.doc.toString(),
  monaco: () => window.editor.getModel().getValue(),
};
const LINE = {
  codemirror: () => window.view.state.doc.lineAt(window.view.state.selection.main.head).number,
  monaco: () => window.editor.getPosition().lineNumber,
};

/** What differs between the two editors for a user. */
const STEPS = {
  codemirror: {
    mark: ".cm-lintRange-error",
    async fix(page) {
      await page.click(".cm-lintRange-error");
      await page.click(".cm-tooltip-lint .cm-diagnosticAction");
    },
    item: ".cm-tooltip-autocomplete li[aria-selected=true] :: Serve",
    field: ".cm-panel input",
  },
  monaco: {
    mark: ".squiggly-error",
    async fix(page) {
      await page.press("Control+.");
      await page.waitForElement(".action-widget .monaco-list-row.focused");
      await page.press("Enter");
    },
    item: ".suggest-widget .monaco-list-row.focused",
    field: ".rename-box input",
  },
};

for (const name of engineNames()) {
  for (const adapter of ["codemirror", "monaco"]) {
    const skip = whyAbsent(name) ?? (adapter === "monaco" && !existsSync(MONACO) && "Monaco is not installed");
    test(`${adapter} in ${name}`, { skip, timeout: 180_000 }, async (t) => {
      const url = await serveAdapterPage(t, ...PAGES[adapter]);
      const engine = await startEngine(name);
      t.after(() => engine.close());
      const page = await engine.page();
      const { mark, fix, item, field } = STEPS[adapter];
      const caret = (after) => page.evaluate(CARET[adapter], after);
      const text = () => page.evaluate(TEXT[adapter]);
      const becomes = (wanted) => page.until("the text", async () => (await text()) === wanted);
      await page.open(url);
      await page.waitFor(() => window.start !== undefined);
      await page.evaluate((text) => window.start(text), FLOW);

      await caret("Next: Serve");
      await page.type("x");
      await page.press("Escape");
      await page.waitForElement(mark);
      await fix(page);
      await becomes(FLOW);

      await caret("Next: Serve");
      for (let i = 0; i < " Serve".length; i += 1) await page.press("Backspace");
      await page.type(" Ser");
      await page.waitForElement(item);
      await new Promise((resolve) => setTimeout(resolve, 150)); // a list that has just opened takes no key
      await page.press("Enter");
      await becomes(FLOW);

      await page.press("F12");
      await page.until("the state", async () => (await page.evaluate(LINE[adapter])) === 10);
      await caret("Next: Ser");
      await page.press("F2");
      // A key that arrives while the field opens is lost.
      await page.until("the text", async () => {
        if (await page.isVisible(field)) {
          await page.fill(field, "Pour");
          await page.press("Enter");
        }
        return (await text()) === RENAMED;
      });
      assert.deepEqual(await page.problems(), []);
    });
  }
}

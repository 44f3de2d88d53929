// axe-core on every state of the console: each view, each status, dialogs; light and dark, wide and on a phone, in both
// languages. Chromium shows all of them, the other browsers the failed execution.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

import { engineNames, startEngine, whyAbsent } from "./engines/driver.mjs";
import { startConsole } from "./support/console.mjs";
import { startExecutions, statesOf } from "./support/console-states.mjs";
import { en } from "../../www/console/words/en.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDE = [1280, 900];
const PHONE = [390, 844];

const STATES = statesOf(en);

/** What axe-core reports. `rules` selects some. */
async function findings(page, rules) {
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.addScript(axe);
  return page.evaluate(async (names) => {
    const options = names ? { runOnly: names } : {};
    const { violations } = await globalThis.axe.run(document, options);
    return violations.map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      nodes: nodes.slice(0, 5).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
    }));
  }, rules);
}

for (const name of engineNames()) {
  const skip = whyAbsent(name);
  test(`axe-core in ${name}`, { skip, timeout: 300_000 }, async (t) => {
    const site = await startConsole();
    t.after(() => site.close());
    await startExecutions(site);
    const engine = await startEngine(name);
    t.after(() => engine.close());
    const page = await engine.page({ width: WIDE[0], height: WIDE[1] });
    const states = Object.entries(STATES).filter(([title]) => name === "chromium" || title === "failed, graph");
    for (const [title, show] of states) {
      await t.test(title, { timeout: 90_000 }, async () => {
        site.answer = () => undefined;
        await page.viewport(...WIDE);
        await show(page, site);
        for (const size of [WIDE, PHONE]) {
          await page.viewport(...size);
          for (const theme of ["light", "dark"]) {
            // As the user's choice does: a dialog covers the field.
            await page.evaluate((value) => (document.documentElement.dataset.theme = value) && undefined, theme);
            const contrast = theme === "dark" ? ["color-contrast"] : undefined;
            assert.deepEqual(await findings(page, contrast), [], `${theme}, ${size[0]} px`);
          }
        }
        await page.select("header select", "zh");
        assert.deepEqual(await findings(page), [], "Chinese");
        await page.select("header select", "en");
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `a phone does not scroll to the side: ${wide} px`);
        assert.deepEqual(await page.problems(), []);
      });
    }
  });
}

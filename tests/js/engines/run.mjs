// Runs tests of a page side by side in every browser that ENGINES selects.

import assert from "node:assert/strict";
import { test } from "node:test";

import { engineNames, startEngine, whyAbsent } from "./driver.mjs";

/**
 * Runs tests `(page, site, engine, t)` by their title, one after another in each browser: each browser has a site of its
 * own, each test a page. ONLY selects the titles that contain a text. `atEnd` checks the site at the end.
 *
 * Most of the time is spent waiting for executions: the browsers run side by side.
 */
export function inBrowsers(what, tests, startSite, atEnd = () => undefined) {
  test(what, { concurrency: true }, async (t) => {
    await Promise.all(
      engineNames().map((name) =>
        t.test(name, { skip: whyAbsent(name) }, (own) => inBrowser(own, name, { tests, startSite, atEnd })),
      ),
    );
  });
}

async function inBrowser(t, name, { tests, startSite, atEnd }) {
  const site = await startSite();
  t.after(() => site.close());
  const engine = await startEngine(name);
  t.after(() => engine.close());
  for (const [title, run] of Object.entries(tests)) {
    if (!title.includes(process.env.ONLY ?? "")) continue;
    await t.test(`${name}: ${title}`, { timeout: 90_000 }, async (own) => {
      site.answer = () => undefined;
      const page = await engine.page();
      await run(page, site, engine, own);
      assert.deepEqual(await page.problems(), []);
    });
  }
  atEnd(site);
}

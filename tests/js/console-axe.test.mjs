// axe-core on every state of the console: each view, each status, dialogs; light and dark, wide and on a phone, in both
// languages. Chromium shows all of them, the other browsers the failed execution.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

import { engineNames, startEngine, whyAbsent } from "./engines/driver.mjs";
import { startConsole } from "./support/console.mjs";
import * as flows from "./support/console-flows.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["graph", "timeline", "events", "definition"];
const WIDE = [1280, 900];
const PHONE = [390, 844];

/** Opens a view of an execution. */
const shown = (hash, status) => async (page, site) => {
  await page.open(`${site.url}?${hash.length}${status.length}#${hash}`);
  await page.waitForText(".status", status);
  const view = /view=(\w+)/.exec(hash)?.[1] ?? "graph";
  await page.waitForElement(`#view-${view} > * *`);
};

/** States of the page by name. */
const STATES = {
  async "nothing opened"(page, site) {
    await page.open(site.url);
    await page.waitForElement("button :: Start and watch");
    await page.waitForElement("cloudflow-graph");
  },
  ...Object.fromEntries(
    VIEWS.map((view) => [`failed, ${view}`, shown(`flow=invoices&execution=failed&view=${view}`, "Failed")]),
  ),
  "running, graph": shown("flow=nap&execution=running", "Running"),
  "running, timeline": shown("flow=nap&execution=running&view=timeline", "Running"),
  "succeeded, timeline": shown("flow=resize&execution=caught&view=timeline&visit=0", "Succeeded"),
  "succeeded, events": shown("flow=resize&execution=caught&view=events&event=3", "Succeeded"),
  async "another definition in the editor"(page, site) {
    await shown("flow=resize&execution=caught&view=definition", "Succeeded")(page, site);
    await page.waitForElement(".definition-actions button");
  },
  async "an editor with findings"(page, site) {
    await page.open(`${site.url}?findings#view=definition`);
    await page.waitForElement("button :: Start and watch");
    await page.select(".start select", "findings");
    await page.waitForElement(".problems li");
  },
  async "the answer of a task"(page, site) {
    await shown("flow=asks&execution=failed", "Failed")(page, site);
    await page.click(".lists button :: Edit asks");
    await page.click("button :: Answer this task");
    await page.waitForElement(".answer textarea");
  },
  async refused(page, site) {
    await page.open(`${site.url}?refused#flow=absent&execution=one`);
    await page.waitForText(".remarks", /does not exist/);
  },
  async help(page, site) {
    await shown("flow=invoices&execution=failed", "Failed")(page, site);
    await page.click("button :: Help");
    await page.waitForElement("dialog.help[open]");
  },
  async comparison(page, site) {
    await shown("flow=invoices&execution=failed&compare=good", "Failed")(page, site);
    await page.waitForElement("dialog.compare[open] .first-difference *");
  },
  async stop(page, site) {
    await shown("flow=nap&execution=running", "Running")(page, site);
    await page.click("button :: Stop execution");
    await page.waitForElement("dialog.stop[open]");
  },
  async "without the permission to read histories"(page, site) {
    site.answer = (request) =>
      new URL(request.url).searchParams.get("Action") === "GetExecutionHistory"
        ? Response.json({ RequestId: "R", Code: "NoPermission", Message: "no" }, { status: 403 })
        : undefined;
    await shown("flow=resize&execution=caught&view=events", "Succeeded")(page, site);
    await page.waitForText(".remarks", /permission is missing/);
  },
};

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
    await site.start("invoices", "failed", flows.MAP, { items: [1, 2, 3, 4] });
    await site.start("invoices", "good", flows.MAP, { items: [1, 2] });
    await site.start("asks", "failed", flows.ASK);
    await site.start("nap", "running", flows.nap(300));
    await site.start("resize", "caught", flows.CAUGHT);
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

// In Chinese, the console shows no English sentences: texts, labels, hints and titles in each of its states, in Chromium.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import { zh } from "../../www/console/words/zh.js";
import { startEngine, whyAbsent } from "./engines/driver.mjs";
import { sentencesIn } from "./support/chinese.mjs";
import { furtherStatesOf, startExecutions, statesOf } from "./support/console-states.mjs";
import { startConsole } from "./support/console.mjs";

/** A folder for a picture of each state. */
const { PICTURES } = process.env;
/** Causes of the failures of the tests, and what a server answers: texts of others. */
const OF_OTHERS = /invoice \d+ has no address|no image|too many|no such flow|bad gateway/g;

/** The visible texts of the page, and the attributes that are read or shown. Definitions and JSON are data. */
function texts() {
  const found = new Set();
  const DATA = ".cm-content, .cm-gutters, textarea, pre, code, .json, option[value], .value, cloudflow-graph";
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.getClientRects().length === 0) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"])
        if (element.getAttribute(name)) found.add(element.getAttribute(name));
      if (element.closest(DATA) && !element.closest(".cm-tooltip, .cm-panels")) continue;
      const own = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data);
      if (own.join("").trim()) found.add(own.join(" ").replace(/\s+/g, " ").trim());
    }
  };
  walk(document);
  return [...found, document.title];
}

test("the console in Chinese", { skip: whyAbsent("chromium"), timeout: 300_000 }, async (t) => {
  const site = await startConsole();
  t.after(() => site.close());
  await startExecutions(site);
  const engine = await startEngine("chromium");
  t.after(() => engine.close());
  const page = await engine.page({ width: 1280, height: 900, lang: "zh-CN" });
  for (const [title, show] of Object.entries({ ...statesOf(zh), ...furtherStatesOf(zh) })) {
    await t.test(title, { timeout: 90_000 }, async () => {
      site.answer = () => undefined;
      await show(page, site);
      const all = await page.evaluate(texts);
      if (PICTURES) await page.screenshot(`${PICTURES}/${title.replace(/\W+/g, "-")}.png`);
      assert.ok(all.length > 20, `${all.length} texts`);
      assert.deepEqual(all.map((text) => text.replace(OF_OTHERS, "…")).flatMap(sentencesIn), []);
    });
  }
});

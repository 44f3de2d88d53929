// Takes pictures of the console for a review: a failed, a running and a finished execution, at four widths, light and
// dark, in English and Chinese, into `target/screens/`.
//
//     node tests/js/engines/screens.mjs [engine]

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { startConsole } from "../support/console.mjs";
import * as flows from "../support/console-flows.mjs";
import { startEngine } from "./driver.mjs";

const OUT = fileURLToPath(new URL("../../../target/screens/", import.meta.url));
const SIZES = { 390: 844, 820: 1180, 1440: 900, 2560: 1440 };
const STATUS = { en: ["Failed", "Running", "Succeeded"], zh: ["失败", "运行中", "成功"] };

const name = process.argv[2] ?? "chromium";
// Without such a font, the pictures have boxes instead of characters. No test needs it.
const { stdout } = spawnSync("fc-list", [":lang=zh", "family"], { encoding: "utf8" });
const hasChinese = stdout === null || stdout === undefined || stdout.trim() !== "";
if (!hasChinese) console.warn("no font for Chinese: its pictures are left out (Debian: fonts-wqy-zenhei)");
const site = await startConsole();
const engine = await startEngine(name);
try {
  await site.start("invoices", "failed", flows.MAP, { items: [1, 2, 3, 4] });
  await site.start("breakfast", "running", flows.PARALLEL);
  await site.start("resize", "finished", flows.CAUGHT);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const cases = [
    ["failed", "flow=invoices&execution=failed", 0],
    ["failed-timeline", "flow=invoices&execution=failed&view=timeline", 0],
    ["failed-events", "flow=invoices&execution=failed&view=events", 0],
    ["failed-definition", "flow=invoices&execution=failed&view=definition", 0],
    ["running", "flow=breakfast&execution=running", 1],
    ["running-timeline", "flow=breakfast&execution=running&view=timeline", 1],
    ["finished", "flow=resize&execution=finished&visit=0", 2],
    ["finished-timeline", "flow=resize&execution=finished&view=timeline&visit=0", 2],
  ];
  const page = await engine.page();
  for (const lang of hasChinese ? ["en", "zh"] : ["en"]) {
    await page.open(`${site.url}?${lang}`);
    await page.waitForElement("header select");
    await page.select("header select", lang);
    await page.waitFor((lang) => document.documentElement.lang.startsWith(lang), lang);
    for (const [title, hash, status] of cases) {
      await page.open(`${site.url}?${lang}-${title}#${hash}`);
      await page.waitForText(".status", STATUS[lang][status]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (const [width, height] of Object.entries(SIZES)) {
        await page.viewport(Number(width), height);
        for (const theme of ["light", "dark"]) {
          await page.select(".top-tools select:nth-of-type(2)", theme);
          await new Promise((resolve) => setTimeout(resolve, 250));
          const file = [title, width, theme, lang, name].filter((part) => part !== "en" && part !== "chromium");
          await page.screenshot(join(OUT, `${file.join("-")}.png`));
        }
      }
    }
  }
  console.log(`pictures: ${OUT}`);
} finally {
  await engine.close();
  await site.close();
}

// Takes pictures of the console for a review: a failed, a running and a finished execution, at four widths, light and
// dark, into `target/screens/`.
//
//     node tests/js/engines/screens.mjs [engine]

import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { startConsole } from "../support/console.mjs";
import * as flows from "../support/console-flows.mjs";
import { startEngine } from "./driver.mjs";

const OUT = fileURLToPath(new URL("../../../target/screens/", import.meta.url));
const SIZES = { 390: 844, 820: 1180, 1440: 900, 2560: 1440 };

const name = process.argv[2] ?? "chromium";
const site = await startConsole();
const engine = await startEngine(name);
try {
  await site.start("invoices", "failed", flows.MAP, { items: [1, 2, 3, 4] });
  await site.start("breakfast", "running", flows.PARALLEL);
  await site.start("resize", "finished", flows.CAUGHT);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const cases = [
    ["failed", "flow=invoices&execution=failed", "Failed"],
    ["failed-timeline", "flow=invoices&execution=failed&view=timeline", "Failed"],
    ["failed-events", "flow=invoices&execution=failed&view=events", "Failed"],
    ["failed-definition", "flow=invoices&execution=failed&view=definition", "Failed"],
    ["running", "flow=breakfast&execution=running", "Running"],
    ["running-timeline", "flow=breakfast&execution=running&view=timeline", "Running"],
    ["finished", "flow=resize&execution=finished&visit=0", "Succeeded"],
    ["finished-timeline", "flow=resize&execution=finished&view=timeline&visit=0", "Succeeded"],
  ];
  const page = await engine.page();
  for (const [title, hash, status] of cases) {
    await page.open(`${site.url}?${title}#${hash}`);
    await page.waitForText(".status", status);
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const [width, height] of Object.entries(SIZES)) {
      await page.viewport(Number(width), height);
      for (const theme of ["light", "dark"]) {
        await page.select("header select[aria-label=Theme]", theme);
        await new Promise((resolve) => setTimeout(resolve, 250));
        await page.screenshot(join(OUT, `${title}-${width}-${theme}${name === "chromium" ? "" : `-${name}`}.png`));
      }
    }
  }
  console.log(`pictures: ${OUT}`);
} finally {
  await engine.close();
  await site.close();
}

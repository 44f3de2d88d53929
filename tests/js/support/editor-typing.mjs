// Measures the main thread while someone types into the editor of the console.
//
//   CHROMIUM=/usr/bin/chromium node tests/js/support/editor-typing.mjs [--size 65536] [--keys 60]
//
// `task` is all work of the main thread divided by the number of keys, in time of the processor: the key itself, layout
// and drawing, and the checks that the keys cause. `handled` is the time on the clock from a key to the next task. The
// processor is not throttled.

import { pathToFileURL } from "node:url";
import { launch } from "../chromium.mjs";
import { longDefinition, serveEditor } from "./editor-server.mjs";

/** Waits for a condition. `waitForFunction` evaluates texts in the page, which its policy forbids. */
export async function until(page, condition, argument) {
  for (const end = Date.now() + 10_000; !(await page.evaluate(condition, argument)); ) {
    if (Date.now() > end) throw new Error(`this did not become true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Types into the middle of a definition. `page` shows the editor with `text`.
 *
 * @param {import("playwright-core").Page} page
 * @param {{ keys?: number, pauseMs?: number }} [options]
 */
export async function typeKeys(page, { keys = 60, pauseMs = 60 } = {}) {
  const session = await page.context().newCDPSession(page);
  // Time of the processor: other programs on the machine do not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  await page.evaluate(() => {
    window.handled = [];
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longTasks.push(duration);
    }).observe({ type: "longtask" });
    const { port1, port2 } = new MessageChannel();
    let start = 0;
    port1.onmessage = () => window.handled.push(performance.now() - start);
    document.addEventListener(
      "keydown",
      () => {
        start = performance.now();
        port2.postMessage(0);
      },
      { capture: true },
    );
  });
  const before = await busy();
  for (let at = 0; at < keys; at += 1) {
    await page.keyboard.press(at % 12 === 11 ? "Backspace" : "abcdefghijk"[at % 12]);
    await page.waitForTimeout(pauseMs);
  }
  // The last check.
  await page.waitForTimeout(600);
  const task = ((await busy()) - before) / keys;
  const { handled, longTasks } = await page.evaluate(() => ({ handled: window.handled, longTasks: window.longTasks }));
  handled.sort((a, b) => a - b);
  return { task, median: handled[handled.length >> 1], worst: handled[handled.length - 1], longTasks };
}

async function main(args) {
  const option = (name, value) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : value);
  const text = longDefinition(option("--size", 65_536));
  const keys = option("--keys", 60);
  const server = await serveEditor();
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server.url);
    await until(page, () => window.page !== undefined);
    await page.evaluate((given) => void window.page.start({ text: given }), text);
    await page.locator(".cm-line").nth(8).click();
    await until(page, () => window.page.store.get().checked);
    await page.keyboard.press("End");
    // The first keys compile.
    await typeKeys(page, { keys: 12 });
    const { task, median, worst, longTasks } = await typeKeys(page, { keys });
    const ms = (value) => `${value.toFixed(1)} ms`;
    console.log(`${text.length} characters, ${keys} keys`);
    console.log(`handled: median ${ms(median)}, worst ${ms(worst)}`);
    console.log(`main thread per key, checks included: ${ms(task)}`);
    console.log(`tasks above 50 ms: ${longTasks.length ? longTasks.map(ms).join(", ") : "none"}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

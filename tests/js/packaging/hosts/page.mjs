// The line that a page shows, in one of three browsers.

import { startEngine, whyAbsent } from "../../engines/driver.mjs";

const engines = new Map();

function browser(engine) {
  if (!engines.has(engine)) engines.set(engine, startEngine(engine));
  return engines.get(engine);
}

/** Name and version of a browser, from the headers that it sends. */
export async function browserVersion(engine) {
  const page = await (await browser(engine)).page();
  const agent = await page.evaluate(() => navigator.userAgent);
  return { chromium: /Chrome\/\d+/, firefox: /Firefox\/[\d.]+/, webkit: /Version\/[\d.]+/ }[engine].exec(agent)[0];
}

/**
 * Opens a page and returns its line. Errors on the console of the page are a failure.
 *
 * @param {string} url
 * @param {{ engine?: "chromium" | "firefox" | "webkit" }} [options]
 */
export async function lineOfPage(url, { engine = "chromium" } = {}) {
  const absent = whyAbsent(engine);
  if (absent) throw new Error(absent);
  const page = await (await browser(engine)).page();
  await page.open(url);
  let line;
  try {
    line = await page.waitFor(() => document.documentElement.dataset.line);
  } catch (error) {
    const problems = await page.problems().catch(() => []);
    throw new Error([error.message, ...problems].join("\n"));
  }
  const problems = await page.problems();
  if (problems.length > 0) throw new Error(`${line}\non the console of the page:\n${problems.join("\n")}`);
  return line;
}

/** Ends the browsers. */
export async function closeEngines() {
  for (const engine of engines.values()) await (await engine).close();
  engines.clear();
}

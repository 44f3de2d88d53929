// Loads what a bundler wrote as a page of Chromium.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { launch } from "../chromium.mjs";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const PAGE = "<!doctype html><script type=module src=/main.js></script>";

/**
 * Loads the page of a folder, or its `main.js` as a module if it has no page. Returns what the program writes into `outcome`.
 *
 * @param {string} folder
 */
export async function outcomeOf(folder) {
  const index = join(folder, "index.html");
  const server = createServer((request, response) => {
    try {
      const path = new URL(request.url, "http://localhost").pathname;
      const file = path === "/" ? index : join(folder, path);
      const body = file === index && !existsSync(index) ? PAGE : readFileSync(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const uncaught = new Promise((_, reject) => page.on("pageerror", reject));
    uncaught.catch(() => {});
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await Promise.race([uncaught, page.waitForFunction(() => globalThis.outcome)]);
    return await page.evaluate(() => globalThis.outcome);
  } finally {
    await browser.close();
    server.close();
  }
}

// Runs a bundled module with a function `answer` in Chromium and in workerd.

import fs from "node:fs";
import http from "node:http";
import { launch, program } from "../../js/chromium.mjs";
import { packageUrl } from "./part.mjs";

/**
 * @param {string} code
 * @param {"page" | "worker"} place
 * @returns {Promise<string | undefined>} undefined without Chromium
 */
export async function inChromium(code, place) {
  if (!program()) return undefined;
  const files = {
    "/module.js": code,
    "/worker.js": 'import { answer } from "/module.js"; postMessage(await answer());',
  };
  const server = http.createServer((request, response) => {
    const file = files[request.url];
    response.writeHead(200, { "content-type": file === undefined ? "text/html" : "text/javascript" });
    response.end(file ?? "<!doctype html><title>bench</title>");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    return await page.evaluate(async (place) => {
      if (place === "page") return (await import("/module.js")).answer();
      return new Promise((resolve, reject) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    }, place);
  } finally {
    await browser.close();
    server.close();
  }
}

/** @param {string} code */
export async function inWorkerd(code) {
  const { Log, LogLevel, Miniflare } = await import("miniflare");
  // workerd refuses a module outside of its root, so the modules are next to the script.
  const script = code.replace(/(from|import) "[^"]*\/([^"/]+\.wasm)"/g, '$1 "./$2"');
  const wasm = [...new Set([...script.matchAll(/"\.\/([^"/]+\.wasm)"/g)].map(([, name]) => name))].map((name) => ({
    type: "CompiledWasm",
    path: name,
    contents: fs.readFileSync(new URL(name, packageUrl)),
  }));
  const miniflare = new Miniflare({
    modules: [
      {
        type: "ESModule",
        path: "worker.js",
        contents: `${script}\nexport default { fetch: async () => new Response(await answer()) };`,
      },
      ...wasm,
    ],
    compatibilityDate: "2026-04-01",
    log: new Log(LogLevel.ERROR),
  });
  try {
    return await (await miniflare.dispatchFetch("http://bench/")).text();
  } finally {
    await miniflare.dispose();
  }
}

// Bundles and serves the page of the test of an adapter, and opens it in Chromium.

import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { launch } from "../chromium.mjs";
import { serveStatic } from "./static-server.mjs";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../../pkg/dist/", import.meta.url));

/** A definition with three states. Line 8 leads to the second one. */
export const FLOW = `Type: StateMachine
Name: tea
SpecVersion: v1
StartAt: Boil
States:
  - Type: Pass
    Name: Boil
    Next: Serve
  - Type: Pass
    Name: Serve
    Next: Done
  - Type: Succeed
    Name: Done
`;

/** The folder of Monaco, which has 107 MB. The step `pages` installs it. */
export const MONACO = fileURLToPath(new URL("../monaco/node_modules", import.meta.url));

/** The pages of the adapters. */
export const PAGES = {
  codemirror: [{ main: "codemirror-page.js" }, []],
  monaco: [
    { main: "monaco-page.js", "editor.worker": `${MONACO}/monaco-editor/esm/vs/editor/editor.worker.js` },
    [MONACO],
  ],
};

/** A valid definition of at least a length. The state `S0` leads to `S1`, and so on. */
export function longFlow(length) {
  const state = (at) => `  - Type: Pass\n    Name: S${at}\n    Next: S${at + 1}\n`;
  const parts = ["Type: StateMachine\nName: long\nSpecVersion: v1\nStartAt: S0\nStates:\n"];
  let at = 0;
  for (let size = 0; size < length; at += 1) size += parts[parts.push(state(at)) - 1].length;
  return `${parts.join("")}  - Type: Succeed\n    Name: S${at}\n`;
}

/** A contrast between two colours of CSS, as WCAG defines it. */
export function contrast(...colours) {
  const [low, high] = colours
    .map((colour) => {
      const [r, g, b] = colour
        .match(/[\d.]+/g)
        .map((part) => Number(part) / 255)
        .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    })
    .sort((a, b) => a - b);
  return high / low;
}

/**
 * Bundles and serves a page. Returns its address.
 *
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} entryPoints the written names and their sources, relative to this folder
 * @param {string[]} [nodePaths] folders of further packages
 * @param {string} [program] a program instead of the source of `main`
 */
export async function serveAdapterPage(t, entryPoints, nodePaths = [], program = undefined) {
  const folder = await mkdtemp(join(tmpdir(), "cloudflow-adapter-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  if (program !== undefined) {
    const file = join(folder, "program.js");
    await writeFile(file, `${program}\nwindow.start = () => {};\n`);
    entryPoints = { ...entryPoints, main: file };
  }
  await build({
    absWorkingDir: HERE,
    alias: {
      "cloudflow-wasm/editor/codemirror": join(PACKAGE, "editor/codemirror.js"),
      "cloudflow-wasm/editor/monaco": join(PACKAGE, "editor/monaco.js"),
    },
    entryPoints,
    nodePaths: [join(HERE, "../../../node_modules"), ...nodePaths],
    bundle: true,
    format: "esm",
    target: "es2022",
    outdir: folder,
    logLevel: "error",
    loader: { ".ttf": "dataurl" },
  });
  await copyFile(join(HERE, "counted.js"), join(folder, "counted.js"));
  const style = "main" in entryPoints && nodePaths.length > 0 ? '<link rel="stylesheet" href="main.css">' : "";
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><title>Adapter</title><link rel="icon" href="data:,">${style}
<body><div id="place" style="height:600px"></div><div id="second" style="height:200px"></div>
<script src="counted.js"></script><script type="module" src="main.js"></script>`,
  );
  return await serveStatic(t, { "/": folder });
}

/** Opens a page in Chromium: see `serveAdapterPage`. */
export async function openAdapterPage(t, ...what) {
  const url = await serveAdapterPage(t, ...what);
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(url);
  await page.waitForFunction(() => window.start !== undefined);
  return { page, problems };
}

// Bundles and serves the page of the test of an adapter, and opens it in Chromium.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
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

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} entryPoints the written names and their sources, relative to this folder
 * @param {string[]} [nodePaths] folders of further packages
 * @param {string} [program] a program instead of the source of `main`
 */
export async function openAdapterPage(t, entryPoints, nodePaths = [], program = undefined) {
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
  const style = "main" in entryPoints && nodePaths.length > 0 ? '<link rel="stylesheet" href="main.css">' : "";
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><title>Adapter</title><link rel="icon" href="data:,">${style}
<body><div id="place" style="height:600px"></div><script type="module" src="main.js"></script>`,
  );
  const url = await serveStatic(t, { "/": folder });
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

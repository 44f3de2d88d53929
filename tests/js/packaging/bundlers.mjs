// Bundles one file with each supported bundler, with the settings that a user gets without configuration. Returns the
// minified code. The bundlers that the repository itself does not use are in the package.json of this folder.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The text of all files of a folder. */
const textOf = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

const emptyFolder = (file) => mkdtempSync(join(file, "..", "out-"));

/** webpack and Rspack have the same interface. */
async function likeWebpack(bundler, file) {
  const path = emptyFolder(file);
  const compiler = bundler({ mode: "production", context: join(file, ".."), entry: file, output: { path } });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  return textOf(path);
}

/** Each bundler is a function from the path of a file to the code of its bundle. */
export const bundlers = {
  async esbuild(file) {
    const { build } = await import("esbuild");
    const options = { bundle: true, minify: true, format: "esm", write: false, logLevel: "error" };
    const { outputFiles } = await build({ entryPoints: [file], ...options });
    return outputFiles[0].text;
  },

  async Rollup(file) {
    const { rollup } = await import("rollup");
    const { nodeResolve } = await import("@rollup/plugin-node-resolve");
    const { transform } = await import("esbuild");
    const bundle = await rollup({ input: file, plugins: [nodeResolve({ browser: true })] });
    const { output } = await bundle.generate({ format: "es" });
    await bundle.close();
    // Rollup does not minify. The usual plugin takes twice the time.
    return (await transform(output.map(({ code }) => code).join("\n"), { minify: true })).code;
  },

  async Vite(file) {
    const { build } = await import("vite");
    const outDir = emptyFolder(file);
    await build({
      root: join(file, ".."),
      configFile: false,
      logLevel: "error",
      build: { outDir, rollupOptions: { input: file } },
    });
    return textOf(outDir);
  },

  webpack: async (file) => likeWebpack(require("webpack"), file),

  Rspack: async (file) => likeWebpack((await import("@rspack/core")).rspack, file),

  async Parcel(file) {
    const { Parcel } = require("@parcel/core");
    const distDir = emptyFolder(file);
    const parcel = new Parcel({
      entries: file,
      defaultConfig: require.resolve("@parcel/config-default"),
      mode: "production",
      shouldDisableCache: true,
      defaultTargetOptions: { distDir, shouldOptimize: true, shouldScopeHoist: true, sourceMaps: false },
    });
    await parcel.run();
    return textOf(distDir);
  },

  async Bun(file) {
    const { stdout } = await run(process.env.BUN, ["build", file, "--minify", "--target=browser"], { maxBuffer: 1e8 });
    return stdout;
  },
};

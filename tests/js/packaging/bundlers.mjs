// Bundles one file with each supported bundler, with the settings that a user gets without configuration, minified. The
// bundlers that the repository itself does not use are in the package.json of this folder.

import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import { BUN, run } from "./processes.mjs";

const require = createRequire(import.meta.url);

/** The text of all files of a folder. */
const textOf = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

const emptyFolder = (file) => mkdtempSync(join(file, "..", "out-"));

/** The name of the written file. */
const nameOf = (file) => `${basename(file, extname(file))}.js`;

/** webpack and Rspack have the same interface. */
async function likeWebpack(bundler, file) {
  const path = emptyFolder(file);
  const compiler = bundler({ mode: "production", context: join(file, ".."), entry: file, output: { path } });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  return { folder: path, script: "main.js", isModule: false };
}

/** Each builder is a function from the path of a file to the folder and the name of its script. */
export const builders = {
  async esbuild(file) {
    const { build } = await import("esbuild");
    const folder = emptyFolder(file);
    await build({ entryPoints: [file], outdir: folder, bundle: true, minify: true, format: "esm", logLevel: "error" });
    return { folder, script: nameOf(file), isModule: true };
  },

  async Rollup(file) {
    const { rollup } = await import("rollup");
    const { nodeResolve } = await import("@rollup/plugin-node-resolve");
    const { transform } = await import("esbuild");
    const folder = emptyFolder(file);
    const bundle = await rollup({ input: file, plugins: [nodeResolve({ browser: true })] });
    const { output } = await bundle.generate({ format: "es" });
    await bundle.close();
    for (const { fileName, code } of output) {
      // Rollup does not minify. The usual plugin takes twice the time.
      writeFileSync(join(folder, fileName), (await transform(code, { minify: true })).code);
    }
    return { folder, script: nameOf(file), isModule: true };
  },

  async Vite(file) {
    const { build } = await import("vite");
    const folder = emptyFolder(file);
    await build({
      root: join(file, ".."),
      configFile: false,
      logLevel: "error",
      build: { outDir: folder, rollupOptions: { input: file } },
    });
    return { folder, script: undefined, isModule: true };
  },

  webpack: async (file) => likeWebpack(require("webpack"), file),

  Rspack: async (file) => likeWebpack((await import("@rspack/core")).rspack, file),

  async Parcel(file) {
    const { Parcel } = require("@parcel/core");
    const folder = emptyFolder(file);
    const parcel = new Parcel({
      entries: file,
      defaultConfig: require.resolve("@parcel/config-default"),
      mode: "production",
      shouldDisableCache: true,
      defaultTargetOptions: { distDir: folder, shouldOptimize: true, shouldScopeHoist: true, sourceMaps: false },
    });
    // Parcel looks for its root from the working directory.
    const before = process.cwd();
    process.chdir(join(file, ".."));
    try {
      await parcel.run();
    } finally {
      process.chdir(before);
    }
    return { folder, script: nameOf(file), isModule: true };
  },

  async Bun(file) {
    const folder = emptyFolder(file);
    await run(BUN, ["build", file, "--minify", "--target=browser", `--outdir=${folder}`]);
    return { folder, script: nameOf(file), isModule: true };
  },
};

/** Each bundler is a function from the path of a file to the code of its bundle. */
export const bundlers = Object.fromEntries(
  Object.entries(builders).map(([name, build]) => [name, async (file) => textOf((await build(file)).folder)]),
);

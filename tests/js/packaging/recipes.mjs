// The recipes of docs/integration.md, each in a copy of the folder in which the package is installed: modules as files, by
// bundler, run in Chromium. The hosts of hosts/ run the recipes for Jest.

import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { block, line } from "./integration.mjs";
import { outcomeOf } from "./outcome.mjs";

const require = createRequire(import.meta.url);

/** The packages of this folder. */
const PACKAGES = fileURLToPath(new URL("node_modules", import.meta.url));

/** Bundles `main.js` of a folder into the folder `out`, each with the settings that the page names. */
const BUNDLERS = {
  async Vite(dir, out, conditions) {
    const { build } = await import("vite");
    const resolve = conditions && { conditions };
    const rollupOptions = { input: join(dir, "main.js"), output: { entryFileNames: "main.js" } };
    await build({
      root: dir,
      configFile: false,
      logLevel: "error",
      resolve,
      build: { outDir: out, target: "esnext", rollupOptions },
    });
  },
  webpack: (dir, out) => likeWebpack(require("webpack"), dir, out),
  Rspack: async (dir, out) => likeWebpack((await import("@rspack/core")).rspack, dir, out),
  async esbuild(dir, out) {
    const { build } = await import("esbuild");
    const loader = { ".wasm": "file" };
    const outfile = join(out, "main.js");
    await build({
      entryPoints: [join(dir, "main.js")],
      bundle: true,
      format: "esm",
      outfile,
      loader,
      logLevel: "error",
    });
  },
  async Parcel(dir, out) {
    const { Parcel } = require("@parcel/core");
    const parcel = new Parcel({
      entries: join(dir, "main.js"),
      defaultConfig: require.resolve("@parcel/config-default"),
      mode: "production",
      shouldDisableCache: true,
      defaultTargetOptions: { distDir: out, sourceMaps: false, outputFormat: "esmodule", publicUrl: "/" },
      targets: ["default"],
    });
    await parcel.run();
  },
};

async function likeWebpack(bundler, dir, path) {
  const compiler = bundler({ mode: "production", context: dir, entry: "./main.js", output: { path } });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
}

/**
 * Tests of the package that is installed in a folder: functions of a copy of it.
 *
 * @param run runs a program and returns its output
 * @param {Record<string, string>} programs the paths of Deno and Bun
 */
export function recipeTests(run, programs) {
  const FLOW = JSON.stringify("type: flow");
  const rest = `import { init, validateFlow } from "cloudflow-wasm/slim";\nawait init({ language });\n`;
  const shown = `\nglobalThis.outcome = validateFlow(${FLOW}).dialect;\n`;
  const printed = `\nconsole.log(validateFlow(${FLOW}).dialect);\n`;
  const imported = block('import language from "cloudflow-wasm/language.wasm"');
  const local = block('import local from "cloudflow-wasm/local.wasm"');

  const inChromium = async (bundler, dir, code, ...more) => {
    writeFileSync(join(dir, "main.js"), code);
    const out = join(dir, "out");
    mkdirSync(out);
    await BUNDLERS[bundler](dir, out, ...more);
    const outcome = await outcomeOf(out);
    if (outcome !== "flow") throw new Error(`expected flow, got ${outcome}`);
    const js = readdirSync(out, { recursive: true }).filter((name) => /\.m?js$/.test(name));
    const large = js.filter((name) => readFileSync(join(out, name)).length > 150_000);
    if (large.length > 0) throw new Error(`the JavaScript contains the module: ${large}`);
  };
  const inProgram = async (program, args, dir, code) => {
    writeFileSync(join(dir, "main.mjs"), code);
    const text = await run(program, [...args, "main.mjs"], { cwd: dir });
    if (text.split("\n").at(-1) !== "flow") throw new Error(text);
  };

  const tests = {};
  for (const bundler of ["Vite", "webpack", "Rspack", "esbuild"])
    tests[`${bundler} loads an imported module`] = (dir) => inChromium(bundler, dir, imported + shown);
  for (const bundler of ["Vite", "webpack", "Rspack", "Parcel"])
    tests[`${bundler} loads a module by the line of the page`] = (dir) =>
      inChromium(bundler, dir, `${line(bundler)};\n${rest}${shown}`);
  for (const bundler of ["Vite", "webpack"])
    tests[`${bundler} keeps the module local out of the JavaScript`] = (dir) =>
      inChromium(
        bundler,
        dir,
        `${local}\nconst { status } = await simulateFlow(${JSON.stringify("version: v1\ntype: flow\nsteps:\n  - {type: succeed, name: a}\n")});
globalThis.outcome = status === "Succeeded" ? "flow" : status;\n`,
      );
  tests["Vite builds a page that sets the condition workerd"] = (dir) =>
    inChromium("Vite", dir, `import { validateFlow } from "cloudflow-wasm";\n${shown}`, [
      "workerd",
      "module",
      "browser",
    ]);
  tests["Bun loads an imported module"] = (dir) => inProgram(programs.BUN, ["run"], dir, imported + printed);
  tests["Deno loads an imported module"] = (dir) =>
    inProgram(programs.DENO, ["run", "--allow-all", "--quiet"], dir, imported + printed);
  tests["Deno loads a module in the source phase"] = (dir) =>
    inProgram(programs.DENO, ["run", "--allow-all", "--quiet"], dir, block("import source") + printed);
  tests["Node loads a module by the line of the page"] = (dir) =>
    inProgram(process.execPath, [], dir, `${line("Node 20")};\n${rest}${printed}`);

  // The hosts of hosts/jest.mjs run the recipes.
  tests["jsdom without the recipe has an error that names what is absent"] = async (dir) => {
    writeFileSync(join(dir, "package.json"), JSON.stringify({ private: true }));
    // Jest and its presets are found from the folder of the project.
    for (const name of readdirSync(PACKAGES))
      if (name !== "cloudflow-wasm" && !name.startsWith("."))
        symlinkSync(join(PACKAGES, name), join(dir, "node_modules", name));
    writeFileSync(join(dir, "jest.config.js"), block("transformIgnorePatterns"));
    writeFileSync(
      join(dir, "flow.test.js"),
      `const { validateFlow } = require("cloudflow-wasm");
test("flow", () => {
  const error = (() => { try { validateFlow(${FLOW}); } catch (error) { return error; } })();
  expect([error.name, error.kind, error.code]).toEqual(["CloudFlowError", "internal", "module-not-loaded"]);
  expect(error.message).toMatch(/TextEncoder is not defined.*jsdom/);
});
`,
    );
    await run(process.execPath, [join(PACKAGES, "jest/bin/jest.js"), "--env", "jsdom", "--rootDir", dir], { cwd: dir });
  };
  return tests;
}

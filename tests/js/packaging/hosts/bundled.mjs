// Bundlers without configuration. Their output is loaded in Chromium.

import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { builders } from "../bundlers.mjs";
import { ROOT } from "./project.mjs";
import { page, PAGE_SCRIPT, PROGRAM, SHOW } from "./texts.mjs";

const HERE = join(ROOT, "tests/js/packaging/node_modules");

const host = (bundler, packageName, modules) => ({
  quick: true,
  async run(project) {
    const { folder, script, isModule } = await builders[bundler](project.file("src/main.js"));
    writeFileSync(join(folder, "index.html"), page(`/${script}`, isModule ? "type=module" : "defer"));
    return project.page(await project.static({ "/": folder }));
  },
  versions: [({ version }) => `${packageName} ${version(packageName, modules)}`],
});

export const bundled = {
  files: { "src/program.mjs": PROGRAM, "src/show.mjs": SHOW, "src/main.js": PAGE_SCRIPT },
  hosts: {
    webpack: host("webpack", "webpack", HERE),
    Rspack: host("Rspack", "@rspack/core", HERE),
    Rollup: host("Rollup", "rollup", HERE),
    esbuild: host("esbuild", "esbuild", join(ROOT, "node_modules")),
    Parcel: host("Parcel", "@parcel/core", HERE),
    "Bun, page": host("Bun", "bun", join(ROOT, "node_modules")),
  },
};

// Angular with the settings of `ng new`, including its budgets.

import { PROGRAM, SHOW } from "./texts.mjs";

const OPTIONS = {
  browser: "src/main.ts",
  tsConfig: "tsconfig.json",
  index: "src/index.html",
  outputPath: "dist",
};

// Those of the starter.
const BUDGETS = [
  { type: "initial", maximumWarning: "500kB", maximumError: "1MB" },
  { type: "anyComponentStyle", maximumWarning: "4kB", maximumError: "8kB" },
];

const workspace = (budgets) => ({
  version: 1,
  projects: {
    host: {
      projectType: "application",
      root: "",
      sourceRoot: "src",
      architect: {
        build: {
          builder: "@angular/build:application",
          options: OPTIONS,
          configurations: {
            production: { budgets, outputHashing: "all" },
            development: { optimization: false, extractLicenses: false, sourceMap: true },
          },
          defaultConfiguration: "production",
        },
      },
    },
  },
});

const main = (load) => `import { Component } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { show } from "./show.mjs";
${load}
@Component({ selector: "app-root", template: "<p>page</p>" })
class App {
  constructor() {
    show(program());
  }
}

bootstrapApplication(App).catch(console.error);
`;

const STATIC = `import { program } from "./program";\n`;
const LAZY = `const program = () => import("./program").then(({ program }) => program());\n`;

const build =
  (load, args = []) =>
  async (project) => {
    project.write("src/main.ts", main(load));
    const printed = await project.npx("ng", ["build", "--no-progress", ...args], { withErrors: true });
    const warnings = printed.split("\n").filter((line) => /warning|exceeded/i.test(line));
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
    return project.page(await project.static({ "/": project.file("dist/browser") }));
  };

export const angular = {
  files: {
    "src/program.ts": PROGRAM,
    "src/show.mjs": SHOW,
    "src/show.d.mts": "export function show(line: Promise<string>): void;\n",
    "src/index.html": `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>host</title><base href="/"><link rel="icon" href="data:,"></head>
<body><app-root></app-root></body></html>
`,
    "angular.json": JSON.stringify(workspace(BUDGETS), undefined, 2),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        strict: true,
        noImplicitOverride: true,
        noPropertyAccessFromIndexSignature: true,
        noImplicitReturns: true,
        noFallthroughCasesInSwitch: true,
        skipLibCheck: true,
        isolatedModules: true,
        experimentalDecorators: true,
        importHelpers: true,
        target: "ES2022",
        module: "preserve",
      },
      angularCompilerOptions: {
        strictInjectionParameters: true,
        strictInputAccessModifiers: true,
        strictTemplates: true,
      },
      files: ["src/main.ts"],
    }),
  },
  versions: ["@angular/core", "@angular/build"],
  hosts: {
    "Angular, production": {
      run: build(STATIC),
      fails: {
        match: "exceeded maximum budget",
        because:
          "`cloudflow-wasm/local` exceeds the budget of the starter: [import it on demand](integration.md#the-size-of-cloudflow-wasmlocal)",
      },
    },
    "Angular, production, import()": build(LAZY),
    "Angular, development": build(STATIC, ["--configuration=development"]),
  },
};

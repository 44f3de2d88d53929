// Jest by the recipes of docs/integration.md.

import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { block } from "../integration.mjs";
import { ROOT } from "./project.mjs";
import { PROGRAM } from "./texts.mjs";

const MODULES = join(ROOT, "tests/js/packaging/node_modules");

/** The line goes to a file, because Jest changes the console. */
const TEST = `test("program", async () => {
  writeFileSync("line.txt", await program());
});
`;

const [VARIABLE, VALUE] = /^(\w+)=(\S+)/.exec(block("npx jest")).slice(1);

/** One project per way to load modules. */
const CONFIGURATIONS = {
  modules: 'export default { transform: {}, testMatch: ["**/*.test.mjs"] };\n',
  require: block("transformIgnorePatterns"),
  none: "module.exports = {};\n",
};

const jest =
  (kind, environment = "node") =>
  async (project) => {
    const { file, write, read } = project;
    write("line.txt", "");
    write(`jest.${kind}.config.${kind === "modules" ? "mjs" : "js"}`, CONFIGURATIONS[kind]);
    const config = file(`jest.${kind}.config.${kind === "modules" ? "mjs" : "js"}`);
    const env = kind === "modules" ? { [VARIABLE]: VALUE } : {};
    const args = [
      join(MODULES, "jest/bin/jest.js"),
      "--no-cache",
      "--config",
      config,
      "--env",
      environment,
      kind === "modules" ? "esm" : "common",
    ];
    const output = await project.run(process.execPath, args, { env });
    return read("line.txt") || output;
  };

const JSDOM = "./jsdom-with-node.js";
const environment = "[an environment](integration.md#jest) for `TextEncoder` and `fetch`";

export const jestProject = {
  files: {
    "package.json": `${JSON.stringify({ private: true })}\n`,
    "program.mjs": PROGRAM,
    "program.js": PROGRAM,
    "esm.test.mjs": `import { writeFileSync } from "node:fs";\nimport { program } from "./program.mjs";\n${TEST}`,
    "common.test.js": `const { writeFileSync } = require("node:fs");\nconst { program } = require("./program.js");\n${TEST}`,
    "jsdom-with-node.js": block("jest-environment-jsdom"),
  },
  prepare({ file }) {
    // Jest finds its presets from the folder of the project.
    for (const name of readdirSync(MODULES))
      if (name !== "cloudflow-wasm" && !name.startsWith("."))
        symlinkSync(join(MODULES, name), file(join("node_modules", name)));
  },
  versions: [({ version }) => `jest ${version("jest", MODULES)}`],
  hosts: {
    "Jest, ES modules": { quick: true, run: jest("modules"), setting: "[a variable](integration.md#jest) for Jest" },
    "Jest, ES modules, jsdom": {
      quick: true,
      run: jest("modules", JSDOM),
      setting: `[a variable](integration.md#jest) for Jest and ${environment}`,
    },
    "Jest, require()": { quick: true, run: jest("require"), setting: "[two lines](integration.md#jest) for Babel" },
    "Jest, require(), jsdom": {
      quick: true,
      run: jest("require", JSDOM),
      setting: `[two lines](integration.md#jest) for Babel and ${environment}`,
    },
    "Jest, require(), without configuration": {
      run: jest("none"),
      fails: {
        match: "Must use import to load ES Module",
        because: "Jest's `require` loads no ES modules: [recipes](integration.md#jest)",
      },
    },
  },
};

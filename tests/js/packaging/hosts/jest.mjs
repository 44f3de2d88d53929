// Jest. Its `require` loads no ES modules, and its jsdom lacks the functions of the platform that browsers have.

import { PROGRAM } from "./texts.mjs";

/** The line goes to a file, because Jest changes the console. */
const test = (load) => `const { writeFileSync } = ${load("node:fs")};
const { program } = ${load("./program.mjs")};
test("program", async () => {
  writeFileSync("line.txt", await program());
});
`;

const FILES = {
  "program.mjs": PROGRAM,
  "common.test.cjs": test((name) => `require("${name}")`),
  "esm.test.mjs": test((name) => `await import("${name}")`),
  // docs/hosts.md prints this file.
  "jsdom-environment.mjs": `import { TestEnvironment } from "jest-environment-jsdom";

export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    const { TextEncoder, TextDecoder, Uint8Array, ArrayBuffer, fetch, Request, Response, Headers, ReadableStream } = globalThis;
    Object.assign(this.global, { TextEncoder, TextDecoder, Uint8Array, ArrayBuffer, fetch, Request, Response, Headers, ReadableStream });
  }
}
`,
};

const runJest = (args, env) => async (project) => {
  project.write("line.txt", "");
  const output = await project.npx("jest", ["--no-cache", ...args], { env });
  return project.read("line.txt") || output;
};

const MODULES = { NODE_OPTIONS: "--experimental-vm-modules" };
const all = (pattern) => [`--testMatch=**/${pattern}`];

export const jest = {
  files: FILES,
  versions: ["jest"],
  hosts: {
    "Jest, ES modules": {
      run: runJest(all("esm.test.mjs"), MODULES),
      setting: "`NODE_OPTIONS=--experimental-vm-modules`, as Jest documents for ES modules",
    },
    "Jest, jsdom": {
      run: runJest([...all("esm.test.mjs"), "--env=./jsdom-environment.mjs"], MODULES),
      setting: "the same and [an environment](#jest-with-jsdom) that has `TextEncoder` and `fetch`",
      versions: ["jest", "jest-environment-jsdom"],
    },
    "Jest, CommonJS": {
      run: runJest(all("common.test.cjs")),
      fails: { match: "Must use import to load ES Module", because: "Jest's `require` loads no ES modules" },
    },
  },
};

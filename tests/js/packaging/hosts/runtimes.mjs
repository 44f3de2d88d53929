// Node, tsx, edge-runtime, Deno and Bun.

import { join } from "node:path";
import { BUN, DENO } from "../processes.mjs";
import { NODES } from "./node.mjs";
import { ROOT } from "./project.mjs";
import { PRINT, PROGRAM } from "./texts.mjs";

const FILES = {
  "program.mjs": PROGRAM,
  "main.mjs": PRINT,
  "main.cjs": `const { program } = require("./program.mjs");
const { validateFlow } = require("cloudflow-wasm");
if (typeof validateFlow !== "function") throw new Error("require() returns no functions");
program().then(console.log);
`,
  "program.ts": PROGRAM,
  "main.ts": `import { program } from "./program.ts";
const line: string = await program();
console.log(line);
`,
  "main.test.ts": `import { expect, test } from "bun:test";
import { program } from "./program.ts";
test("program", async () => {
  console.log(await program());
  expect(1).toBe(1);
});
`,
  "edge.mjs": `import { program } from "./program.mjs";
addEventListener("fetch", (event) => {
  event.respondWith(program().then((line) => new Response(line)));
});
`,
  "edge-run.mjs": `import { readFileSync } from "node:fs";
import { EdgeRuntime } from "edge-runtime";
const runtime = new EdgeRuntime({ initialCode: readFileSync("edge.js", "utf8") });
const response = await runtime.dispatchFetch("http://edge.example/");
console.log(await response.text());
`,
};

/** The version that a program prints. */
const versionOf =
  (name, program) =>
  async ({ run }) =>
    `${name} ${/\d+\.\d+\.\d+/.exec(await run(program, ["--version"]))[0]}`;

const nodeHost = (version, args) => ({
  run: ({ nodes, run }) => run(nodes.of(version), args),
  versions: [(project) => versionOf("Node", project.nodes.of(version))(project)],
});

export const node = {
  files: FILES,
  versions: [(project) => versionOf("Node", project.nodes.tools)(project)],
  hosts: {
    ...Object.fromEntries(NODES.map((version) => [`Node ${version}`, nodeHost(version, ["main.mjs"])])),
    "Node 20, require()": nodeHost(20, ["main.cjs"]),
    "Node 24, require()": nodeHost(24, ["main.cjs"]),
    "Node 24, types stripped": nodeHost(24, ["main.ts"]),
    tsx: { run: ({ npx }) => npx("tsx", ["main.ts"]), versions: ["tsx"] },
    "edge-runtime": {
      // edge-runtime runs scripts only: esbuild bundles them, as Next does.
      async run({ run, node, file }) {
        const args = [
          file("edge.mjs"),
          "--bundle",
          "--format=iife",
          `--outfile=${file("edge.js")}`,
          "--log-level=error",
        ];
        await run(join(ROOT, "node_modules/.bin/esbuild"), args);
        return node(["edge-run.mjs"]);
      },
      versions: ["edge-runtime"],
    },
  },
};

const DENO_FLAGS = ["--allow-all", "--quiet", "--no-lock"];

export const runtimes = {
  files: FILES,
  hosts: {
    Deno: {
      quick: true,
      run: ({ run }) => run(DENO, ["run", ...DENO_FLAGS, "main.ts"]),
      versions: [versionOf("Deno", DENO)],
    },
    "Deno, types": {
      quick: true,
      run: ({ run }) => run(DENO, ["run", "--check", ...DENO_FLAGS, "main.ts"]),
      versions: [versionOf("Deno", DENO)],
    },
    Bun: {
      quick: true,
      run: ({ run }) => run(BUN, ["run", "main.ts"]),
      versions: [versionOf("Bun", BUN)],
    },
    "Bun build": {
      quick: true,
      async run({ run }) {
        await run(BUN, ["build", "main.ts", "--target=bun", "--outdir=built"]);
        return run(BUN, ["run", "built/main.js"]);
      },
      versions: [versionOf("Bun", BUN)],
    },
    "Bun build, executable": {
      async run({ run, file }) {
        await run(BUN, ["build", "main.ts", "--compile", "--outfile", file("program")]);
        return run(file("program"), []);
      },
      versions: [versionOf("Bun", BUN)],
    },
    "Bun test": {
      quick: true,
      run: async ({ run }) => lineIn(await run(BUN, ["test"])),
      versions: [versionOf("Bun", BUN)],
    },
  },
};

/** The line of the program in the output of a test runner. */
const lineIn = (output) => output.split("\n").find((line) => line.startsWith("flow ")) ?? output;

// Installs the tarball into empty projects outside the repository and uses it there, with no configuration: every entry in
// Node, Deno, Bun, workerd (bundled by wrangler) and a Vite build in Chromium, what bundlers remove, and the quick hosts
// of hosts/.
//
//     CHROMIUM=… DENO=… BUN=… node tests/js/packaging/run.mjs <tarball> [--filter NAME]

import { cpSync, existsSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { readArguments } from "../arguments.mjs";
import { gatewayTests } from "./gateway.mjs";
import { runHosts } from "./hosts/run.mjs";
import { outcomeOf } from "./outcome.mjs";
import { BUN, DENO, environment, run } from "./processes.mjs";
import { recipeTests } from "./recipes.mjs";
import { publishingTests } from "../publishing/published.mjs";
import { shakingTests } from "./shaking.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..", "..");
const MODULES = join(ROOT, "node_modules");
const { out: tarball, filter } = readArguments(process.argv.slice(2));
// The program with the modules of the slim entry, as Node, Deno and Bun resolve it.
const FROM_FILE = `import { check } from "./entries.mjs";
const [ask, language] = ["ask", "language"].map((name) => new URL(import.meta.resolve(\`cloudflow-wasm/\${name}.wasm\`)));
console.log(await check({ ask, language }));
`;

const TESTS = {
  async "Node runs it"(dir) {
    writeFileSync(join(dir, "main.mjs"), FROM_FILE);
    expectOk(await run(process.execPath, ["main.mjs"], { cwd: dir }));
  },

  async "Deno runs it"(dir) {
    writeFileSync(join(dir, "main.mjs"), FROM_FILE);
    expectOk(await run(DENO, ["run", "--allow-all", "--quiet", "main.mjs"], { cwd: dir }));
  },

  async "Bun runs it"(dir) {
    writeFileSync(join(dir, "main.mjs"), FROM_FILE);
    expectOk(await run(BUN, ["run", "main.mjs"], { cwd: dir }));
  },

  async "the command runs"(dir) {
    const { version } = JSON.parse(readFileSync(join(dir, "node_modules", "cloudflow-wasm", "package.json"), "utf8"));
    const printed = await run("npx", ["--no-install", "cloudflow-wasm", "--version"], { cwd: dir });
    if (printed !== version) throw new Error(`expected ${version}, got ${printed}`);
  },

  async "workerd runs what wrangler bundles"(dir) {
    writeFileSync(
      join(dir, "worker.mjs"),
      `import { check } from "./entries.mjs";
import ask from "cloudflow-wasm/ask.wasm";
import language from "cloudflow-wasm/language.wasm";
export default { fetch: async () => new Response(await check({ ask, language })) };
`,
    );
    const out = join(dir, "out");
    await run(
      process.execPath,
      [
        join(MODULES, "wrangler/bin/wrangler.js"),
        "deploy",
        "worker.mjs",
        "--name",
        "check",
        "--compatibility-date",
        "2026-04-01",
        "--dry-run",
        "--outdir",
        out,
      ],
      { cwd: dir, env: { ...environment, CI: "true", WRANGLER_LOG_PATH: join(dir, "log") } },
    );
    const modules = readdirSync(out)
      .filter((name) => [".js", ".mjs", ".wasm"].includes(extname(name)))
      .sort((a, b) => Number(a.endsWith(".wasm")) - Number(b.endsWith(".wasm")))
      .map((name) => ({
        type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
        path: name,
        contents: readFileSync(join(out, name)),
      }));
    const miniflare = new Miniflare({ modules, compatibilityDate: "2026-04-01", cf: false });
    try {
      expectOk(await (await miniflare.dispatchFetch("http://check.example/")).text());
    } finally {
      await miniflare.dispose();
    }
  },

  async "a Worker that is bundled without the condition workerd logs what it lacks"(dir) {
    const { build } = await import("esbuild");
    const entry = join(dir, "worker.mjs");
    writeFileSync(
      entry,
      `import { createGateway } from "cloudflow-wasm/gateway";
const lines = [];
console.error = (line) => lines.push(line);
const credentials = { accessKeyId: "key", accessKeySecret: "secret" };
const gateway = createGateway({ upstream: () => ({ region: "cn-hangzhou", credentials }), authorize: () => true, log: false });
export default {
  async fetch(request, env, context) {
    const { status } = await gateway.fetch(request, env, context);
    return Response.json({ status, lines });
  },
};
`,
    );
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false });
    const script = outputFiles[0].text;
    const miniflare = new Miniflare({ modules: true, script, compatibilityDate: "2026-04-01", cf: false });
    try {
      const query = "Action=DescribeExecution&Version=2019-03-15&FlowName=a&ExecutionName=b";
      const { status, lines } = await (await miniflare.dispatchFetch(`http://gateway.example/?${query}`)).json();
      if (status !== 500 || lines.length !== 1 || !/forbids WebAssembly.*the condition `workerd`/.test(lines[0]))
        throw new Error(`${status} ${lines.join("\n")}`);
    } finally {
      await miniflare.dispose();
    }
  },

  async "Chromium runs what Vite bundles"(dir) {
    writeFileSync(
      join(dir, "index.html"),
      "<!doctype html><meta charset=utf-8><title>check</title><body><script type=module src=/main.js></script>",
    );
    writeFileSync(
      join(dir, "main.js"),
      `import { check } from "./entries.mjs";
import ask from "cloudflow-wasm/ask.wasm?url";
import language from "cloudflow-wasm/language.wasm?url";
check({ ask: new URL(ask, location.href), language: new URL(language, location.href) }).catch((error) => String(error?.stack ?? error)).then((text) => (globalThis.outcome = text));
`,
    );
    await run(process.execPath, [join(MODULES, "vite/bin/vite.js"), "build", "--logLevel", "error"], { cwd: dir });
    expectOk(await outcomeOf(join(dir, "dist")));
  },

  async "the tarball contains the licence notices of all compiled crates"(dir) {
    const notices = readFileSync(join(dir, "node_modules", "cloudflow-wasm", "THIRD-PARTY.txt"), "utf8");
    const sections = notices.split(/^={80}$/m).slice(1);
    const texts =
      /Permission is hereby granted, free of charge|This software is provided 'as-is'|TERMS AND CONDITIONS FOR USE/;
    // The list of `cargo tree` is independent of the list from which the notices are generated.
    const tree = [
      "tree",
      "--package",
      "cloudflow-wasm",
      "--all-features",
      "--edges",
      "normal,no-proc-macro",
      "--target",
      "wasm32-unknown-unknown",
    ];
    const listed = await run("cargo", [...tree, "--locked", "--prefix", "none", "--format", "{p}"], {
      cwd: ROOT,
      env: process.env,
    });
    // `name v1.2.3`, then the folder of a member of the workspace, or `(*)` where a crate is listed again.
    const foreign = listed.split("\n").filter((line) => /^\S+ v\S+( \(\*\)| \(proc-macro\))*$/.test(line));
    const crates = new Set(foreign.map((line) => line.split(" ").slice(0, 2).join(" ")));
    if (crates.size < 20) throw new Error(`cargo tree lists ${crates.size} crates only:\n${listed}`);
    const problems = [...crates].map((line) => {
      const [name, version] = line.split(" v");
      const section = sections.find((section) => section.includes(`\n${name} ${version}: `));
      return !section
        ? `no notice for ${name} ${version}`
        : texts.test(section.replace(/\s+/g, " "))
          ? ""
          : `no licence text for ${name} ${version}`;
    });
    const std = sections.at(-1);
    if (!std.startsWith("\nThe Rust standard library\n") || !texts.test(std.replace(/\s+/g, " ")))
      problems.push("no notice for the Rust standard library");
    const command = readFileSync(join(dir, "node_modules", "cloudflow-wasm", "cli", "THIRD-PARTY.txt"), "utf8");
    if (!/\ncommander [\d.]+: MIT\n[\s\S]*Permission is hereby granted/.test(command))
      problems.push("no notice for commander");
    if (!notices.includes("\nwasm-bindgen-cli-support ")) problems.push("no notice for the glue of wasm-bindgen");
    if (problems.some(Boolean)) throw new Error(problems.filter(Boolean).join("\n"));
  },

  async "publint reports nothing"(dir) {
    const output = await run(
      process.execPath,
      [
        join(MODULES, "publint/src/cli.js"),
        "run",
        join(dir, "node_modules/cloudflow-wasm"),
        "--strict",
        "--pack",
        "false",
      ],
      { cwd: dir },
    );
    if (!output.includes("All good")) throw new Error(output);
  },

  async "the documents are in the package, and their links lead to files of it"(dir) {
    const installed = join(dir, "node_modules/cloudflow-wasm");
    for (const name of ["README.md", "README.zh-CN.md", "CHANGELOG.md"]) {
      const text = readFileSync(join(installed, name), "utf8");
      for (const [, target] of text.matchAll(/\]\((?!https:|#)([^)#]*)/g))
        if (!existsSync(join(installed, target))) throw new Error(`${name}: \`${target}\` is not in the package`);
    }
  },

  async "the types resolve in every ESM resolution mode"() {
    const attw = join(MODULES, "@arethetypeswrong/cli/dist/index.js");
    await run(process.execPath, [
      attw,
      tarball,
      "--profile",
      "esm-only",
      "--exclude-entrypoints",
      "./ask.wasm",
      "./editor.wasm",
      "./gateway.wasm",
      "./language.wasm",
      "./local.wasm",
    ]);
  },
};

// Outside the repository, so that the resolution of modules does not find files of the repository.
const place = mkdtempSync(join(tmpdir(), "cloudflow-packaging-"));
const totals = { passed: 0, failed: 0 };
try {
  const first = join(place, "installed");
  mkdirSync(first);
  writeFileSync(join(first, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await run(npm, ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", tarball], { cwd: first });
  cpSync(join(HERE, "entries.mjs"), join(first, "entries.mjs"));
  const tests = {
    ...TESTS,
    ...gatewayTests(ROOT, tarball, run, environment),
    ...recipeTests(run, { BUN, DENO }),
    ...shakingTests(first),
    ...publishingTests(ROOT, tarball, run),
  };
  for (const [name, body] of Object.entries(tests).filter(([name]) => name.includes(filter))) {
    const dir = join(place, `project-${totals.passed + totals.failed}`);
    cpSync(first, dir, { recursive: true });
    const began = performance.now();
    try {
      await body(dir);
      totals.passed += 1;
      console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      totals.failed += 1;
      console.log(`not ok  ${name}\n${String(error?.stack ?? error).replace(/^/gm, "        ")}`);
    }
  }
  const rows = await runHosts({ tarball, filter, quick: true });
  totals.failed += rows.filter(({ failed }) => failed).length;
  totals.passed += rows.filter(({ failed }) => !failed).length;
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);

function expectOk(text) {
  if (text.trim() !== "ok") throw new Error(text);
}

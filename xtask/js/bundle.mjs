// Writes the package as programs load it: one JavaScript file per entry, one with the code that all entries share, and
// copies of all other files.
//
//     node bundle.mjs <pkg> <to>
//
// Node needs 0.5 to 1 ms for each file. An entry and the entries that it uses stay files of their own, so that a function
// is the same one whatever entry exports it, and a program does not load the modules of other entries.
//
// The shared file has what must exist once in a program: the class `CloudFlowError`, and what the entries know of each
// other's functions (`shared/behind.js`). All other code is in each file that uses it.

import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const [pkg, to] = process.argv.slice(2).map((path) => resolve(path));

const MODULES = ["ask", "editor", "gateway", "language", "local", "sign"];

/** Hosts that instantiate an imported module load files of these. */
const HOSTED = ["ask", "editor", "language", "local", "sign"];

/**
 * The written files beside those that `exports` and `bin` of package.json name. With `validateExecution` in a file of its
 * own, the default entry only re-exports: Parcel would keep the functions that `validateExecution` uses otherwise.
 */
const FURTHER = [
  "./cli/cli.js",
  "./cli/check/worker.js",
  "./cli/parser.js",
  "./cli/zh.js",
  "./cli/gateway.js",
  "./cli/local.js",
  "./console/control.js",
  "./console/files.js", // the built page is next to it
  "./execution/inline.js",
  "./execution/workerd.js",
  ...HOSTED.map((name) => `./wasm/${name}.host.js`),
];

const ROOT = resolve(import.meta.dirname, "../..");

const { bin, exports } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
// A command is loaded when it runs.
for (const name of readdirSync(join(pkg, "cli", "commands"))) FURTHER.push(`./cli/commands/${name}`);
const named = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(named));
const paths = [...new Set(named([exports, bin, FURTHER]))];
const ENTRIES = paths.filter((path) => path.endsWith(".js"));

const SHARED = ["abort", "behind", "embedded", "error", "locale", "options", "runtime", "words"].map((name) =>
  join(pkg, "shared", `${name}.js`),
);

/** The written file of each source that is not copied into the files that import it. */
const written = new Map([
  ...ENTRIES.map((path) => [join(pkg, path), join(to, path)]),
  ...SHARED.map((source) => [source, join(to, "shared.js")]),
]);

/** Keeps the imports of other written files, and of modules, which only workerd imports. */
const keepImports = (file) => ({
  name: "keep imports",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      if (kind === "entry-point") return undefined;
      const source = resolve(resolveDir, path);
      // The modules are at the root of the package: some bundlers find files there only.
      const other = source.endsWith(".wasm") ? join(to, basename(source)) : written.get(source);
      if (other === undefined || other === file) return undefined;
      const there = relative(dirname(file), other).split(sep).join("/");
      return { path: there.startsWith(".") ? there : `./${there}`, external: true, sideEffects: false };
    });
  },
});

/** The npm packages that the files contain. */
const contained = new Set();

const PARSER = join(to, "cli", "parser.js");
const REQUIRE = `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);`;

const write = async (file, input) => {
  const { metafile } = await build({
    ...input,
    metafile: true,
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "esnext",
    charset: "utf8",
    external: ["node:*", "jose/*", "@codemirror/*"],
    // `commander` is CommonJS, and it requires modules of the host: an ES module has no `require`.
    banner: file === PARSER ? { js: REQUIRE } : {},
    plugins: [keepImports(file)],
    logLevel: "warning",
  });
  for (const { inputs } of Object.values(metafile.outputs))
    for (const input of Object.keys(inputs)) {
      const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (name) contained.add(name);
    }
};

rmSync(to, { recursive: true, force: true });
const declarations = readdirSync(pkg, { recursive: true }).filter((name) => /^(?!dist|wasm).*\.d\.ts$/.test(name));
for (const path of ["schema", "package.json", "console/page", ...declarations])
  cpSync(join(pkg, path), join(to, path), { recursive: true });
for (const name of MODULES) cpSync(join(pkg, "wasm", `${name}.wasm`), join(to, `${name}.wasm`));
// The project that `cloudflow-wasm gateway init` writes.
cpSync(join(pkg, "..", "www", "worker"), join(to, "cli", "template"), { recursive: true });
// The page of the console has the modules of the package: `console/files.js` serves those, so that the package holds one
// copy of each.
const page = join(to, "console", "page");
const modules = {};
for (const name of readdirSync(page)) {
  const [, module] = /^(\w+)-\w+\.wasm$/.exec(name) ?? [];
  const path = `${module}.wasm`;
  if (module === undefined || !readFileSync(join(page, name)).equals(readFileSync(join(to, path)))) continue;
  modules[name] = `../${path}`;
  rmSync(join(page, name));
}
writeFileSync(join(to, "console", "modules.json"), `${JSON.stringify(modules, null, 2)}\n`);
const shared = SHARED.map((source) => `export * from ${JSON.stringify(source)};`).join("\n");
await Promise.all([
  ...ENTRIES.map((path) => write(join(to, path), { entryPoints: [join(pkg, path)] })),
  write(join(to, "shared.js"), { stdin: { contents: shared, resolveDir: pkg } }),
]);

// The descriptions of the codes, which the command prints, and the licences of what the command contains.
for (const name of ["diagnostics", "errors"])
  for (const file of [`${name}.md`, `zh/${name}.md`])
    cpSync(join(ROOT, "docs", file), join(to, "cli", "reference", file));
const notices = [...contained].sort().map((name) => {
  const folder = join(ROOT, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version}: ${license}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
});
writeFileSync(
  join(to, "cli", "THIRD-PARTY.txt"),
  ["The command contains these packages.\n", ...notices].join(`\n${"=".repeat(80)}\n`),
);

// A name that two shared sources export would be absent. Each file that Node can load is loaded: the command would run,
// and the files for workerd import modules.
for (const path of ENTRIES) {
  if (!path.includes("workerd") && !path.includes("/bin/") && !path.endsWith(".host.js"))
    await import(pathToFileURL(join(to, path)).href);
}

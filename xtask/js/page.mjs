// Bundles a page of `www/` for static files: hashed names, relative addresses, WebAssembly modules as files.
//
// - `cloudflow-wasm` and its entries are the files of `pkg/`; the embedded modules are replaced by files that
//   `www/bundle/modules.js` loads.
// - `new Worker(new URL("file.js", …))` becomes the address of a bundle of its own.

import { readFile, writeFile, mkdir, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PKG = join(ROOT, "pkg");
const START = join(ROOT, "www", "bundle");

const SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  // As README.md requires.
  target: ["chrome116", "firefox124", "safari17.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file" },
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "error",
};

/**
 * Bundles a page into a folder, which is emptied first. `main` replaces the script of the HTML file. Returns the size of
 * each file and whether the HTML file links to it: the page is usable with these. It loads its modules and views when they
 * are needed.
 *
 * @param {{ html: string, main?: string, out: string }} options
 */
export async function bundlePage({ html, main, out }) {
  const text = await readFile(html, "utf8");
  const folder = dirname(html);
  const [scriptTag, script] = only(text, /<script type="module" src="([^"]+)"><\/script>/g, html);
  const [styleTag, style] = only(text, /<link rel="stylesheet" href="([^"]+)" ?\/>/g, html);
  const entry = main ?? join(folder, script);
  const state = { folder, files: new Map(), packages: new Set() };
  const modules = await modulesOf(entry, state);
  const point = `boot:page:${modules.join("+")}:${named(entry)}`;
  const { outputs } = await run(
    {
      splitting: true,
      entryPoints: [
        { in: point, out: "boot" },
        { in: join(folder, style), out: "style" },
      ],
    },
    state,
  );

  const of = (point) => Object.keys(outputs).find((name) => outputs[name].entryPoint === point);
  const boot = of(point);
  const page = of(named(entry));
  const sheet = of(named(join(folder, style)));
  const scripts = closure([boot, page], outputs);
  const sheets = [sheet, ...scripts.map((name) => outputs[name].cssBundle)].filter(Boolean);
  const links = [
    ...[...new Set(sheets)].map((name) => `<link rel="stylesheet" href="${base(name)}" />`),
    ...scripts.filter((name) => name !== boot).map((name) => `<link rel="modulepreload" href="${base(name)}" />`),
  ];
  // The script first: it starts further requests.
  const start = `<script type="module" src="${base(boot)}"></script>`;
  const index = text.replace(`\n    ${scriptTag}`, "").replace(styleTag, () => [start, ...links].join("\n    "));
  state.files.set("index.html", Buffer.from(index));
  state.files.set("THIRD-PARTY.txt", Buffer.from(await notices(state.packages)));

  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  for (const [name, bytes] of state.files) await writeFile(join(out, name), bytes);
  const first = new Set(["index.html", ...[...scripts, ...sheets].map(base)]);
  return [...state.files]
    .map(([name, bytes]) => ({
      name,
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      first: first.has(name),
    }))
    .sort((a, b) => Number(b.first) - Number(a.first) || b.gzip - a.gzip);
}

/** Runs esbuild and keeps the files. */
async function run(settings, state) {
  const { outputFiles, metafile } = await build({ ...SETTINGS, outdir: "out", ...settings, plugins: [plugin(state)] });
  for (const { path, contents } of outputFiles) state.files.set(base(slashes(path)), Buffer.from(contents));
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      // The hash in the name of a file depends on the names of its sources: two clones would have different files.
      if (slashes(input).includes(slashes(ROOT)))
        throw new Error(`the source \`${input}\` has the path of this folder`);
      const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (name && bytesInOutput > 0) state.packages.add(name);
    }
  return metafile;
}

/** The names of the WebAssembly modules whose functions a program uses. */
async function modulesOf(entry, { folder }) {
  const { metafile } = await build({
    ...SETTINGS,
    outdir: "out",
    entryPoints: [entry],
    plugins: [plugin({ folder, files: new Map(), packages: new Set() })],
  });
  const used = new Set();
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /^pkg\/(ask|editor|language|local)\/inline\.js$/.exec(input)?.[1];
      if (name && bytesInOutput > 0) used.add(name);
    }
  return [...used].sort();
}

function plugin(state) {
  return {
    name: "cloudflow",
    setup(build) {
      build.onResolve({ filter: /^cloudflow-wasm(\/|$)/ }, ({ path }) => {
        const entry = path === "cloudflow-wasm" ? "index" : path.slice("cloudflow-wasm/".length);
        return { path: join(PKG, `${entry}.js`) };
      });
      // The runtime of a module takes it from the loader.
      build.onLoad(
        { filter: /[\\/]pkg[\\/](ask|editor|language|local)[\\/]inline\.js$/, namespace: "file" },
        ({ path }) => {
          const name = base(slashes(dirname(path)));
          const contents = `import { createRuntime } from "../shared/runtime.js";
import { instantiate } from "../wasm/${name}.js";
import { compiled } from ${JSON.stringify(join(START, "modules.js"))};
export const runtime = /*#__PURE__*/ createRuntime(instantiate, () => compiled("${name}"));`;
          return { contents, resolveDir: dirname(path) };
        },
      );
      // boot:<page or worker>:<module>+<module>:<file> loads the modules, then the file.
      build.onResolve({ filter: /^boot:/ }, ({ path }) => ({ path: path.slice("boot:".length), namespace: "boot" }));
      build.onLoad({ filter: /.*/, namespace: "boot" }, ({ path }) => {
        const [, kind, list, file] = /^(page|worker):([^:]*):(.*)$/s.exec(path);
        const names = list.split("+").filter(Boolean);
        const start = kind === "page" ? "startPage" : "startWorker";
        const contents = [
          `import { ${start} } from ${JSON.stringify(join(START, `${kind}.js`))};`,
          ...names.map((name) => `import ${name} from ${JSON.stringify(join(PKG, "wasm", `${name}.wasm`))};`),
          `const urls = { ${names.map((name) => `${name}: new URL(${name}, import.meta.url)`).join(", ")} };`,
          `${start}(urls, () => import(${JSON.stringify(join(ROOT, file))}));`,
        ];
        return { contents: contents.join("\n"), resolveDir: ROOT };
      });
      build.onLoad({ filter: /[\\/]www[\\/].*\.js$/, namespace: "file" }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        const workers = [];
        // An address in the page is relative to its folder, one in a module to its file.
        const contents = text.replace(
          /new Worker\(\s*new URL\("([^"]+)", (document\.baseURI|import\.meta\.url)\)/g,
          (_, file, to) => {
            workers.push(join(to === "document.baseURI" ? state.folder : dirname(path), file));
            return `new Worker(new URL(worker${workers.length}, import.meta.url)`;
          },
        );
        const imports = workers.map(
          (file, index) => `import worker${index + 1} from ${JSON.stringify(`worker:${named(file)}`)};`,
        );
        return { contents: [...imports, contents].join("\n"), resolveDir: dirname(path) };
      });
      build.onResolve({ filter: /^worker:/ }, ({ path }) => ({
        path: path.slice("worker:".length),
        namespace: "worker",
      }));
      build.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
        const modules = await modulesOf(join(ROOT, path), state);
        const { outputs } = await run(
          {
            entryPoints: [
              { in: `boot:worker:${modules.join("+")}:${path}`, out: base(slashes(path)).replace(/\.js$/, "") },
            ],
          },
          state,
        );
        const [name] = Object.keys(outputs).filter((output) => outputs[output].entryPoint);
        return { contents: `export default ${JSON.stringify(`./${base(name)}`)};` };
      });
    },
  };
}

/** The outputs that the given ones import statically, with these, in order. */
function closure(names, outputs) {
  const found = new Set();
  const queue = [...names];
  for (const name of queue) {
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") queue.push(path);
  }
  return [...found];
}

/** The licences of the npm packages in the bundle. */
async function notices(packages) {
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = join(ROOT, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    let text;
    for (const file of ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"])
      text ??= await readFile(join(folder, file), "utf8").catch(() => undefined);
    if (text === undefined) throw new Error(`${name} has no licence file`);
    parts.push(`${name} ${version}: ${license}\n\n${text.trim()}\n`);
  }
  return ["The page contains these packages.\n", ...parts].join(`\n${"=".repeat(80)}\n`);
}

function only(text, pattern, file) {
  const found = [...text.matchAll(pattern)];
  if (found.length !== 1) throw new Error(`${file}: expected one ${pattern}, found ${found.length}`);
  return found[0];
}

const base = (path) => path.slice(path.lastIndexOf("/") + 1);
/** The path from the repository. The names of the files have hashes, which depend on the names of their sources. */
const named = (file) => slashes(relative(ROOT, file));
const slashes = (path) => path.split(sep).join("/");

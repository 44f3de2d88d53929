// Runs the suites in workerd, the runtime of Cloudflare Workers, through Miniflare.
//
//     node tests/js/run-workerd.mjs <folder for the entry> [--filter NAME]

import { readFileSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { readArguments } from "./arguments.mjs";
import { MODULES, finish, print, resolve, writeEntry } from "./prepare.mjs";
import { openService } from "./support/service.mjs";

const { out, filter } = readArguments(process.argv.slice(2));
const entry = writeEntry(out, "workerd");
const worker = join(out, "worker.mjs");
writeFileSync(
  worker,
  `import { main } from ${JSON.stringify(entry)};
${MODULES.map((name) => `import ${name} from ${JSON.stringify(resolve(`./${name}.wasm`))};`).join("\n")}
export default {
  async fetch(request) {
    const outcomes = [];
    const host = Object.fromEntries(new URL(request.url).searchParams);
    const totals = await main({ ${MODULES.join(", ")} }, (outcome) => outcomes.push(outcome), host);
    return Response.json({ outcomes, totals });
  },
};
`,
);

// Workers do not compile bytes at run time: a .wasm file is a separate module.
const wasm = new Map();
const keepModules = {
  name: "keep modules",
  setup({ onResolve }) {
    onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
      const name = basename(path);
      wasm.set(name, isAbsolute(path) ? path : join(resolveDir, path));
      return { path: `./${name}`, external: true };
    });
  },
};

const bundle = await build({
  entryPoints: [worker],
  bundle: true,
  format: "esm",
  platform: "browser",
  conditions: ["workerd"],
  external: ["cloudflare:*", "node:*"],
  plugins: [keepModules],
  write: false,
  logLevel: "error",
});

/**
 * Runs the tests whose name contains a text. Returns the exit code.
 *
 * @param {string} compatibilityDate
 * @param {string} names
 */
async function runSuites(compatibilityDate, names) {
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: bundle.outputFiles[0].text },
      ...[...wasm].map(([name, path]) => ({ type: "CompiledWasm", path: name, contents: readFileSync(path) })),
    ],
    compatibilityDate,
    cf: false,
  });
  const service = await openService();
  try {
    const response = await miniflare.dispatchFetch(
      `http://suite.example/?${new URLSearchParams({ service: service.url, filter: names })}`,
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${text}`);
    const { outcomes, totals } = JSON.parse(text);
    outcomes.forEach(print);
    return finish(totals, names);
  } finally {
    await miniflare.dispose();
    service.close();
  }
}

// Workers of this date throw on some options of `fetch` that later ones accept. The counts of the last run are those of
// the test command.
let code = filter ? 0 : await runSuites("2024-09-23", "an execution is described");
if (code === 0) code = await runSuites("2026-04-01", filter);
process.exit(code);

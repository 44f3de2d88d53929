// Vite without configuration: build, development server, server-side rendering, Worker.

import { join } from "node:path";
import { ROOT } from "./project.mjs";
import { page, PAGE_SCRIPT, PROGRAM, SHOW } from "./texts.mjs";

const FILES = {
  "program.mjs": PROGRAM,
  "show.mjs": SHOW,
  "index.html": page("/main.js"),
  "main.js": PAGE_SCRIPT,
  "worker/index.html": page("/main.js"),
  "worker/program.mjs": PROGRAM,
  "worker/show.mjs": SHOW,
  "worker/main.js": `import { show } from "./show.mjs";
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
show(
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(message);
  }),
);
`,
  "worker/worker.js": `import { program } from "./program.mjs";
program().then(postMessage, (error) => postMessage(String(error)));
`,
  "server.js": `export { program } from "./program.mjs";\n`,
  "render.mjs": `const { program } = await import(process.argv[2]);
console.log(await program());
`,
  "render-development.mjs": `const { createServer } = await import(process.argv[2]);
const vite = await createServer({ server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
const { program } = await vite.ssrLoadModule("/server.js");
console.log(await program());
await vite.close();
`,
};

/** The warning of Vite about large files. */
const LARGE = /(?:\[plugin [^\]]+\]\s*)?\(!\) Some chunks are larger than 500 kB[\s\S]*?chunkSizeWarningLimit\.\n?/;

const SETTING = "a [warning](integration.md#the-size-of-cloudflow-wasmlocal) about a file of more than 500 kB";

/** Hosts of one version, whose package is in `modules(project)`. */
const hostsOf = (name, modules, isQuick) => {
  const vite = (project, args) =>
    project.run(project.nodes.tools, [join(modules(project), "vite/bin/vite.js"), ...args], { withErrors: true });

  const build = (root) => async (project) => {
    const out = project.file(`dist-${root.replace(".", "root")}`);
    const printed = await vite(project, ["build", root, "--outDir", out, "--emptyOutDir", "--logLevel", "warn"]);
    // docs/integration.md explains the warning about the size of `cloudflow-wasm/local`.
    const warnings = printed.replace(LARGE, "").trim();
    if (warnings) throw new Error(`the build prints: ${warnings}`);
    const line = await project.page(await project.static({ "/": out }));
    return { line, setting: warnings === printed.trim() ? undefined : SETTING };
  };

  const development = (root) => async (project) => {
    const program = [join(modules(project), "vite/bin/vite.js"), root, "--host", "127.0.0.1", "--port"];
    const { url } = await project.serve(project.nodes.tools, (port) => [...program, port], /ready in/);
    return project.page(url);
  };

  const ssr = (config) => async (project) => {
    project.write("vite.config.js", `export default ${JSON.stringify(config)};\n`);
    const out = config.ssr ? "dist-bundled" : "dist-server";
    await vite(project, ["build", "--ssr", "server.js", "--outDir", out, "--logLevel", "warn"]);
    project.write("vite.config.js", "export default {};\n");
    return project.node(["render.mjs", project.file(`${out}/server.js`)]);
  };

  return {
    [`${name}, build`]: { quick: isQuick, run: build(".") },
    [`${name}, development`]: development("."),
    [`${name}, Worker, build`]: build("worker"),
    [`${name}, Worker, development`]: development("worker"),
    [`${name}, SSR`]: ssr({}),
    [`${name}, SSR, all in one bundle`]: ssr({ ssr: { noExternal: true } }),
    [`${name}, SSR, development`]: (project) =>
      project.node(["render-development.mjs", join(modules(project), "vite/dist/node/index.js")]),
  };
};

const ofRepository = () => join(ROOT, "node_modules");
const ofProject = ({ file }) => file("node_modules");

const project = (name, modules, isQuick = false) => ({
  files: FILES,
  versions: [(project) => `vite ${project.version("vite", modules(project))}`],
  hosts: hostsOf(name, modules, isQuick),
});

export const vite8 = project("Vite 8", ofRepository, true);
export const vite7 = project("Vite 7", ofProject);

// A project of a host: an empty folder outside the repository with the packages of a lock file, the installed tarball and
// the files of the host's own starter.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/ports.mjs";
import { serveStatic } from "../../support/static-server.mjs";
import { environment, run, start } from "../processes.mjs";
import { lineOfPage } from "./page.mjs";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, "..", "..", "..", "..");

/** No host sends statistics or asks for anything. */
const QUIET = {
  CI: "true",
  NO_COLOR: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  ASTRO_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
  NG_CLI_ANALYTICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
};

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const INSTALL = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"];

/** The place of all projects. */
export const createPlace = () => mkdtempSync(join(tmpdir(), "cloudflow-hosts-"));

/**
 * Makes a project. `name` is a folder beside this file with `package.json` and `package-lock.json`; without one, the
 * project has the tarball only.
 *
 * @param {string} place
 * @param {string} name
 * @param {{ files?: Record<string, string>, tarball: string, node?: string }} options
 */
export async function createProject(place, name, { files = {}, tarball, node = process.execPath }) {
  const dir = join(place, name);
  mkdirSync(dir, { recursive: true });
  const packages = join(HERE, name);
  const servers = new Set();
  const ends = [];
  // Starters and tools run the `node` of the PATH.
  const env = { ...environment, ...QUIET, PATH: [dirname(node), environment.PATH].join(delimiter) };

  const project = {
    dir,
    /** Path of a file of the project. */
    file: (path) => join(dir, path),
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    },
    read: (path) => readFileSync(join(dir, path), "utf8"),
    /** Version of an installed package. */
    version: (name, modules = join(dir, "node_modules")) =>
      JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version,
    /** Runs a program in the project and returns its output. */
    run: (program, args, more = {}) =>
      run(program, args, { cwd: dir, timeout: 300_000, ...more, env: { ...env, ...more.env } }),
    /** Runs the command of an installed package, as `npx` does. */
    npx: (command, args = [], more = {}) => project.run(join(dir, "node_modules", ".bin", command), args, more),
    node: (args, more) => project.run(node, args, more),
    /** Starts a server: `args` gets a free port. Returns its address when `ready` matches its output. */
    async serve(command, args, ready, more = {}) {
      const port = await freePort();
      const program = command.includes("/") ? command : join(dir, "node_modules", ".bin", command);
      const server = start(program, args(`${port}`), {
        cwd: dir,
        ...more,
        env: { ...env, PORT: `${port}`, ...more.env },
      });
      servers.add(server);
      await server.until(ready, 120_000);
      return { url: `http://${more.host ?? "127.0.0.1"}:${port}`, output: server.output };
    },
    /** Serves folders: `{ "/": folder }`. */
    static: (places) => serveStatic({ after: (end) => ends.push(end) }, places),
    /** The line of a page in a browser. */
    page: (url, options) => lineOfPage(url, options),
    /** The text of a response; the line may be the text of an HTML element with the id `line`. */
    async get(url) {
      const response = await fetch(url);
      const text = await response.text();
      const [, , line] = /<(\w+) id="line"[^>]*>(.*?)<\/\1>/s.exec(text) ?? ["", "", text];
      if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 2000)}\n${outputs()}`);
      return line.replace(/<!--.*?-->/gs, "").trim();
    },
    /** Ends all servers. */
    async stop() {
      for (const server of servers) await server.stop();
      servers.clear();
      for (const end of ends.splice(0)) await end();
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  const outputs = () => [...servers].map((server) => server.output().slice(-4000)).join("\n");
  project.outputs = outputs;

  if (existsSync(packages)) {
    for (const file of ["package.json", "package-lock.json"]) cpSync(join(packages, file), join(dir, file));
    await run(npm, ["ci", ...INSTALL], { cwd: dir, timeout: 600_000 });
  } else {
    project.write("package.json", `${JSON.stringify({ private: true, type: "module" })}\n`);
  }
  await run(npm, ["install", "--no-save", "--no-package-lock", ...INSTALL, tarball], { cwd: dir, timeout: 600_000 });
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}

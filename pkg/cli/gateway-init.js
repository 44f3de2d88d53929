// `cloudflow-wasm gateway init`: writes a project for Cloudflare Workers.

import { lstat, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Unusable, Usage, version } from "./arguments.js";

/** The folder `www/worker/` of the repository. The build copies it. */
const TEMPLATE = new URL("template/", import.meta.url);

/** npm does not publish a file `.gitignore`. */
const NAMES = new Map([["gitignore", ".gitignore"]]);

/** The dependency of the template, and its version in the project. */
const ANY_VERSION = '"cloudflow-wasm": "*"';

/**
 * Writes the files. Returns the exit code.
 *
 * @param {string} folder
 * @param {{ force: boolean, print: (line: string) => void }} options
 */
export async function writeProject(folder, { force, print }) {
  if (folder === "") throw new Usage("the folder of `gateway init` is empty");
  const to = resolve(folder);
  const from = fileURLToPath(TEMPLATE);
  const found = await stat(to).catch(() => undefined);
  if (found && !found.isDirectory()) throw new Unusable(`\`${folder}\` is not a folder`);
  const files = (await readdir(from)).map((name) => ({ name, target: join(to, NAMES.get(name) ?? name) }));
  const existing = [];
  for (const { target } of files) if (await lstat(target).catch(() => undefined)) existing.push(relative(to, target));
  if (existing.length > 0 && !force) {
    const what = existing.map((name) => `\`${name}\``).join(", ");
    throw new Unusable(`\`${folder}\` already contains ${what}: select another folder, or overwrite with --force`);
  }
  const npmVersion = `"cloudflow-wasm": "^${await version()}"`;
  try {
    await mkdir(to, { recursive: true });
    for (const { name, target } of files) {
      const text = await readFile(join(from, name), "utf8");
      await writeFile(target, text.replace(ANY_VERSION, npmVersion), { flag: force ? "w" : "wx" });
      print(`wrote     ${relative(process.cwd(), target)}`);
    }
  } catch (error) {
    throw new Unusable(`the project cannot be written: ${error.message}`);
  }
  const next = relative(process.cwd(), to);
  for (const command of [
    ...(next === "" ? [] : [`cd ${/[^\w./-]/.test(next) ? JSON.stringify(next) : next}`]),
    "npm install",
    "cp .dev.vars.example .dev.vars",
    "npm run dev",
  ])
    print(`next      ${command}`);
  return 0;
}

// The examples of docs/editors.md, and a project in which they run.

import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { FLOW } from "./adapter-page.mjs";

const PACKAGE = fileURLToPath(new URL("../../../pkg/dist/", import.meta.url));

const PAGE = readFileSync(new URL("../../../docs/editors.md", import.meta.url), "utf8");

/** The examples of a language below a heading. */
export function examples(heading, language) {
  const section = new RegExp(`^#+ ${heading}$([\\s\\S]*?)(?=^#+ |(?![\\s\\S]))`, "m").exec(PAGE)?.[1];
  if (section === undefined) throw new Error(`docs/editors.md has no heading \`${heading}\``);
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language).map((m) => m[2]);
}

/** The languages of all examples, in their order. */
export const languages = [...PAGE.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);

/** A project with the package in it, where `npx` finds it, and a definition with a wrong target. */
export async function project(t, files) {
  const folder = await mkdtemp(join(tmpdir(), "cloudflow-editors-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await mkdir(join(folder, "node_modules", ".bin"), { recursive: true });
  await symlink(PACKAGE, join(folder, "node_modules", "cloudflow-wasm"), "dir");
  await symlink("../cloudflow-wasm/bin/cloudflow-wasm.js", join(folder, "node_modules", ".bin", "cloudflow-wasm"));
  for (const [name, text] of Object.entries({
    "cloudflow.json": "{}",
    "tea.yaml": FLOW.replace("Next: Serve", "Next: Servex"),
    ...files,
  }))
    await writeFile(join(folder, name), text);
  // For `project.el`, which knows repositories.
  await mkdir(join(folder, ".git"));
  return folder;
}

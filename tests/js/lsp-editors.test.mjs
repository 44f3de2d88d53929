// The recipes of docs/editors.md in the editors that are installed: each is used as it is written. `NVIM` and `EMACS` name
// the programs.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { examples, project } from "./support/recipes.mjs";

const HERE = fileURLToPath(new URL("./editors/", import.meta.url));
const { NVIM = "nvim", EMACS = "emacs" } = process.env;

/** Runs an editor. Returns the lines of JSON that it printed. */
async function run(folder, program, args) {
  const env = { ...process.env, FLOW: "tea.yaml", HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  await new Promise((resolve) => child.on("close", resolve));
  const lines = out.split("\n").filter((line) => line.startsWith("["));
  assert.ok(lines.length > 0, `${out}\n${err}`);
  return Object.fromEntries(lines.map((line) => JSON.parse(line)));
}

/** Why a program cannot be tested. */
function absence(program, args, wanted) {
  const { error, stdout = "", stderr = "" } = spawnSync(program, args, { encoding: "utf8" });
  return error || !wanted.test(stdout + stderr) ? `\`${program}\` is not the program or version of the recipe` : false;
}

test("the recipe for Neovim", {
  timeout: 120_000,
  skip: absence(NVIM, ["--version"], /^NVIM v(0\.1[1-9]|[1-9])/),
}, async (t) => {
  const folder = await project(t, { "init.lua": examples("Neovim", "lua")[0] });
  const args = ["--headless", "-u", "init.lua", "-c", `luafile ${HERE}neovim.lua`];
  assert.deepEqual(await run(folder, NVIM, args), {
    mark: [7, 10, 16, "unknown-target"],
    fixed: "    Next: Serve",
    definition: [10, 10],
    renamed: ["    Next: Pour", "    Name: Pour"],
    completion: ["Boil", "Pour", "Done"],
  });
});

const PACKAGES = "(progn (package-initialize) (require 'eglot) (require 'yaml-mode))";
test("the recipe for Emacs", {
  timeout: 120_000,
  skip: absence(EMACS, ["--batch", "--eval", `(progn ${PACKAGES} (princ "has both"))`], /has both/),
}, async (t) => {
  const folder = await project(t, { "init.el": examples("Emacs", "elisp")[0] });
  const args = ["--batch", "--eval", PACKAGES, "-l", "init.el", "-l", `${HERE}emacs.el`];
  assert.deepEqual(await run(folder, EMACS, args), {
    mark: ["Servex"],
    definition: 7,
    renamed: "    Name: Pour",
    completion: ["Boil", "Pour", "Done"],
  });
});

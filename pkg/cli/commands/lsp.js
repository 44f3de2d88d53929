// The command `lsp`.

import { readFile } from "node:fs/promises";
import { serve } from "../lsp/serve.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description: "Runs a language server for editors on the standard input and output (LSP 3.17).",
  operands: [],
  options: [
    { flags: "--stdio", text: "use the standard streams; always so" },
    { flags: "--clientProcessId <id>", text: "ignored: the server ends with its standard input" },
  ],
  examples: [["--stdio", "as an editor starts it"]],
  exitCodes: [
    [0, "the client sent `shutdown` and `exit`, or the command was stopped"],
    [1, "the client ended without `shutdown`"],
    [2, "an argument could not be used"],
  ],
  notes: "Editors start this command. docs/editors.md has the settings of VS Code, Neovim, Helix and Zed.",
};

/**
 * @param {Parsed} _
 * @param {Io} io
 */
export async function run(_, io) {
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return await serve(io, { version });
}

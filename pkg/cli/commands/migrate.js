// The command `migrate`.

import { setImmediate } from "node:timers/promises";
import { replaceFile } from "../check/checker.js";
import { findFiles } from "../check/files.js";
import { unifiedDiff } from "../diff.js";
import { failure } from "../failure.js";
import { safeLine } from "../line.js";
import { findingLines, readSource } from "../source.js";
import { createStyle } from "../style.js";
import { say } from "../../shared/words.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description:
    "Converts flow definitions from the dialect `flow` to `StateMachine`. Without --write, nothing is changed.",
  operands: [{ name: "<files...>", text: "definitions, folders, patterns, or - for the standard input" }],
  options: [
    { flags: "--write", text: "replace the files" },
    { flags: "--diff", text: "print the differences instead of the result" },
  ],
  examples: [
    ["order.yaml", "print the new definition"],
    ["--diff flows/", "show what would change"],
    ["--write flows/", "convert a folder"],
  ],
  exitCodes: [
    [0, "all definitions were converted, or have the new dialect already"],
    [1, "a definition has errors or needs work by hand (error findings)"],
    [2, "a file or an argument could not be used"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: "Findings are printed to the standard error.",
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [named], options: { write, diff } }, io) {
  if (named.includes("-") && (named.length > 1 || write))
    throw failure("`-` cannot be used together with files or --write");
  const style = createStyle(io.color);
  const { files, problems } =
    named[0] === "-" ? { files: [{ path: "-", named: true }], problems: [] } : findFiles(named);
  if (files.length > 1 && !write && !diff)
    throw failure(`${files.length} files cannot be printed at once: use --write or --diff`);
  const { migrateFlow } = await import("../../local.js");
  const { validateFlow } = await import("../../language.js");
  let code = problems.length > 0 ? 2 : 0;
  for (const { file, message } of problems) await io.err(`${safeLine(`${file}: ${say(message)}`)}\n`);
  let [converted, unchanged] = [0, 0];
  let stopped = false;
  io.stopped.then(() => (stopped = true));
  for (const { path, named } of files) {
    // Lets a signal arrive.
    await setImmediate();
    if (stopped) throw failure("stopped", { exitCode: 130 });
    let text;
    try {
      text = await readSource(path, io);
    } catch (error) {
      if (error.exitCode === 130) throw error;
      code = 2;
      await io.err(`${safeLine(say(error.message))}\n`);
      continue;
    }
    // A file of a folder that is not a flow is not reported.
    if (!named && validateFlow(text).dialect === null) continue;
    const { text: result, diagnostics } = migrateFlow(text);
    for (const line of findingLines(path, diagnostics)) await io.err(`${safeLine(line)}\n`);
    if (result === null || diagnostics.some(({ severity }) => severity === "error")) code = Math.max(code, 1);
    if (result === null) continue;
    if (result === text) unchanged += 1;
    if (diff) await io.out(unifiedDiff(path, text, result, style));
    if (write && result !== text) {
      try {
        replaceFile(path, text, result);
        converted += 1;
      } catch (error) {
        code = 2;
        await io.err(`${safeLine(say(`${path} ${error.message}`))}\n`);
      }
    } else if (!write && !diff) await io.out(result.endsWith("\n") ? result : `${result}\n`);
  }
  if (write) await io.err(`${say(`${converted} converted, ${unchanged} unchanged`)}\n`);
  return code;
}

// The command `format`.

import { setImmediate } from "node:timers/promises";
import { replaceFile } from "../check/checker.js";
import { CONFIG_NAME, readConfig } from "../check/config.js";
import { findFiles } from "../check/files.js";
import { unifiedDiff } from "../diff.js";
import { failure } from "../failure.js";
import { createFormatter } from "../format.js";
import { safeLine } from "../line.js";
import { readSource } from "../source.js";
import { createStyle } from "../style.js";
import { form, say } from "../../shared/words.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description: `Writes flow definitions in the usual layout: two blanks for each level. Comments, blank lines and the meaning stay. Definitions inside ROS, Terraform and Serverless templates are formatted in their lines; the template around them stays.`,
  operands: [{ name: "<files...>", text: "definitions, templates, folders, patterns, or - for the standard input" }],
  options: [
    { flags: "--check", text: "print the names of the files that would change" },
    { flags: "--write", text: "replace the files" },
    { flags: "--diff", text: "print the differences instead of the result" },
    { flags: "--sort-keys", text: "write the keys of the language in the usual order" },
    { flags: "--stdin-filename <name>", text: "name of the standard input, which selects the kind of template" },
    { flags: "--config <file>", text: `configuration whose \`ignore\` counts (default: the nearest ${CONFIG_NAME})` },
    { flags: "--no-config", text: "use no configuration" },
    { flags: "--ignore-unknown", text: "skip named files without a definition, as files of a folder" },
  ],
  examples: [
    ["order.yaml", "print the definition in the usual layout"],
    ["--write flows/", "format a folder"],
    ["--check flows/", "fail if a file would change, in CI"],
    ["--diff --sort-keys order.yaml", "show what would change"],
    ["--stdin-filename main.tf - < main.tf", "for editors"],
  ],
  exitCodes: [
    [0, "done; --check: no file would change"],
    [1, "a file would change (--check), or a definition has syntax errors"],
    [2, "a file or an argument could not be used"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: `A definition with syntax errors is reported and never changed.

A definition in a template keeps its layout if it is not written line by line there: in quotes, as a folded text, or with
directives of the template. Such a definition is reported on the standard error, and does not count.`,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [named], options }, io) {
  const {
    check = false,
    write = false,
    diff = false,
    sortKeys = false,
    stdinFilename,
    ignoreUnknown = false,
  } = options;
  const isInput = named.includes("-");
  if (isInput && (named.length > 1 || write)) throw failure("`-` cannot be used together with files or --write");
  if (write && (check || diff)) throw failure(`--write cannot be used together with --${check ? "check" : "diff"}`);
  if (stdinFilename !== undefined && !isInput) throw failure("--stdin-filename is used with `-` only");
  const { files, problems } = isInput ? { files: [{ path: "-", named: true }], problems: [] } : found(named, options);
  if (files.length > 1 && !write && !diff && !check)
    throw failure(`${files.length} files cannot be printed at once: use --write, --diff or --check`);
  const { openFlow } = await import("../../editor.js");
  const formatted = createFormatter(openFlow, { sortKeys });
  const style = createStyle(io.color);
  let stopped = false;
  io.stopped.then(() => (stopped = true));

  let code = problems.length > 0 ? 2 : 0;
  const tell = (/** @type {string} */ line) => io.err(`${safeLine(say(line))}\n`);
  for (const { file, message } of problems) await tell(`\`${file}\` ${message}`);
  const count = { definitions: 0, changed: 0, files: 0 };
  for (const { path, named } of files) {
    // Lets a signal arrive.
    await setImmediate();
    if (stopped) throw failure("stopped", { exitCode: 130 });
    const name = path === "-" ? (stdinFilename ?? "<stdin>") : path;
    let text;
    try {
      text = await readSource(path, io);
    } catch (error) {
      if (error.exitCode === 130) throw error;
      code = 2;
      await tell(error.message);
      continue;
    }
    const { text: result, definitions, kept } = formatted(name, text, named && !ignoreUnknown);
    count.definitions += definitions;
    if (definitions > 0) count.files += 1;
    for (const { position, code: finding, message } of kept) {
      if (finding !== undefined) code = Math.max(code, 1);
      const kind = finding === undefined ? "note" : `error[${finding}]`;
      await io.err(`${safeLine(`${name}:${position.line}:${position.column}: ${kind}: ${say(message)}`)}\n`);
    }
    const isChanged = result !== text;
    if (isChanged) count.changed += 1;
    if (diff) await io.out(unifiedDiff(name, text, result, style));
    else if (check && isChanged) await io.out(`${safeLine(name)}\n`);
    if (check && isChanged) code = Math.max(code, 1);
    if (write && isChanged) {
      try {
        replaceFile(path, text, result);
      } catch (error) {
        code = 2;
        count.changed -= 1;
        await tell(`\`${path}\` ${error.message}`);
      }
    } else if (!write && !diff && !check && (definitions > 0 || ignoreUnknown)) {
      // A text with syntax errors is printed as it is, for editors that replace their text by the output.
      await io.out(result);
    }
  }
  if (count.definitions === 0 && code === 0 && !ignoreUnknown)
    throw failure(
      `no flow definition was found in ${named.map((/** @type {string} */ name) => `\`${name}\``).join(", ")}`,
    );
  const ofAll = `${count.changed} of ${count.files} file${count.files === 1 ? "" : "s"}`;
  if (write) await tell(form("{} formatted", say(ofAll)));
  if (check) await tell(form("{} would change", say(ofAll)));
  return code;
}

/** @param {string[]} named @param {Record<string, any>} options */
function found(named, options) {
  const { config, base } = options.config === false ? { config: {}, base: "." } : readConfig(options.config);
  return findFiles(named, { ignore: config.ignore ?? [], base });
}

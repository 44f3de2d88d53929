// The command `check`.

import { readFile } from "node:fs/promises";
import { createChecker } from "../check/checker.js";
import { CONFIG_NAME, readConfig, ruleProblem } from "../check/config.js";
import { findFiles } from "../check/files.js";
import { compileLanguage, createValidate } from "../check/language.js";
import { checkFiles } from "../check/pool.js";
import { readInput } from "../check/read.js";
import { sections } from "../codes.js";
import { failure } from "../failure.js";
import { folded } from "../fold.js";
import { FORMATS } from "../report/machine.js";
import { textOf } from "../report/text.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";
import { form, say } from "../../shared/words.js";

/** @import { Definition, Io, Parsed } from "../command.js" */
/** @import { Checked, Settings } from "../check/checker.js" */

const PROGRESS_MS = 100;

/** @type {Definition} */
export const definition = {
  description: `Checks flow definitions. Finds them also inside ROS templates, Serverless Devs (s.yaml), Funcraft (template.yml) and Terraform files, and reports their places there.`,
  operands: [
    { name: "[files...]", text: "files, folders, patterns, or - for the standard input (default: the folder)" },
  ],
  options: [
    { flags: "--fix", text: "apply the corrections that are certain" },
    {
      flags: "--format <format>",
      text: "form of the output",
      choices: ["text", "json", "sarif", "github", "junit"],
      default: "text",
    },
    { flags: "--mode <mode>", text: "mode of the flows", choices: ["Standard", "Express"] },
    { flags: "--rule <code=level>", text: "level of a code: off, warning or error; may be repeated", many: true },
    { flags: "--max-warnings <n>", text: "number of warnings without a failure", parse: wholeNumber(0, 1e9) },
    { flags: "--stdin-filename <name>", text: "name of the standard input in the output" },
    {
      flags: "--config <file>",
      text: `configuration (default: the nearest ${CONFIG_NAME} of the folder and those above)`,
    },
    { flags: "--no-config", text: "use no configuration" },
    { flags: "--ignore-unknown", text: "skip named files without a definition, as files of a folder" },
    { flags: "-q, --quiet", text: "print errors only" },
  ],
  examples: [
    ["", "every definition of this folder"],
    ["flows/ 'infra/**/*.tf'", "a folder, and the definitions in Terraform files"],
    ["--fix order.yaml", "correct what is certain"],
    ["--rule undocumented=off --max-warnings 5 flows/", "tolerate some findings"],
    ["--format sarif flows/ > result.sarif", "for code scanning"],
    ["--stdin-filename order.yaml - < order.yaml", "for editors"],
  ],
  exitCodes: [
    [0, "no findings"],
    [1, "findings"],
    [2, "a file or an argument could not be used"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: `Findings with the severity \`info\` do not count, and warnings count above --max-warnings (default 0).

NAME.express.yaml is a flow in the mode Express. A file of a folder or a pattern that is neither a definition nor a
template with one is skipped. A file that is named is a definition, unless --ignore-unknown is used.`,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [named], options }, io) {
  const { format, quiet, fix = false } = options;
  const { config, base, path: configFile } = options.config === false ? emptyConfig() : readConfig(options.config);
  const given =
    named.length > 0 ? named : (config.files ?? ["."]).map((name) => (configFile ? joined(base, name) : name));
  /** @type {Settings} */
  const settings = {
    rules: readRules(options.rule ?? [], config.rules ?? {}, configFile),
    mode: options.mode,
    defaultMode: config.mode,
    fix,
    lines: format === "text",
  };
  if (options.stdinFilename === "") throw failure("a file name is empty");
  if (given.includes("-")) {
    if (given.length > 1) throw failure("`-` cannot be used together with files");
    return report([[await checkInput(settings, options.stdinFilename ?? "<stdin>", !options.ignoreUnknown, io)]], 1);
  }
  if (options.stdinFilename !== undefined) throw failure("--stdin-filename is used with `-` only");

  const { files, problems } = findFiles(given, { ignore: config.ignore ?? [], base });
  if (options.ignoreUnknown) for (const file of files) file.named = false;
  const first = problems.map(({ file, message }) => ({ ...NOTHING, file, problem: message }));
  return report(withFirst(first, checkFiles(files, settings)), files.length);

  /**
   * @param {Iterable<Checked[]> | AsyncIterable<Checked[]>} batches
   * @param {number} total
   */
  async function report(batches, total) {
    const style = createStyle(io.color);
    const columns = io.outIsTerminal ? io.columns : undefined;
    const summary = { errors: 0, warnings: 0, infos: 0, problems: 0, files: 0, definitions: 0, fixed: 0 };
    /** @type {Checked[]} */
    const results = [];
    let [affected, fixable, seen, shown] = [0, 0, 0, 0];
    let stopped = false;
    io.stopped.then(() => (stopped = true));
    const write = isInputFixed() ? io.err : io.out;
    const progress = io.errIsTerminal && format === "text" ? io.err : undefined;
    try {
      for await (const batch of batches) {
        let text = "";
        for (const result of batch) {
          const { findings, problem } = result;
          for (const { severity, fix } of findings) {
            summary[severity === "error" ? "errors" : severity === "warning" ? "warnings" : "infos"] += 1;
            if (fix && fix.edits.length > 0) fixable += 1;
          }
          if (problem !== undefined) summary.problems += 1;
          else seen += 1;
          if (findings.length > 0) affected += 1;
          if (result.definitions > 0) summary.files += 1;
          summary.definitions += result.definitions;
          summary.fixed += result.fixed;
          const visible = quiet ? findings.filter(({ severity }) => severity === "error") : findings;
          if (format === "text") text += textOf({ ...result, findings: visible }, style, columns);
          else results.push({ ...result, findings: visible.map(inWords), problem: problem && say(problem) });
        }
        if (text !== "") text = folded(text, columns);
        if (text !== "") await write(shown > 0 ? `\r\u001b[K${text}` : text);
        if (text !== "") shown = 0;
        if (stopped) throw failure("stopped", { exitCode: 130 });
        if (progress && seen < total && Date.now() - shown > PROGRESS_MS) {
          await progress(`\r\u001b[K${say(`checking: ${seen} of ${total} files`)}`);
          shown = Date.now();
        }
      }
    } finally {
      if (progress && shown > 0) await progress("\r\u001b[K");
    }
    const isEmpty = summary.definitions === 0 && summary.problems === 0 && !options.ignoreUnknown;
    if (format === "text") {
      const line = summaryLine(summary, { affected, fixable, skipped: seen - summary.files }, style);
      await write(isEmpty ? "" : `${folded(line, columns)}\n`);
    } else await write(await FORMATS[format]({ results, summary, version: await version() }));
    if (isEmpty)
      throw failure(
        `no flow definition was found in ${given.map((/** @type {string} */ name) => `\`${name}\``).join(", ")}`,
      );
    if (summary.problems > 0) return 2;
    const allowed = options.maxWarnings ?? config.maxWarnings ?? 0;
    if (summary.errors === 0 && summary.warnings > allowed && allowed > 0)
      await io.err(`${say(`${summary.warnings} warnings are more than the ${allowed} that are allowed`)}\n`);
    return summary.errors > 0 || summary.warnings > allowed ? 1 : 0;
  }

  function isInputFixed() {
    return fix && given[0] === "-";
  }
}

/**
 * A finding in the language of the command.
 *
 * @param {import("../check/checker.js").Finding} finding
 */
function inWords({ message, related, fix, ...finding }) {
  return {
    ...finding,
    message: say(message),
    ...(related && { related: related.map((other) => ({ ...other, message: say(other.message) })) }),
    ...(fix && { fix: { ...fix, title: say(fix.title) } }),
  };
}

/** @type {Checked} */
const NOTHING = { file: "", findings: [], definitions: 0, fixed: 0 };

/**
 * Checks the standard input. With --fix, its corrected text is the output.
 *
 * @param {Settings} settings
 * @param {string} file
 * @param {boolean} named whether the text is a definition, unless it is a template
 * @param {Io} io
 * @returns {Promise<Checked>}
 */
async function checkInput(settings, file, named, io) {
  let text;
  try {
    text = await readInput(io);
  } catch (error) {
    if (error.exitCode === 130) throw error;
    if (error.exitCode === undefined)
      throw failure(`the standard input cannot be read: ${error.code ?? error.message}`);
    return { ...NOTHING, file, problem: error.message };
  }
  const result = createChecker(createValidate(await compileLanguage(1)), settings).check(file, text, named);
  if (settings.fix) await io.out(result.text);
  return { file, findings: result.findings, definitions: result.definitions, fixed: result.fixed };
}

/**
 * @param {Checked[]} first
 * @param {AsyncIterable<Checked[]>} rest
 */
async function* withFirst(first, rest) {
  if (first.length > 0) yield first;
  yield* rest;
}

/**
 * @param {string[]} given
 * @param {Record<string, import("../check/config.js").Level>} configured
 * @param {string | undefined} configFile
 */
function readRules(given, configured, configFile) {
  const rules = { ...configured };
  if (given.length === 0 && Object.keys(rules).length === 0) return rules;
  const known = new Set(sections("diagnostics").keys());
  for (const [code, level] of Object.entries(rules)) {
    const problem = ruleProblem(code, level, known);
    if (problem) throw failure(`${configFile}: \`rules\`: ${problem}`);
  }
  for (const text of given) {
    const [, code = text, level = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
    const problem = ruleProblem(code, level, known);
    if (problem) throw failure(`--rule: ${problem}`);
    rules[code] = /** @type {import("../check/config.js").Level} */ (level);
  }
  return rules;
}

/**
 * @param {import("../report/machine.js").Report["summary"]} summary
 * @param {{ affected: number, fixable: number, skipped: number }} counts
 * @param {import("../style.js").Style} style
 */
function summaryLine({ errors, warnings, infos, problems, files, fixed }, { affected, fixable, skipped }, style) {
  const parts = [
    errors > 0 ? style.red(count(errors, "error")) : "",
    warnings > 0 ? style.yellow(count(warnings, "warning")) : "",
    infos > 0 ? style.cyan(count(infos, "note")) : "",
  ].filter(Boolean);
  const found =
    parts.length > 0
      ? form("{} in {} of {}", parts.join(form(", ")), `${affected}`, count(files, "file"))
      : form("{} in {}", style.green(say("no findings")), count(files, "file"));
  return [
    found,
    problems > 0 ? style.red(form("{} not checked", count(problems, "file"))) : "",
    fixed > 0 ? style.green(say(`${fixed} correction${fixed === 1 ? "" : "s"} applied`)) : "",
    fixable > 0 ? say(`${fixable} can be corrected with --fix`) : "",
    skipped > 0 ? style.dim(form("{} without a definition skipped", count(skipped, "file"))) : "",
  ]
    .filter(Boolean)
    .join(form("; "));
}

/** @param {number} number @param {string} what */
function count(number, what) {
  return say(`${number} ${what}${number === 1 ? "" : "s"}`);
}

/** @param {string} base @param {string} name */
function joined(base, name) {
  return base === "." || name.startsWith("/") ? name : `${base}/${name}`;
}

/** @returns {ReturnType<typeof readConfig>} */
function emptyConfig() {
  return { config: {}, base: ".", path: undefined };
}

async function version() {
  return JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")).version;
}

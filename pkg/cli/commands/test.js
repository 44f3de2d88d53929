// The command `test`: tests of flows in YAML.

import { setTimeout } from "node:timers/promises";
import { findFiles } from "../check/files.js";
import { failure } from "../failure.js";
import { folded } from "../fold.js";
import { createCoverage, percent, totalOf } from "../flow-test/coverage.js";
import { runTest } from "../flow-test/execute.js";
import { readTestFile, versionOf } from "../flow-test/read.js";
import { FORMATS, coverageText, fileText, summaryText } from "../flow-test/report.js";
import { safeLine } from "../line.js";
import { createStyle } from "../style.js";
import { wholeNumber } from "../values.js";

/** @import { Definition, Io, Parsed } from "../command.js" */
/** @import { Package, TestFile } from "../flow-test/read.js" */
/** @import { FileResult, Report } from "../flow-test/report.js" */

/** Files of folders that hold tests. */
const NAMES = /\.flowtest\.ya?ml$/i;
/** Interval between two looks at the files, in ms. */
const INTERVAL_MS = 300;

/** @type {Definition} */
export const definition = {
  description: "Runs tests of flows. A test simulates a flow, or one state of it, and compares the result.",
  operands: [
    { name: "[files...]", text: "test files, folders or patterns (default: *.flowtest.yaml of the folder and below)" },
  ],
  options: [
    { flags: "--filter <text>", text: "run only the tests whose name contains the text" },
    {
      flags: "--format <format>",
      text: "form of the output",
      choices: ["text", "json", "junit", "tap"],
      default: "text",
    },
    { flags: "--coverage", text: "report the states and the branches of choices that no test reaches" },
    {
      flags: "--min-coverage <percent>",
      text: "fail if less of the states or of the branches is reached",
      parse: wholeNumber(0, 100),
    },
    { flags: "--watch", text: "run again when a test or a flow changes" },
  ],
  examples: [
    ["", "every test of this folder"],
    ["flows/order.flowtest.yaml --filter refused", "some tests of a file"],
    ["--min-coverage 90", "fail if less than 90 % of the states or branches is reached"],
    ["--format junit > result.xml", "for a CI system"],
    ["--watch", "while you write a flow"],
  ],
  exitCodes: [
    [0, "all tests passed"],
    [1, "a test failed, or the coverage is too low"],
    [2, "a test could not run, or there is none"],
    [130, "stopped with Ctrl-C"],
  ],
  notes: `A test file names its \`flow\` and lists \`tests\`. A test has a name, an \`input\`, \`mocks\` of tasks, and expectations:
\`status\`, \`output\` or \`outputIncludes\`, \`error\`, \`cause\`, \`path\`, \`attempts\`. A test with the key \`state\` runs
one state alone. docs/flow-tests.md of the package's repository describes the format.`,
};

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [named], options }, io) {
  if (options.watch && options.format !== "text") throw failure("--watch is used with --format text only");
  const [{ flowGraph, replayExecution, validateFlow }, { simulateFlow, simulateState }] = await Promise.all([
    import("../../language.js"),
    import("../../local.js"),
  ]);
  const package_ = { flowGraph, replayExecution, validateFlow, simulateFlow, simulateState };
  const stop = new AbortController();
  io.stopped.then(() => stop.abort(new Error("stopped")));
  const session = { named: named.length > 0 ? named : ["."], options, io, package_, signal: stop.signal };
  try {
    if (!options.watch) return (await runAll(session)).code;
    for (;;) {
      const { files } = await runAll(session).catch(async (error) => {
        // A file that is absent now can appear.
        if (error.exitCode === undefined) throw error;
        await io.err(`${safeLine(error.message)}\n`);
        return { files: /** @type {TestFile[]} */ ([]) };
      });
      await io.out(createStyle(io.color).dim("waiting for a change; Ctrl-C ends\n"));
      const changed = await nextChange(session, files);
      if (changed === undefined) return 130;
      await io.out(`\n${createStyle(io.color).dim(`changed: ${safeLine(changed)}`)}\n`);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    await io.err("stopped\n");
    return 130;
  }
}

/**
 * @typedef {object} Session
 * @property {string[]} named
 * @property {Record<string, any>} options
 * @property {Io} io
 * @property {Package} package_
 * @property {AbortSignal} signal
 */

/** @param {string[]} named */
function testFiles(named) {
  const { files, problems } = findFiles(named);
  return { paths: files.filter(({ path, named }) => named || NAMES.test(path)).map(({ path }) => path), problems };
}

/**
 * Runs all tests once.
 *
 * @param {Session} session
 */
async function runAll({ named, options, io, package_, signal }) {
  const { format, filter, coverage: wantsCoverage, minCoverage } = options;
  const style = createStyle(io.color);
  const columns = io.outIsTerminal ? io.columns : undefined;
  const began = performance.now();
  const { paths, problems } = testFiles(named);
  if (paths.length === 0)
    throw failure(
      problems.length > 0 && problems.every(({ file }) => file !== ".")
        ? problems.map(({ file, message }) => `\`${file}\` ${message}`).join("; ")
        : `no test file (*.flowtest.yaml) was found in ${named.map((name) => `\`${name}\``).join(", ")}`,
    );
  const summary = { passed: 0, failed: 0, problems: problems.length, files: paths.length, durationMs: 0 };
  for (const { file, message } of problems) await io.err(`${safeLine(`\`${file}\` ${message}`)}\n`);
  const coverage = createCoverage();
  /** @type {FileResult[]} */
  const results = [];
  let matched = false;
  for (const path of paths) {
    const file = readTestFile(path, package_);
    /** @type {FileResult} */
    const result = { file, results: [] };
    if (file.problems.length > 0) summary.problems += 1;
    if (file.problems.length === 0 && file.flow) {
      for (const flow of [file.flow, ...Object.values(file.flows)]) coverage.of(flow);
      for (const test of file.tests) {
        if (filter !== undefined && !test.name.toLowerCase().includes(filter.toLowerCase())) continue;
        matched = true;
        signal.throwIfAborted();
        const done = await runTest(file, test, package_, { signal, coverage });
        result.results.push(done);
        summary[done.passed ? "passed" : done.problem === undefined ? "failed" : "problems"] += 1;
      }
    }
    results.push(result);
    const isEmpty = result.results.length === 0 && file.problems.length === 0;
    if (format === "text" && !isEmpty) await io.out(folded(fileText(result, style, columns), columns));
    // Lets a signal arrive.
    await setTimeout(0);
    signal.throwIfAborted();
  }
  summary.durationMs = Math.round(performance.now() - began);
  const flows = wantsCoverage || minCoverage !== undefined ? coverage.flows() : undefined;
  /** @type {Report} */
  const report = { files: results, summary, coverage: flows };
  if (format === "text") {
    if (flows) await io.out(`${folded(coverageText(flows, style), columns)}\n`);
    await io.out(summaryText(summary, style));
  } else {
    await io.out(FORMATS[format](report));
    if (flows && format === "junit") await io.err(coverageText(flows, style));
  }
  const files = results.map(({ file }) => file);
  if (!matched && summary.problems === 0 && filter !== undefined)
    throw failure(`no test has a name with \`${filter}\``);
  if (summary.problems > 0) return { code: 2, files };
  const isLow = flows && minCoverage !== undefined && (await isTooLow(flows, minCoverage, io));
  return { code: summary.failed > 0 || isLow ? 1 : 0, files };
}

/**
 * @param {import("../flow-test/coverage.js").FlowCoverage[]} flows
 * @param {number} least
 * @param {Io} io
 */
async function isTooLow(flows, least, io) {
  const { states, branches } = totalOf(flows);
  const low = Object.entries({ states, branches }).filter(([, share]) => 100 * share.covered < least * share.total);
  for (const [what, share] of low)
    await io.err(`the coverage of ${what} is ${percent(share)} %, below the minimum of ${least} %\n`);
  return low.length > 0;
}

/**
 * Waits for a change of a file. Returns its name, or undefined if the command must stop.
 *
 * @param {Session} session
 * @param {TestFile[]} files
 */
async function nextChange({ named, signal }, files) {
  const before = new Map(files.flatMap(({ watched }) => [...watched]));
  for (;;) {
    const began = Date.now();
    // A test file that is new, and all files of the last run.
    for (const path of new Set([...testFiles(named).paths, ...before.keys()]))
      if (!before.has(path) || before.get(path) !== versionOf(path)) return path;
    // A large folder is read less often.
    const pause = Math.max(INTERVAL_MS, 20 * (Date.now() - began));
    try {
      await setTimeout(pause, undefined, { signal });
    } catch {
      return undefined;
    }
  }
}

// Results of tests: for people, JSON, JUnit, TAP.

import { xml } from "../report/machine.js";
import { safeLine } from "../line.js";
import { safeJson } from "../service/client.js";
import { whyText } from "../service/print.js";
import { createStyle } from "../style.js";
import { differenceText } from "./compare.js";
import { percent, totalOf } from "./coverage.js";
import { indented, placeName, placeText } from "./place.js";
import { form, say } from "../../shared/words.js";

/** @import { Style } from "../style.js" */
/** @import { FlowCoverage } from "./coverage.js" */
/** @import { TestResult } from "./execute.js" */
/** @import { TestFile } from "./read.js" */

/** The duration of a test is shown from this time on. */
const SLOW_MS = 1000;
/** States of a path that are shown. */
const MAX_PATH = 60;
/** Unreached states and branches of a flow that are shown. */
const MAX_MISSING = 20;

/** @typedef {{ file: TestFile, results: TestResult[] }} FileResult */

/**
 * @typedef {object} Summary
 * @property {number} passed
 * @property {number} failed
 * @property {number} problems files and tests that could not run
 * @property {number} files
 * @property {number} durationMs
 */

/** @typedef {{ files: FileResult[], summary: Summary, coverage: FlowCoverage[] | undefined }} Report */

/** @type {Record<string, (report: Report) => string>} */
export const FORMATS = { json: jsonText, junit: junitText, tap: tapText };

const PLAIN = createStyle(false);

/**
 * The results of a file for people.
 *
 * @param {FileResult} result
 * @param {Style} style
 * @param {number} [columns] width of the terminal
 */
export function fileText({ file, results }, style, columns) {
  let text = `${style.bold(safeLine(file.file))}\n`;
  for (const { message, range } of file.problems) {
    text += `  ${style.red(style.bold(say("error")))}${form(": ")}${safeLine(say(message))}\n`;
    text += indented(
      `${range ? `${placeName(file.file, range)}\n` : ""}${placeText(file.text, range, style, columns)}`,
      "    ",
    );
  }
  for (const result of results) {
    const { test, passed, durationMs } = result;
    const sign = passed ? style.green("✓") : style.red("✗");
    text += `  ${sign} ${safeLine(test.name)}${durationMs >= SLOW_MS ? style.dim(` (${Math.round(durationMs)} ms)`) : ""}\n`;
    if (!passed) text += indented(failureText(file, result, style, columns), "      ");
  }
  return `${text}\n`;
}

/**
 * Why a test failed.
 *
 * @param {TestFile} file
 * @param {TestResult} result
 * @param {Style} style
 * @param {number} [columns]
 */
export function failureText(file, { test, problem, differences, status, path, failure, range }, style, columns) {
  if (problem !== undefined)
    return `${style.red(say("could not run"))}${form(": ")}${safeLine(say(problem))}\n${placeName(file.file, test.range)}\n`;
  let text = differences.map(({ what, expected, actual }) => differenceText(what, expected, actual, style)).join("");
  text += `${style.dim(say("expected in"))} ${placeName(file.file, differences[0]?.range ?? test.range)}\n`;
  if (path) text += `${style.dim(say("path taken"))} ${pathText(path, style)}\n`;
  if (failure) {
    const why = whyText(failure.error, failure.cause);
    const tries = failure.attempts > 1 ? say(`, after ${failure.attempts} attempts`) : "";
    text += `${style.dim(say("failed in"))} ${failure.state ? `\`${safeLine(failure.state)}\`` : say("the flow")}${tries}${form(": ")}${why}\n`;
    if (failure.error === "Local.NoTaskHandler" && failure.state)
      text += `${style.dim(say("help"))} ${say(`add a mock for \`${safeLine(failure.state)}\` to \`mocks\``)}\n`;
  }
  if (status === "pending")
    text += `${style.dim(say("help"))} ${say("the state is `pending`: `mock` gives the outcome of its work")}\n`;
  const at = failure?.range ?? range;
  const flow = /** @type {import("./read.js").Flow} */ (file.flow);
  return at ? `${text}${placeName(flow.file, at)}\n${placeText(flow.text, at, style, columns)}` : text;
}

/**
 * @param {{ name: string, status: string }[]} path
 * @param {Style} style
 */
function pathText(path, style) {
  if (path.length === 0) return say("no state");
  const shown = path.slice(0, MAX_PATH).map(({ name, status }) => {
    const word = safeLine(name);
    return status === "failed" || status === "timedOut"
      ? style.red(word)
      : status === "caught"
        ? style.yellow(word)
        : word;
  });
  return `${shown.join(" → ")}${path.length > MAX_PATH ? ` → … ${say(`(${path.length} states)`)}` : ""}`;
}

/**
 * @param {Summary} summary
 * @param {Style} style
 */
export function summaryText({ passed, failed, problems, files, durationMs }, style) {
  const parts = [
    failed > 0 ? style.red(say(`${failed} failed`)) : "",
    problems > 0 ? style.red(say(`${problems} could not run`)) : "",
    passed > 0 ? style.green(say(`${passed} passed`)) : "",
  ].filter(Boolean);
  const what = parts.join(form(", ")) || say("no test ran");
  const where = say(`${files} file${files === 1 ? "" : "s"}`);
  return `${form("{}, {} ms", form("{} in {}", what, where), `${Math.round(durationMs)}`)}\n`;
}

/**
 * @param {FlowCoverage[]} flows
 * @param {Style} style
 */
export function coverageText(flows, style) {
  const rows = [...flows, ...(flows.length > 1 ? [{ file: say("all flows"), ...totalOf(flows), missing: [] }] : [])];
  let text = "";
  for (const { file, states, branches, missing } of rows) {
    const part = (/** @type {string} */ what, /** @type {import("./coverage.js").Share} */ share) => {
      const tint = share.covered === share.total ? style.green : style.yellow;
      return tint(`${what} ${share.covered}/${share.total} (${percent(share)} %)`);
    };
    text += `${style.bold(say("coverage"))} ${safeLine(file)}${form(": ")}${part(say("states"), states)}${form(", ")}${part(say("branches"), branches)}\n`;
    for (const { what, line } of missing.slice(0, MAX_MISSING))
      text += `  ${say(`not reached: ${safeLine(what)}${line === undefined ? "" : `, line ${line}`}`)}\n`;
    if (missing.length > MAX_MISSING) text += `  ${say(`and ${missing.length - MAX_MISSING} more`)}\n`;
  }
  return text;
}

/** @param {Report} report */
function jsonText({ files, summary, coverage }) {
  const shown = files.map(({ file, results }) => ({
    file: file.file,
    ...(file.flow ? { flow: file.flow.file } : {}),
    ...(file.problems.length > 0 ? { problems: file.problems } : {}),
    tests: results.map(({ test, range, ...result }) => ({
      name: test.name,
      kind: test.kind,
      range: test.range,
      ...result,
    })),
  }));
  const whole = coverage ? { total: totalOf(coverage), flows: coverage } : undefined;
  return `${safeJson({ summary, files: shown, coverage: whole }, 2)}\n`;
}

/** @param {Report} report */
function junitText({ files, summary }) {
  const seconds = (/** @type {number} */ ms) => (ms / 1000).toFixed(3);
  const suites = files.map(({ file, results }) => {
    const cases = results.map((result) => {
      const { test, passed, durationMs, problem } = result;
      const head = `    <testcase name="${xml(test.name)}" classname="${xml(file.file)}" time="${seconds(durationMs)}"`;
      if (passed) return `${head}/>\n`;
      const text = failureText(file, result, PLAIN);
      const kind = problem === undefined ? "failure" : "error";
      return `${head}>\n      <${kind} message="${xml(text.split("\n", 1)[0])}" type="${kind}">${xml(text)}</${kind}>\n    </testcase>\n`;
    });
    const errors = file.problems.map(({ message, range }) => {
      const shown = say(message);
      const text = xml(`${placeName(file.file, range)}: ${shown}`);
      return `    <testcase name="${say("the test file")}" classname="${xml(file.file)}">\n      <error message="${xml(shown)}" type="error">${text}</error>\n    </testcase>\n`;
    });
    const failed = results.filter(({ passed, problem }) => !passed && problem === undefined).length;
    const broken = file.problems.length + results.filter(({ problem }) => problem !== undefined).length;
    const time = seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0));
    const counts = `tests="${results.length + file.problems.length}" failures="${failed}" errors="${broken}" time="${time}"`;
    return {
      counts: [results.length + file.problems.length, failed, broken],
      text: `  <testsuite name="${xml(file.file)}" ${counts}>\n${[...errors, ...cases].join("")}  </testsuite>\n`,
    };
  });
  const sum = (/** @type {number} */ index) => suites.reduce((total, { counts }) => total + counts[index], 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cloudflow-wasm test" tests="${sum(0)}" failures="${sum(1)}" errors="${sum(2)}" time="${seconds(summary.durationMs)}">
${suites.map(({ text }) => text).join("")}</testsuites>
`;
}

/** @param {Report} report */
function tapText({ files, coverage }) {
  /** @type {string[]} */
  const lines = [];
  let number = 0;
  const point = (/** @type {boolean} */ passed, /** @type {string} */ name, /** @type {string} */ text) => {
    number += 1;
    // In a description a backslash and `#` are escaped.
    lines.push(`${passed ? "ok" : "not ok"} ${number} - ${safeLine(name).replace(/[\\#]/g, "\\$&")}`);
    if (passed) return;
    lines.push(
      "  ---",
      "  message: |",
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => `    ${line}`),
      "  ...",
    );
  };
  for (const { file, results } of files) {
    for (const { message, range } of file.problems)
      point(
        false,
        `${file.file}: ${say("the test file")}`,
        safeLine(`${placeName(file.file, range)}: ${say(message)}`),
      );
    for (const result of results)
      point(result.passed, `${file.file}: ${result.test.name}`, result.passed ? "" : failureText(file, result, PLAIN));
  }
  if (coverage)
    lines.push(
      ...coverageText(coverage, PLAIN)
        .trimEnd()
        .split("\n")
        .map((line) => `# ${line}`),
    );
  return ["TAP version 14", `1..${number}`, ...lines, ""].join("\n");
}

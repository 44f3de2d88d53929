// Findings for programs: JSON, SARIF, annotations of GitHub, JUnit.

import { safeLine } from "../line.js";

/** @import { Range } from "../../index.js" */
/** @import { Checked, Finding } from "../check/checker.js" */

const DOCUMENTATION = "https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/diagnostics.md";

/**
 * @typedef {object} Report
 * @property {Checked[]} results
 * @property {{ errors: number, warnings: number, infos: number, problems: number, files: number, definitions: number, fixed: number }} summary
 * @property {string} version
 */

/** @type {Record<string, (report: Report) => string | Promise<string>>} */
export const FORMATS = { json: jsonText, sarif: sarifText, github: githubText, junit: junitText };

/** @param {Report} report */
function jsonText({ results, summary }) {
  const files = results
    .filter(({ definitions, problem, fixed }) => definitions > 0 || problem !== undefined || fixed > 0)
    .map(({ file, findings, problem, fixed }) => ({
      file,
      ...(problem === undefined ? {} : { problem }),
      ...(fixed > 0 ? { fixed } : {}),
      diagnostics: findings.map(({ lines, ...finding }) => finding),
    }));
  return `${JSON.stringify({ summary, files }, null, 2)}\n`;
}

const LEVELS = { error: "error", warning: "warning", info: "note" };

/** @param {Report} report */
async function sarifText({ results, version }) {
  // It costs 4 ms, and other formats do not need it.
  const { createHash } = await import("node:crypto");
  const found = [...new Set(results.flatMap(({ findings }) => findings.map(({ code }) => code)))].sort();
  const index = new Map(found.map((code, i) => [code, i]));
  const problems = results.filter(({ problem }) => problem !== undefined);
  const run = {
    tool: {
      driver: {
        name: "cloudflow-wasm",
        version,
        informationUri: "https://github.com/cloudflow-wasm/cloudflow-wasm",
        rules: found.map((code) => ({
          id: code,
          shortDescription: { text: code.replaceAll("-", " ") },
          helpUri: `${DOCUMENTATION}#${code}`,
        })),
      },
    },
    invocations: [
      {
        executionSuccessful: problems.length === 0,
        toolExecutionNotifications: problems.map(({ file, problem }) => ({
          level: "error",
          message: { text: `${file} ${problem}` },
          locations: [{ physicalLocation: { artifactLocation: artifact(file) } }],
        })),
      },
    ],
    columnKind: "utf16CodeUnits",
    results: results.flatMap(({ file, findings }) =>
      findings.map((finding) => sarifResult(file, finding, index, createHash)),
    ),
  };
  const log = {
    $schema: "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [run],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/**
 * @param {string} file
 * @param {Finding} finding
 * @param {Map<string, number>} index
 * @param {typeof import("node:crypto").createHash} createHash
 */
function sarifResult(file, { severity, code, message, path, range, related = [], fix }, index, createHash) {
  const artifactLocation = artifact(file);
  const place = (/** @type {Range | undefined} */ range) => ({
    artifactLocation,
    ...(range ? { region: region(range) } : {}),
  });
  // A result is the same one after lines were inserted above it.
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([file, code, path, message]))
    .digest("hex");
  return {
    ruleId: code,
    ruleIndex: index.get(code),
    level: LEVELS[severity],
    message: { text: message },
    locations: [{ physicalLocation: place(range) }],
    partialFingerprints: { "cloudflow/v1": fingerprint.slice(0, 32) },
    ...(related.length > 0
      ? {
          relatedLocations: related.map(({ message, range }, id) => ({
            id,
            message: { text: message },
            physicalLocation: place(range),
          })),
        }
      : {}),
    ...(fix && fix.edits.length > 0
      ? {
          fixes: [
            {
              description: { text: fix.title },
              artifactChanges: [
                {
                  artifactLocation,
                  replacements: fix.edits.map(({ range, newText }) => ({
                    deletedRegion: region(range),
                    insertedContent: { text: newText },
                  })),
                },
              ],
            },
          ],
        }
      : {}),
  };
}

/** @param {Range} range */
function region({ start, end }) {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** @param {string} file */
function artifact(file) {
  const path = file.split("\\").join("/").toWellFormed();
  const uri = path.split("/").map(encodeURIComponent).join("/");
  if (path.startsWith("/")) return { uri: `file://${uri}` };
  return { uri: uri.replace(/^(?:\.\/)+/, ""), uriBaseId: "%SRCROOT%" };
}

/** @param {Report} report */
function githubText({ results }) {
  const names = { error: "error", warning: "warning", info: "notice" };
  const lines = results.flatMap(({ file, findings, problem }) => [
    ...(problem === undefined
      ? []
      : [`::error file=${property(file)},title=not checked::${data(`${file} ${problem}`)}`]),
    ...findings.map(({ severity, code, message, range, fix }) => {
      const properties = [`file=${property(file)}`, ...places(range), `title=${property(code)}`];
      const text = fix ? `${message} (fix: ${fix.title})` : message;
      return `::${names[severity]} ${properties.join(",")}::${data(text)}`;
    }),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

/** The runner refuses columns of a range of several lines. @param {Range | undefined} range */
function places(range) {
  if (!range) return [];
  const { start, end } = range;
  if (start.line !== end.line) return [`line=${start.line}`, `endLine=${end.line}`];
  return [
    `line=${start.line}`,
    `endLine=${end.line}`,
    `col=${start.column}`,
    `endColumn=${Math.max(end.column, start.column)}`,
  ];
}

/** @param {string} text */
function data(text) {
  return visible(text).replace(/[%\r\n]/g, percent);
}

/** @param {string} text */
function property(text) {
  return visible(text).replace(/[%\r\n:,]/g, percent);
}

/** The runner decodes line breaks only. Other control characters would reach its log. @param {string} text */
function visible(text) {
  return text
    .split(/(\r\n|\r|\n)/)
    .map((part, i) => (i % 2 === 1 ? part : safeLine(part)))
    .join("");
}

/** @param {string} letter */
function percent(letter) {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** @param {Report} report */
function junitText({ results, summary }) {
  const checked = results.filter(({ definitions, problem }) => definitions > 0 || problem !== undefined);
  const cases = checked.map(({ file, findings, problem }) => {
    const name = xml(file);
    const children = [
      ...(problem === undefined ? [] : [`<error message="${xml(problem)}" type="not-checked"/>`]),
      ...findings.map(({ severity, code, message, range }) => {
        const at = range ? `${file}:${range.start.line}:${range.start.column}` : file;
        const text = xml(`${at}: ${severity}[${code}]: ${message}`);
        if (severity === "info") return `<system-out>${text}</system-out>`;
        return `<failure message="${xml(message)}" type="${xml(code)}">${text}</failure>`;
      }),
    ];
    const line = `    <testcase name="${name}" classname="cloudflow-wasm check"`;
    if (children.length === 0) return `${line}/>\n`;
    return `${line}>\n${children.map((child) => `      ${child}\n`).join("")}    </testcase>\n`;
  });
  const failed = checked.filter(({ findings }) => findings.some(({ severity }) => severity !== "info")).length;
  const counts = `tests="${checked.length}" failures="${failed}" errors="${summary.problems}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cloudflow-wasm check" ${counts}>
  <testsuite name="flow definitions" ${counts}>
${cases.join("")}  </testsuite>
</testsuites>
`;
}

/** Text of an XML file. Characters that XML cannot contain are replaced. @param {string} text */
export function xml(text) {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"'\t\r\n]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

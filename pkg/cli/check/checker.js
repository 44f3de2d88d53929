// Checks one file: reads it, finds the definitions in it, applies the rules to their diagnostics.

import { renameSync, realpathSync, rmSync, statSync, writeFileSync, readFileSync } from "node:fs";
import { failure, reason } from "../failure.js";
import { definitionsOf } from "./embed.js";
import { createLines, lineAt } from "./lines.js";
import { readText } from "./read.js";

/** @import { Diagnostic, Range } from "../../index.js" */
/** @import { Level } from "./config.js" */

/**
 * @typedef {object} Settings
 * @property {Record<string, Level>} rules
 * @property {"Standard" | "Express" | undefined} mode
 * @property {"Standard" | "Express" | undefined} defaultMode
 * @property {boolean} fix
 * @property {boolean} lines whether the lines of the findings are part of the result
 */

/** @typedef {Diagnostic & { lines?: Record<number, string> }} Finding */

/**
 * @typedef {object} Checked
 * @property {string} file
 * @property {Finding[]} findings
 * @property {number} definitions number of definitions in the file
 * @property {number} fixed number of applied fixes
 * @property {string} [problem] why the file could not be checked
 */

/** @typedef {(text: string, options?: { mode?: "Standard" | "Express" }) => { diagnostics: Diagnostic[] }} Validate */

/** A fix can make another one possible. */
const MAX_ROUNDS = 10;

/**
 * @param {Validate} validate
 * @param {Settings} settings
 */
export function createChecker(validate, settings) {
  const hasRules = Object.keys(settings.rules).length > 0;

  /**
   * @param {string} file
   * @param {string} text
   * @param {boolean} named
   */
  function checkText(file, text, named) {
    const known = definitionsOf(file, text);
    const mode = settings.mode ?? (/\.express\.\w+$/i.test(file) ? "Express" : undefined) ?? settings.defaultMode;
    const options = mode === undefined ? {} : { mode };
    if (known === "flow" || (known === "other" && named))
      return { definitions: 1, findings: validate(text, options).diagnostics };
    if (known === "other") return { definitions: 0, findings: [] };
    const lines = createLines(text);
    /** @type {Diagnostic[]} */
    const findings = [];
    for (const block of known) {
      const outer = (/** @type {Range} */ { start, end }) => ({
        start: lines.position(block.at(start.offset)),
        end: lines.position(end.offset > start.offset ? block.at(end.offset - 1) + 1 : block.at(end.offset)),
      });
      for (const finding of validate(block.text, options).diagnostics) findings.push(moved(finding, outer, block));
    }
    return { definitions: known.length, findings };
  }

  /**
   * The fixes of a text that do not overlap, applied.
   *
   * @param {string} text
   * @param {Diagnostic[]} findings
   */
  function applied(text, findings) {
    /** @type {{ from: number, to: number, newText: string }[]} */
    const edits = [];
    let count = 0;
    for (const { fix } of findings) {
      if (!fix || fix.edits.length === 0) continue;
      const wanted = fix.edits.map(({ range, newText }) => ({
        from: range.start.offset,
        to: range.end.offset,
        newText,
      }));
      const collides = wanted.some((a) => edits.some((b) => a.from <= b.to && b.from <= a.to));
      if (collides) continue;
      edits.push(...wanted);
      count += 1;
    }
    edits.sort((a, b) => b.from - a.from);
    let result = text;
    for (const { from, to, newText } of edits) result = result.slice(0, from) + newText + result.slice(to);
    return { text: result, count };
  }

  /**
   * Checks a text, and corrects it if the settings say so.
   *
   * @param {string} file
   * @param {string} original
   * @param {boolean} named
   */
  function check(file, original, named) {
    let text = original;
    let fixed = 0;
    let result = checkText(file, text, named);
    let findings = ruled(result.findings);
    for (let round = 0; settings.fix && round < MAX_ROUNDS; round += 1) {
      const next = applied(text, findings);
      if (next.count === 0 || next.text === text) break;
      const checked = checkText(file, next.text, named);
      const remaining = ruled(checked.findings);
      // Each fix is certain, but two of them together may not be.
      if (errorsOf(remaining) > errorsOf(findings)) break;
      fixed += next.count;
      text = next.text;
      [result, findings] = [checked, remaining];
    }
    if (settings.lines) addLines(text, findings);
    return { text, fixed, findings, definitions: result.definitions };
  }

  /** @param {Diagnostic[]} findings @returns {Finding[]} */
  function ruled(findings) {
    if (!hasRules) return findings;
    return findings.flatMap((finding) => {
      const level = Object.hasOwn(settings.rules, finding.code) ? settings.rules[finding.code] : undefined;
      if (level === "off") return [];
      return [level === undefined ? finding : { ...finding, severity: level }];
    });
  }

  return {
    check,
    /**
     * @param {string} file
     * @param {boolean} named
     * @returns {Checked}
     */
    checkFile(file, named) {
      try {
        const original = readText(file);
        const { text, ...result } = check(file, original, named);
        if (text !== original) replaceFile(file, original, text);
        return { file, ...result };
      } catch (error) {
        const problem = error.exitCode === undefined ? `cannot be checked: ${error.message}` : error.message;
        return { file, findings: [], definitions: 0, fixed: 0, problem };
      }
    },
  };
}

/** @param {Diagnostic[]} findings */
function errorsOf(findings) {
  return findings.filter(({ severity }) => severity === "error").length;
}

/**
 * A finding at its place in the outer text.
 *
 * @param {Diagnostic} finding
 * @param {(range: Range) => Range} outer
 * @param {import("./map.js").Embedded} block
 * @returns {Diagnostic}
 */
function moved(finding, outer, block) {
  const result = { ...finding };
  if (finding.range) result.range = outer(finding.range);
  if (finding.related) result.related = finding.related.map(({ message, range }) => ({ message, range: outer(range) }));
  if (finding.fix) {
    const edits = finding.fix.edits.flatMap(({ range, newText }) => {
      const written = block.encode(newText);
      return written === undefined ? [] : [{ range: outer(range), newText: written }];
    });
    // A fix that cannot be written as a whole is only described.
    result.fix = { title: finding.fix.title, edits: edits.length === finding.fix.edits.length ? edits : [] };
  }
  return result;
}

/**
 * @param {string} text
 * @param {Finding[]} findings
 */
function addLines(text, findings) {
  for (const finding of findings) {
    const ranges = [finding.range, ...(finding.related ?? []).map(({ range }) => range)];
    finding.lines = {};
    for (const range of ranges) if (range) finding.lines[range.start.line] = lineAt(text, range.start);
  }
}

/**
 * Replaces the content of a file, or leaves it as it is: a temporary file is renamed.
 *
 * @param {string} file
 * @param {string} original what was read
 * @param {string} text
 */
export function replaceFile(file, original, text) {
  let beside;
  try {
    const target = realpathSync(file);
    if (readFileSync(target, "utf8") !== original) throw failure("was changed meanwhile: it is not corrected");
    beside = `${target}.${crypto.randomUUID()}.tmp`;
    writeFileSync(beside, text, { flag: "wx", mode: statSync(target).mode & 0o777 });
    renameSync(beside, target);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw error.exitCode === undefined ? failure(reason(error).replace("be read", "be written")) : error;
  }
}

// Checks one file: reads it, finds the definitions in it, applies the rules to their diagnostics.

import {
  accessSync,
  constants,
  renameSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  readFileSync,
} from "node:fs";
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

/** @typedef {{ from: number, to: number, newText: string }} Edit */
/** @typedef {Map<NonNullable<Diagnostic["fix"]>, { index: number, edits: Edit[] }>} Origins the fixes of a template in its definitions */

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
   * @returns {{ definitions: number, findings: Diagnostic[], blocks?: string[], origins?: Origins }} `blocks`: the
   *   definitions of a template
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
    /** @type {Origins} */
    const origins = new Map();
    known.forEach((block, index) => {
      for (const finding of validate(block.text, options).diagnostics) {
        const outer = moved(finding, lines, block);
        findings.push(outer);
        if (finding.fix && outer.fix) origins.set(outer.fix, { index, edits: editsOf(finding.fix) });
      }
    });
    return { definitions: known.length, findings, blocks: known.map(({ text }) => text), origins };
  }

  /**
   * Applies the fixes of a text that do not overlap, and checks the result. In a template, the definitions must then be
   * as the fixes alone would make them: the fixes of a definition that is not are left out.
   *
   * @param {string} file
   * @param {string} text
   * @param {boolean} named
   * @param {Diagnostic[]} findings
   * @param {ReturnType<typeof checkText>} before
   */
  function corrected(file, text, named, findings, before) {
    const { blocks, origins } = before;
    let chosen = separate(findings.flatMap(({ fix }) => (fix && fix.edits.length > 0 ? [fix] : [])));
    while (chosen.length > 0) {
      const next = applied(text, chosen.flatMap(editsOf), lineBreakOf(text));
      if (next === text) return undefined;
      const after = checkText(file, next, named);
      if (blocks === undefined || origins === undefined) return { text: next, count: chosen.length, after };
      if (after.blocks?.length !== blocks.length) return undefined;
      /** @type {Map<number, Edit[]>} */
      const inside = new Map();
      for (const fix of chosen) {
        const { index, edits } = origins.get(fix) ?? { index: -1, edits: [] };
        inside.set(index, [...(inside.get(index) ?? []), ...edits]);
      }
      const wrong = new Set(blocks.keys());
      blocks.forEach((block, index) => {
        const wanted = applied(block, inside.get(index) ?? [], "\n");
        if (bare(wanted) === bare(after.blocks?.[index] ?? "")) wrong.delete(index);
      });
      if (wrong.size === 0) return { text: next, count: chosen.length, after };
      const right = chosen.filter((fix) => !wrong.has(origins.get(fix)?.index ?? -1));
      if (right.length === chosen.length) return undefined;
      chosen = right;
    }
    return undefined;
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
      const next = corrected(file, text, named, findings, result);
      if (next === undefined) break;
      const remaining = ruled(next.after.findings);
      // Each fix is certain, but two of them together may not be.
      if (errorsOf(remaining) > errorsOf(findings)) break;
      fixed += next.count;
      text = next.text;
      [result, findings] = [next.after, remaining];
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

/** @param {NonNullable<Diagnostic["fix"]>} fix @returns {Edit[]} */
function editsOf({ edits }) {
  return edits.map(({ range, newText }) => ({ from: range.start.offset, to: range.end.offset, newText }));
}

/**
 * The fixes that do not overlap an earlier one.
 *
 * @param {NonNullable<Diagnostic["fix"]>[]} fixes
 */
function separate(fixes) {
  /** @type {Edit[]} */
  const taken = [];
  return fixes.filter((fix) => {
    const edits = editsOf(fix);
    if (edits.some((a) => taken.some((b) => a.from <= b.to && b.from <= a.to))) return false;
    taken.push(...edits);
    return true;
  });
}

/**
 * @param {string} text
 * @param {Edit[]} edits
 * @param {string} lineBreak
 */
function applied(text, edits, lineBreak) {
  let result = text;
  for (const { from, to, newText } of [...edits].sort((a, b) => b.from - a.from || b.to - a.to))
    result = result.slice(0, from) + newText.replace(/\r?\n/g, lineBreak) + result.slice(to);
  return result;
}

/** @param {string} text */
function lineBreakOf(text) {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** A text without the differences that its place in a template makes. @param {string} text */
function bare(text) {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/^[ \t]+$/gm, "")
    .trimEnd();
}

/**
 * A finding at its place in the outer text.
 *
 * @param {Diagnostic} finding
 * @param {ReturnType<typeof createLines>} lines of the outer text
 * @param {import("./map.js").Embedded} block
 * @returns {Diagnostic}
 */
function moved(finding, lines, block) {
  const outer = (/** @type {Range} */ { start, end }) => ({
    start: lines.position(block.at(start.offset)),
    end: lines.position(end.offset > start.offset ? block.endAt(end.offset) : block.at(end.offset)),
  });
  const result = { ...finding };
  if (finding.range) result.range = outer(finding.range);
  if (finding.related) result.related = finding.related.map(({ message, range }) => ({ message, range: outer(range) }));
  if (finding.fix) {
    const edits = finding.fix.edits.flatMap(({ range: { start, end }, newText }) => {
      if (!block.isPlain(start.offset, end.offset)) return [];
      const around = { before: block.text.slice(0, start.offset), after: block.text.slice(end.offset) };
      const written = block.encode(newText, around);
      if (written === undefined) return [];
      // The indentation of a line that is removed as a whole is removed with it.
      const to = block.text[end.offset - 1] === "\n" ? block.at(end.offset) : block.endAt(end.offset);
      const range = {
        start: lines.position(block.at(start.offset)),
        end: lines.position(end.offset > start.offset ? to : block.at(start.offset)),
      };
      return [{ range, newText: written }];
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
    // A file that is protected against writing could still be replaced.
    accessSync(target, constants.W_OK);
    if (readFileSync(target, "utf8") !== original) throw failure("was changed meanwhile: it is not corrected");
    beside = `${target}.${crypto.randomUUID()}.tmp`;
    writeFileSync(beside, text, { flag: "wx", mode: statSync(target).mode & 0o777 });
    renameSync(beside, target);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    throw error.exitCode === undefined ? failure(reason(error).replace(/be (read|accessed)/, "be written")) : error;
  }
}

// The states of an execution as rows with bars.

import { safeLine } from "../line.js";
import { fitted, widthOf } from "../width.js";

/** @import { ReplayState, ReplayVisit } from "../../index.js" */
/** @import { Style } from "../style.js" */

/** Rows that are shown. */
const MAX_ROWS = 200;
const BAR = { least: 8, most: 40 };
const MAX_NAME = 40;

/**
 * A visit of a state, with times relative to the start of the execution.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} status
 * @property {number} depth
 * @property {number} startMs
 * @property {number} durationMs
 * @property {number} attempts
 */

/**
 * @param {ReplayState} replay
 * @returns {Row[]}
 */
export function rowsOf({ visits, startedAt, stoppedAt }) {
  const start = Date.parse(startedAt ?? visits[0]?.enteredAt ?? "");
  const last = visits.reduce((most, visit) => Math.max(most, ...timesOf(visit)), start);
  const end = stoppedAt === undefined ? last : Date.parse(stoppedAt);
  /** @type {number[]} */
  const depths = [];
  return visits.map((visit) => {
    const depth = visit.parent === undefined ? 0 : depths[visit.parent] + 1;
    depths[visit.id] = depth;
    const entered = Date.parse(visit.enteredAt ?? "");
    const from = Number.isFinite(entered) ? entered : start;
    const exited = visit.exitedAt === undefined ? end : Date.parse(visit.exitedAt);
    return {
      name: visit.name,
      status: visit.status,
      depth,
      startMs: from - start,
      durationMs: Math.max(0, exited - from),
      attempts: visit.attempts.at(-1)?.attempt ?? 0,
    };
  });
}

/** @param {ReplayVisit} visit */
function timesOf({ enteredAt, exitedAt }) {
  return [enteredAt, exitedAt].map((time) => Date.parse(time ?? "")).filter(Number.isFinite);
}

/**
 * @param {Row[]} rows
 * @param {Style} style
 * @param {number} columns
 */
export function timelineText(rows, style, columns) {
  if (rows.length === 0) return "";
  const shown = rows.slice(0, MAX_ROWS);
  const total = rows.reduce((most, { startMs, durationMs }) => Math.max(most, startMs + durationMs), 0);
  const names = shown.map(({ name, depth }) => fitted(`${"  ".repeat(Math.min(depth, 8))}${safeLine(name)}`, MAX_NAME));
  const cells = [
    ["state", "status", "start", "duration", "attempts"],
    ...shown.map(({ status, startMs, durationMs, attempts }, i) => [
      names[i],
      status,
      span(startMs),
      span(durationMs),
      attempts === 0 ? "" : String(attempts),
    ]),
  ];
  const widths = cells[0].map((_, i) => cells.reduce((most, row) => Math.max(most, widthOf(row[i])), 0));
  const used = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = Math.min(BAR.most, columns - used - 1);
  const lines = cells.map((row, i) => {
    const text = row.map((cell, column) => {
      const padding = " ".repeat(widths[column] - widthOf(cell));
      // Numbers are aligned to the right.
      if (column >= 2) return `${padding}${i === 0 ? style.dim(cell) : cell}`;
      return `${i === 0 ? style.dim(cell) : column === 1 ? tint(cell, style) : cell}${padding}`;
    });
    const bar = i === 0 || room < BAR.least ? "" : barOf(shown[i - 1], total, room, style);
    return `${text.join("  ")}  ${bar}`.trimEnd();
  });
  if (rows.length > MAX_ROWS) lines.push(`and ${rows.length - MAX_ROWS} more states`);
  return `${lines.join("\n")}\n`;
}

/**
 * @param {Row} row
 * @param {number} total
 * @param {number} room
 * @param {Style} style
 */
function barOf({ status, startMs, durationMs }, total, room, style) {
  const scale = total === 0 ? 0 : room / total;
  const from = Math.min(room - 1, Math.floor(startMs * scale));
  const length = Math.max(1, Math.min(room - from, Math.round(durationMs * scale)));
  // A state without a duration is a thin mark.
  return " ".repeat(from) + tint(durationMs === 0 ? "▏" : "█".repeat(length), style, status);
}

/**
 * @param {string} text
 * @param {Style} style
 * @param {string} [status]
 */
function tint(text, style, status = text) {
  if (status === "succeeded") return style.green(text);
  if (status === "failed" || status === "timedOut") return style.red(text);
  if (status === "caught" || status === "stopped" || status === "retrying") return style.yellow(text);
  return style.blue(text);
}

/**
 * A time on the clock of a flow.
 *
 * @param {number} ms
 */
export function span(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(2))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

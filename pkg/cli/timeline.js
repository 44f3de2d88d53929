// The visits of states as bars over the time.

import { safeLine } from "./line.js";
import { period } from "./service/client.js";
import { fitted, widthOf } from "./width.js";
import { form, say } from "../shared/words.js";

/** @import { ReplayState, ReplayVisit } from "../index.js" */
/** @import { Style } from "./style.js" */

/** The status of a visit in words; a visit that succeeded needs none. @type {Record<string, string>} */
const STATUS = {
  running: "running",
  waiting: "waiting",
  retrying: "retrying",
  succeeded: "",
  failed: "failed",
  caught: "caught",
  timedOut: "timed out",
  stopped: "stopped",
};

/** Further visits are counted only. */
const MAX_ROWS = 200;
const MAX_NAME = 32;

/**
 * @param {ReplayState} state
 * @param {Style} style
 * @param {number} columns
 */
export function timeline({ visits, startedAt, stoppedAt }, style, columns) {
  const start = Date.parse(startedAt ?? "");
  const times = visits.map(({ enteredAt, exitedAt }) => [
    Date.parse(enteredAt ?? ""),
    Date.parse(exitedAt ?? stoppedAt ?? ""),
  ]);
  const end = times.reduce(
    (last, [, to]) => Math.max(last, Number.isNaN(to) ? 0 : to),
    Date.parse(stoppedAt ?? "") || start,
  );
  const whole = Math.max(1, end - start);
  /** @type {Map<number, number>} */
  const depths = new Map();
  const rows = visits.slice(0, MAX_ROWS).map((visit, i) => {
    const depth = visit.parent === undefined ? 0 : (depths.get(visit.parent) ?? 0) + 1;
    depths.set(visit.id, depth);
    const index = visit.index === undefined ? "" : `[${visit.index}] `;
    const name = fitted(`${"  ".repeat(Math.min(depth, 6))}${index}${safeLine(visit.name)}`, MAX_NAME);
    const [from, to] = times[i];
    return { name, visit, from, to, more: remarks(visit, from, to) };
  });
  const nameWidth = rows.reduce((most, { name }) => Math.max(most, widthOf(name)), 0);
  const moreWidth = rows.reduce((most, { more }) => Math.max(most, widthOf(more)), 0);
  const room = Math.max(10, Math.min(60, columns - nameWidth - 4 - moreWidth));
  const lines = rows.map(({ name, visit, from, to, more }) => {
    const known = !Number.isNaN(from) && !Number.isNaN(to);
    const left = known ? Math.min(room - 1, Math.floor(((from - start) / whole) * room)) : 0;
    const length = known ? Math.max(1, Math.min(room - left, Math.round(((to - from) / whole) * room))) : 0;
    const bar = `${" ".repeat(left)}${tintOf(visit, style)("█".repeat(length))}${" ".repeat(room - left - length)}`;
    return `${name}${" ".repeat(nameWidth - widthOf(name))} ${style.dim("│")}${bar}${style.dim("│")} ${fitted(more, Math.max(8, columns - nameWidth - room - 4))}\n`;
  });
  const rest = visits.length - rows.length;
  return lines.join("") + (rest > 0 ? `${say(`… and ${rest} further visits of states`)}\n` : "");
}

/**
 * What is written beside the bar of a visit.
 *
 * @param {ReplayVisit} visit
 * @param {number} from
 * @param {number} to
 */
function remarks({ attempts, status, error }, from, to) {
  const isKnown = !Number.isNaN(from) && !Number.isNaN(to);
  return [
    isKnown ? period(to - from) : "",
    form(STATUS[status] ?? status),
    error && status !== "succeeded" ? safeLine(error) : "",
    attempts.length > 1 ? say(`${attempts.length} attempts`) : "",
  ]
    .filter(Boolean)
    .reduce((before, more) => (before === "" ? more : form("{}, {}", before, more)), "");
}

/**
 * @param {ReplayVisit} visit
 * @param {Style} style
 */
function tintOf({ status }, style) {
  if (status === "succeeded") return style.green;
  if (status === "failed" || status === "timedOut") return style.red;
  return status === "caught" || status === "stopped" ? style.yellow : style.blue;
}

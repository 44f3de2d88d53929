// The result of a run: figures and what is not as it must be.

import { againstQuota, percentile, round } from "./measure.mjs";

/** Maximum p99 from the end of an execution until a watcher sees it, in ms. */
export const MAX_P99_MS = 2000;

/** Statuses of requests to the upstream that the quota refuses. */
const REFUSED = 429;

/**
 * @typedef {object} Report
 * @property {string} what
 * @property {[string, string | number][]} rows
 * @property {string[]} failures
 * @property {boolean} [isPeer] nothing is required of a peer
 */

/** What the upstream recorded: calls per action, and their times beside the quota. */
export function upstreamOf(record) {
  const of = (action) => againstQuota(record.filter((entry) => entry.action === action).map(({ at }) => at));
  return {
    describe: of("DescribeExecution"),
    history: of("GetExecutionHistory"),
    refused: record.filter(({ status }) => status === REFUSED).length,
    gone: record.filter(({ status }) => status === -1).length,
    held: record.filter(({ status }) => status === 0).length,
  };
}

export function times(values) {
  const at = (share) => round(percentile(values, share), 0) ?? "-";
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** @param {Report} report */
export function printReport({ what, rows, failures, isPeer }, print) {
  print(`\n${what}`);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) print(`  ${name.padEnd(width)}  ${value}`);
  for (const failure of failures) print(`  FAILED: ${failure}`);
  if (isPeer) print("  a peer: nothing is required");
  else if (failures.length === 0) print("  all as required");
}

export function listed(counts) {
  const all = Object.entries(counts);
  return all.length === 0 ? "0" : all.map(([name, count]) => `${count} x ${name}`).join(", ");
}

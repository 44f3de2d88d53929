// What every part of the bench shares: its options, the package under test, its answer.

import { pathToFileURL } from "node:url";

/** A smoke run: fewer rounds, the same rows. */
export const quick = process.argv.includes("--quick");

/** Rounds and times for `compare`. */
export const effort = quick ? { rounds: 3, roundMs: 40, warmMs: 80 } : { rounds: 9, roundMs: 120, warmMs: 400 };

/** Where this runs, for the table. */
export const where = `Node ${process.versions.node.split(".")[0]}`;

/** The folder with the entries of the package under test, ending in a slash. */
export const packageUrl = process.env.CLOUDFLOW_PACKAGE
  ? pathToFileURL(`${process.env.CLOUDFLOW_PACKAGE}/`)
  : new URL("../../../pkg/dist/", import.meta.url);

/** The package under test; with `--peers` only the others are measured. */
export async function loadOurs() {
  if (process.argv.includes("--peers")) return null;
  return import(new URL("index.js", packageUrl));
}

const rows = [];

/**
 * One line of the table.
 *
 * @param row { what, where, ours, unit, peers: { name: value }, times: { name: ratio }, goal, met, note }
 *   `met` is true, false, or null where nothing is promised
 */
export function report(row) {
  rows.push({ where, peers: {}, goal: "", met: null, ...row });
}

/** Hands the rows to the parent, as the last line of standard output. */
export function finish(raw = {}) {
  process.stdout.write(`${JSON.stringify({ rows, raw })}\n`, () => process.exit(0));
}

/** Drops contenders that are not there: ours in a run of peers only. */
export const present = (contenders) => Object.fromEntries(Object.entries(contenders).filter(([, work]) => work));

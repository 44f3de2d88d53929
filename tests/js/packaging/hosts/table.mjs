// The table of docs/hosts.md. A run of some hosts replaces their rows only.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

const HEAD = "| host | result | versions | seconds |\n|---|---|---|---|\n";
const START = "<!-- The rows are written by `cargo xtask test --hosts`. -->\n\n";

/** Rows by the name of the host. */
function readRows(text) {
  const [, rows = ""] = text.split(HEAD);
  const lines = rows.split("\n").filter((line) => line.startsWith("| "));
  return new Map(lines.map((line) => [line.split(" | ")[0].slice(2), line]));
}

/**
 * @param {string} file
 * @param {{ host: string, seconds: number, result: string, failed: boolean, problem?: string, versions: string }[]} rows
 * @param {string[]} order all hosts
 */
export function writeTable(file, rows, order) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const known = readRows(text);
  for (const { host, seconds, result, failed, problem, versions } of rows) {
    const reason = failed ? `**fails**: ${cell(problem)}` : result;
    known.set(host, `| ${host} | ${reason} | ${versions} | ${seconds.toFixed(1)} |`);
  }
  const lines = order.filter((host) => known.has(host)).map((host) => `${known.get(host)}\n`);
  const [before] = text.split(START);
  writeFileSync(file, `${before}${START}${HEAD}${lines.join("")}`);
}

/** The line of a failure that names the error, short enough for a table. */
function cell(text = "") {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Command failed"));
  const line = lines.find((line) => /error/i.test(line)) ?? lines[0] ?? text;
  return line.trim().slice(0, 160).replaceAll("|", "\\|");
}

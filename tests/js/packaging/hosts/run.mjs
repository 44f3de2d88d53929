// Runs one program in every host, with the settings that the host's own starter has, and writes the results into a table.
//
//     CHROMIUM=… DENO=… BUN=… node tests/js/packaging/hosts/run.mjs <tarball> [--filter NAME] [--table FILE]

import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../arguments.mjs";
import { createNodes } from "./node.mjs";
import { closeEngines } from "./page.mjs";
import { createPlace, createProject } from "./project.mjs";
import { PROJECTS } from "./projects.mjs";
import { rateHost, resultText } from "./result.mjs";
import { writeTable } from "./table.mjs";

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

async function main() {
  const words = process.argv.slice(2);
  const at = words.indexOf("--table");
  const [, table] = at >= 0 ? words.splice(at, 2) : [];
  const { out: tarball, filter } = readArguments(words);
  const order = Object.values(PROJECTS).flatMap(({ hosts }) => Object.keys(hosts));
  const rows = await runHosts({ tarball, filter, done: (rows) => table && writeTable(table, rows, order) });
  const failed = rows.filter(({ failed }) => failed);
  if (rows.length === 0) console.log(`no host contains \`${filter}\` in its name`);
  console.log(`${rows.length - failed.length} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 && rows.length > 0 ? 0 : 1);
}

/**
 * Runs the hosts whose name contains `filter`, one after another, and prints their results.
 *
 * @param {object} options
 * @param {string} options.tarball
 * @param {string} [options.filter]
 * @param {boolean} [options.quick] selects the hosts whose packages the repository has; they run in the Node of the PATH
 * @param {(rows: object[]) => void} [options.done] is called after each project, with all rows
 */
export async function runHosts({ tarball, filter = "", quick = false, done = () => {} }) {
  const place = createPlace();
  const rows = [];
  try {
    const nodes = quick ? { tools: process.execPath } : await createNodes(place, tarball);
    for (const [name, project] of Object.entries(PROJECTS)) {
      const hosts = Object.entries(project.hosts)
        .map(([host, value]) => ({ host, ...(typeof value === "function" ? { run: value } : value) }))
        .filter(({ host, quick: isQuick }) => isWanted(name, host, filter) && (isQuick || !quick));
      if (hosts.length === 0) continue;
      rows.push(...(await runProject(name, project, hosts, { place, tarball, nodes })));
      done(rows);
    }
  } finally {
    await closeEngines();
  }
  if (!rows.some(({ failed }) => failed)) rmSync(place, { recursive: true, force: true });
  return rows;
}

/** The filter consists of parts of names of hosts, or names of projects, with `|` between them. */
function isWanted(project, host, filter) {
  return filter.split("|").some((part) => part === project || host.toLowerCase().includes(part.toLowerCase()));
}

/** Runs the hosts of a project, one after another. */
async function runProject(name, { files, prepare, versions = [] }, hosts, { place, tarball, nodes }) {
  const rows = [];
  let project;
  let failure;
  try {
    project = await createProject(place, name, { files, tarball, node: nodes.tools });
    project.nodes = nodes;
    await prepare?.(project);
  } catch (error) {
    failure = error;
  }
  for (const [number, { host, run, ...wanted }] of hosts.entries()) {
    const began = performance.now();
    let outcome;
    try {
      if (failure) throw failure;
      const result = await run(project);
      outcome = typeof result === "string" ? { line: result } : result;
    } catch (error) {
      outcome = { error: String(error?.message ?? error).replaceAll(place, "") };
    }
    const seconds = (performance.now() - began) / 1000;
    const row = {
      host,
      seconds,
      ...rateHost(outcome, wanted),
      versions: await versionsOf(project, wanted.versions ?? versions),
    };
    rows.push(row);
    // The project could not be prepared: its output is printed once.
    console.log(resultText(row, failure && number > 0 ? 1 : 60));
  }
  await project?.stop();
  if (project && !rows.some(({ failed }) => failed)) project.remove();
  else if (project) console.log(`        the project is in ${project.dir}`);
  return rows;
}

/** The versions for the table; empty if the packages could not be installed. */
async function versionsOf(project, versions) {
  try {
    const found = versions.map((one) => (typeof one === "function" ? one(project) : `${one} ${project.version(one)}`));
    return (await Promise.all(found)).join(", ");
  } catch {
    return "";
  }
}

// The versions of Node that run hosts: packages of npm, which exist for each platform. The versions that are listed in
// `nodes/package.json` are those for Linux on x64; elsewhere, all hosts run in the Node of the PATH.

import { existsSync } from "node:fs";
import { createProject } from "./project.mjs";

/** Versions for the hosts. */
export const NODES = [20, 24, 26];

/** The version that runs the tools of all other hosts. */
const TOOLS = 24;

/**
 * @param {string} place
 * @param {string} tarball
 */
export async function createNodes(place, tarball) {
  const { file } = await createProject(place, "nodes", { tarball });
  const program = (version) => file(`node_modules/node${version}/bin/node`);
  const has = existsSync(program(TOOLS));
  return {
    tools: has ? program(TOOLS) : process.execPath,
    of(version) {
      if (!has) throw new Error("the versions of Node are packages for Linux on x64 only");
      return program(version);
    },
  };
}

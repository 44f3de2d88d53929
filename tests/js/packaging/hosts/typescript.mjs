// Each minor version of TypeScript checks the program in four ways to resolve modules, with the strictest settings and
// without `skipLibCheck`. It checks every entry of the package that has types.

import { PROGRAM } from "./texts.mjs";
import { EXPECTED } from "./result.mjs";

const VERSIONS = ["5.0", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6.0", "7.0"];

/** `node10` is absent from version 7. */
const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  node10: { module: "esnext", moduleResolution: "node10" },
};

const STRICT = {
  target: "es2022",
  lib: ["es2023", "dom", "dom.iterable"],
  types: [],
  // Of the declarations, only those of the package are checked.
  skipDefaultLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  verbatimModuleSyntax: true,
};

/** Imports every entry that the installed package declares types for. */
function importsOfEntries(project) {
  const { exports } = JSON.parse(project.read("node_modules/cloudflow-wasm/package.json"));
  const entries = Object.keys(exports).filter((entry) => exports[entry].types);
  return entries.map((entry, i) => `export * as entry${i} from "cloudflow-wasm${entry.slice(1)}";\n`).join("");
}

const check = (version) => async (project) => {
  const problems = [];
  for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
    const major = Number(version.split(".")[0]);
    if (name === "node10" && major >= 7) continue;
    const ignore = name === "node10" && major === 6 ? { ignoreDeprecations: "6.0" } : {};
    const compilerOptions = { ...STRICT, ...resolution, ...ignore };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["program.ts", "entries.ts"] }));
    const tsc = project.file(`node_modules/typescript-${version}/bin/tsc`);
    await project.node([tsc, "--pretty", "false"]).catch((error) => {
      const [first = error.message, ...rest] = error.message.split("\n").filter((line) => line.includes("error TS"));
      problems.push(`${name}: ${first}${rest.length > 0 ? ` (and ${rest.length} more)` : ""}`);
    });
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return EXPECTED;
};

export const typescript = {
  files: {
    "program.ts": PROGRAM,
  },
  prepare: (project) => project.write("entries.ts", importsOfEntries(project)),
  hosts: Object.fromEntries(
    VERSIONS.map((version) => [
      `TypeScript ${version}`,
      { run: check(version), versions: [({ version: of }) => `typescript ${of(`typescript-${version}`)}`] },
    ]),
  ),
};

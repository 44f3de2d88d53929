// The texts of files that hosts share.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HERE } from "./project.mjs";

/** The program. Its text is also valid TypeScript. */
export const PROGRAM = readFileSync(join(HERE, "program.mjs"), "utf8");

/** Shows the line in a page. */
export const SHOW = readFileSync(join(HERE, "show.mjs"), "utf8");

/** The script of a page. */
export const PAGE_SCRIPT = `import { program } from "./program.mjs";
import { show } from "./show.mjs";
show(program());
`;

/** Prints the line. */
export const PRINT = `import { program } from "./program.mjs";
console.log(await program());
`;

/** A page with a script. */
export const page = (src, attributes = "type=module") =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,"></head>
<body><script ${attributes} src="${src}"></script></body>
</html>
`;

// Runs the suites in the runtime that runs this: Node, Deno or Bun.
//
//     node tests/js/run.mjs <where to put the entry>

import process from "node:process";
import { pathToFileURL } from "node:url";
import { coreBytes, finish, print, writeEntry } from "./prepare.mjs";
import { openService } from "./support/service.mjs";

const runtime = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
const { main } = await import(pathToFileURL(writeEntry(process.argv[2], runtime)).href);
const service = await openService();
process.exit(finish(await main(new WebAssembly.Module(coreBytes()), print, { service: service.url })));

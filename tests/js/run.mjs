// Runs the suites in the current runtime: Node, Deno or Bun.
//
//     node tests/js/run.mjs <folder for the entry> [--filter NAME]

import process from "node:process";
import { pathToFileURL } from "node:url";
import { readArguments } from "./arguments.mjs";
import { MODULES, finish, moduleBytes, print, writeEntry } from "./prepare.mjs";
import { openService } from "./support/service.mjs";

const { out, filter } = readArguments(process.argv.slice(2));
const runtime = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
const { main } = await import(pathToFileURL(writeEntry(out, runtime)).href);
const service = await openService();
const modules = Object.fromEntries(MODULES.map((name) => [name, new WebAssembly.Module(moduleBytes(name))]));
const totals = await main(modules, print, { service: service.url, filter });
process.exit(finish(totals, filter));

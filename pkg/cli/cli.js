// The command line: selects the command. Each command is a file of its own, which is loaded when it runs.

import { readFile } from "node:fs/promises";
import { failure } from "./failure.js";
import { folded } from "./fold.js";
import { exampleLines, helpWidth, paragraphs } from "./help.js";
import { createIo } from "./io.js";
import { safeLine } from "./line.js";
import { nearest } from "./nearest.js";

/** @import { Command, Io } from "./command.js" */
/** @typedef {(line: string) => void} Print */
/** @typedef {{ OPTIONS?: object, main: (argv: string[], out: Print, complain: Print, stopped: Promise<unknown>) => Promise<number | undefined> }} Server */

/**
 * The commands in the order of the help. A server reads its arguments itself.
 *
 * @type {{ name: string, summary: string, load?: () => Promise<Command>, server?: () => Promise<Server> }[]}
 */
export const COMMANDS = [
  {
    name: "check",
    summary: "report mistakes in flow definitions, also inside ROS, Terraform and Serverless templates",
    load: () => import("./commands/check.js"),
  },
  {
    name: "format",
    summary: "write definitions in the usual layout, with their comments, also inside templates",
    load: () => import("./commands/format.js"),
  },
  {
    name: "explain",
    summary: "describe a code of a diagnostic or of an error, with examples",
    load: () => import("./commands/explain.js"),
  },
  {
    name: "graph",
    summary: "print a definition as a graph: Mermaid, DOT or SVG",
    load: () => import("./commands/graph.js"),
  },
  {
    name: "migrate",
    summary: "convert definitions from the dialect `flow` to `StateMachine`",
    load: () => import("./commands/migrate.js"),
  },
  {
    name: "run",
    summary: "run a flow on this machine, with its events, a timeline and the reason of a failure",
    load: () => import("./commands/run.js"),
  },
  {
    name: "init",
    summary: "write a first flow, a test of it and the settings of an editor",
    load: () => import("./commands/init.js"),
  },
  {
    name: "test",
    summary: "run tests of flows, written in YAML, with coverage of states and branches",
    load: () => import("./commands/test.js"),
  },
  {
    name: "describe",
    summary: "print the state of an execution",
    load: () => import("./commands/describe.js"),
  },
  {
    name: "watch",
    summary: "follow an execution until it ends",
    load: () => import("./commands/watch.js"),
  },
  {
    name: "history",
    summary: "print the events of an execution",
    load: () => import("./commands/history.js"),
  },
  {
    name: "executions",
    summary: "list the executions of a flow",
    load: () => import("./commands/executions.js"),
  },
  {
    name: "lsp",
    summary: "run a language server for editors",
    load: () => import("./commands/lsp.js"),
  },
  {
    name: "local",
    summary: "run the emulator of the service as an HTTP server, with a console in the browser",
    server: () => import("./commands/local.js"),
  },
  {
    name: "gateway",
    summary: "run a gateway, which holds the key and shares polls; `gateway init` writes one for Workers",
    server: () => import("./commands/gateway.js"),
  },
  {
    name: "completion",
    summary: "print the completion of bash, zsh or fish",
    load: () => import("./commands/completion.js"),
  },
];

/**
 * Runs a command. Returns the exit code: 0 for success, 1 for findings or a failure, 2 if the command could not run.
 * Undefined if a server does not stop.
 *
 * @param {string[]} argv
 * @param {{ out?: Print, complain?: Print, stopped?: Promise<unknown>, io?: Io }} [host] `stopped` resolves when the
 *   command must stop
 * @returns {Promise<number | undefined>}
 */
export async function main(
  argv,
  { out = console.log, complain = console.error, stopped = new Promise(() => {}), io = createIo(stopped) } = {},
) {
  try {
    const [first] = argv;
    if (first === undefined || first === "--help" || first === "-h" || first === "help") {
      const topic = first === "help" ? argv[1] : undefined;
      if (topic !== undefined && topic !== "help") return await main([topic, "--help"], { out, complain, stopped, io });
      await io.out(help(helpWidth(io.outIsTerminal ? io.columns : undefined)));
      return 0;
    }
    if (first === "--version" || first === "-V") return (await io.out(`${await version()}\n`), 0);
    // The servers accept their options also before their names.
    const name = first.startsWith("-")
      ? (["local", "gateway"].find((server) => argv.includes(server)) ?? first)
      : first;
    const command = COMMANDS.find((command) => command.name === name);
    if (command?.server) return await (await command.server()).main(argv, out, complain, stopped);
    if (command?.load) {
      const [loaded, { parse }] = await Promise.all([command.load(), import("./parser.js")]);
      const parsed = await parse(name, loaded.definition, argv.slice(1), io);
      return parsed === undefined ? 0 : await loaded.run(parsed, io);
    }
    const what = name.startsWith("-") ? "an option before a command" : "a command";
    const near = nearest(
      name,
      COMMANDS.map((command) => command.name),
    );
    const hint = near === undefined ? "" : `: did you mean \`${near}\`?`;
    throw failure(`\`${name}\` is not ${what}${hint}`, { help: "cloudflow-wasm --help` lists the commands" });
  } catch (error) {
    const text = error.exitCode === undefined ? unexpected(error) : error.message;
    await io.err(`${safeLine(text)}\n${error.help ? `\`${error.help}\n` : ""}`).catch(() => {});
    return error.exitCode ?? 2;
  }
}

/** @param {any} error An error of the package has a `kind`. */
function unexpected(error) {
  return error?.kind === undefined ? `unexpected error: ${error?.message ?? error}` : `${error.message}`;
}

/** @type {[string, string][]} */
const EXAMPLES = [
  ["cloudflow-wasm check flows/", "check all definitions of a folder"],
  ["cloudflow-wasm check --fix order.yaml", "correct what is certain"],
  ["cloudflow-wasm explain unknown-target", "what a code means"],
  ["cloudflow-wasm local --flows flows --port 8791", "run the flows on this machine"],
];

/** @param {number} columns */
function help(columns) {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => folded(`  ${name.padEnd(width)}  ${summary}`, columns));
  const more = "`cloudflow-wasm <command> --help` describes a command. `--version` prints the version of the package.";
  return `cloudflow-wasm: tools for flows of Alibaba Cloud CloudFlow

usage: cloudflow-wasm <command> [arguments]

${lines.join("\n")}

examples:
${exampleLines(EXAMPLES, columns)}

${paragraphs(more, columns)}
`;
}

async function version() {
  const file = new URL("../package.json", import.meta.url);
  return JSON.parse(await readFile(file, "utf8")).version;
}

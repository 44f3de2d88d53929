// The command line: what is asked for, and what is wrong with it.

import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { isOrigin } from "./guard.js";
import { safeLine } from "./line.js";
import { PATIENCE, startThread } from "./thread.js";

/** The environment variable with a key: unlike an option, it is not in the list of processes. */
const KEY_VARIABLE = "CLOUDFLOW_KEY";

const HELP = `cloudflow-wasm local: Alibaba Cloud CloudFlow on this machine, for any client

  cloudflow-wasm local [--flows DIR] [--tasks FILE] [--state FILE] [--port N] [--host H] [--key ID:SECRET]

  --flows DIR      every *.yaml and *.yml of the folder is a flow, named as the file; a changed file is
                   loaded again, a broken one is reported and the last good definition stays;
                   NAME.express.yaml is an Express flow
  --tasks FILE     who does the tasks: a module (.mjs, .js) whose default export has handlers, or mocks (.json);
                   without one a task fails as Local.NoTaskHandler, or waits for the report of its token
  --state FILE     flows and executions are kept there and survive a restart, and a kill; one server at a time
                   uses the file
  --port N         the port to listen on (8791); 0 takes any that is free
  --host H         the address to listen on (127.0.0.1: this machine only); given again, a further name that is
                   accepted in the header Host, besides localhost and IP addresses
  --allow-origin O a web page of this origin, such as http://localhost:3000, may use the server; can be given
                   several times; without it only pages of the server's own origin may
  --key ID:SECRET  a key that may ask; can be given several times; without one the environment variable
                   ${KEY_VARIABLE} is read, and without that a key is made up and printed
  --quotas         refuse what is beyond the service's quotas, with 429
  --latency MS     every answer takes so long
  --quiet          no line for each request
  --help           this text
  --version        the version of the package
`;

const OPTIONS = {
  flows: { type: "string" },
  tasks: { type: "string" },
  state: { type: "string" },
  port: { type: "string" },
  host: { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  key: { type: "string", multiple: true },
  quotas: { type: "boolean" },
  latency: { type: "string" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
};

/** Mistakes of the caller, told without a trace. */
class Usage extends Error {}

/**
 * @returns {Promise<number | undefined>} the exit code, once it has ended: 0, 1 (it cannot be), 2 (a wrong call);
 *   undefined where the server does not end
 */
export async function main(
  argv,
  { out = console.log, complain = console.error, stopped = new Promise(() => {}) } = {},
) {
  try {
    return await run(argv, out, complain, stopped);
  } catch (error) {
    if (error instanceof Usage) {
      complain(safeLine(error.message));
      complain("cloudflow-wasm local --help says what can be given");
      return 2;
    }
    complain(safeLine(error.message));
    return 1;
  }
}

async function run(argv, out, complain, stopped) {
  const { values, positionals } = read(argv);
  if (values.help) return (out(HELP.trimEnd()), 0);
  if (values.version) return (out(await version()), 0);
  const [command, ...rest] = positionals;
  if (command === undefined) throw new Usage("a command is missing: `local` is the one there is");
  if (command !== "local") throw new Usage(`\`${command}\` is not a command; \`local\` is`);
  if (rest.length > 0) throw new Usage(`\`${rest[0]}\` belongs to no option`);
  for (const name of ["flows", "tasks", "state"]) if (values[name] === "") throw new Usage(`--${name} is empty`);
  const { flows, tasks, state, host: hosts = ["127.0.0.1"], "allow-origin": origins = [], quotas, quiet } = values;
  const port = number("port", values.port ?? "8791", 65_535);
  const latencyMs = number("latency", values.latency ?? "0", 3_600_000);
  for (const host of hosts)
    if (host === "" || /[\s/@]/.test(host)) throw new Usage(`--host must be a name or an address, not \`${host}\``);
  for (const origin of origins) {
    if (!isOrigin(origin))
      throw new Usage(`--allow-origin must be an origin such as http://localhost:3000, not \`${origin}\``);
  }
  const given = process.env[KEY_VARIABLE];
  const [keys, source] = values.key
    ? [values.key.map((text) => pair(text, "--key")), "--key"]
    : given
      ? [[pair(given, KEY_VARIABLE)], KEY_VARIABLE]
      : [];

  const print = (line) => out(safeLine(line));
  const starting = startThread({
    flows,
    tasks,
    state,
    hosts,
    origins,
    port,
    keys,
    quotas,
    latencyMs,
    say: print,
    onRequest: quiet ? () => {} : print,
  });
  const stuck = () => {
    complain("the server does not answer, and is ended as it is");
    return undefined;
  };
  const server = await Promise.race([starting, stopped.then(() => pause(PATIENCE))]);
  if (server === undefined) return stuck();
  print(`endpoint  ${server.url}`);
  // A secret that was given is known to whoever gave it.
  print(
    keys
      ? `key       ${keys.map(([id]) => id).join(", ")}, from ${source}`
      : `key       ${server.key[0]}, with the secret ${server.key[1]}`,
  );
  const ended = await Promise.race([stopped, server.ended]);
  if (ended?.failed !== undefined) throw new Error(ended.failed);
  print("stopping");
  const wrote = await server.close();
  if (wrote === undefined) return stuck();
  return wrote ? 0 : 1;
}

function read(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Usage(error.message);
  }
}

function number(name, text, most) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  throw new Usage(`--${name} must be a whole number from 0 to ${most}, not \`${text}\``);
}

function pair(text, source) {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1)
    throw new Usage(`${source} must be an AccessKey ID and its secret, with \`:\` between them`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function version() {
  const file = new URL("../package.json", import.meta.url);
  return JSON.parse(await readFile(file, "utf8")).version;
}

// The command line: what is asked for, and what is wrong with it.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { startServer } from "./server.js";

const HELP = `cloudflow-wasm local: Alibaba Cloud CloudFlow on this machine, for any client

  cloudflow-wasm local [--flows DIR] [--tasks FILE] [--state FILE] [--port N] [--host H] [--key ID:SECRET]

  --flows DIR      every *.yaml and *.yml of the folder is a flow, named as the file; a changed file is
                   loaded again, a broken one is reported and the last good definition stays;
                   NAME.express.yaml is an Express flow
  --tasks FILE     who does the tasks: a module (.mjs, .js) whose default export has handlers, or mocks (.json);
                   without one a task fails as Local.NoTaskHandler, or waits for the report of its token
  --state FILE     flows and executions are kept there and survive a restart
  --port N         the port to listen on (8791); 0 takes any that is free
  --host H         the address to listen on (127.0.0.1: this machine only)
  --key ID:SECRET  a key that may ask, instead of emulator:emulator-secret; can be given several times
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
  host: { type: "string" },
  key: { type: "string", multiple: true },
  quotas: { type: "boolean" },
  latency: { type: "string" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
};

/** Mistakes of the caller, told without a trace. */
class Usage extends Error {}

/** @returns {Promise<number>} the exit code, once it has ended: 0, 1 (it cannot be), 2 (a wrong call) */
export async function main(argv, { out = console.log, complain = console.error, stopped } = {}) {
  try {
    return await run(argv, out, stopped);
  } catch (error) {
    if (error instanceof Usage) {
      complain(`${error.message}\ncloudflow-wasm local --help says what can be given`);
      return 2;
    }
    complain(error.message);
    return 1;
  }
}

async function run(argv, out, stopped) {
  const { values, positionals } = read(argv);
  if (values.help) return out(HELP.trimEnd()), 0;
  if (values.version) return out(await version()), 0;
  const [command, ...rest] = positionals;
  if (command === undefined) throw new Usage("a command is missing: `local` is the one there is");
  if (command !== "local") throw new Usage(`\`${command}\` is not a command; \`local\` is`);
  if (rest.length > 0) throw new Usage(`\`${rest[0]}\` belongs to no option`);
  for (const name of ["flows", "tasks", "state", "host"]) if (values[name] === "") throw new Usage(`--${name} is empty`);
  const { flows, tasks, state, host = "127.0.0.1", quotas, quiet } = values;
  const port = number("port", values.port ?? "8791", 65_535);
  const latencyMs = number("latency", values.latency ?? "0", 3_600_000);
  const keys = values.key?.map(pair);

  const server = await startServer({
    flows, tasks, state, host, port, keys, quotas, latencyMs, say: out, onRequest: quiet ? () => {} : out,
  });
  out(`endpoint  ${server.url}`);
  // A secret that was given is known to whoever gave it.
  out(keys ? `key       ${keys.map(([id]) => id).join(", ")}` : "key       emulator, with the secret emulator-secret");
  if (!keys && !isLoopback(host)) out(`warning   others can reach ${host}, and everybody knows this key: give one of your own with --key`);
  await stopped;
  out("stopping");
  return (await server.close()) ? 0 : 1;
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

function pair(text) {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1) throw new Usage("--key must be an AccessKey ID and its secret, with `:` between them");
  return [text.slice(0, at), text.slice(at + 1)];
}

function isLoopback(host) {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

async function version() {
  const file = new URL("../../package.json", import.meta.url);
  return JSON.parse(await readFile(file, "utf8")).version;
}

// The command `local`: reads and checks its arguments, and runs the server.

import process from "node:process";
import { MAX_SPEED } from "../local/options.js";
import { Unusable, Usage, hostOf, number, readArguments, version, withMessages } from "./arguments.js";
import { isLoopback } from "./loopback.js";
import { isOrigin } from "./guard.js";
import { codeLines, narrowHelp } from "./help.js";
import { safeLine } from "./line.js";
import { STOP_TIMEOUT_MS, startThread } from "./thread.js";
import { form } from "../shared/words.js";

/** Environment variable with a key. Unlike an option, it is not visible in the list of processes. */
const KEY_VARIABLE = "CLOUDFLOW_KEY";

/** @type {[number, string][]} */
export const EXIT_CODES = [
  [0, "stopped with Ctrl-C or SIGTERM"],
  [1, "the server ended with an error, or the state could not be written"],
  [2, "the server could not be started"],
];

const HELP = `cloudflow-wasm local: emulator of Alibaba Cloud CloudFlow as an HTTP server, with a console in the browser

  cloudflow-wasm local [--flows DIR] [--tasks FILE] [--state FILE] [--port N] [--host H] [--key ID:SECRET]
                       [--speed N] [--skip-waits] [--no-console]

  --flows DIR      folder of definitions; each *.yaml and *.yml file is a flow with the name of the file;
                   NAME.express.yaml is an Express flow; changed files are loaded again; the findings of an
                   invalid definition are printed, and the last valid definition is kept
  --tasks FILE     task handlers: a module (.mjs, .js) with handlers as default export, or mocks (.json);
                   a task without a handler gets the answer that was set in the console; without one, it fails with
                   Local.NoTaskHandler, or waits for the report of its task token
  --state FILE     file for flows and executions; it survives a restart and a kill of the server; only one
                   server at a time can use it
  --port N         port to listen on (default 8791); 0 selects a free port
  --host H         address to listen on (default 127.0.0.1: only this machine); if specified again: further
                   names that are accepted in the header Host, in addition to localhost and IP addresses
  --allow-origin O origin of a web page that may use the server, such as http://localhost:3000; may be
                   repeated; default: only pages of the server's own origin
  --key ID:SECRET  accepted AccessKey pair; may be repeated; default: the environment variable
                   {}; if it is not set, a pair is generated and printed
  --speed N        speed of the clock of the flows, 1 to 1000000 (default 1): with 60, a wait of one minute takes
                   one second; pauses before retries and timeouts are shortened alike; requests and handlers
                   take their normal time
  --skip-waits     let the clock of the flows jump to the next wait, pause or timeout that ends, except while a
                   handler runs or a task waits for the report of its task token
  --console        serve the console also if other machines can reach the server; the console needs no key: everyone
                   who can connect to the server can use it
  --no-console     do not serve the console
  --quotas         apply the rate limits of the service: 429 above them
  --latency MS     delay of every response in ms
  --quiet          do not print a line for each request
  --help           print this text
  --version        print the version of the package
  --locale L       language of the messages: en or zh

Examples:
  # the flows of a folder, with a console
  cloudflow-wasm local --flows flows
  # with task handlers, and no waits
  cloudflow-wasm local --flows flows --tasks tasks.mjs --skip-waits
  # executions survive a restart
  cloudflow-wasm local --flows flows --state state.jsonl --port 8791
  # for other machines, in a container
  cloudflow-wasm local --host :: --key dev:dev-secret --no-console

Exit codes:
{}

\`cloudflow-wasm gateway --help\` describes the gateway.
`;

export const OPTIONS = /** @type {const} */ ({
  flows: { type: "string" },
  tasks: { type: "string" },
  state: { type: "string" },
  port: { type: "string" },
  host: { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  key: { type: "string", multiple: true },
  speed: { type: "string" },
  "skip-waits": { type: "boolean" },
  console: { type: "boolean" },
  "no-console": { type: "boolean" },
  quotas: { type: "boolean" },
  latency: { type: "string" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
});

/** @typedef {import("./arguments.js").Print} Print */

/**
 * @param {string[]} argv
 * @param {Print} out
 * @param {Print} complain
 * @param {Promise<unknown>} stopped
 */
export function main(argv, out, complain, stopped) {
  return withMessages("cloudflow-wasm local --help", complain, () => run(argv, out, complain, stopped));
}

/**
 * @param {string[]} argv
 * @param {Print} out
 * @param {Print} complain
 * @param {Promise<unknown>} stopped
 */
async function run(argv, out, complain, stopped) {
  const { values, positionals } = readArguments(argv, OPTIONS);
  if (values.help)
    return (out(narrowHelp(form(HELP, KEY_VARIABLE, codeLines(EXIT_CODES, 120)).trimEnd(), process.stdout.columns)), 0);
  if (values.version) return (out(await version()), 0);
  const [command, ...rest] = positionals;
  if (command === undefined) throw new Usage("the command is missing: expected `local` or `gateway`");
  if (command !== "local") throw new Usage(`\`${command}\` is not a command: expected \`local\` or \`gateway\``);
  if (rest.length > 0) throw new Usage(`unexpected argument \`${rest[0]}\``);
  for (const name of /** @type {const} */ (["flows", "tasks", "state"]))
    if (values[name] === "") throw new Usage(`--${name} is empty`);
  const { flows, tasks, state, "allow-origin": origins = [], quotas, quiet } = values;
  const hosts = (values.host ?? ["127.0.0.1"]).map(hostOf);
  const port = number("port", values.port ?? "8791", 0, 65_535);
  const latencyMs = number("latency", values.latency ?? "0", 0, 3_600_000);
  const speed = number("speed", values.speed ?? "1", 1, MAX_SPEED);
  for (const origin of origins) {
    if (!isOrigin(origin))
      throw new Usage(`--allow-origin must be an origin such as http://localhost:3000, not \`${origin}\``);
  }
  if (values.console && values["no-console"]) throw new Usage("--console and --no-console exclude each other");
  const isLocal = isLoopback(hosts[0] ?? "");
  const given = process.env[KEY_VARIABLE];
  /** @type {[[string, string][] | undefined, string]} */
  const [keys, source] = values.key
    ? [values.key.map((text) => pair(text, "--key")), "--key"]
    : given
      ? [[pair(given, KEY_VARIABLE)], KEY_VARIABLE]
      : [undefined, ""];

  const print = (/** @type {string} */ line) => out(safeLine(line));
  const started = startThread({
    flows,
    tasks,
    state,
    hosts,
    origins,
    port,
    keys,
    quotas,
    speed,
    skipWaits: values["skip-waits"],
    latencyMs,
    page: values.console ?? (isLocal && !values["no-console"]),
    say: print,
    onRequest: quiet ? () => {} : print,
  });
  const starting = started.catch((error) => {
    throw new Unusable(error.message);
  });
  const stuck = () => {
    complain("the server does not respond and is terminated");
    return undefined;
  };
  const server = await Promise.race([starting, stopped.then(() => pause(STOP_TIMEOUT_MS))]);
  if (server === undefined) return stuck();
  print(`endpoint  ${server.url}`);
  if (server.page) print(`console   ${server.url}/`);
  else if (!isLocal && !values["no-console"])
    print("console   off: other machines can reach this server; --console serves it");
  // The secret is printed only if it was generated.
  print(
    keys
      ? `key       ${keys.map(([id]) => id).join(", ")}, from ${source}`
      : `key       ${server.key?.[0]}, with the secret ${server.key?.[1]}`,
  );
  const ended = await Promise.race([stopped, server.ended]);
  const failed = /** @type {import("./thread.js").Message | undefined} */ (ended)?.failed;
  if (failed !== undefined) throw new Error(failed);
  print("stopping");
  const wrote = await server.close();
  if (wrote === undefined) return stuck();
  return wrote ? 0 : 1;
}

/**
 * @param {string} text
 * @param {string} source
 * @returns {[string, string]}
 */
function pair(text, source) {
  // A file or a tool adds a line break or a blank to a copied key. The signature of each request would be wrong.
  const wrong = /\p{Cc}|^\s|\s$|\s:|:\s/u.exec(text);
  if (wrong) {
    const what = /[\r\n]/.test(wrong[0])
      ? "a line break"
      : /\p{Cc}/u.test(wrong[0])
        ? "a control character"
        : "a blank";
    throw new Usage(`${source} contains ${what}; expected ID:SECRET without blanks around them`);
  }
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1) throw new Usage(`${source} must have the form ID:SECRET`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * @param {number} ms
 * @returns {Promise<undefined>}
 */
function pause(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

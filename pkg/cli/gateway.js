// The command `gateway`: reads and checks its arguments, and runs the server or writes a Worker project.

import process from "node:process";
import { Usage, hostOf, number, readArguments, version, withMessages } from "./arguments.js";
import { readConfig } from "./gateway-config.js";
import { writeProject } from "./gateway-init.js";
import { startGateway } from "./gateway-server.js";
import { codeLines, narrowHelp } from "./help.js";
import { safeLine } from "./line.js";
import { form } from "../shared/words.js";

/** @type {[number, string][]} */
export const EXIT_CODES = [
  [0, "stopped with Ctrl-C or SIGTERM; `init`: the files were written"],
  [2, "the server could not be started; `init`: a file exists or cannot be written"],
];

const HELP = `cloudflow-wasm gateway: holds the key of Alibaba Cloud CloudFlow, and forwards the calls that read executions

  cloudflow-wasm gateway [--config FILE] [--port N] [--host H] [--trust-proxy] [--drain SECONDS]
  cloudflow-wasm gateway init [DIR] [--force]

  --config FILE    module whose default export is the options of \`createGateway\`, or a gateway (default gateway.mjs);
                   its \`env\` has the environment variables
  --port N         port to listen on (default 8788); 0 selects a free port
  --host H         address to listen on (default 127.0.0.1: only this machine); 0.0.0.0 or :: for all addresses
  --trust-proxy    use the headers X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host of the proxy in front of the
                   server; without this option they are removed, because any client can send them
  --drain SECONDS  time after SIGTERM in which the server still accepts requests and /healthz already answers 503, so
                   that a load balancer stops sending requests (0 to 300, default 0)
  --force          let \`init\` overwrite files
  --help           print this text
  --version        print the version of the package
  --locale L       language of the messages: en or zh

The server keeps what it knows of the executions in memory: all watchers of an execution share one upstream poll. It
answers /healthz with 200. At SIGTERM or SIGINT it answers held requests, ends its streams, and exits with 0.

\`gateway init\` writes a project for Cloudflare Workers to DIR (default: the current folder).

Examples:

  cat > gateway.mjs <<"END"
  import { bearer } from "cloudflow-wasm/gateway/auth";
  export default {
    upstream: (env) => ({
      region: "cn-hangzhou",
      credentials: { accessKeyId: env.ACCESS_KEY_ID, accessKeySecret: env.ACCESS_KEY_SECRET },
    }),
    authorize: bearer((env) => env.GATEWAY_TOKEN),
  };
  END
  npx cloudflow-wasm gateway --port 8788
  npx cloudflow-wasm gateway --config gateway.mjs --host :: --trust-proxy --drain 10
  npx cloudflow-wasm gateway init my-gateway

Exit codes:

{}
`;

export const OPTIONS = /** @type {const} */ ({
  config: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  "trust-proxy": { type: "boolean" },
  drain: { type: "string" },
  force: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
});

/** The options of `init`. All other ones are options of the server. */
const OF_INIT = new Set(["force"]);

/** @typedef {import("./arguments.js").Print} Print */

/**
 * @param {string[]} argv
 * @param {Print} out
 * @param {Print} complain
 * @param {Promise<unknown>} stopped
 */
export function main(argv, out, complain, stopped) {
  return withMessages("cloudflow-wasm gateway --help", complain, () => run(argv, out, stopped));
}

/**
 * @param {string[]} argv
 * @param {Print} out
 * @param {Promise<unknown>} stopped
 */
async function run(argv, out, stopped) {
  const { values, positionals } = readArguments(argv, OPTIONS);
  if (values.help)
    return (out(narrowHelp(form(HELP, codeLines(EXIT_CODES, 120)).trimEnd(), process.stdout.columns)), 0);
  if (values.version) return (out(await version()), 0);
  const print = (/** @type {string} */ line) => out(safeLine(line));
  const [, command, ...rest] = positionals;
  const isInit = command === "init";
  if (command !== undefined && !isInit) throw new Usage(`unexpected argument \`${command}\`: expected \`init\``);
  for (const name of Object.keys(values))
    if (OF_INIT.has(name) !== isInit)
      throw new Usage(
        isInit ? `--${name} is not an option of \`gateway init\`` : `--${name} is an option of \`gateway init\``,
      );
  if (isInit) {
    const [folder = ".", ...more] = rest;
    if (more.length > 0) throw new Usage(`unexpected argument \`${more[0]}\``);
    return writeProject(folder, { force: values.force === true, print });
  }

  const host = hostOf(values.host ?? "127.0.0.1");
  const port = number("port", values.port ?? "8788", 0, 65_535);
  const drainMs = number("drain", values.drain ?? "0", 0, 300) * 1000;
  const config = values.config ?? "gateway.mjs";
  if (config === "") throw new Usage("--config is empty");
  const handle = await readConfig(config, process.env);
  const server = await startGateway(handle, { host, port, trustProxy: values["trust-proxy"] === true });
  print(`gateway   ${server.url}`);
  await stopped;
  print(drainMs > 0 ? `stopping in ${drainMs / 1000} s` : "stopping");
  await server.drain(drainMs);
  return 0;
}

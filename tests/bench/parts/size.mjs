// What a page downloads. Peers and ours go through the same esbuild: bundled, minified, then gzip
// and brotli at their best.

import zlib from "node:zlib";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import standaloneModule from "ajv/dist/standalone/index.js";
import esbuild from "esbuild";
import { finish, loadOurs, packageUrl, report } from "../lib/part.mjs";
import { flowSchema, stateMachineSchema } from "../lib/schemas.mjs";

const standalone = standaloneModule.default ?? standaloneModule;
const here = fileURLToPath(new URL("..", import.meta.url));
const entry = (name) => JSON.stringify(fileURLToPath(new URL(name, packageUrl)));

const official = `
  import Client, { $OpenApiUtil, OpenApiUtil } from "@alicloud/openapi-core";
  import { RuntimeOptions } from "@darabonba/typescript";
  export const describe = (config, query) => new Client(new $OpenApiUtil.Config(config)).callApi(
    new $OpenApiUtil.Params({ action: "DescribeExecution", version: "2019-03-15", protocol: "HTTPS", pathname: "/", method: "GET", authType: "AK", style: "RPC", reqBodyType: "formData", bodyType: "json" }),
    new $OpenApiUtil.OpenApiRequest({ query: OpenApiUtil.query(query) }), new RuntimeOptions({}));`;
const ownSigner = 'export * from "./lib/acs3.mjs"; import retry from "p-retry"; export { retry };';
const zodResponse = 'import { responseSchema } from "./lib/response-schema.mjs"; export { responseSchema };';
const byHand = 'export { checkByHand } from "./lib/by-hand.mjs";';
// Everything a careful expert would do for size: zod's small flavour, and schemas compiled ahead.
const slimmest = `${ownSigner}
  import { array, looseObject, minLength, object, optional, string } from "zod/mini";
  const some = string().check(minLength(1));
  export const response = looseObject({
    RequestId: some, FlowName: some, Name: some, Status: some, StartedTime: string(), StoppedTime: optional(string()),
    Input: optional(string()), Output: optional(string()), FlowDefinition: string(),
    Environment: optional(object({ Variables: optional(array(object({ Name: string(), Value: optional(string()) }))) })),
  });
  import { check } from "./lib/by-hand-checks.mjs";
  import { StateMachine, flow } from "compiled-schemas";
  export const checkAhead = (text) => check(text, { StateMachine, flow });`;

const compiledSchemas = {
  name: "compiled-schemas",
  setup(build) {
    build.onResolve({ filter: /^compiled-schemas$/ }, () => ({ path: "compiled-schemas", namespace: "made" }));
    build.onLoad({ filter: /.*/, namespace: "made" }, () => {
      const schemas = [stateMachineSchema, flowSchema];
      const ajv = new Ajv({
        allErrors: true,
        discriminator: true,
        strict: false,
        schemas,
        code: { source: true, esm: true },
      });
      return {
        contents: standalone(ajv, { StateMachine: "StateMachine", flow: "flow" }),
        resolveDir: here,
        loader: "js",
      };
    });
  },
};

const sfn = 'export { SFNClient, DescribeExecutionCommand } from "@aws-sdk/client-sfn";';
const asl = 'import validate from "asl-validator"; export { validate };';

const SFN = "client-sfn";
const SIGNER = "own signer + zod";
const ASL = "asl-validator";
const BY_HAND = "yaml + ajv + checks";
const HAND = "own signer + zod + yaml + ajv + checks";
const SLIM = "the same, slimmed (zod/mini, ajv ahead of time)";
const BOTH = "client-sfn + asl-validator";
const OFFICIAL = "official SDK + zod + yaml + ajv + checks (Node only)";

const peers = {
  [SFN]: [sfn, "browser"],
  [SIGNER]: [ownSigner + zodResponse, "browser"],
  [ASL]: [asl, "browser"],
  [BY_HAND]: [byHand, "browser"],
  [HAND]: [ownSigner + zodResponse + byHand, "browser"],
  [SLIM]: [slimmest, "browser"],
  [BOTH]: [sfn + asl, "browser"],
  [OFFICIAL]: [official + zodResponse + byHand, "node"],
};

async function bundle(contents, platform) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: here, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    format: platform === "node" ? "cjs" : "esm",
    platform,
    plugins: [compiledSchemas],
    target: "es2022",
    legalComments: "none",
    logLevel: "silent",
  });
  return measure(outputFiles[0].contents);
}

function measure(code) {
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: code.length };
  return {
    raw: code.length,
    gzip: zlib.gzipSync(code, { level: 9 }).length,
    brotli: zlib.brotliCompressSync(code, { params }).length,
  };
}

const raw = {};
for (const [name, [contents, platform]] of Object.entries(peers)) raw[name] = await bundle(contents, platform);
const gzips = Object.fromEntries(Object.entries(raw).map(([name, { gzip }]) => [name, gzip]));

const there = await loadOurs();
if (there) {
  const programs = {
    ask: 'export { describeExecution } from "index.js";',
    language: 'export { validateFlow } from "index.js";',
    everything: 'export * from "index.js";',
  };
  for (const [name, program] of Object.entries(programs))
    raw[name] = await bundle(program.replace('"index.js"', entry("index.js")), "browser");
}
const only = (...names) => Object.fromEntries(names.map((name) => [name, gzips[name]]));
for (const [what, key, goal, peers] of [
  ["import { describeExecution }", "ask", 50, only(SFN, SIGNER)],
  ["import { validateFlow }", "language", 88, only(ASL, BY_HAND)],
  ["everything", "everything", 130, only(BOTH, SLIM, HAND, OFFICIAL)],
]) {
  const mine = there && raw[key];
  report({
    what: `${what}, bundled and minified, gzip${mine ? ` (raw ${kib(mine.raw)}, brotli ${kib(mine.brotli)})` : ""}`,
    where: "-",
    ours: mine?.gzip,
    unit: "bytes",
    peers,
    goal: `<= ${goal} KiB`,
    met: mine ? mine.gzip <= goal * 1024 : null,
  });
}
finish(raw);

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

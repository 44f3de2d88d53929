// The gateway of the installed package: the Worker project of `gateway init` in wrangler dev, and the container of
// examples/gateway-node without the container, both against `cloudflow-wasm local`.

import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freePort } from "../support/ports.mjs";
import { startNode as start } from "./processes.mjs";

const TOKEN = "local-development";
const DEFINITION = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: pack, duration: 3}\n";

/**
 * @param {string} root the repository
 * @param {string} tarball
 * @param {(program: string, args: string[], options: object) => Promise<string>} run
 * @param {NodeJS.ProcessEnv} environment
 */
export function gatewayTests(root, tarball, run, environment) {
  /** The emulator with the execution that the command of the text names. */
  const emulator = async (dir, text) => {
    const names = namesOf(text);
    const [FlowName, ExecutionName] = [names.get("FlowName"), names.get("ExecutionName")];
    const bin = join(dir, "node_modules", "cloudflow-wasm", "bin", "cloudflow-wasm.js");
    const env = { ...environment, CLOUDFLOW_KEY: "dev:dev-secret" };
    const server = start([bin, "local", "--port", "0", "--no-console"], { cwd: dir, env });
    const [, endpoint] = await server.until(/^endpoint +(\S+)$/m);
    const { signRequest } = await import(pathToFileURL(join(dir, "node_modules", "cloudflow-wasm", "local.js")));
    const key = { accessKeyId: "dev", accessKeySecret: "dev-secret", endpoint };
    for (const [action, parameters] of [
      ["CreateFlow", { Name: FlowName, Definition: DEFINITION, Description: FlowName, Type: "FDL" }],
      ["StartExecution", { FlowName, ExecutionName }],
    ]) {
      const response = await fetch(await signRequest(action, parameters, key));
      equal(response.status, 200, action);
    }
    return { endpoint, stop: server.stop };
  };

  return {
    async "the project of `gateway init` answers in workerd as the README states"(dir) {
      const readme = readFileSync(join(root, "README.md"), "utf8");
      const [, initialize] = /^npx (cloudflow-wasm gateway init my-gateway)/m.exec(readme);
      const npx = (command) => run("npx", ["--no-install", ...command.split(" ")], { cwd: dir });
      const printed = await npx(initialize);
      const project = join(dir, "my-gateway");
      const files = readdirSync(project).sort();
      const wanted = [".dev.vars.example", ".gitignore", "README.md", "package.json", "worker.js", "wrangler.jsonc"];
      equal(files.join(" "), wanted.sort().join(" "), "files");
      for (const command of ["cd my-gateway", "npm install", "npm run dev"])
        if (!printed.includes(`next      ${command}\n`) && !printed.endsWith(`next      ${command}`))
          throw new Error(`\`${command}\` is not printed:\n${printed}`);
      const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
      const { version } = JSON.parse(readFileSync(join(dir, "node_modules/cloudflow-wasm/package.json"), "utf8"));
      equal(manifest.dependencies["cloudflow-wasm"], `^${version}`, "version");
      if (!readFileSync(join(project, ".gitignore"), "utf8").includes(".dev.vars\n"))
        throw new Error(".gitignore does not name .dev.vars");

      // Nothing is overwritten.
      writeFileSync(join(project, "worker.js"), "mine");
      const again = await npx(initialize).then(
        () => "",
        (error) => error.message,
      );
      if (!/already contains .*`worker\.js`.*--force/.test(again)) throw new Error(`not refused: ${again}`);
      equal(readFileSync(join(project, "worker.js"), "utf8"), "mine", "the existing file");
      await npx(`${initialize} --force`);

      // The files that the README prints are those of the project.
      for (const [name, language] of [
        ["worker.js", "js"],
        ["wrangler.jsonc", "jsonc"],
      ]) {
        const block = `\`\`\`${language}\n${readFileSync(join(project, name), "utf8")}\`\`\`\n`;
        if (!readme.includes(block)) throw new Error(`the README does not print ${name}`);
      }

      const text = readFileSync(join(project, "README.md"), "utf8");
      const service = await emulator(dir, text);
      const example = readFileSync(join(project, ".dev.vars.example"), "utf8");
      writeFileSync(join(project, ".dev.vars"), example.replace(/^ENDPOINT=.*$/m, `ENDPOINT="${service.endpoint}"`));
      const port = await freePort();
      equal(manifest.scripts.dev, "wrangler dev", "npm run dev");
      const wrangler = start(
        [join(root, "node_modules/wrangler/bin/wrangler.js"), "dev", "--port", String(port), "--inspector-port", "0"],
        {
          cwd: project,
          env: {
            ...environment,
            CI: "true",
            CLOUDFLARE_CF_FETCH_ENABLED: "false",
            WRANGLER_SEND_METRICS: "false",
            WRANGLER_LOG_PATH: join(dir, "log"),
          },
        },
      );
      try {
        await wrangler.until(/Ready on/);
        await answers(`http://127.0.0.1:${port}`, text);
      } catch (error) {
        throw new Error(`${error.message}\n${wrangler.output()}`);
      } finally {
        await wrangler.stop();
        await service.stop();
      }
    },

    async "the commands of the Dockerfile of examples/gateway-node work"(dir) {
      const example = join(root, "examples", "gateway-node");
      const dockerfile = readFileSync(join(example, "Dockerfile"), "utf8").replaceAll("\\\n", " ");
      // Beside `dir`, so that the package in its node_modules is not found.
      const place = `${dir}-container`;
      mkdirSync(place);
      cpSync(tarball, join(place, "cloudflow-wasm.tgz"));
      for (const [, names] of dockerfile.matchAll(/^COPY (.*) \.\/$/gm))
        for (const name of names.split(" ").filter((name) => name !== "cloudflow-wasm.tgz"))
          cpSync(join(example, name), join(place, name));
      const [, install] = /^RUN (npm .*)$/m.exec(dockerfile);
      const [program, ...args] = install.split(" ");
      await run(program, args, { cwd: place });

      const text = readFileSync(join(example, "README.md"), "utf8");
      const service = await emulator(dir, text);
      const [, ...command] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)[1]);
      const port = await freePort();
      const server = start([...command, "--port", String(port)], {
        cwd: place,
        env: {
          ...environment,
          ENDPOINT: service.endpoint,
          ACCESS_KEY_ID: "dev",
          ACCESS_KEY_SECRET: "dev-secret",
          GATEWAY_TOKEN: TOKEN,
        },
      });
      try {
        await server.until(/^gateway +http/m);
        const [, ...health] = JSON.parse(/HEALTHCHECK .*?CMD (\[.*\])$/m.exec(dockerfile)[1]);
        const check = () =>
          run(
            process.execPath,
            health.map((part) => part.replace(":8788", `:${port}`)),
            { cwd: place },
          );
        await check();
        await answers(`http://127.0.0.1:${port}`, text);
        const code = server.end("SIGTERM");
        await server.until(/^stopping in 3 s$/m);
        const sick = await check().then(
          () => false,
          () => true,
        );
        if (!sick) throw new Error("the health check succeeds while the server drains");
        equal(await code, 0, "exit code");
      } catch (error) {
        throw new Error(`${error.message}\n${server.output()}`);
      } finally {
        await server.stop();
        await service.stop();
      }
    },
  };
}

/**
 * The parameters of the request that the text shows.
 *
 * @param {string} text
 */
function namesOf(text) {
  const found = /^curl -H "authorization: [^"]*" "http:\/\/localhost:\d+\/\?([^"]*)"$/m.exec(text);
  return new URLSearchParams(found?.[1]);
}

/**
 * Asks as the command in the text does.
 *
 * @param {string} gateway
 * @param {string} text
 */
async function answers(gateway, text) {
  const names = namesOf(text);
  const query = `?${names}`;
  const headers = { authorization: `Bearer ${TOKEN}` };
  const first = await fetch(`${gateway}/${query}`, { headers });
  const body = await first.text();
  equal(first.status, 200, `the printed request: ${body}`);
  equal(JSON.parse(body).Name, names.get("ExecutionName"), "the execution");
  equal((await fetch(`${gateway}/${query}`)).status, 403, "a request without the token");
  const end = await fetch(`${gateway}/${query}&WaitTimeSeconds=20`, { headers });
  equal((await end.json()).Status, "Succeeded", "a held request");
  const history = query.replace("DescribeExecution", "GetExecutionHistory");
  const events = await (await fetch(`${gateway}/${history}`, { headers })).json();
  equal(events.Events.at(-1).Type, "ExecutionSucceeded", "the history");
  const { FlowName, ExecutionName } = Object.fromEntries(names);
  const stream = await fetch(`${gateway}/events?FlowName=${FlowName}&ExecutionName=${ExecutionName}`, { headers });
  equal(stream.headers.get("content-type")?.split(";")[0], "text/event-stream", "the stream");
  const events2 = await stream.text();
  if (!/^event: execution$/m.test(events2) || !/"Status":"Succeeded"/.test(events2) || !/^event: end$/m.test(events2))
    throw new Error(`the stream: ${events2}`);
}

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

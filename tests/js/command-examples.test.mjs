// The examples that the help of each command prints, and the matchers that the documents print for test runners.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "../../pkg/cli/cli.js";
import { BIN, FIRST, GOOD, command, temporary } from "./support/command.mjs";
import { start } from "./support/local-server.mjs";

const { folder } = temporary("examples");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GOOD_TEST = "flow: order.yaml\ntests:\n  - name: an order is refused without an amount\n    status: Succeeded\n";
const TF = `resource "alicloud_fnf_flow" "a" {\n  definition = <<EOF\n${GOOD}EOF\n}\n`;

let cwd;
let bin;
before(async () => {
  cwd = await folder({
    "order.yaml": GOOD,
    "order.json": '{"amount": 17}',
    "main.tf": TF,
    "infra/main.tf": TF,
    "flows/order.yaml": GOOD,
    "flows/order.flowtest.yaml": GOOD_TEST,
    "tasks.mjs": "export default {};\n",
    "mocks.json": "{}",
    deploy: "#!/bin/sh\n",
    "service/orders.yaml": GOOD,
    ".zfunc/x": "",
    ".config/fish/completions/x": "",
    ".local/share/bash-completion/completions/x": "",
    "bin/dot": "#!/bin/sh\ncat > /dev/null\n",
    "bin/jq": "#!/bin/sh\ncat > /dev/null\n",
  });
  await mkdir(join(cwd, "node_modules"));
  await symlink(join(ROOT, "pkg", "dist"), join(cwd, "node_modules", "cloudflow-wasm"));
  bin = join(cwd, "bin");
  // The name of the command, as npm installs it.
  await writeFile(
    join(bin, "cloudflow-wasm"),
    `#!/bin/sh\nexec ${[...FIRST, BIN].map((part) => `'${part}'`).join(" ")} "$@"\n`,
  );
  await writeFile(join(bin, "npx"), '#!/bin/sh\nexec "$@"\n');
  for (const name of ["bin/cloudflow-wasm", "bin/npx", "bin/dot", "bin/jq", "deploy"])
    await chmod(join(cwd, name), 0o755);
});

/** The lines of the help that are commands, with the here-document before them. */
function examplesIn(help) {
  return [
    ...help.slice(help.indexOf("\nExamples:")).matchAll(/^ {2}((?:npx )?cloudflow-wasm .*?)(?: {2,}# .*)?$/gm),
  ].map(([, line]) => line);
}

/** Runs a line with a shell. A server, or a command that watches files, is stopped after its first words. */
function run(line, env, place = cwd) {
  const words = line.includes(" --watch")
    ? /waiting/
    : /^(npx )?cloudflow-wasm local /.test(line)
      ? /^key /m
      : /^npx cloudflow-wasm gateway (?!init)/.test(line)
        ? /^gateway /m
        : undefined;
  const child = spawn("bash", ["-c", words ? `exec ${line}` : line], {
    cwd: place,
    env: { ...process.env, HOME: cwd, PATH: `${bin}:${process.env.PATH}`, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let stopped = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      // A second signal would end the command at once.
      if (words?.test(output) && !stopped) stopped = child.kill("SIGINT");
    });
  child.stdin.on("error", () => {}).end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, output });
    });
  });
}

test("every example in the help of every command runs", {
  timeout: 600_000,
  skip: process.platform === "win32",
}, async (t) => {
  const server = await start(
    t,
    [process.execPath],
    ["local", "--flows", join(cwd, "service"), "--port", "0", "--quiet"],
  );
  const started = await server.ask("StartExecution", { FlowName: "orders", ExecutionName: "order-42" });
  assert.equal(started.status, 200);
  const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: "emulator", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulator-secret" };
  let count = 0;
  for (const { name, load } of COMMANDS) {
    const { out: help } = await command([name, "--help"]);
    const lines = examplesIn(help);
    assert.ok(lines.length > 0, name);
    if (load) {
      const { examples } = (await load()).definition;
      assert.equal(lines.length, examples.length, name);
    }
    const config = /cat > gateway\.mjs <<"END"\n([\s\S]*?)\n {2}END\n/.exec(help)?.[1];
    if (config) await writeFile(join(cwd, "gateway.mjs"), config.replace(/^ {2}/gm, ""));
    for (const line of lines) {
      count += 1;
      // A client of an editor starts the language server. It ends without a shutdown here.
      const wanted = name === "lsp" ? 1 : line.includes(" --watch") ? 130 : 0;
      const isService = ["describe", "watch", "history", "executions"].includes(name);
      const text = isService
        ? line
            .replace("http://127.0.0.1:8791", server.url)
            .replace(/^(cloudflow-wasm \w+)(?!.*--endpoint)/, `$1 --endpoint ${server.url}`)
        : // A port of the examples may be in use.
          line
            .replace(/--port \d+/, "--port 0")
            .replace(/^(cloudflow-wasm local|npx cloudflow-wasm gateway (?!init))(?!.*--port)/, "$1 --port 0 ");
      // `init` overwrites nothing.
      const place = name === "init" ? await folder() : cwd;
      const { code, output } = await run(
        text,
        {
          CLOUDFLOW_KEY: "a:b",
          ...(isService ? keys : {}),
          GATEWAY_TOKEN: "t",
          ACCESS_KEY_ID: "a",
          ACCESS_KEY_SECRET: "b",
        },
        place,
      );
      assert.equal(code, wanted, `${line}: ${output}`);
    }
  }
  assert.ok(count > 50, String(count));
  server.child.kill("SIGTERM");
});

test("bun: the matchers that the documents print", { skip: process.env.BUN ? false : "BUN is not set" }, async () => {
  const place = await folder();
  await mkdir(join(place, "node_modules"));
  await symlink(join(ROOT, "pkg", "dist"), join(place, "node_modules", "cloudflow-wasm"));
  const flow = (await readFile(join(ROOT, "pkg/cli/commands/init.js"), "utf8")).match(
    /const STATE_MACHINE = `([^`]*)`/,
  )[1];
  const setup = `const flow = ${JSON.stringify(flow)};\n`;
  for (const page of ["README.md", "docs/flow-tests.md"]) {
    const text = await readFile(join(ROOT, page), "utf8");
    const blocks = [...text.matchAll(/^```js\n(.*?)^```/gms)]
      .map(([, code]) => code)
      .filter((code) => /\bexpect\b/.test(code));
    assert.ok(
      blocks.some((code) => /^expect\.extend\(\{ toSucceed: .*$/m.test(code)),
      page,
    );
    const files = blocks.map((code) => {
      const imports = code.match(/^import .*$/gm) ?? [`import { simulateFlow } from "cloudflow-wasm/local";`];
      const rest = code.replace(/^import .*$/gm, "");
      return `${imports.join("\n")}\n${setup}${/^test\(/m.test(rest) ? rest : `test("block", async () => {\n${rest}\n});\n`}`;
    });
    // The matcher fails for an execution that fails, with its error.
    const [matcher] = text.match(/^expect\.extend\(\{ toSucceed: .*$/m);
    files.push(`import { simulateFlow } from "cloudflow-wasm/local";
${setup}${matcher}
test("fails", async () => expect(await simulateFlow(flow, { input: { amount: 0 } })).not.toSucceed());
test("message", async () => {
  const failed = await simulateFlow(flow, { input: { amount: 0 } });
  expect(() => expect(failed).toSucceed()).toThrow("Failed: Order.Refused: the order has no amount");
});
`);
    for (const [i, code] of files.entries())
      await writeFile(join(place, `${page.replace(/\W/g, "-")}-${i}.test.js`), code);
  }
  const { status, stderr } = spawnSync(process.env.BUN, ["test"], { cwd: place, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /\n 0 fail\n/);
});

// The command `init`.

import { say } from "../../shared/words.js";
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { failure, reason } from "../failure.js";
import { safeLine } from "../line.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

/** @type {Definition} */
export const definition = {
  description:
    "Writes a first flow, tests of it, and settings: cloudflow.json and those of VS Code. Overwrites nothing.",
  operands: [{ name: "[folder]", text: "folder of the project (default: this one)" }],
  options: [
    {
      flags: "--dialect <dialect>",
      text: "form of the flow",
      choices: ["StateMachine", "flow"],
      default: "StateMachine",
    },
  ],
  examples: [
    ["", "in this folder"],
    ["my-flows", "in a new folder"],
    ["--dialect flow my-flows", "a flow in the older dialect"],
  ],
  exitCodes: [
    [0, "the files were written"],
    [2, "a file exists or cannot be written; no file is written then"],
  ],
};

const STATE_MACHINE = `Type: StateMachine
SpecVersion: v1
Name: order
Description: Charges an order, and refuses orders without an amount.
StartAt: HasAmount
States:
  - Type: Choice
    Name: HasAmount
    Branches:
      - Condition: $Input.amount > 0
        Next: Charge
    Default: Refuse
  - Type: Task
    Name: Charge
    Action: FC:InvokeFunction
    TaskMode: RequestComplete
    Parameters:
      resourceArn: acs:fc:::services/shop/functions/charge
      invocationType: Sync
      body.$: $Input
    Retry:
      - Errors: [FC.ResourceThrottled]
        Description: The function is busy.
        IntervalSeconds: 1
        MaxAttempts: 3
        BackoffRate: 2
    End: true
  - Type: Fail
    Name: Refuse
    Code: Order.Refused
    Detail: the order has no amount
`;

const FLOW = `version: v1
type: flow
steps:
  - type: choice
    name: hasAmount
    inputMappings:
      - target: amount
        source: $input.amount
    choices:
      - condition: $.amount > 0
        goto: charge
    default:
      goto: refuse
  - type: task
    name: charge
    resourceArn: acs:fc:::services/shop/functions/charge
    inputMappings:
      - target: amount
        source: $input.amount
    outputMappings:
      - target: paid
        source: $local.paid
    retry:
      - errors: [FC.ResourceThrottled]
        intervalSeconds: 1
        maxAttempts: 3
        multiplier: 2
    end: true
  - type: fail
    name: refuse
    error: Order.Refused
    cause: the order has no amount
`;

const TEST = `// Runs the flow with a simulated clock: \`node --test\`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { simulateFlow } from "cloudflow-wasm/local";

const flow = await readFile(new URL("../flows/order.yaml", import.meta.url), "utf8");

test("an order is charged again after the function was busy", async () => {
  const { status, events } = await simulateFlow(flow, {
    input: { amount: 17 },
    tasks: {
      "acs:fc:::services/shop/functions/charge": [{ error: "FC.ResourceThrottled" }, { output: { paid: true } }],
    },
  });
  assert.equal(status, "Succeeded");
  assert.ok(events.some(({ type }) => type === "TaskFailed"));
});

test("an order without an amount is refused", async () => {
  const { status } = await simulateFlow(flow, { input: { amount: 0 } });
  assert.equal(status, "Failed");
});
`;

/** @param {string} choice @param {string} task @param {string} refuse the states of the flow */
const yamlTest = (choice, task, refuse) => `# Tests of the flow: \`npx cloudflow-wasm test\`.
flow: ../flows/order.yaml
tests:
  - name: an order is charged again after the function was busy
    input: { amount: 17 }
    mocks:
      ${task}:
        - error: FC.ResourceThrottled
        - output: { paid: true }
    status: Succeeded
    path: [${choice}, ${task}]
    attempts: { ${task}: 2 }

  - name: an order without an amount is refused
    input: { amount: 0 }
    status: Failed
    error: Order.Refused
    path: [${choice}, ${refuse}]
`;

const CONFIG = `{
  "$schema": "./node_modules/cloudflow-wasm/schema/config.schema.json",
  "files": ["flows"]
}
`;

/** The schemas complete and check keys in editors with the YAML extension. */
const EDITOR = `{
  "yaml.schemas": {
    "./node_modules/cloudflow-wasm/schema/cloudflow.schema.json": "flows/*.yaml",
    "./node_modules/cloudflow-wasm/schema/flowtest.schema.json": "test/*.flowtest.yaml"
  }
}
`;

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [folder = "."], options: { dialect } }, io) {
  const version = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
  const manifest = {
    name: "my-flows",
    private: true,
    type: "module",
    scripts: {
      check: "cloudflow-wasm check",
      local: "cloudflow-wasm local --flows flows",
      test: "cloudflow-wasm test && node --test",
    },
    devDependencies: { "cloudflow-wasm": `^${version}` },
  };
  const hasManifest = exists(join(folder, "package.json"));
  /** @type {Record<string, string>} */
  const files = {
    "flows/order.yaml": dialect === "flow" ? FLOW : STATE_MACHINE,
    "test/order.flowtest.yaml":
      dialect === "flow" ? yamlTest("hasAmount", "charge", "refuse") : yamlTest("HasAmount", "Charge", "Refuse"),
    "test/order.test.mjs": TEST,
    "cloudflow.json": CONFIG,
    ".vscode/settings.json": EDITOR,
    // A project keeps its own.
    ...(hasManifest ? {} : { "package.json": `${JSON.stringify(manifest, null, 2)}\n` }),
  };
  const present = Object.keys(files).filter((name) => exists(join(folder, name)));
  if (present.length > 0)
    throw failure(
      `\`${folder}\` already contains ${present.map((name) => `\`${name}\``).join(", ")}: nothing was written`,
    );
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
    } catch (error) {
      throw failure(`\`${file}\` ${reason(error).replace("be read", "be written")}`);
    }
    await io.out(`${say(`wrote     ${safeLine(file)}`)}\n`);
  }
  if (folder !== ".") await io.out(`${say(`next      cd ${safeLine(folder)}`)}\n`);
  const next = [
    `npm install${hasManifest ? " --save-dev cloudflow-wasm" : ""}`,
    "npx cloudflow-wasm check",
    "npx cloudflow-wasm test",
    "node --test",
  ];
  await io.out(next.map((line) => `${say(`next      ${line}`)}\n`).join(""));
  return 0;
}

/** A link whose target is absent counts: it would be followed. @param {string} file */
function exists(file) {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw failure(`\`${file}\` ${reason(error)}`);
  }
}

// A program that uses every entry. It imports the entries by their public names.

import * as cloudflow from "cloudflow-wasm";
import * as editor from "cloudflow-wasm/editor";
import * as gateway from "cloudflow-wasm/gateway";
import { bearer } from "cloudflow-wasm/gateway/auth";
import * as graph from "cloudflow-wasm/graph";
import * as local from "cloudflow-wasm/local";
import * as slim from "cloudflow-wasm/slim";
import "cloudflow-wasm/zh";

const FLOW = "version: v1\ntype: flow\nsteps:\n  - type: succeed\n    name: end\n";

/** Uses each entry once. `modules` are the modules of the slim entry as the host provides them. Returns "ok" or throws. */
export async function check(modules) {
  expect(cloudflow.validateFlow(FLOW).valid === true, "the default entry validates a flow");
  expect(cloudflow.validateFlow(": : :").valid === false, "the default entry finds a mistake");

  const [{ message }] = cloudflow.validateFlow("type: flow", { locale: "zh" }).diagnostics;
  expect(message === "缺少 `steps`：流程需要它", `the entry of the Chinese messages adds the language, got ${message}`);

  const open = editor.openFlow(FLOW);
  expect(open.symbols()[0].name === "end", "the editor entry names the states");
  open.close();

  await slim.init(modules);
  expect(slim.validateFlow(FLOW).dialect === "flow", "the slim entry validates a flow");

  const { nodes } = graph.layoutGraph(cloudflow.flowGraph(FLOW));
  expect(nodes.length === 3, `the graph entry places three nodes, got ${nodes.length}`);

  const emulator = local.createEmulator({ accessKeys: { key: "secret" } });
  const request = { flowName: "none", executionName: "none" };
  const unknown = cloudflow.describeExecution(request, {
    endpoint: "https://emulator.example.com",
    credentials: { accessKeyId: "key", accessKeySecret: "secret" },
    fetch: (...args) => emulator.fetch(new Request(...args)),
    dangerouslyAllowBrowser: true,
    retry: false,
  });
  const error = await unknown.then(
    () => undefined,
    (error) => error,
  );
  expect(error?.kind === "service", `the emulator refuses an unknown flow, got ${error}`);

  // `jose`, which only the tokens need, is not installed.
  const authorize = bearer("a-secret-that-is-not-sent");
  const worker = gateway.createGateway({ upstream: () => ({}), authorize });
  const refused = await worker.fetch(
    new Request("https://gateway.example.com/?Action=DescribeExecution&Version=2019-03-15&FlowName=a&ExecutionName=b"),
    {},
    {},
  );
  expect(refused.status === 403, `the gateway refuses, got ${refused.status}`);
  return "ok";
}

function expect(value, what) {
  if (!value) throw new Error(`expected that ${what}`);
}

// The exports of each entry, and repeated instantiation of the module.

import { assert } from "../harness.mjs";

const ASK_AND_READ = [
  "CloudFlowError",
  "createClient",
  "describeExecution",
  "flowGraph",
  "flowToMermaid",
  "parseExecution",
  "parseFlow",
  "validateExecution",
  "validateFlow",
  "waitForExecution",
  "watchExecution",
];

export const tests = {
  "the default entry exports the documented names": ({ cloudflow }) => {
    assert.deepEqual(Object.keys(cloudflow).sort(), ASK_AND_READ);
  },

  "the slim entry exports the same and init": ({ slim }) => {
    assert.deepEqual(Object.keys(slim).sort(), [...ASK_AND_READ, "init"].sort());
  },

  "the local entry exports migration, simulation and the emulator": ({ local }) => {
    for (const name of ["createEmulator", "migrateFlow", "simulateFlow"])
      assert.equal(typeof local[name], "function", name);
  },

  "the graph entry lays out a graph where there is no document": ({ graph, cloudflow }) => {
    assert.deepEqual(Object.keys(graph).sort(), ["defineGraph", "layoutGraph"]);
    const text = "Type: StateMachine\nStartAt: 一\nStates: [{Type: Pass, Name: 一, End: true}]\n";
    const { nodes, lines, height } = graph.layoutGraph(cloudflow.flowGraph(text));
    assert.deepEqual(
      nodes.map(({ id }) => id),
      ["start", "/一", "end"],
    );
    assert.deepEqual(
      lines.map(({ points }) => points.length),
      [2, 2],
    );
    assert.ok(height > 100);
    for (const wrong of [undefined, {}, { nodes: [], edges: 1 }]) {
      assert.throws(
        () => graph.layoutGraph(wrong),
        (error) => assert.equal(`${error.name} ${error.code}`, "CloudFlowError wrong-options"),
      );
    }
  },

  "the gateway entry exports the gateway": ({ gateway }) => {
    assert.equal(typeof gateway.createGateway, "function");
  },

  "the slim entry refuses to work before init, and works after it": async ({ slim, module, cloudflow }) => {
    const flow = "version: v1\ntype: flow\nsteps:\n  - type: succeed\n    name: end\n";
    assert.throws(
      () => slim.validateFlow(flow),
      (error) => assert.equal(error.code, "not-initialized"),
    );
    await slim.init(module);
    assert.deepEqual(slim.validateFlow(flow), cloudflow.validateFlow(flow));
  },

  "a wrong call throws a CloudFlowError and leaves the module usable": ({ cloudflow }) => {
    assert.throws(
      () => cloudflow.validateFlow(17),
      (error) => {
        assert.ok(error instanceof cloudflow.CloudFlowError, "a CloudFlowError");
        assert.equal(error.kind, "request");
      },
    );
    assert.equal(typeof cloudflow.validateFlow("type: flow").valid, "boolean");
  },
};

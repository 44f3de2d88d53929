// The exports of each entry, and repeated instantiation of the module.

import { assert } from "../harness.mjs";

const ASK = [
  "CloudFlowError",
  "createClient",
  "describeExecution",
  "executionEvents",
  "flowExecutions",
  "getExecutionHistory",
  "listExecutions",
  "parseExecution",
  "waitForExecution",
  "watchExecution",
];
const LANGUAGE = ["CloudFlowError", "flowGraph", "flowToMermaid", "parseFlow", "replayExecution", "validateFlow"];
const ALL = [...new Set([...ASK, ...LANGUAGE, "validateExecution"])].sort();

const FLOW = "version: v1\ntype: flow\nsteps:\n  - type: succeed\n    name: end\n";

export const tests = {
  "the default entry exports the documented names": ({ cloudflow }) => {
    assert.deepEqual(Object.keys(cloudflow).sort(), ALL);
  },

  "the slim entry exports the same names and init": ({ slim }) => {
    assert.deepEqual(Object.keys(slim).sort(), [...ALL, "init"].sort());
  },

  "the entries ask and language export the same functions as the default entry": ({ cloudflow, ask, language }) => {
    for (const [entry, names] of [
      [ask, ASK],
      [language, LANGUAGE],
    ]) {
      assert.deepEqual(Object.keys(entry).sort(), names);
      for (const name of names) assert.equal(entry[name], cloudflow[name], name);
    }
  },

  "all entries have one CloudFlowError": async (environment) => {
    const { cloudflow, ask, language, slim, local, graph, gateway } = environment;
    for (const entry of [ask, language, slim, local]) assert.equal(entry.CloudFlowError, cloudflow.CloudFlowError);
    const call = { flowName: "f" };
    for (const wrong of [
      () => cloudflow.describeExecution(call, {}),
      () => ask.describeExecution(call, {}),
      () => ask.createClient({}).listExecutions({}),
      () => language.validateFlow(1),
      () => slim.describeExecution(call, { retry: 1 }),
      () => local.createEmulator({ speed: -1 }),
      () => graph.layoutGraph({}),
      () => gateway.createGateway({}),
    ]) {
      await assert.rejects((async () => wrong())(), (error) => {
        assert.ok(error instanceof cloudflow.CloudFlowError, `${wrong}: ${error}`);
      });
    }
  },

  "functions of two entries work together": async ({ cloudflow, ask, local, createGateway }) => {
    const body = {
      RequestId: "r",
      FlowName: "f",
      Name: "n",
      Status: "Running",
      FlowDefinition: "type: flow",
      Input: "{",
    };
    // The module of `ask` checks the input, that of `language` the definition.
    const codes = cloudflow.validateExecution(body).map(({ code }) => code);
    assert.ok(codes.length > 1, String(codes));
    // The gateway reads the body of a page that the client has read.
    const emulator = local.createEmulator();
    const gateway = createGateway({
      authorize: () => true,
      actions: ["GetExecutionHistory"],
      upstream: () => ({
        endpoint: "https://emulator.example",
        credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
        dangerouslyAllowBrowser: true,
        fetch: (...args) => emulator.fetch(new Request(...args)),
        retry: false,
      }),
    });
    emulator.putFlow("f", "type: flow\nversion: v1\nsteps:\n- type: succeed\n  name: done\n");
    const started = await emulator.fetch(
      await local.signRequest("StartExecution", { FlowName: "f", ExecutionName: "e" }),
    );
    assert.equal(started.status, 200);
    const { events } = await ask.getExecutionHistory(
      { flowName: "f", executionName: "e" },
      { endpoint: "https://gateway.example", fetch: (...args) => gateway.fetch(new Request(...args), {}) },
    );
    assert.ok(events.length > 0, "events");
    emulator.close();
  },

  "the local entry exports migration, simulation and the emulator": ({ local }) => {
    for (const name of ["createEmulator", "migrateFlow", "simulateFlow", "simulateState"])
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

  "init refuses what is not a module, and a name of none": async ({ slim, modules, runtime }) => {
    for (const wrong of [undefined, null, {}, modules.ask, "ask.wasm", { ask: 1 }, { language: null }]) {
      await assert.rejects(slim.init(wrong), (error) => assert.equal(error.code, "not-a-module"));
    }
    const bytes = new Uint8Array(4);
    for (const wrong of [{ ask: modules.language }, { language: modules.ask }, { ask: () => {} }]) {
      await assert.rejects(slim.init(wrong), (error) => assert.equal(error.code, "not-a-module"));
    }
    // workerd does not compile bytes.
    const code = runtime === "workerd" ? "wasm-blocked" : "not-a-module";
    for (const wrong of [{ ask: bytes }, { language: bytes }]) {
      await assert.rejects(slim.init(wrong), (error) => assert.equal(error.code, code));
    }
    await assert.rejects(slim.init({ ask: modules.ask, core: modules.ask }), (error) => {
      assert.equal(error.code, "wrong-options");
      assert.ok(error.message.includes("`core`"), error.message);
    });
  },

  "init reports a source that cannot be loaded": async ({ slim }) => {
    const failing = {
      ok: true,
      status: 200,
      arrayBuffer: async () => {
        throw new TypeError("cut off");
      },
    };
    for (const ask of [
      // A browser writes a failed fetch into its console, where the test of the page finds it.
      ...(globalThis.location === undefined ? [new URL("nothing:ask.wasm")] : []),
      failing,
      { ok: false, status: 404, arrayBuffer: async () => new ArrayBuffer(0) },
    ]) {
      await assert.rejects(slim.init({ ask }), (error) => {
        assert.ok(error instanceof slim.CloudFlowError, String(error));
        assert.deepEqual([error.kind, error.code], ["network", "module-not-loaded"]);
        assert.ok(error.cause, error.message);
      });
    }
    // Neither a URL nor a path of a page.
    if (globalThis.location === undefined)
      await assert.rejects(slim.init({ ask: "ask.wasm" }), (error) => assert.equal(error.code, "not-a-module"));
  },

  "init refuses a module of another version": async ({ slim, runtime }) => {
    // workerd does not compile bytes.
    if (runtime === "workerd") return;
    const other = "AGFzbQEAAAABBAFgAAADAgEABxIBDnBhcnNlRXhlY3V0aW9uAAAKBAECAAs=";
    const bytes = Uint8Array.from(atob(other), (code) => code.charCodeAt(0));
    const mark = (text) => Uint8Array.of(0, 6 + text.length, 5, ...new TextEncoder().encode(`build${text}`));
    for (const module of [bytes, new WebAssembly.Module(bytes), Uint8Array.of(...bytes, ...mark("0123456789abcdef"))]) {
      await assert.rejects(slim.init({ ask: module }), (error) => {
        assert.ok(error instanceof slim.CloudFlowError);
        assert.equal(error.code, "module-of-another-build");
        assert.ok(error.message.includes("cloudflow-wasm/ask.wasm"), error.message);
      });
    }
  },

  "the slim entry refuses to work before init, and works after it": async ({ slim, modules, cloudflow }) => {
    const body = { RequestId: "r", FlowName: "f", Name: "n", Status: "Running", FlowDefinition: FLOW, Input: "{" };
    const isMissing = (name) => (error) => {
      assert.equal(error.code, "not-initialized");
      assert.ok(error.message.includes(`init({ ${name} })`), error.message);
    };
    assert.throws(() => slim.validateFlow(FLOW), isMissing("language"));
    assert.throws(() => slim.parseExecution(body), isMissing("ask"));

    await slim.init({ ask: modules.ask, core: undefined });
    assert.deepEqual(slim.parseExecution(body), cloudflow.parseExecution(body));
    assert.throws(() => slim.validateFlow(FLOW), isMissing("language"));
    assert.throws(() => slim.validateExecution(body), isMissing("language"));
    // Without a definition, the module is not needed.
    assert.equal(slim.validateExecution("{}").length, cloudflow.validateExecution("{}").length);

    await slim.init({ language: modules.language, ask: undefined });
    assert.deepEqual(slim.validateFlow(FLOW), cloudflow.validateFlow(FLOW));
    assert.deepEqual(slim.validateExecution(body), cloudflow.validateExecution(body));
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

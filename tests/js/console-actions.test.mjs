// The actions of the console without a page: what a start sends, and which flow the text of the editor belongs to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createActions } from "../../www/console/app/actions.js";
import { createCompared } from "../../www/console/app/compared.js";
import { createLists } from "../../www/console/app/lists.js";
import { samples } from "../../www/console/app/samples.js";
import { initialState } from "../../www/console/app/state.js";
import { createStore } from "../../www/console/app/store.js";

/** Actions with an endpoint that keeps what it receives. */
function setUp({ fail, ...state } = {}) {
  const capabilities = { flows: true, start: true, stop: true, mocks: true };
  const store = createStore({ ...initialState(), capabilities, ...state });
  const sent = { start: [], stop: [], open: [], prepare: [], list: [] };
  const refuse = () => {
    if (fail) throw fail;
  };
  const api = {
    async start(request) {
      sent.start.push(request);
      refuse();
      return { flowName: request.flowName, executionName: request.executionName ?? "made" };
    },
    async stop(request) {
      sent.stop.push(request);
      refuse();
      return {};
    },
    flow: async (name) => ({ name, definition: `definition of ${name}`, mode: "Standard" }),
    flows: async () => ({ flows: [] }),
    client: {
      async listExecutions(request) {
        sent.list.push(request);
        return { executions: [], requestId: "r" };
      },
    },
  };
  const watch = {
    open(reference, selection) {
      sent.open.push([reference, selection]);
      store.set(reference);
    },
    leave() {},
  };
  const mocks = { read() {}, answer() {}, prepare: async (text) => void sent.prepare.push(text) };
  const actions = createActions({
    store,
    api,
    watch,
    lists: createLists({ store, api }),
    mocks,
    compared: createCompared({ store, api, loadReplay: async () => undefined }),
    announce() {},
  });
  return { store, actions, sent };
}

const SAMPLE = samples.find(({ id }) => id === "choice");

test("a sample is started with its text and input, and its execution is watched", async () => {
  const { store, actions, sent } = setUp();
  actions.useSample(SAMPLE);
  await actions.start();
  assert.deepEqual(sent.start, [{ flowName: "refund", input: SAMPLE.input, definition: SAMPLE.text }]);
  assert.deepEqual(sent.prepare, [SAMPLE.text]);
  assert.deepEqual(sent.open, [[{ flowName: "refund", executionName: "made" }, undefined]]);
  assert.equal(store.get().busy, "");
});

test("the form takes the input of a watched execution, unless it was typed or is that of a sample of the flow", () => {
  const open = (flowName, input) => ({ flowName, executionName: "e", execution: { input } });
  const { store, actions } = setUp({ input: '{"sample": true}', ...open("resize", '{"a":1}') });
  const shown = (change) => {
    store.set(change);
    actions.adoptInput();
    return store.get().input;
  };
  assert.equal(shown({}), '{\n  "a": 1\n}');
  assert.equal(shown(open("other", '{"b":2}')), '{\n  "b": 2\n}');
  assert.equal(shown(open("other", "")), "");
  assert.equal(shown({ flowName: "other", execution: {} }), "");

  // A number with more digits than the browser keeps stays as it was sent.
  assert.equal(shown(open("other", '{"id":12345678901234567890}')), '{\n  "id": 12345678901234567890\n}');
  assert.equal(shown(open("other", '{"id":12345678901234567891}')), '{\n  "id": 12345678901234567891\n}');

  // The same value stays as it is written.
  actions.useSample(SAMPLE);
  assert.equal(shown(open("refund", '{"amount":7}')), SAMPLE.input);
  assert.equal(shown(open("else", JSON.stringify(JSON.parse(SAMPLE.input)))), SAMPLE.input);
  assert.equal(shown(open("refund", '{"amount":7}')), '{\n  "amount": 7\n}');

  actions.setInput('{"mine": ');
  assert.equal(shown(open("else", '{"c":3}')), '{"mine": ');
  actions.setInput(" ");
  assert.equal(shown(open("else", '{"c":3}')), '{\n  "c": 3\n}');
});

test("a flow of the service is started without a definition, and never with that of another flow", async () => {
  const { store, actions, sent } = setUp();
  actions.useSample(SAMPLE);
  actions.useFlow("other");
  assert.equal(store.get().form.source, "stored");
  await actions.start();
  assert.deepEqual(sent.start, [{ flowName: "other", input: SAMPLE.input }]);

  actions.openExecution({ flowName: "third", executionName: "e" });
  await actions.start({ input: "" });
  assert.deepEqual(sent.start[1], { flowName: "third" });

  actions.setText(`${SAMPLE.text}\n`);
  assert.deepEqual([store.get().form.source, store.get().form.flowName], ["editor", "refund"]);
  actions.useFlow("other");
  actions.setSource("editor");
  assert.equal(store.get().form.flowName, "refund", "the text belongs to its flow");
});

test("the name of the flow that the user enters is that of the text", async () => {
  const { actions, sent } = setUp({ text: "steps: []" });
  actions.nameFlow("mine");
  actions.setForm({ executionName: " first ", mode: "Express" });
  await actions.start({ input: "  " });
  assert.deepEqual(sent.start, [
    { flowName: "mine", executionName: "first", definition: "steps: []", mode: "Express" },
  ]);
});

test("an execution is started again with its input", async () => {
  const { store, actions, sent } = setUp();
  actions.openExecution({ flowName: "f", executionName: "e" });
  store.set({ execution: { input: '{"a":1}', flowName: "f", name: "e" } });
  await actions.startAgain();
  assert.deepEqual(sent.start, [{ flowName: "f", input: '{"a":1}' }]);
  actions.editInput();
  assert.equal(store.get().input, '{\n  "a": 1\n}');
});

test("a refused start is a problem, and what is watched stays", async () => {
  const { store, actions, sent } = setUp({
    fail: { kind: "service", code: "InvalidArgument", message: "no", status: 400 },
  });
  actions.openExecution({ flowName: "f", executionName: "e" });
  await actions.start();
  const { problem, busy, executionName } = store.get();
  assert.deepEqual([problem.code, busy, executionName], ["InvalidArgument", "", "e"]);
  assert.equal(sent.open.length, 1);
  await actions.stop({ cause: "enough" });
  assert.deepEqual(sent.stop, [{ flowName: "f", executionName: "e", cause: "enough" }]);
  actions.dismissProblem();
  assert.equal(store.get().problem, undefined);
});

test("a second start waits for the first one", async () => {
  const { actions, sent } = setUp({ text: "x" });
  actions.nameFlow("f");
  await Promise.all([actions.start(), actions.start()]);
  assert.equal(sent.start.length, 1);
});

test("executions are listed by status and by the beginning of their names", async () => {
  const { store, actions, sent } = setUp();
  await actions.list("f");
  await actions.filter({ status: "Failed" });
  await actions.filter({ prefix: "run-" });
  assert.deepEqual(
    sent.list.map(({ flowName, status, executionNamePrefix }) => [flowName, status, executionNamePrefix]),
    [
      ["f", undefined, undefined],
      ["f", "Failed", undefined],
      ["f", "Failed", "run-"],
    ],
  );
  assert.deepEqual(store.get().executions, { items: [], isLoading: false });
});

test("a flow is loaded into the editor", async () => {
  const { store, actions } = setUp();
  await actions.loadFlow("f");
  assert.equal(store.get().text, "definition of f");
  assert.deepEqual([store.get().form.owner, store.get().form.source], ["f", "stored"]);
});

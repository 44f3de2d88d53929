// The watch of the console without a page: its states, and what it publishes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { flowGraph, replayExecution } from "../../pkg/dist/index.js";
import { connectionAfter } from "../../www/console/app/connection.js";
import { samples } from "../../www/console/app/samples.js";
import { initialState } from "../../www/console/app/state.js";
import { statusOf } from "../../www/console/app/status.js";
import { createStore } from "../../www/console/app/store.js";
import { createWatch, kindOfHistoryProblem } from "../../www/console/app/watch.js";
import { historyOf } from "./support/samples.mjs";

// ---- Connection

test("the states of the connection follow what happens", () => {
  const steps = [
    [{ type: "start" }, { state: "starting" }],
    [
      { type: "retry", at: 5 },
      { state: "reconnecting", nextTryAt: 5 },
    ],
    [{ type: "response", known: false }, { state: "starting" }],
    [{ type: "data" }, { state: "watching" }],
    [{ type: "response", known: true }, { state: "watching" }],
    [{ type: "offline" }, { state: "offline" }],
    [{ type: "retry", at: 9 }, { state: "offline" }],
    [{ type: "online" }, { state: "reconnecting" }],
    [{ type: "response", known: true }, { state: "watching" }],
    [{ type: "end" }, { state: "ended" }],
    [{ type: "offline" }, { state: "ended" }],
    [{ type: "retry", at: 9 }, { state: "ended" }],
    [{ type: "start" }, { state: "starting" }],
    [{ type: "leave" }, { state: "left" }],
    [{ type: "data" }, { state: "left" }],
    [{ type: "end" }, { state: "left" }],
  ];
  let connection = { state: "idle" };
  for (const [event, expected] of steps) {
    connection = connectionAfter(connection, event);
    assert.deepEqual(connection, expected, JSON.stringify(event));
  }
});

test("a machine without a network that receives a response is connected", () => {
  assert.deepEqual(connectionAfter({ state: "offline" }, { type: "response", known: true }), { state: "watching" });
});

// ---- Watch

/** A queue as an async iterator, as the client returns it. */
function channel() {
  const items = [];
  let wake = () => {};
  return {
    push: (item) => (items.push({ item }), wake()),
    end: () => (items.push({ end: true }), wake()),
    fail: (error) => (items.push({ error }), wake()),
    async *iterate(signal) {
      for (;;) {
        while (items.length === 0) {
          await new Promise((resolve) => {
            wake = resolve;
            signal.addEventListener("abort", resolve);
          });
          if (signal.aborted) throw signal.reason;
        }
        const { item, end, error } = items.shift();
        if (error) throw error;
        if (end) return;
        yield item;
      }
    },
  };
}

/** A watch with a client that the test controls. `settle` waits for all that is due. */
function setUp({ flow = async () => ({ definition: "" }), online = true } = {}) {
  const store = createStore(initialState());
  const events = channel();
  const changes = channel();
  const calls = { events: [], watch: [] };
  const api = {
    flow,
    client: {
      executionEvents(reference, options) {
        calls.events.push({ reference, options });
        return events.iterate(options.signal);
      },
      watchExecution(reference, options) {
        calls.watch.push({ reference, options });
        return changes.iterate(options.signal);
      },
    },
  };
  let due = [];
  let published = 0;
  store.subscribe(() => (published += 1));
  const check = async (text) => ({ text, dialect: null, valid: true, diagnostics: [], graph: flowGraph(text) });
  const watch = createWatch({
    store,
    api,
    check,
    loadReplay: async () => replayExecution,
    schedule: (flush) => due.push(flush),
    isOnline: () => online,
  });
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  return {
    store,
    watch,
    events,
    changes,
    calls,
    published: () => published,
    async settle() {
      for (let round = 0; round < 6; round += 1) {
        await tick();
        const flushes = due;
        due = [];
        for (const flush of flushes) flush();
      }
      await tick();
    },
    update: (execution) => calls.events.at(-1).options.onUpdate(execution),
  };
}

const TEXT = samples.find(({ id }) => id === "fails").text;
const RUN = { flowName: "till", executionName: "e" };

const execution = (status, more = {}) => ({
  requestId: "r",
  flowName: "till",
  name: "e",
  status,
  done: ["Succeeded", "Failed", "TimedOut", "Stopped"].includes(status),
  flowDefinition: TEXT,
  ...more,
});

test("a watch shows the execution, its events and their replay, each once", async () => {
  const { store, watch, events, settle, update, published } = setUp();
  const { events: history } = await historyOf("fails");
  watch.open(RUN);
  await settle();
  assert.equal(store.get().connection.state, "starting");
  update(execution("Running"));
  for (const event of history.slice(0, 4)) events.push(event);
  await settle();
  const first = store.get();
  assert.equal(first.connection.state, "watching");
  assert.equal(first.eventCount, 4);
  assert.equal(first.replay.nodes["/Count"].status, "running");
  assert.equal(first.definition, TEXT);
  assert.equal(first.ran.text, TEXT);

  const before = published();
  for (const event of history.slice(4, 10)) events.push(event);
  await settle();
  assert.equal(published(), before + 1, "many events are one change");
  assert.equal(store.get().eventCount, 10);
  assert.equal(store.get().events, first.events, "the events are appended to one list");

  for (const event of history.slice(10)) events.push(event);
  await settle();
  assert.equal(statusOf(store.get()), "Running", "the end in the history waits for the end in DescribeExecution");
  update(execution("Failed"));
  events.end();
  await settle();
  const last = store.get();
  assert.equal(last.connection.state, "ended");
  assert.equal(statusOf(last), "Failed");
  assert.equal(last.replay.failure.error, "TillShort");
  assert.equal(last.replay.failure.attempts, 3);
  assert.deepEqual(last.replay, replayExecution(TEXT, history).state, "the increments give the replay of the whole");
});

test("the end of the execution is shown with the end of its history", async () => {
  const { store, watch, events, settle, update } = setUp();
  const { events: history } = await historyOf("fails");
  watch.open(RUN);
  await settle();
  update(execution("Running"));
  await settle();
  update(execution("Failed"));
  await settle();
  assert.equal(statusOf(store.get()), "Running");
  for (const event of history) events.push(event);
  events.end();
  await settle();
  assert.equal(statusOf(store.get()), "Failed");
  assert.equal(store.get().connection.state, "ended");
});

test("what is missing of a definition comes from the flow, otherwise from the editor", async () => {
  for (const [capable, expected] of [
    [true, TEXT],
    [false, "in the editor"],
  ]) {
    const { store, watch, settle, update } = setUp({ flow: async () => ({ definition: TEXT }) });
    store.set({ text: "in the editor", capabilities: { ...initialState().capabilities, flows: capable } });
    watch.open(RUN);
    await settle();
    update(execution("Running", { flowDefinition: "" }));
    await settle();
    assert.equal(store.get().definition, expected);
  }
});

test("an outage is shown, and ends with a response", async () => {
  const { store, watch, settle, update, calls } = setUp();
  watch.open(RUN);
  await settle();
  update(execution("Running"));
  await settle();
  calls.events[0].options.onRetry({ delayMs: 4000 });
  const { connection } = store.get();
  assert.equal(connection.state, "reconnecting");
  assert.ok(Math.abs(connection.nextTryAt - Date.now() - 4000) < 2000);
  watch.responded();
  assert.equal(store.get().connection.state, "watching");
  watch.network(false);
  assert.equal(store.get().connection.state, "offline");
  watch.network(true);
  assert.equal(store.get().connection.state, "reconnecting");
  watch.leave();
  assert.equal(store.get().connection.state, "left");
  assert.ok(store.get().execution, "what is known stays");
  assert.ok(calls.events[0].options.signal.aborted);
});

test("without the permission for the history, the execution is watched without it", async () => {
  const { store, watch, events, changes, settle } = setUp();
  watch.open(RUN);
  await settle();
  const message = "the caller is not authorized to perform 'fnf:GetExecutionHistory' on resource 'x'";
  events.fail({ kind: "service", code: "AccessDenied", status: 403, message });
  changes.push(execution("Running"));
  await settle();
  const { historyProblem, connection } = store.get();
  assert.equal(historyProblem.permission, "fnf:GetExecutionHistory");
  assert.equal(kindOfHistoryProblem(historyProblem), "permission");
  assert.equal(connection.state, "watching");
  changes.push(execution("Succeeded", { output: "{}" }));
  changes.end();
  await settle();
  assert.equal(store.get().connection.state, "ended");
  assert.equal(store.get().execution.output, "{}");
});

test("an execution whose history is gone shows what is known", async () => {
  const { store, watch, events, changes, settle } = setUp();
  const { events: history } = await historyOf("fails");
  watch.open(RUN);
  await settle();
  for (const event of history.slice(0, 5)) events.push(event);
  events.fail({ kind: "service", code: "FlowNotExists", status: 404, message: "Flow till does not exist." });
  changes.push(execution("Stopped"));
  changes.end();
  await settle();
  const state = store.get();
  assert.equal(kindOfHistoryProblem(state.historyProblem), "gone");
  assert.equal(state.connection.state, "ended");
  assert.equal(state.eventCount, 5);
  assert.equal(statusOf(state), "Stopped");
});

test("a watch that is refused says why, and keeps what is known", async () => {
  const { store, watch, events, changes, settle } = setUp();
  watch.open(RUN);
  await settle();
  const refusal = { kind: "service", code: "ExecutionNotExists", status: 404, message: "no such execution" };
  events.fail(refusal);
  changes.fail(refusal);
  await settle();
  const { connection, execution: known } = store.get();
  assert.equal(connection.state, "refused");
  assert.equal(connection.error.code, "ExecutionNotExists");
  assert.equal(known, undefined);
});

test("an event of the future corrects the clock of the service", async () => {
  const { store, watch, events, settle, update } = setUp();
  const { events: history } = await historyOf("fails");
  watch.open(RUN);
  await settle();
  update(execution("Running"));
  const [first] = history;
  events.push({ ...first, time: new Date(Date.now() - 5000).toISOString() });
  await settle();
  assert.equal(store.get().clockOffset, 0);
  events.push({ ...first, eventId: 2, time: new Date(Date.now() + 90_000).toISOString() });
  await settle();
  assert.ok(Math.abs(store.get().clockOffset - 90_000) < 2000, `${store.get().clockOffset}`);
});

test("a new watch ends the one before", async () => {
  const { store, watch, settle, calls } = setUp();
  watch.open(RUN);
  await settle();
  await settle();
  const [old] = calls.events;
  watch.open({ flowName: "till", executionName: "second" }, { node: "/Count" });
  assert.ok(old.options.signal.aborted);
  old.options.onUpdate(execution("Failed"));
  old.options.onRetry({ delayMs: 1 });
  await settle();
  assert.equal(store.get().executionName, "second");
  assert.equal(store.get().execution, undefined);
  assert.equal(store.get().connection.state, "starting");
  assert.deepEqual(store.get().selection, { node: "/Count" });
  watch.close();
  assert.equal(store.get().connection.state, "idle");
  assert.equal(store.get().executionName, "");
});

test("an endpoint that responds that the execution does not exist yet is connected", async () => {
  const { store, watch, calls, settle } = setUp();
  watch.open(RUN);
  await settle();
  const retry = (error) => calls.events[0].options.onRetry({ attempt: 1, delayMs: 500, error });
  retry({ code: "ExecutionNotExists", status: 404 });
  assert.equal(store.get().connection.state, "starting");
  for (const error of [{ status: 503 }, { status: 429 }, { code: "no-response" }]) {
    retry(error);
    assert.equal(store.get().connection.state, "reconnecting");
    watch.responded();
  }
});

test("5,000 events are read in one change", async () => {
  const { store, watch, events, settle, update, published } = setUp();
  const { events: history } = await historyOf("fails");
  watch.open(RUN);
  await settle();
  update(execution("Running"));
  await settle();
  const before = published();
  const some = history.slice(0, 4);
  for (let id = 1; id <= 5000; id += 1) events.push({ ...some[Math.min(id - 1, 3)], eventId: id });
  while (store.get().eventCount < 5000) await settle();
  assert.ok(published() - before < 10, `${published() - before} changes`);
});

// The objects of the gateway in memory, from their sources: they are discarded, their connections break, and there are so
// many watchers that leaf hubs are used.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESCRIBE, asking, bind } from "../../pkg/ask/functions.js";
import { history, list } from "../../pkg/ask/pages.js";
import { createGatewayFactory } from "../../pkg/gateway/gateway.js";
import { machinesOf } from "../../pkg/gateway/hub/machines.js";
import { memoryHub } from "../../pkg/gateway/hub/memory.js";
import { runtime } from "../../pkg/gateway/inline.js";
import * as local from "../../pkg/local.js";
import { REQUEST } from "../../pkg/shared/options.js";
import { allOf, openHub, pause } from "./support/hub.mjs";

const unbound = bind(runtime, 0);
const createGateway = createGatewayFactory(
  {
    DescribeExecution: asking(unbound, DESCRIBE, REQUEST),
    GetExecutionHistory: history(unbound),
    ListExecutions: list(unbound),
  },
  runtime,
);

/** A gateway whose objects the test reaches. */
function open(options) {
  const memory = memoryHub(machinesOf(runtime), async () => undefined);
  return { memory, ...openHub({ createGateway, local }, { hub: () => memory, ...options }) };
}

test("objects that are discarded between all events lose nothing", async (t) => {
  const hub = open();
  t.after(hub.close);
  await hub.start("e", 2);
  const evicting = setInterval(hub.memory.evict, 20);
  t.after(() => clearInterval(evicting));
  const polls = Array.from({ length: 10 }, () => hub.describe("e", 20));
  const streams = Array.from({ length: 10 }, async () => allOf(await hub.stream("e", { query: { history: 1 } })));
  for (const poll of await Promise.all(polls)) assert.equal((await poll.json()).Status, "Succeeded");
  for (const events of await Promise.all(streams)) {
    assert.equal(events.at(-1).event, "end");
    const ids = events.flatMap(({ data }) => (data.Events ?? []).map(({ EventId }) => EventId));
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6]);
  }
  const describes = hub.calls.filter(({ action }) => action === "DescribeExecution").length;
  assert.ok(describes <= 3, `${describes} calls`);
});

test("connections that break are opened again", async (t) => {
  const hub = open();
  t.after(hub.close);
  await hub.start("e", 3);
  const polls = Array.from({ length: 30 }, () => hub.describe("e", 20));
  const streams = Array.from({ length: 30 }, async () => allOf(await hub.stream("e")));
  for (let i = 0; i < 3; i += 1) {
    await pause(500);
    hub.memory.abort();
  }
  for (const poll of await Promise.all(polls)) assert.equal((await poll.json()).Status, "Succeeded");
  for (const events of await Promise.all(streams)) {
    const states = events.filter(({ event }) => event === "execution");
    assert.equal(states.at(-1).data.Status, "Succeeded");
    assert.equal(new Set(states.map(({ id }) => id)).size, states.length);
  }
});

test("6,000 watchers of an execution use leaf hubs, and one upstream poll", { timeout: 120_000 }, async (t) => {
  const hub = open();
  t.after(hub.close);
  // It ends after all have joined, however slow the machine is.
  await hub.start("e", 3600);
  const polls = Array.from({ length: 6000 }, () => hub.describe("e", 60));
  while (hub.memory.stat().sockets < 6000) await pause(100);
  const { hubs } = hub.memory.stat();
  assert.ok(hubs > 10, `${hubs} hubs`);
  await hub.stop("e");
  const answers = await Promise.all(polls);
  const statuses = await Promise.all(answers.map(async (answer) => (await answer.json()).Status));
  assert.deepEqual([...new Set(statuses)], ["Stopped"]);
  assert.ok(hub.calls.length <= 4, `${hub.calls.length} calls`);
  await pause(100);
  assert.equal(hub.memory.stat().sockets, 0);
});

test("the objects of executions without readers are dropped", async (t) => {
  const hub = open({ respond: () => new Response('{"RequestId":"r","Code":"FlowNotExists"}', { status: 404 }) });
  t.after(hub.close);
  for (let i = 0; i < 20; i += 1) assert.equal((await hub.describe(`e${i}`)).status, 404);
  assert.ok(hub.memory.stat().hubs <= 1, `${hub.memory.stat().hubs} hubs`);
});

test("an object that fails loses its connections, not the process", async (t) => {
  const machines = machinesOf(runtime);
  let isBroken = false;
  const call = (name, ...args) => {
    if (isBroken && name === "hubStep") throw new Error("broken");
    return machines.call(name, ...args);
  };
  const memory = memoryHub({ ...machines, call }, async () => undefined);
  const hub = openHub({ createGateway, local }, { hub: () => memory });
  t.after(hub.close);
  await hub.start("e", 2);
  const polls = Array.from({ length: 5 }, () => hub.describe("e", 20));
  await pause(500);
  isBroken = true;
  await pause(1000);
  isBroken = false;
  for (const poll of await Promise.all(polls)) assert.equal((await poll.json()).Status, "Succeeded");
});

/** Joins the object of an execution as a watcher whose deadline has passed: the object polls itself. */
async function late(memory, name) {
  const query = `v=1&since=0&after=0&history=0&kind=now&flow=f&execution=${name}&deadline=${Date.now() - 1000}`;
  const { webSocket } = await memory.executions
    .get(name)
    .fetch(`https://hub/join?${query}`, { headers: { upgrade: "websocket" } });
  webSocket.accept();
  return webSocket;
}

test("an object that fails during its own poll does not end the process", async () => {
  const machines = machinesOf(runtime);
  let isBroken = false;
  const call = (name, ...args) => {
    if (isBroken && name === "hubStep") throw new Error("broken");
    return machines.call(name, ...args);
  };
  const memory = memoryHub({ ...machines, call }, async () => {
    isBroken = true;
    return undefined;
  });
  const socket = await late(memory, "e");
  let closed;
  socket.addEventListener("close", ({ code }) => (closed = code));
  await pause(50);
  assert.equal(closed, 1011);
});

test("the result of a poll without waiting callers takes no place", async () => {
  let finish;
  const polled = new Promise((resolve) => {
    finish = resolve;
  });
  const memory = memoryHub(machinesOf(runtime), () => polled);
  const socket = await late(memory, "e");
  socket.close(1000, "");
  await pause(20);
  assert.equal(memory.stat().hubs, 0);
  finish({ header: "report 0 00ff 3", body: "x".repeat(1000) });
  await pause(20);
  assert.equal(memory.stat().characters, 0);
});

// The gateway on Durable Objects in workerd: objects that hibernate, and that are reset. The suite `gateway-hub.mjs` has
// the same gateway with objects in memory.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { signRequest } from "../../pkg/dist/local.js";
import { allOf, eventsOf, pause } from "./support/hub.mjs";
import { openService } from "./support/service.mjs";

const DIST = fileURLToPath(new URL("../../pkg/dist", import.meta.url));

/** Counts what the objects do. In local workerd, they share the global object with the Worker. */
const WORKER = `
import { createGateway } from ${JSON.stringify(join(DIST, "gateway.workerd.js"))};
const counts = (globalThis.counts = { boots: 0, wakes: 0 });
const gateway = createGateway({
  upstream: (env) => ({
    endpoint: env.UPSTREAM,
    allowInsecureHttp: true,
    credentials: { accessKeyId: "emulator", accessKeySecret: "emulator-secret" },
  }),
  authorize: () => true,
  actions: ["DescribeExecution", "GetExecutionHistory", "ListExecutions"],
  hub: (env) => ({ executions: env.HUB, account: env.BUDGET, name: "emulator" }),
  log: false,
});
export const { AccountBudget } = gateway;
export class ExecutionHub extends gateway.ExecutionHub {
  constructor(state, env) {
    super(state, env);
    this.state = state;
    counts.boots += 1;
  }
  fetch(request) {
    counts.wakes += 1;
    const { pathname } = new URL(request.url);
    if (pathname === "/reset") this.state.abort("a deployment");
    if (pathname === "/clear") {
      this.host.store.clear();
      this.object.release();
      return new Response("clear");
    }
    return super.fetch(request);
  }
  webSocketMessage(socket, data) {
    counts.wakes += 1;
    return super.webSocketMessage(socket, data);
  }
}
export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/counts") return Response.json(counts);
    if (pathname === "/reset" || pathname === "/clear") {
      const name = ["emulator", env.UPSTREAM, "f", searchParams.get("execution")].map(encodeURIComponent).join("/");
      await env.HUB.get(env.HUB.idFromName(name)).fetch("https://hub" + pathname).catch(() => {});
      return new Response("done");
    }
    return gateway.fetch(request, env, context);
  },
};
`;

let service;
let folder;
let miniflare;
let url;

before(async () => {
  service = await openService();
  folder = await mkdtemp(join(tmpdir(), "gateway-objects-"));
  await startWorker();
});
after(async () => {
  await miniflare?.dispose();
  service?.close();
  await rm(folder, { recursive: true, force: true });
});

async function startWorker() {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: DIST, loader: "js" },
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: ["workerd"],
    external: ["*.wasm"],
    write: false,
    logLevel: "error",
  });
  miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
      { type: "CompiledWasm", path: "gateway.wasm", contents: readFileSync(join(DIST, "gateway.wasm")) },
    ],
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["enable_request_signal"],
    bindings: { UPSTREAM: upstreamOf("run") },
    durableObjects: {
      HUB: { className: "ExecutionHub", useSQLite: true },
      BUDGET: { className: "AccountBudget", useSQLite: true },
    },
    durableObjectsPersist: folder,
    cf: false,
  });
  url = String(await miniflare.ready);
}

/** The address of the emulator whose requests are logged under a name. */
const upstreamOf = (name) => `${service.url}/${name}/ok/`;

const upstreamCalls = async () => (await fetch(`${service.url}/log/run`)).json();

async function start(execution, seconds) {
  const send = async (action, parameters) => {
    const signed = await signRequest(action, parameters, { endpoint: service.url });
    return fetch(signed.url, { method: signed.method, headers: signed.headers, body: await signed.text() });
  };
  const Definition = `version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: ${seconds}}\n`;
  const flow = { Name: `f`, Definition, Description: "d", Type: "FDL" };
  const made = await send("CreateFlow", flow);
  if (!made.ok) await send("UpdateFlow", flow);
  const started = await send("StartExecution", { FlowName: "f", ExecutionName: execution });
  assert.equal(started.status, 200, await started.text());
}

const describe = (execution, wait) =>
  fetch(
    `${url}?${new URLSearchParams({ Action: "DescribeExecution", Version: "2019-03-15", FlowName: "f", ExecutionName: execution, WaitTimeSeconds: String(wait) })}`,
  );

const stream = (execution, init = {}) =>
  fetch(`${url}events?${new URLSearchParams({ FlowName: "f", ExecutionName: execution, history: "1" })}`, init);

const counts = async () => (await fetch(`${url}counts`)).json();

test("a hundred watchers share one upstream poll, and the final state needs none", async () => {
  await start("many", 2);
  const before = (await upstreamCalls()).length;
  const streams = Promise.all(Array.from({ length: 50 }, async () => allOf(await stream("many"))));
  const polls = await Promise.all(Array.from({ length: 50 }, () => describe("many", 20)));
  for (const poll of polls) assert.equal((await poll.json()).Status, "Succeeded");
  for (const events of await streams) {
    assert.equal(events.at(-1).event, "end");
    const ids = events.flatMap(({ data }) => (data.Events ?? []).map(({ EventId }) => EventId));
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6]);
    const states = events.filter(({ event }) => event === "execution").map(({ data }) => data.Status);
    assert.equal(states.at(-1), "Succeeded");
    assert.equal(new Set(states).size, states.length);
  }
  const used = (await upstreamCalls()).length - before;
  assert.ok(used <= 6, `${used} upstream calls`);
  assert.equal((await (await describe("many", 20)).json()).Status, "Succeeded");
  assert.equal((await allOf(await stream("many"))).at(-1).event, "end");
  assert.equal((await upstreamCalls()).length - before, used);
});

test("a watched object hibernates, and its watchers see the end", async () => {
  await start("quiet", 16);
  const ends = [describe("quiet", 25).then((response) => response.json())];
  ends.push(stream("quiet").then(allOf));
  await pause(1500);
  const { boots } = await counts();
  await pause(1500);
  const asleep = await counts();
  await pause(9500);
  assert.equal((await counts()).wakes, asleep.wakes, "nothing wakes the object while nothing changes");
  const [poll, events] = await Promise.all(ends);
  assert.equal(poll.Status, "Succeeded");
  assert.equal(events.at(-1).event, "end");
  assert.equal((await counts()).boots, boots + 1, "the object was constructed again");
});

test("a reset object loses no watcher", async () => {
  await start("reset", 6);
  const polls = Array.from({ length: 20 }, () => describe("reset", 25));
  const streams = Array.from({ length: 20 }, () => stream("reset").then(allOf));
  await pause(2000);
  await fetch(`${url}reset?execution=reset`);
  for (const poll of await Promise.all(polls)) assert.equal((await poll.json()).Status, "Succeeded");
  for (const events of await Promise.all(streams)) {
    assert.equal(events.at(-1).event, "end");
    const ids = events.flatMap(({ data }) => (data.Events ?? []).map(({ EventId }) => EventId));
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6]);
    const states = events.filter(({ event }) => event === "execution").map(({ id }) => id.split(".")[0]);
    assert.equal(new Set(states).size, states.length, "no state is told twice");
  }
});

test("a stream that loses its connection continues where it was", async () => {
  await start("again", 3);
  const leaving = new AbortController();
  let id;
  for await (const event of eventsOf(await stream("again", { signal: leaving.signal }))) {
    id = event.id;
    break;
  }
  leaving.abort();
  const rest = await allOf(await stream("again", { headers: { "last-event-id": id } }));
  assert.equal(rest.at(-1).event, "end");
});

test("what is stored outlives the process", async () => {
  const before = (await upstreamCalls()).length;
  await miniflare.dispose();
  await startWorker();
  assert.equal((await (await describe("many", 20)).json()).Status, "Succeeded");
  const events = await allOf(await stream("many"));
  assert.equal(events.at(-1).event, "end");
  assert.equal((await upstreamCalls()).length, before);
});

test("an object whose data was deleted begins again", async () => {
  const before = (await upstreamCalls()).length;
  await fetch(`${url}clear?execution=many`);
  assert.equal((await (await describe("many", 0)).json()).Status, "Succeeded");
  assert.equal((await upstreamCalls()).length, before + 1);
  assert.equal((await (await describe("many", 0)).json()).Status, "Succeeded");
  assert.equal((await upstreamCalls()).length, before + 1);
});

// Long histories in the objects of the gateway, and long streams of its server, from their sources.

import assert from "node:assert/strict";
import { get } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DESCRIBE, asking, bind } from "../../pkg/ask/functions.js";
import { history, list } from "../../pkg/ask/pages.js";
import { startGateway } from "../../pkg/cli/gateway-server.js";
import { serveFetch } from "../../pkg/cli/serve.js";
import { createGatewayFactory } from "../../pkg/gateway/gateway.js";
import { memoryHub } from "../../pkg/gateway/hub/memory.js";
import { runtime } from "../../pkg/gateway/inline.js";
import * as local from "../../pkg/local.js";
import { REQUEST } from "../../pkg/shared/options.js";
import { eventsOf, openHub, pause } from "./support/hub.mjs";

const unbound = bind(runtime, 0);
const createGateway = createGatewayFactory(
  {
    DescribeExecution: asking(unbound, DESCRIBE, REQUEST),
    GetExecutionHistory: history(unbound),
    ListExecutions: list(unbound),
  },
  runtime,
  memoryHub,
);

const json = (body) => new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });

/** A gateway to a service whose execution has ended, with events of this size. */
function open(count, size) {
  const detail = JSON.stringify({ input: "x".repeat(size) });
  const eventAt = (EventId) => ({
    EventId,
    Type: EventId === count ? "ExecutionSucceeded" : "StepEntered",
    StepName: "s",
    ScheduleEventId: 0,
    Time: "2026-01-01T00:00:00.000Z",
    EventDetail: detail,
  });
  const execution = {
    RequestId: "r",
    FlowName: "f",
    Name: "e",
    Status: "Succeeded",
    StartedTime: "2026-01-01T00:00:00Z",
  };
  return openHub(
    { createGateway, local },
    {
      respond({ searchParams: query }) {
        if (query.get("Action") === "DescribeExecution") return json(execution);
        const from = Number(query.get("NextToken") ?? 1);
        const to = Math.min(count, from + Number(query.get("Limit")) - 1);
        const Events = [];
        for (let id = from; id <= to; id += 1) Events.push(eventAt(id));
        return json({ RequestId: "r", Events, ...(to < count && { NextToken: String(to + 1) }) });
      },
    },
  );
}

/** Reads the history by streams that resume. Returns the IDs of its events, and the last event of the last stream. */
async function readAll(hub) {
  const ids = [];
  let longest = 0;
  let lastId;
  for (let streams = 0; streams < 20; streams += 1) {
    let end;
    const headers = lastId === undefined ? {} : { "last-event-id": lastId };
    for await (const event of eventsOf(await hub.stream("e", { query: { history: 1 }, headers }))) {
      end = event;
      lastId = event.id ?? lastId;
      if (event.event !== "history") continue;
      longest = Math.max(longest, JSON.stringify(event.data).length);
      for (const { EventId } of event.data.Events) ids.push(EventId);
    }
    if (end.event === "end" || end.event === "error") return { ids, end, longest };
  }
  throw new Error("the history does not end");
}

const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1);

test("a history of 40 MB is complete for every reader, in events that the client accepts", async (t) => {
  const hub = open(1200, 32_768);
  t.after(hub.close);
  for (const reader of ["the first", "the second"]) {
    const { ids, end, longest } = await readAll(hub);
    assert.deepEqual(ids, upTo(1200), reader);
    assert.equal(end.event, "end", reader);
    assert.ok(longest < 8 * 1024 * 1024, `${reader}: an event has ${longest} characters`);
  }
});

test("a history above the limit of an object ends with an error, not as if it was complete", async (t) => {
  const hub = open(130, 450_000);
  t.after(hub.close);
  await readAll(hub);
  const { ids, end } = await readAll(hub);
  assert.deepEqual(ids, upTo(ids.length));
  assert.ok(ids.length > 100 && ids.length < 130, `${ids.length} events`);
  assert.equal(end.event, "error");
  assert.equal(end.data.Code, "EntityTooLarge");

  const page = await hub.history("e", { Limit: 1000, NextToken: `h1.${ids.length}` });
  assert.equal(page.status, 413);
  assert.equal((await page.json()).Code, "EntityTooLarge");
});

/** A response with this number of chunks. */
function streamOf(chunks, size = 524_288) {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent === chunks) return controller.close();
      sent += 1;
      controller.enqueue(new Uint8Array(size).fill(32));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

test("the server forgets the parts of a stream that are sent", async (t) => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const server = await startGateway(async () => streamOf(300), { host: "127.0.0.1", port: 0, trustProxy: false });
  t.after(() => server.drain(0));
  const response = await fetch(server.url);
  let size = 0;
  let most = 0;
  for await (const chunk of response.body) {
    const before = size >> 24;
    size += chunk.length;
    if (size >> 24 === before) continue;
    gc();
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  assert.equal(size, 300 * 524_288);
  assert.ok(most < 50_000_000, `${most} bytes`);
});

test("a slow client that reads is not closed", { timeout: 60_000 }, async (t) => {
  const total = 64 * 524_288;
  const limits = { maxBody: 1, headersMs: 10_000, bodyMs: 10_000, keepAliveMs: 1000, stalledMs: 2000, backlog: 16 };
  const server = await serveFetch(() => streamOf(1, total), { limits });
  t.after(() => server.close());
  const response = await new Promise((resolve, reject) => get(server.url, resolve).once("error", reject));
  let size = 0;
  for await (const part of response) {
    size += part.length;
    // About 6 MB per second.
    await pause(10);
  }
  assert.equal(size, total);
});

test("a client that reads nothing of a large response is closed", { timeout: 60_000 }, async (t) => {
  const limits = { maxBody: 1, headersMs: 10_000, bodyMs: 10_000, keepAliveMs: 1000, stalledMs: 500, backlog: 16 };
  const server = await serveFetch(
    (request) => {
      request.signal.addEventListener("abort", () => closed());
      return new Response(new Uint8Array(48 * 524_288).fill(32));
    },
    { limits },
  );
  t.after(() => server.close());
  let closed;
  const isClosed = new Promise((resolve) => {
    closed = () => resolve(true);
  });
  const socket = connect(new URL(server.url).port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  assert.equal(await Promise.race([isClosed, pause(5000)]), true);
});

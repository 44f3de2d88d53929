// The views of the console without a page: rows of the timeline, filters of the events, JSON, times.

import assert from "node:assert/strict";
import { test } from "node:test";

import { replayExecution } from "../../pkg/dist/index.js";
import { simulateFlow } from "../../pkg/dist/local.js";
import { initialState } from "../../www/console/app/state.js";
import { Choices, EventRows, filterOf, isFailure, NO_FILTER } from "../../www/console/view/events-model.js";
import { historyIndex } from "../../www/console/view/history-index.js";
import {
  childEntries,
  containsText,
  jsonText,
  parseJson,
  pathText,
  preview,
  SentNumber,
  searchJson,
} from "../../www/console/view/json-model.js";
import { childOf, detailOf, executionValues, subjectOf, valuesOf } from "../../www/console/view/selection-model.js";
import {
  formatClock,
  formatCountdown,
  formatDuration,
  roundUp,
  tickStep,
  timeOf,
} from "../../www/console/view/time.js";
import {
  barsOf,
  gapsOf,
  iterationOf,
  packBars,
  spanOf,
  summaryOf,
  TimelineModel,
} from "../../www/console/view/timeline-model.js";
import { en } from "../../www/console/words/en.js";
import { zh } from "../../www/console/words/zh.js";
import { cpuMs } from "./support/cpu.mjs";

const MARKUP = '<img src=x onerror="hacked()">';
const BUSY = { error: "Busy", cause: "try later", delayMs: 100 };

const MAP = JSON.stringify({
  ...{ Type: "StateMachine", SpecVersion: "v1", Name: "f", StartAt: "Each" },
  States: [
    {
      ...{ Type: "Map", Name: "Each", ItemsPath: "$Input.items", Next: "查询" },
      Processor: {
        StartAt: "Pack",
        States: [
          {
            ...{ Type: "Task", Name: "Pack", Action: "FC:InvokeFunction", Next: "Ship" },
            Parameters: { resourceArn: "acs:fc:cn-hangzhou:1:functions/pack/LATEST" },
            Retry: [{ Errors: ["Busy"], MaxAttempts: 2, IntervalSeconds: 2 }],
          },
          { Type: "Pass", Name: "Ship", End: true },
        ],
      },
    },
    { Type: "Pass", Name: "查询", Next: MARKUP },
    { Type: "Succeed", Name: MARKUP },
  ],
});

async function run(text, options) {
  const { events, status } = await simulateFlow(text, options);
  return { text, events, status };
}

const ofMap = (count, mocks = [{ delayMs: 50 }]) =>
  run(MAP, { input: { items: Array.from({ length: count }, (_, i) => i) }, tasks: { "acs:fc:*": mocks } });

/** The state of the page after `count` events. */
async function stateOf({ text, events }, { count = events.length, more = {} } = {}) {
  const { flowGraph } = await import("../../pkg/index.js");
  const list = events.slice(0, count);
  const replayer = replayExecution(text, list);
  const ran = { text, dialect: null, valid: true, diagnostics: [], graph: flowGraph(text) };
  return { ...initialState(), events: list, eventCount: count, replayer, replay: replayer.state, ran, ...more };
}

test("both languages have the same words for the views", () => {
  for (const section of ["graph", "timeline", "events", "selection"]) {
    assert.deepEqual(Object.keys(zh[section]).sort(), Object.keys(en[section]).sort(), section);
    for (const [key, word] of Object.entries(en[section])) assert.equal(typeof zh[section][key], typeof word, key);
  }
});

test("durations have at most two units, in both languages", () => {
  const shown = (ms, lang) => formatDuration(ms, lang).replace(/\s/g, " ");
  assert.deepEqual(
    [0, 350, 1250, 12_340, 59_960, 125_000, 3_600_000, 7_500_000, 90_000_000].map((ms) => shown(ms, "en")),
    ["0 ms", "350 ms", "1.25 s", "12.3 s", "1 min", "2 min 5 s", "1 h", "2 h 5 min", "1 d 1 h"],
  );
  assert.deepEqual(
    [350, 1250, 125_000].map((ms) => shown(ms, "zh")),
    ["350 毫秒", "1.25 秒", "2 分钟 5 秒"],
  );
  assert.equal(shown(-1250, "en"), "-1.25 s");
  assert.equal(shown(999.6, "en"), "1 s");
  assert.equal(formatCountdown(1, "en"), "1\u00a0s");
  assert.equal(formatCountdown(-5, "en"), "0\u00a0ms");
});

test("a duration that grows has tenths of a second, and never shows a later time", () => {
  const live = (ms, lang = "en") => formatDuration(ms, lang, { isLive: true }).replace(/\s/g, " ");
  assert.deepEqual(
    [0, 349, 1000, 59_990, 60_000, 119_900, 3_600_000].map((ms) => live(ms)),
    ["0.0 s", "0.3 s", "1.0 s", "59.9 s", "1 min", "1 min 59 s", "1 h"],
  );
  assert.equal(live(2000, "zh"), "2.0 秒");
});

test("clock times have 24 hours, and a text that is no time has none", () => {
  const noon = new Date(2026, 0, 2, 0, 3, 4, 56).getTime();
  assert.equal(formatClock(noon, "en"), "00:03:04");
  assert.equal(formatClock(noon, "zh", { digits: 3 }), "00:03:04.056");
  assert.equal(timeOf("yesterday"), undefined);
  assert.equal(timeOf(""), undefined);
  assert.equal(timeOf("1970-01-01T00:00:01Z"), 1000);
});

test("ticks keep their distance, and the end of a growing axis is seldom moved", () => {
  for (const pxPerMs of [1e-9, 1e-6, 0.001, 0.1, 1, 30]) assert.ok(tickStep(pxPerMs, 80) * pxPerMs >= 80);
  assert.equal(tickStep(0.1, 80), 1000);
  const ends = new Set(Array.from({ length: 60_000 }, (_, ms) => roundUp(ms)));
  for (const ms of [0, 1, 999, 60_000]) assert.ok(roundUp(ms) > ms);
  assert.ok(ends.size < 70, `${ends.size} ends`);
});

test("numbers are shown as sent", () => {
  const text =
    '{"id":12345678901234567890,"one":1.0,"exp":1e400,"plain":[1,-2.5],"text":"12345678901234567890 \\"9e999\\""}';
  const { value } = parseJson(text);
  assert.deepEqual(value.id, new SentNumber("12345678901234567890"));
  assert.deepEqual([value.one.text, value.exp.text, value.plain], ["1.0", "1e400", [1, -2.5]]);
  assert.equal(jsonText(value, 0), text);
  assert.equal(jsonText({ text: "a" }, 0), '{"text":"a"}');
  for (const wrong of ["", "{", "01", "[1,]", '{"a":1.0', "1.0 1.0"]) assert.equal(parseJson(wrong), undefined, wrong);
  // A text with the character that marks numbers stays a text.
  assert.deepEqual(parseJson('["\uE0001.0",1.0]').value, ["\uE0001.0", new SentNumber("1.0")]);
  assert.deepEqual(Object.keys(parseJson('{"__proto__":1.0}').value), ["__proto__"]);
});

test("children are in ranges, and paths lead to them", () => {
  const list = Array.from({ length: 25_000 }, (_, i) => i);
  const ranges = childEntries({ value: list });
  assert.deepEqual([ranges.length, ranges[2].from, ranges[2].to], [3, 20_000, 25_000]);
  assert.equal(childEntries(ranges[2]).length, 50);
  assert.deepEqual(childEntries(childEntries(ranges[2])[49]).at(-1), { key: 24_999, value: 24_999 });
  assert.deepEqual(childEntries({ value: { a: 1 } }), [{ key: "a", value: 1 }]);
  assert.equal(pathText(["items", 3, "a b", '"', "查询"]), '$.items[3]["a b"]["\\""]["查询"]');
});

test("a search finds keys and leaves in order, in a deep value too", () => {
  const value = { Name: "x", list: [{ name: MARKUP }, 17, null], 中文: "值" };
  assert.deepEqual(searchJson(value, "NAME"), [["Name"], ["list", 0, "name"]]);
  assert.deepEqual(searchJson(value, "onerror"), [["list", 0, "name"]]);
  assert.deepEqual(
    [searchJson(value, "17"), searchJson(value, ""), searchJson(value, "值")],
    [[["list", 1]], [], [["中文"]]],
  );
  let deep = "needle";
  for (let i = 0; i < 20_000; i += 1) deep = [deep];
  assert.ok(containsText(deep, "needle"));
  assert.equal(searchJson(deep, "needle")[0].length, 20_000);
  assert.equal(preview(deep, 20), `${"[".repeat(20)}…`);
  assert.equal(preview({ a: [1, "b"], c: {} }, 100), '{a: [1, "b"], c: {}}');
});

test("the preview of a value of 64 KiB reads only its beginning", () => {
  const value = { list: Array.from({ length: 6000 }, (_, i) => ({ i })), text: "x".repeat(65_536) };
  const ms = cpuMs(() => {
    for (let i = 0; i < 200; i += 1) preview(value, 160);
  });
  assert.ok(ms < 400, `${ms} ms`);
});

test("filters of events: type, group, state, failures and all texts", () => {
  const event = (eventId, type, stepName, detail = {}, more = {}) => ({
    ...{ eventId, scheduleEventId: 0, type, stepName, time: "2026-01-01T00:00:00Z", detail },
    ...more,
  });
  const events = [
    event(1, "ExecutionStarted", "", { input: { order: "A-17" } }),
    event(2, "StepEntered", "Pay"),
    event(3, "TaskFailed", "Pay", { error: "Busy", cause: MARKUP }),
    event(4, "Quantum", "Pay", { error: "Odd" }),
    event(5, "BranchEntered", "All", {}, { region: "cn-Hangzhou" }),
    event(6, "StepTimedOut", "All"),
  ];
  const found = (filter) => events.filter(filterOf({ ...NO_FILTER, ...filter })).map(({ eventId }) => eventId);
  assert.deepEqual(found({}), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(found({ type: "step*" }), [2, 6]);
  assert.deepEqual(found({ type: "other*" }), [4]);
  assert.deepEqual(found({ type: "TaskFailed" }), [3]);
  assert.deepEqual(found({ step: "All" }), [5, 6]);
  assert.deepEqual(found({ failed: true }), [3, 4, 6]);
  assert.deepEqual(found({ text: "a-17" }), [1]);
  assert.deepEqual(found({ text: " pay  ONERROR " }), [3]);
  assert.deepEqual(found({ text: "hangzhou" }), [5]);
  assert.ok(!isFailure(event(7, "ExecutionStopped", "", { error: "", cause: "" })));
});

test("rows of events grow, note missing events, and sort late ones", () => {
  const events = [1, 2, 5, 6].map((eventId) => ({ eventId, type: "A", stepName: "s", time: "", detail: {} }));
  const rows = new EventRows(NO_FILTER);
  assert.ok(rows.add(events, 2));
  assert.deepEqual(rows.rows, [{ at: 0 }, { at: 1 }]);
  rows.add(events, 4);
  assert.deepEqual(rows.rows, [{ at: 0 }, { at: 1 }, { gap: [3, 4] }, { at: 2 }, { at: 3 }]);
  assert.equal(rows.count, 4);
  assert.deepEqual(
    [1, 4, 5, 6, 7].map((id) => rows.indexOf(events, id)),
    [0, 2, 3, 4, 5],
  );
  events.push({ eventId: 3, type: "A", stepName: "s", time: "", detail: {} });
  rows.add(events, 5);
  assert.deepEqual(
    rows.rows.map(({ at, gap }) => gap ?? events[at].eventId),
    [1, 2, 3, [4, 4], 5, 6],
  );
  const filtered = new EventRows({ ...NO_FILTER, type: "A" });
  filtered.add(events.slice(0, 4), 4);
  assert.equal(filtered.rows.length, 4);
  const choices = new Choices();
  assert.ok(choices.add(events, 1));
  assert.ok(!choices.add(events, 5));
});

test("5,000 events are filtered in parts", async () => {
  const { events } = await ofMap(380);
  assert.ok(events.length > 4500);
  const rows = new EventRows({ ...NO_FILTER, text: "tasksucceeded" });
  let parts = 0;
  while (!rows.add(events, events.length, () => true)) parts += 1;
  assert.ok(parts > 10);
  assert.equal(rows.count, 380);
});

test("the timeline has one row per state, with the iterations of a Map", async () => {
  const { events, text } = await ofMap(30, [BUSY, { delayMs: 50 }]);
  const state = await stateOf({ events, text });
  const model = new TimelineModel();
  assert.ok(model.update(state.replay, state.ran.graph));
  const shape = () => model.visible().map(({ name, depth, visits }) => [name, depth, visits.length]);
  assert.deepEqual(shape(), [
    ["Each", 0, 1],
    ["Pack", 1, 30],
    ["Ship", 1, 30],
    ["查询", 0, 1],
    [MARKUP, 0, 1],
  ]);
  const pack = model.visible()[1];
  assert.deepEqual(summaryOf(pack), { status: "succeeded", failed: 0, attempts: 2, visits: 30 });
  model.toggle(pack);
  assert.equal(model.visible().length, 35);
  const visit = pack.visits[4];
  assert.equal(model.reveal({ visit: visit.id }), 6);
  assert.deepEqual(
    iterationOf(visit, state.replay.visits, (id) => model.nodes.get(id)?.type),
    [visit.index],
  );
  model.toggle(pack);
  assert.equal(model.reveal({ visit: visit.id }), 1);
  model.toggle(model.visible()[0]);
  assert.equal(model.reveal({ visit: visit.id }, false), 0);
  assert.equal(model.reveal({ visit: visit.id }), 1, "the rows around it are opened");
  assert.equal(model.reveal({ node: "nothing" }), -1);
});

test("few iterations have a row each, until there are many", async () => {
  const whole = await ofMap(14);
  const model = new TimelineModel();
  const replayer = replayExecution(whole.text, []);
  const { ran } = await stateOf(whole, { count: 0 });
  let most = 0;
  for (const event of whole.events) {
    model.update(replayer.add([event]), ran.graph);
    most = Math.max(most, model.visible().length);
  }
  assert.ok(most > 10);
  assert.equal(model.visible().length, 5);
  const all = new TimelineModel();
  all.update(replayExecution(whole.text, whole.events).state, ran.graph);
  assert.deepEqual(
    model.visible().map(({ key }) => key),
    all.visible().map(({ key }) => key),
  );
});

test("bars are attempts and pauses; a pending retry ends at its time", async () => {
  const { events, text } = await ofMap(1, [BUSY, { delayMs: 50 }]);
  const whole = await stateOf({ events, text });
  const visit = whole.replay.visits.find(({ name }) => name === "Pack");
  const bars = barsOf(visit, 0);
  assert.deepEqual(
    bars.map(({ kind, status, to, from, attempt }) => [kind, status, to - from, attempt]),
    [
      ["attempt", "failed", 100, 1],
      ["pause", "retrying", 2000, 2],
      ["attempt", "succeeded", 50, 2],
    ],
  );
  const failed = events.findIndex(({ type }) => type === "TaskFailed") + 1;
  const live = await stateOf({ events, text }, { count: failed });
  const waiting = live.replay.visits.find(({ name }) => name === "Pack");
  const [, pending] = barsOf(waiting, Date.parse(waiting.attempts[0].endedAt) + 500);
  assert.deepEqual([pending.kind, pending.to - pending.from, pending.attempt], ["retry", 2000, 2]);
  const each = barsOf(live.replay.visits[0], Date.parse(live.replay.startedAt) + 9000)[0];
  assert.deepEqual([each.isOpen, each.to - each.from, each.status], [true, 9000, "running"]);
});

test("bars that would touch are drawn as one, with the status of their visits", async () => {
  const { events, text } = await ofMap(40, [BUSY, { delayMs: 50 }]);
  const { replay } = await stateOf({ events, text });
  const visits = replay.visits.filter(({ name }) => name === "Pack");
  const bars = visits.flatMap((visit) => barsOf(visit, 0));
  const start = Date.parse(replay.startedAt);
  const [one, ...others] = packBars(bars, (ms) => (ms - start) * 1e-4);
  assert.equal(others.length, 0);
  assert.deepEqual([one.visits.size, one.status], [40, "succeeded"]);
  // A visit alone: its pause does not join its attempts.
  const wide = packBars(barsOf(visits[0], 0), (ms) => ms - start);
  assert.deepEqual(
    wide.map(({ count, status }) => [count, status]),
    [
      [1, "failed"],
      [1, "retrying"],
      [1, "succeeded"],
    ],
  );
  // An attempt of a moment is as wide as the smallest bar. The long pause after it stays a bar of its own.
  const bar = (kind, from, to, status) => ({ kind, from, to, status, visit: visits[0], attempt: 1, isOpen: false });
  const short = packBars([bar("attempt", 0, 1, "failed"), bar("pause", 1, 1000, "retrying")], (ms) => ms / 2);
  assert.deepEqual(
    short.map(({ left, width, status }) => [left, width, status]),
    [
      [0, 4, "failed"],
      [4, 496, "retrying"],
    ],
  );
});

test("the axis ends now while the execution is watched, and at the last event after that", async () => {
  const whole = await ofMap(2);
  const now = Date.parse(whole.events.at(-1).time) + 5000;
  const last = Date.parse(whole.events[9].time);
  const watched = await stateOf(whole, { count: 10, more: { connection: { state: "watching" } } });
  assert.deepEqual([spanOf(watched, now).to, spanOf(watched, now).isOpen], [now, true]);
  const left = { ...watched, connection: { state: "left" } };
  assert.deepEqual([spanOf(left, now).to, spanOf(left, now).isOpen], [last, false]);
  const ended = await stateOf(whole);
  assert.deepEqual(spanOf(ended, now).to, Date.parse(ended.replay.stoppedAt));
  assert.deepEqual(spanOf(initialState(), 7), { from: 7, to: 7, isOpen: false });
});

test("the times of missing events are gaps", async () => {
  const { events } = await ofMap(2);
  const start = Date.parse(events[0].time);
  assert.deepEqual(gapsOf(events, events.length, start), []);
  const holed = [...events.slice(5, 10), ...events.slice(20)];
  assert.deepEqual(
    gapsOf(holed, holed.length, start).map(({ ids }) => ids),
    [
      [1, 5],
      [11, 20],
    ],
  );
});

test("an index finds the events of visits and attempts, also while the history grows", async () => {
  const { events, text } = await ofMap(3, [BUSY, { delayMs: 50 }]);
  const whole = await stateOf({ events, text });
  const index = historyIndex(whole);
  const { events: list, ...shared } = { ...whole, events: [] };
  const replayer = replayExecution(text, []);
  for (const event of events) {
    list.push(event);
    replayer.add([event]);
    historyIndex({ ...shared, events: list, replayer, eventCount: list.length });
  }
  const grown = historyIndex({ ...shared, events: list, replayer, eventCount: list.length });
  for (const { id, attempts } of whole.replay.visits) {
    for (const { attempt } of attempts)
      assert.deepEqual(grown.eventsOf(id, attempt), index.eventsOf(id, attempt), `visit ${id}`);
  }
  const visit = whole.replay.visits.find(({ name, attempts }) => name === "Pack" && attempts.length === 2);
  const types = (attempt) => index.eventsOf(visit.id, attempt).map(({ type }) => type);
  assert.deepEqual(types(1), ["StepEntered", "StepStarted", "TaskScheduled", "TaskStarted", "TaskFailed"]);
  assert.deepEqual(types(2), ["TaskScheduled", "TaskStarted", "TaskSucceeded", "StepSucceeded", "StepExited"]);
  const id = index.eventsOf(visit.id, 2)[0].eventId;
  assert.deepEqual(index.selectionOf(id), { event: id, visit: visit.id, node: visit.node, attempt: 2 });
  // The first events arrive last.
  const late = [...events.slice(6), ...events.slice(0, 6)];
  const mixed = replayExecution(text, late);
  const sorted = historyIndex({ ...shared, events: late, replayer: mixed, eventCount: late.length });
  assert.deepEqual(sorted.eventsOf(visit.id, 2), index.eventsOf(visit.id, 2));
});

test("the panel shows the visit that determines the status, and the values that differ", async () => {
  const whole = await ofMap(2, [BUSY, { output: { packed: 1 }, delayMs: 50 }]);
  const state = await stateOf(whole);
  const { visits } = state.replay;
  const pack = visits.find(({ name, attempts }) => name === "Pack" && attempts.length === 2);
  const subject = subjectOf({ ...state, selection: { node: pack.node } });
  assert.deepEqual([subject.visit.name, subject.visits.length, subject.isState], ["Pack", 2, true]);
  assert.equal(subjectOf({ ...state, selection: { node: pack.node, visit: pack.id } }).visit, pack);
  assert.equal(subjectOf({ ...state, selection: { node: "start" } }).isState, false);
  assert.equal(subjectOf(state).isState, false);
  const values = valuesOf(state, pack);
  assert.deepEqual(values.find(({ name }) => name === "output").value, { Body: { packed: 1 } });
  assert.ok(!values.some(({ name }) => name === "given" || name === "result"), "values that are equal are left out");
  assert.deepEqual(subjectOf({ ...initialState(), selection: { node: "/gone" } }).isState, false);
});

test("the values of an execution are those of DescribeExecution, otherwise of its events", async () => {
  const state = await stateOf(await ofMap(1));
  assert.deepEqual(executionValues(state)[0], { name: "input", value: { items: [0] } });
  const execution = { input: '{"n":1.0}', environment: { variables: [{ name: "A", value: "b" }] } };
  assert.deepEqual(executionValues({ ...initialState(), execution }), [
    { name: "input", text: '{"n":1.0}' },
    { name: "environment", value: { A: "b" } },
  ]);
});

test("the detail of an event has its numbers as sent if the event has its text", () => {
  assert.deepEqual(detailOf({ detail: { n: 1e19 }, eventDetail: '{"n":10000000000000000001}' }), {
    n: new SentNumber("10000000000000000001"),
  });
  assert.equal(detailOf({ detail: {}, eventDetail: "not JSON" }), "not JSON");
  assert.deepEqual(detailOf({ detail: { a: 1 } }), { a: 1 });
});

const PARENT = `
version: v1
type: flow
steps:
  - type: task
    name: run
    resourceArn: acs:fnf:::flow/child
`;

for (const pattern of ["", "    pattern: sync\n"]) {
  test(`a task leads to the execution that it started: ${pattern.trim() || "no pattern"}`, async () => {
    const flows = { child: "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: p}\n" };
    const { events, children } = await simulateFlow(PARENT + pattern, { input: {}, flows });
    const { flowName, executionName } = children[0];
    assert.deepEqual(childOf(events), { flowName, executionName });
  });
}

test("a task of another service leads to no execution", () => {
  const output = { FlowName: "f", ExecutionName: "e" };
  const events = (resource) => [
    { type: "TaskScheduled", detail: { resource, attempt: 0, input: {} } },
    { type: "TaskSucceeded", detail: { output } },
  ];
  assert.equal(childOf(events("acs:fc:::services/s/functions/f")), undefined);
  assert.deepEqual(childOf(events("FNF:StartExecution")), { flowName: "f", executionName: "e" });
  assert.equal(childOf([]), undefined);
});

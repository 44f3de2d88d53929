// The logic of the console without a page: addresses, comparisons, JSON texts, samples and words.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { flowGraph, parseFlow, replayExecution, validateFlow } from "../../pkg/dist/index.js";
import { pack, placeOf, readAddress, unpack, writeAddress } from "../../www/console/app/address.js";
import { offsetOf, serviceNow } from "../../www/console/app/clock.js";
import { compareExecutions, firstDifference } from "../../www/console/app/compare.js";
import { createControl } from "../../www/console/app/control.js";
import { equalJson, pretty, readJson } from "../../www/console/app/json.js";
import { problemOf, wordsOfProblem } from "../../www/console/app/problem.js";
import { samples } from "../../www/console/app/samples.js";
import { completeSelection } from "../../www/console/app/selection.js";
import { initialState } from "../../www/console/app/state.js";
import { tasksOf } from "../../www/console/app/tasks.js";
import { en } from "../../www/console/words/en.js";
import { preferredLanguage } from "../../www/console/words/words.js";
import { zh } from "../../www/console/words/zh.js";
import { historyOf } from "./support/samples.mjs";

const CONSOLE = fileURLToPath(new URL("../../www/console/", import.meta.url));

// ---- Addresses

test("an address is read as it was written", () => {
  const places = [
    { flowName: "f", executionName: "e", view: "timeline", selection: { visit: 3, attempt: 2 } },
    { flowName: "订单", executionName: "a b&c=#d", view: "events", selection: { event: 12 } },
    { flowName: "f", executionName: "e", view: "definition", selection: { node: "/a/b#1" }, compare: "other" },
    { flowName: "f", view: "events", packed: "abc-_" },
    {},
  ];
  for (const place of places) {
    const { selection = {}, ...read } = readAddress(`#${writeAddress(place)}`);
    const { selection: given = {}, ...rest } = place;
    assert.deepEqual({ ...read, selection }, { ...rest, selection: given });
  }
});

test("the graph is the view of an address without one, and a visit stands for its node", () => {
  assert.equal(writeAddress({ flowName: "f", executionName: "e", view: "graph" }), "flow=f&execution=e");
  assert.equal(writeAddress({ flowName: "f", selection: { node: "/a", visit: 0 } }), "flow=f&visit=0");
});

test("invalid values of an address are ignored", () => {
  assert.deepEqual(readAddress("#view=other&visit=-1&attempt=0&event=x&flow=&compare="), {});
  assert.deepEqual(readAddress(`#flow=${"x".repeat(300)}&visit=1e3`), {});
  assert.deepEqual(readAddress("no address at all"), {});
});

test("the address of a page holds short values only", () => {
  const state = {
    ...initialState(),
    flowName: "f",
    executionName: "e",
    text: "x".repeat(9000),
    input: "y".repeat(900),
  };
  assert.equal(writeAddress(placeOf(state)), "flow=f&execution=e");
});

test("texts in an address are compressed, and damaged ones are ignored", async () => {
  const texts = { definition: "type: flow\nsteps:\n".repeat(500), input: '{"名": 1}' };
  const packed = await pack(texts);
  assert.match(packed, /^[A-Za-z0-9_-]+$/);
  assert.ok(packed.length < 400, `${packed.length} characters`);
  assert.deepEqual(await unpack(packed), texts);
  for (const bad of ["", "!", packed.slice(0, -9), await pack({ definition: 7 })])
    assert.equal(await unpack(bad), undefined);
  assert.equal(await unpack(await pack({ definition: "0".repeat(5 * 1024 * 1024) })), undefined, "a bomb is refused");
});

// ---- JSON texts

for (const [text, reason, line, column] of [
  ["", "end", 1, 1],
  ["{", "end", 1, 2],
  ['{"a": 1,}', "name", 1, 9],
  ["{'a': 1}", "name", 1, 2],
  ['{"a" 1}', "colon", 1, 6],
  ['{"a": 1 "b": 2}', "comma", 1, 9],
  ["[1 2]", "comma", 1, 4],
  ["[1,]", "value", 1, 4],
  ['{"a": tru}', "value", 1, 7],
  ['{\n  "a": 01\n}', "comma", 2, 9],
  ['{"a": "x\ny"}', "string", 1, 9],
  ['{"a": "x', "end", 1, 9],
  ['{"a": "\\q"}', "escape", 1, 8],
  ['{"a": "\\u12G4"}', "escape", 1, 8],
  ['{"a": [1, -1e999]}', "number", 1, 11],
  [`{"a": ${"9".repeat(400)}}`, "number", 1, 7],
  ['{"a": "x\\ud800"}', "surrogate", 1, 7],
  ['{"\ude00": 1}', "surrogate", 1, 2],
  ["{} {}", "more", 1, 4],
  ['{"a": [{"b": }]}', "value", 1, 14],
  [" [1]", "notObject", 1, 2],
  ["null", "notObject", 1, 1],
]) {
  test(`the JSON text ${JSON.stringify(text)} has the error "${reason}"`, () => {
    const { problem } = readJson(text, { object: true });
    assert.deepEqual([problem.reason, problem.line, problem.column], [reason, line, column]);
  });
}

test("each JSON text that the browser refuses has the position of its error", () => {
  const text = '{"a": [1, -2.5e3, "x\\u00e9", {"b": null}], "c": {"d": true}}';
  assert.equal(readJson(text).problem, undefined);
  for (let at = 0; at < text.length; at += 1) {
    for (const broken of [text.slice(0, at), `${text.slice(0, at)}\u0001${text.slice(at)}`]) {
      const { problem } = readJson(broken);
      assert.ok(problem, broken);
      assert.ok(problem.offset >= 0 && problem.offset <= broken.length, broken);
      assert.ok(Object.hasOwn(en.json, problem.reason), problem.reason);
    }
  }
  for (const valid of ['{"a": 1e5}', '{"a": "\\ud83d\\ude00 \u{1f600} 2e9"}', '{"\\\\ud800": 1}'])
    assert.equal(readJson(valid).problem, undefined, valid);
  const deep = "[".repeat(200_000);
  assert.equal(readJson(deep).problem.reason, "end");
});

test("JSON values are compared without the order of their names", () => {
  assert.ok(equalJson({ a: [1, { b: 2 }], c: null }, { c: null, a: [1, { b: 2 }] }));
  for (const [a, b] of [
    [{ a: 1 }, { b: 1 }],
    [[1], { 0: 1 }],
    [null, {}],
    [1, "1"],
    [{ a: undefined }, {}],
  ])
    assert.ok(!equalJson(a, b));
});

const TEXT = samples.find(({ id }) => id === "fails").text;

// ---- Selection

test("a selection is completed by the replay", async () => {
  const { events } = await historyOf("fails");
  const replayer = replayExecution(TEXT, events);
  const state = { replayer, replay: replayer.state };
  const failed = events.findLast(({ type }) => type === "TaskFailed");
  assert.deepEqual(completeSelection({ event: failed.eventId }, state), {
    node: "/Count",
    visit: 0,
    event: failed.eventId,
  });
  assert.deepEqual(completeSelection({ node: "/Count" }, state), { node: "/Count", visit: 0 });
  assert.deepEqual(completeSelection({ visit: 0, attempt: 2 }, state), { node: "/Count", visit: 0, attempt: 2 });
  assert.deepEqual(completeSelection({ node: "/Close" }, state), { node: "/Close" });
  assert.deepEqual(completeSelection({ visit: 99 }, state), { visit: 99 });
  assert.deepEqual(completeSelection({ visit: 3 }, {}), { visit: 3 });
});

// ---- Comparison

async function compare(id, first, second) {
  const { text } = samples.find((sample) => sample.id === id);
  const [a, b] = [await historyOf(id, first), await historyOf(id, second)];
  const [left, right] = [a, b].map(({ events }) => replayExecution(text, events).state);
  return { ...compareExecutions(left, right, flowGraph(text).nodes), left, right };
}

test("an execution has no difference to itself", async () => {
  for (const { id } of samples.filter(({ id }) => id !== "findings")) {
    const { rows, difference } = await compare(id, {}, {});
    assert.equal(difference, undefined, id);
    assert.ok(rows.length > 0 && rows.every(({ differs }) => !differs), id);
  }
});

test("the first difference is the state whose result differs, not the one around it", async () => {
  const answers = { "acs:fc:::functions/send": [{ output: { sent: 1 } }, { output: { sent: 2 } }, { output: {} }] };
  const { difference, rows } = await compare("map", {}, { answers });
  assert.equal(difference.first.name, "Send");
  assert.equal(difference.first.index, 2);
  assert.equal(difference.reason, "status");
  assert.deepEqual([difference.first.status, difference.second.status], ["failed", "succeeded"]);
  assert.ok(rows.find(({ name }) => name === "Each").differs);
});

test("the first difference of two ways is the state that one of them reached", async () => {
  const { difference } = await compare("choice", { input: '{"amount": 5}' }, { input: '{"amount": 5000}' });
  assert.equal(difference.first?.name ?? difference.second?.name, "Amount");
  const { left, right } = await compare("choice", { input: '{"amount": 5000}' }, { input: '{"amount": 500}' });
  const withoutValues = ({ visits }) => visits.map((visit) => ({ ...visit, input: undefined, output: undefined }));
  const way = firstDifference(withoutValues(left), withoutValues(right));
  assert.equal(way.reason, "reached");
  assert.equal(way.first.name, "Ask");
});

test("different outputs, errors and attempts are differences", async () => {
  const key = "acs:fc:::functions/count";
  const [busy] = samples.find(({ id }) => id === "fails").answers[key];
  const once = { [key]: [{ error: "TillShort", cause: "two coins are missing in till 3" }] };
  assert.equal((await compare("fails", {}, { answers: once })).difference.reason, "attempts");
  const other = { [key]: [busy, busy, { error: "TillLong", cause: "two coins too many" }] };
  assert.equal((await compare("fails", {}, { answers: other })).difference.reason, "error");
  const { difference } = await compare("parallel", { input: '{"guests": 2}' }, { input: '{"guests": 3}' });
  assert.deepEqual([difference.reason, difference.first.name], ["output", "Boil"]);
});

// ---- Problems

test("a problem names the permission that is missing", () => {
  const denied = { kind: "service", code: "NoPermission", status: 403, message: "no" };
  assert.equal(problemOf(denied, "ListExecutions").permission, "fnf:ListExecutions");
  const off = { ...denied, code: "AccessDenied", message: "FnF service is not enabled for current user." };
  assert.equal(problemOf(off, "ListExecutions").permission, undefined);
  assert.equal(problemOf({ ...denied, status: 400 }, "ListExecutions").permission, undefined);
});

test("each problem has a headline and an advice", () => {
  for (const problem of [
    { kind: "service", code: "FlowNotExists" },
    { kind: "service", code: "SomethingNew" },
    { kind: "network", code: "no-response" },
    { kind: "odd", code: "odd" },
    problemOf(undefined),
    problemOf(new TypeError("x")),
  ]) {
    const name = wordsOfProblem(problem);
    assert.ok(en.problem[name] && en.advice[name], name);
  }
});

test("a JSON text is indented, and its values stay as they are written", () => {
  for (const value of [1, "a", null, [], {}, [[]], [{}], { a: [] }, [1, [2, { b: "c,d:{}" }], { "": [true, null] }]])
    assert.equal(pretty(JSON.stringify(value)), JSON.stringify(value, null, 2));
  assert.equal(
    pretty(' {"a" : 12345678901234567890 , "a":1e400,\n"b":"\\u0041 \\" [,"} '),
    '{\n  "a": 12345678901234567890,\n  "a": 1e400,\n  "b": "\\u0041 \\" [,"\n}',
  );
  for (const text of ["", "{", "plain", '{"a":1} x', "[".repeat(300) + "]".repeat(300)])
    assert.equal(pretty(text), text);
  const long = JSON.stringify({ text: '\\"'.repeat(30_000), list: Array.from({ length: 30_000 }, (_, i) => [i]) });
  assert.equal(pretty(long), JSON.stringify(JSON.parse(long), null, 2));
});

// ---- Control server

test("an endpoint without a control server offers nothing, and one that does not respond is asked again", async () => {
  const offered = (respond) => createControl("http://x/", async () => respond()).capabilities();
  const none = { flows: false, start: false, stop: false, mocks: false };
  for (const [body, status] of [
    ["not found", 404],
    ['{"Code":"ActionNotSupported"}', 400],
    ["<!doctype html>", 200],
    ["", 403],
  ])
    assert.deepEqual((await offered(() => new Response(body, { status }))).capabilities, none, `${status}`);
  await assert.rejects(
    offered(() => new Response("bad gateway", { status: 502 })),
    { kind: "network", status: 502 },
  );
  await assert.rejects(
    offered(() => {
      throw new TypeError("refused");
    }),
    { kind: "network" },
  );
  const now = Date.now() + 60_000;
  const everything = { flows: true, start: true, stop: true, mocks: true, now };
  const all = await offered(() => Response.json(everything));
  assert.deepEqual(all.capabilities, { flows: true, start: true, stop: true, mocks: true });
  assert.ok(Math.abs(all.clock.offset - 60_000) < 1000);
  assert.equal(all.clock.speed, 1);
  assert.equal((await offered(() => Response.json({ ...everything, speed: 60 }))).clock.speed, 60);
});

test("the clock of the service goes at its own speed", () => {
  const now = Date.now();
  const state = { clockOffset: 5000, clockSpeed: 60, clockReadAt: now - 1000 };
  assert.ok(Math.abs(serviceNow(state) - (now + 5000 + 59_000)) < 3000);
  const usual = { ...state, clockSpeed: 1 };
  assert.ok(Math.abs(serviceNow(usual) - (now + 5000)) < 50);
});

test("requests to the control server are sent as its protocol says, and its errors are problems", async () => {
  const sent = [];
  const control = createControl("http://x/sub/", async (url, { method, headers, body }) => {
    sent.push([method, url, headers?.["content-type"], body]);
    if (method === "PUT")
      return Response.json({ Code: "InvalidArgument", Message: "no", RequestId: "r" }, { status: 400 });
    return Response.json({});
  });
  await control.flows({ nextToken: "a b" });
  await control.flow("a/b");
  await control.tasks(["A", "B&C"]);
  await control.start({ flowName: "f", input: "{}" });
  const refused = await control.putAnswer("A", null).catch(problemOf);
  assert.deepEqual(sent, [
    ["GET", "http://x/sub/control/flows?limit=50&nextToken=a+b", undefined, undefined],
    ["GET", "http://x/sub/control/flows/a%2Fb", undefined, undefined],
    ["GET", "http://x/sub/control/tasks?action=A&action=B%26C", undefined, undefined],
    ["POST", "http://x/sub/control/executions", "application/json", '{"flowName":"f","input":"{}"}'],
    ["PUT", "http://x/sub/control/answers", "application/json", '{"action":"A","mocks":null}'],
  ]);
  assert.deepEqual(refused, { kind: "service", code: "InvalidArgument", message: "no", status: 400, requestId: "r" });
});

test("the clock of the service is read from a header with seconds", () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0, 700);
  assert.equal(offsetOf(new Date(now).toUTCString(), now), 0);
  assert.ok(Math.abs(offsetOf(new Date(now + 90_000).toUTCString(), now) - 90_000) <= 500);
  assert.equal(offsetOf(null, now), undefined);
});

// ---- Samples

for (const [id, status, error] of [
  ["order", "Succeeded"],
  ["fails", "Failed", "TillShort"],
  ["caught", "Succeeded"],
  ["map", "Failed", "NoAddress"],
  ["parallel", "Succeeded"],
  ["choice", "Succeeded"],
  ["child", "Succeeded"],
  ["flow", "Succeeded"],
]) {
  test(`the sample "${id}" is valid and ends with ${status}`, async () => {
    const { text, flows = {} } = samples.find((sample) => sample.id === id);
    for (const definition of [text, ...Object.values(flows)])
      assert.deepEqual(validateFlow(definition).diagnostics, []);
    const result = await historyOf(id);
    assert.deepEqual([result.status, result.error], [status, error]);
    assert.deepEqual(replayExecution(text, result.events).state.mismatches, []);
  });
}

test("the samples show a retry that is caught, both dialects, and a definition with errors", async () => {
  const { nodes } = replayExecution(
    samples.find(({ id }) => id === "caught").text,
    (await historyOf("caught")).events,
  ).state;
  assert.deepEqual([nodes["/Resize"].status, nodes["/Resize"].attempts], ["caught", 3]);
  const dialects = new Set(samples.map(({ text }) => validateFlow(text).dialect));
  assert.deepEqual([...dialects].sort(), ["StateMachine", "flow"]);
  assert.equal(validateFlow(samples.find(({ id }) => id === "findings").text).valid, false);
});

test("the answers of a sample are those of its tasks", () => {
  for (const { id, text, answers = {} } of samples.filter(({ id }) => id !== "findings")) {
    assert.deepEqual(
      tasksOf(text, parseFlow).map(({ key }) => key),
      Object.keys(answers),
      id,
    );
  }
});

test("the tasks of a definition are found at every depth", () => {
  const text = `version: v1
type: flow
steps:
  - type: parallel
    name: p
    branches:
      - steps:
          - {type: task, name: one, resourceArn: "acs:fc:::services/s/functions/f"}
      - steps:
          - type: choice
            name: c
            choices:
              - condition: $.a == 1
                steps:
                  - {type: task, name: two, resourceArn: "acs:fc:::services/s/functions/f"}
            default:
              steps:
                - {type: task, name: three, resourceArn: "acs:mns:::/topics/t/messages"}
  - {type: task, name: child, resourceArn: "acs:fnf:::flow/other"}
`;
  assert.deepEqual(
    tasksOf(text, parseFlow).map(({ key, states }) => [key, [...states].sort()]),
    [
      ["acs:fc:::services/s/functions/f", ["one", "two"]],
      ["acs:mns:::/topics/t/messages", ["three"]],
    ],
  );
});

// ---- Words

test("both dictionaries have the same keys, and entries of the same kind", () => {
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  for (const [section, words] of Object.entries(en)) {
    assert.deepEqual(Object.keys(zh[section]).sort(), Object.keys(words).sort(), section);
    for (const [name, entry] of Object.entries(words)) {
      const other = zh[section][name];
      assert.equal(typeof other, typeof entry, `${section}.${name}`);
      if (typeof entry === "function") assert.equal(other.length, entry.length, `${section}.${name}`);
      else assert.ok(entry !== "" && other !== "", `${section}.${name}`);
    }
  }
});

test("the browser's languages select the language of the page", () => {
  assert.equal(preferredLanguage(["fr-FR", "zh-TW", "en"]), "zh");
  assert.equal(preferredLanguage(["fr-FR", "en-GB", "zh"]), "en");
  assert.equal(preferredLanguage(["fr"]), "en");
});

/** All modules of the page except words and samples, without their block comments. */
async function modules() {
  const names = await readdir(CONSOLE, { recursive: true });
  const chosen = names.filter(
    (name) => name.endsWith(".js") && !name.startsWith("words") && !/samples\.js$/.test(name),
  );
  const read = async (name) => (await readFile(join(CONSOLE, name), "utf8")).replaceAll(/\/\*.*?\*\//gs, "");
  return Promise.all(chosen.map(async (name) => [name, await read(name)]));
}

test("each key of words in the page is in the dictionaries", async () => {
  for (const [name, source] of await modules()) {
    const keys = [
      ...source.matchAll(/\b(?:words|inWords|t)\(\s*"([a-zA-Z]+)\.([\w-]+)"/g),
      ...source.matchAll(/\blabels\.(?:text|attribute)\([^)]*?"([a-zA-Z]+)\.([\w-]+)"/g),
    ];
    for (const [, section, key] of keys)
      assert.ok(Object.hasOwn(en[section] ?? {}, key), `${name}: there are no words for ${section}.${key}`);
  }
});

test("no text of the page is outside the dictionaries", async () => {
  // A text node of `h()`, or a value of what users see or hear.
  const shown = [
    /\bh\(\s*"[\w-]+",\s*\{[^{}]*\},\s*(["'`])((?:(?!\1).)*\p{L}(?:(?!\1).)*)\1/gu,
    /\b(?:textContent|innerText|title|placeholder|ariaLabel|alt|label)\b(?: =|:) (["'`])((?:(?!\1).)*\p{L}(?:(?!\1).)*)\1/gu,
    /"(?:aria-label|aria-description|aria-roledescription)"[:,] (["'`])((?:(?!\1).)*\p{L}(?:(?!\1).)*)\1/gu,
    /\b(?:append|replaceChildren|fill|createTextNode|announce)\((?:\w+, )?(["'`])((?:(?!\1).)*\p{L}(?:(?!\1).)*)\1/gu,
  ];
  for (const [name, source] of await modules()) {
    for (const pattern of shown) {
      for (const [, , text] of source.matchAll(pattern)) {
        // Without the values of a template, the name of a protocol, and a key of words.
        const letters = text.replaceAll(/\$\{[^}]*\}|HTTP|^[a-z]+\.\w+$/g, "");
        assert.doesNotMatch(letters, /\p{L}{2}/u, `${name}: "${text}" belongs into the dictionaries`);
      }
    }
  }
});

test("the page never parses a text as HTML", async () => {
  for (const [name, source] of await modules())
    assert.doesNotMatch(source, /\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser)\b/, name);
});

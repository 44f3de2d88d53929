// The replay of histories. crates/local/tests/it/replay.rs compares replays with the interpreter.

import { assert } from "../harness.mjs";

const arn = (name) => `acs:fc:::services/s/functions/${name}`;

const RETRIED = `version: v1
type: flow
steps:
  - type: task
    name: charge
    resourceArn: ${arn("charge")}
    retry:
      - errors: [Busy]
        intervalSeconds: 10
        maxAttempts: 2
        multiplier: 1
    catch:
      - errors: [Other]
        goto: done
      - errors: [FnF.ALL]
        goto: refund
  - type: succeed
    name: done
  - type: pass
    name: refund
`;

const SHOP = `Type: StateMachine
SpecVersion: v1
Name: shop
StartAt: each
States:
  - Name: each
    Type: Map
    ItemsPath: $Input.items
    MaxConcurrency: 1
    Processor:
      StartAt: check
      States:
        - Name: check
          Type: Task
          Action: Http:Request
          Parameters: { n.$: $Input.n }
          End: true
    Next: both
  - Name: both
    Type: Parallel
    Branches:
      - StartAt: quick
        States: [{ Name: quick, Type: Pass, End: true }]
      - StartAt: slow
        States: [{ Name: slow, Type: Task, Action: "Slow:Run", End: true }]
    Next: which
  - Name: which
    Type: Choice
    Branches:
      - Condition: $Input.big == 1
        Next: big
    Default: small
  - { Name: big, Type: Pass, End: true }
  - { Name: small, Type: Pass, End: true }
`;

/** An event as `GetExecutionHistory` returns it. */
const asSent = ({ eventId, scheduleEventId, type, stepName, time, detail }) => ({
  EventId: eventId,
  ScheduleEventId: scheduleEventId,
  Type: type,
  StepName: stepName,
  Time: time,
  EventDetail: JSON.stringify(detail),
});

const statuses = ({ nodes }) => Object.fromEntries(Object.entries(nodes).map(([id, { status }]) => [id, status]));

/** The kinds and the ends of the edges that were taken. */
const taken = (cloudflow, text, { edges }) => {
  const graph = cloudflow.flowGraph(text).edges;
  return edges.map((index) => `${graph[index].kind} ${graph[index].from} ${graph[index].to}`);
};

const isEnd = ({ type }) => /^Execution(?!Started)/.test(type);

export const tests = {
  "an error that is tried again and caught": async ({ cloudflow, local }) => {
    const { events } = await local.simulateFlow(RETRIED, {
      tasks: {
        [arn("charge")]: {
          attempts: [{ error: "Busy", cause: "one" }, { error: "Busy", delayMs: 500 }, { error: "Odd" }],
        },
      },
    });
    const { state } = cloudflow.replayExecution(RETRIED, events);
    assert.deepEqual(statuses(state), {
      start: "succeeded",
      "/charge": "caught",
      "/done": "notReached",
      "/refund": "succeeded",
      end: "succeeded",
    });
    assert.equal(state.status, "Succeeded");
    assert.equal(state.failure, undefined);
    const [visit] = state.nodes["/charge"].visits;
    assert.equal(visit.caughtBy, 1);
    assert.equal(visit.error, "Odd");
    assert.deepEqual(
      visit.attempts.map(({ attempt, status, error, pauseMs }) => [attempt, status, error, pauseMs]),
      [
        [1, "failed", "Busy", undefined],
        [2, "failed", "Busy", 10_000],
        [3, "failed", "Odd", 10_000],
      ],
    );
    assert.equal(visit.attempts[0].cause, "one");
    assert.equal(state.nodes["/charge"].attempts, 3);
    assert.deepEqual(taken(cloudflow, RETRIED, state), [
      "start start /charge",
      "catch /charge /refund",
      "end /refund end",
    ]);
  },

  "the pause before a retry, and the end after it, event by event": async ({ cloudflow, local }) => {
    const { events } = await local.simulateFlow(RETRIED, {
      tasks: { "*": { attempts: [{ error: "Busy" }, { output: { a: 1 } }] } },
    });
    const replay = cloudflow.replayExecution(RETRIED, []);
    assert.equal(replay.state.status, "Starting");
    const seen = [];
    for (const event of events) {
      const { status, visits } = replay.add([asSent(event)]).nodes["/charge"];
      if (seen.at(-1) !== status) seen.push(status);
      if (status !== "retrying") continue;
      assert.equal(Date.parse(visits[0].retryAt) - Date.parse(event.time), 10_000);
    }
    assert.deepEqual(seen, ["notReached", "running", "retrying", "running", "succeeded"]);
    const { attempts, output, retryAt } = replay.state.nodes["/charge"].visits[0];
    assert.deepEqual(attempts[1].output, { a: 1 });
    assert.deepEqual([output, retryAt], [{ a: 1 }, undefined]);
    assert.deepEqual(replay.state, cloudflow.replayExecution(RETRIED, events).state);
  },

  "a Map with one failing item: the first one that failed, the failure and its line": async ({ cloudflow, local }) => {
    const tasks = { "Http:Request": ({ n }) => (n === 3 ? Promise.reject({ code: "Bad", message: "no 3" }) : { n }) };
    const input = { items: [1, 2, 3, 4].map((n) => ({ n })) };
    const { events } = await local.simulateFlow(SHOP, { input, tasks });
    const { state } = cloudflow.replayExecution(SHOP, events);
    const { progress, status } = state.nodes["/each"];
    assert.equal(status, "failed");
    assert.deepEqual(progress, { done: 3, started: 3, succeeded: 2, failed: 1, stopped: 0, total: 4, firstFailed: 2 });
    const { failure } = state;
    assert.deepEqual(
      [failure.node, failure.name, failure.error, failure.attempts, failure.path],
      ["/each/Processor/check", "check", "Bad", 1, ["States", 0, "Processor", "States", 0]],
    );
    assert.equal(failure.range.start.line, 13);
    assert.deepEqual(
      failure.visits.map((id) => state.visits[id].name),
      ["check", "each"],
    );
    assert.deepEqual(
      state.nodes["/each/Processor/check"].visits.map(({ index, status }) => [index, status]),
      [
        [0, "succeeded"],
        [1, "succeeded"],
        [2, "failed"],
      ],
    );
    assert.equal(state.nodes.end.status, "failed");
  },

  "a Parallel with a slow branch, live, and the branch of a Choice": async ({ cloudflow, local }) => {
    const tasks = { "Slow:Run": { output: {}, delayMs: 5000 } };
    const { events } = await local.simulateFlow(SHOP, { input: { items: [], big: 0 }, tasks });
    const submitted = events.findIndex(({ type }) => type === "TaskStarted") + 1;
    const replay = cloudflow.replayExecution(SHOP, { RequestId: "r", Events: events.slice(0, submitted).map(asSent) });
    const running = replay.add(events.filter(({ type }) => type === "BranchExited").slice(0, 1));
    assert.equal(running.nodes["/both"].status, "running");
    const { nodes } = replay.add({ Events: events.map(asSent) });
    assert.deepEqual(nodes["/both"].progress, { done: 2, started: 2, succeeded: 2, failed: 0, stopped: 0, total: 2 });
    assert.deepEqual(replay.state, cloudflow.replayExecution(SHOP, events).state);
    assert.deepEqual(taken(cloudflow, SHOP, replay.state).slice(-3), [
      "next /both /which",
      "default /which /small",
      "end /small end",
    ]);
    assert.equal(nodes["/big"].status, "notReached");
    const of = (type) => replay.visitOf(events.find((event) => event.type === type).eventId);
    assert.deepEqual([of("TaskSucceeded").name, of("BranchEntered").name], ["slow", "both"]);
    assert.equal(of("ExecutionStarted"), undefined);
  },

  "a history without its first events, with gaps and with unknown types": async ({ cloudflow, local }) => {
    const tasks = { "*": { output: {} } };
    const { events } = await local.simulateFlow(SHOP, { input: { items: [{ n: 1 }, { n: 2 }], big: 0 }, tasks });
    const whole = cloudflow.replayExecution(SHOP, events);
    const more = { eventId: events.length + 1, type: "QuotaNoticed", scheduleEventId: 9, time: "?", detail: 5 };
    for (let from = 0; from <= events.length; from += 1) {
      const replay = cloudflow.replayExecution(SHOP, events.slice(from).map(asSent));
      assert.equal(replay.state.missing, from < events.length ? from : 0);
      assert.deepEqual(replay.state.mismatches, [], `from event ${from + 1}`);
      if (from < events.length) assert.equal(replay.state.nodes.end.status, "succeeded");
      // The rest of the history, later.
      replay.add(events.slice(0, from).reverse());
      assert.deepEqual(replay.state, whole.state, `from event ${from + 1}, then the rest`);
      // Whatever is left out, there is a result.
      const gap = cloudflow.replayExecution(SHOP, [...events.slice(0, from), ...events.slice(from + 3), more]);
      assert.equal(Object.keys(gap.state.nodes).length, cloudflow.flowGraph(SHOP).nodes.length);
    }
    const one = cloudflow.replayExecution(SHOP, [...events, more]);
    assert.deepEqual({ ...one.state, events: 0 }, { ...whole.state, events: 0 });
    for (const odd of [null, 1, "x", {}, { type: 1 }, { eventId: -1, type: "StepEntered" }, { Type: "TaskFailed" }, []])
      assert.equal(cloudflow.replayExecution(SHOP, [odd]).state.visits.length <= 1, true);
  },

  "a definition that is not the one that ran": async ({ cloudflow, local }) => {
    const { events } = await local.simulateFlow(RETRIED, { tasks: { "*": { output: {} } } });
    const { state } = cloudflow.replayExecution(SHOP, events);
    assert.deepEqual(state.mismatches[0], { kind: "state", eventId: 2, stepName: "charge" });
    assert.equal(state.visits[0].name, "charge");
    assert.equal(state.visits[0].node, undefined);
    for (const text of ["", "a: [", "type: flow\nversion: v1\nsteps: []\n"]) {
      const { nodes, status } = cloudflow.replayExecution(text, events).state;
      assert.equal(status, "Succeeded");
      assert.ok(Object.keys(nodes).length <= 2);
    }
    const other = RETRIED.replace("name: done", "name: refund").replace("name: refund\n`", "name: more\n");
    assert.ok(cloudflow.replayExecution(other.replace("goto: done", "goto: refund"), events).state.visits.length > 0);
  },

  "an attempt that failed before its task was scheduled leaves a gap in the numbers": ({ cloudflow }) => {
    const time = (second) => `2024-05-06T07:08:0${second}Z`;
    const event = (id, type, second, detail) => ({ eventId: id, type, stepName: "charge", time: time(second), detail });
    const { state } = cloudflow.replayExecution(RETRIED, [
      { eventId: 1, type: "ExecutionStarted", stepName: "", time: time(0), detail: { input: {} } },
      event(2, "StepEntered", 0, { input: {}, local: {} }),
      event(3, "StepStarted", 0, { input: {} }),
      event(4, "TaskScheduled", 3, { resource: arn("charge"), attempt: 2, input: { a: 1 } }),
    ]);
    const [visit] = state.visits;
    assert.deepEqual(
      visit.attempts.map(({ attempt, status, input }) => [attempt, status, input]),
      [
        [1, "failed", {}],
        [3, "running", { a: 1 }],
      ],
    );
    assert.equal(state.nodes["/charge"].attempts, 3);
  },

  "any value in a history is data": ({ cloudflow }) => {
    const names = ["__proto__", "constructor", "<img src=x onerror=alert(1)>", "订单", "\u202eabc", "a/b~c"];
    for (const name of names) {
      const text = `version: v1\ntype: flow\nsteps:\n  - type: pass\n    name: ${JSON.stringify(name)}\n`;
      const { id } = cloudflow.flowGraph(text).nodes[1];
      const event = (eventId, type, detail, stepName = name) => ({
        eventId,
        scheduleEventId: eventId - 1,
        type,
        stepName,
        time: "2024-05-06T07:08:09Z",
        detail,
      });
      const { state } = cloudflow.replayExecution(text, [
        event(1, "ExecutionStarted", JSON.parse('{"input":{"__proto__":{"polluted":1}}}'), ""),
        event(2, "StepEntered", { input: name }),
        event(3, "StepFailed", { error: name, cause: { a: [name] } }),
        event(4, "StepExited", "{"),
        event(5, "ExecutionFailed", { error: name }, ""),
      ]);
      assert.equal(state.nodes[id].status, "failed", name);
      assert.deepEqual([state.failure.error, state.failure.node], [name, id]);
      assert.equal(state.failure.cause, JSON.stringify({ a: [name] }));
      assert.equal({}.polluted, undefined);
    }
  },

  "events that are no list are refused": ({ cloudflow }) => {
    const isWrong = (error) => error instanceof cloudflow.CloudFlowError && error.code === "wrong-options";
    for (const wrong of [undefined, null, 1, "[]", {}, { Events: 1 }, () => {}]) {
      assert.throws(() => cloudflow.replayExecution(SHOP, wrong), isWrong);
      assert.throws(() => cloudflow.replayExecution(SHOP, []).add(wrong), isWrong);
    }
    assert.throws(
      () => cloudflow.replayExecution(1, []),
      (error) => error.code === "not-a-text",
    );
  },

  "5,000 events have the same replay one by one, as sent and as parsed": async ({ cloudflow, local }) => {
    const input = { items: Array.from({ length: 550 }, (_, n) => ({ n })), big: 0 };
    const { events } = await local.simulateFlow(SHOP, { input, tasks: { "*": { output: {} } } });
    assert.ok(events.length > 4900 && events.filter(isEnd).length === 1, String(events.length));
    const sent = events.map(asSent);
    const replay = cloudflow.replayExecution(SHOP, []);
    for (const event of events) replay.add([event]);
    const { state } = cloudflow.replayExecution(SHOP, sent);
    assert.deepEqual(replay.state, state);
    assert.deepEqual(cloudflow.replayExecution(SHOP, events).state, state);
  },
};

// One attempt of one state: the cases that the Rust suite reads, the attempts of whole simulations, and the options.

import { assert } from "../harness.mjs";

/** The time of a call without `now`. */
const NOW = 1_714_979_289_000;

const FLOW = `version: v1
type: flow
steps:
  - type: task
    name: charge
    resourceArn: acs:fc:::services/s/functions/charge
    timeoutSeconds: 5
    retry: [{ errors: [Busy], intervalSeconds: 10 }]
  - { type: pass, name: done }
`;

/** What depends on chance, on the whole history, or on variables that events do not contain. */
const BEYOND_EVENTS = /uuid|randomInt|Global|eventId|TaskToken|task\.token|JsonParse|never/;

const message = (call) => {
  let thrown;
  assert.throws(call, (error) => {
    thrown = error;
  });
  return thrown;
};

export const tests = {
  "every case of `state` has its results": ({ cases, local }) => {
    for (const { name, files } of cases("state")) {
      const expected = JSON.parse(files["out.json"]);
      for (const [index, call] of JSON.parse(files["calls.json"]).entries()) {
        const where = `${name}, call ${index}`;
        const options = { now: NOW, ...call };
        if (!expected[index].code) {
          assert.deepEqual(local.simulateState(files.yaml, options), expected[index], where);
          continue;
        }
        const error = message(() => local.simulateState(files.yaml, options));
        assert.ok(error instanceof local.CloudFlowError, where);
        const codes = (error.diagnostics ?? []).map(({ code }) => code);
        assert.deepEqual({ code: error.code, message: error.message, diagnostics: codes }, expected[index], where);
        assert.equal(error.kind, "request", where);
      }
    }
  },

  "each attempt in the history of a simulation is the same alone": async ({ cases, local }) => {
    const counts = {};
    for (const { name, files } of cases("simulate")) {
      const text = files["flow.yaml"];
      const mocks = files["mocks.json"] ?? "{}";
      if (BEYOND_EVENTS.test(text) || BEYOND_EVENTS.test(mocks) || name.startsWith("child/")) continue;
      const input = JSON.parse(files["input.json"] ?? "{}");
      const mode = JSON.parse(files["options.json"] ?? "{}").express ? "Express" : "Standard";
      const { events } = await local.simulateFlow(text, { input, mode, tasks: { "*": answer(JSON.parse(mocks)) } });
      // A long history repeats the same states.
      for (const visit of visits(events.slice(0, 400)))
        for (const [at, attempt] of visit.attempts.entries()) {
          const status = check(local, text, { name, mode, input, visit, at, attempt });
          counts[status] = (counts[status] ?? 0) + 1;
        }
    }
    for (const status of ["succeeded", "failed", "retriable", "caught"])
      assert.ok(counts[status] >= 5, `attempts that are ${status}: ${JSON.stringify(counts)}`);
  },

  "a definition with errors is refused with its findings": ({ local, cloudflow }) => {
    const text = FLOW.replace("type: task", "type: tsk");
    const error = message(() => local.simulateState(text, { state: "charge" }));
    assert.equal(`${error.kind} ${error.code}`, "request wrong-definition");
    assert.deepEqual(error.diagnostics, cloudflow.validateFlow(text).diagnostics);
    const long = message(() => local.simulateState(`#${"x".repeat(17 * 64 * 1024)}`, { state: "charge" }));
    assert.equal(long.code, "wrong-definition");
    assert.equal(message(() => local.simulateState(17, { state: "charge" })).code, "not-a-text");
  },

  "a wrong option is refused by name": ({ local }) => {
    const deep = {};
    for (let at = deep, depth = 0; depth < 200; depth += 1) at = at.a = {};
    const cases = [
      [undefined, "state"],
      [{}, "state"],
      [{ state: 17 }, "state"],
      [{ state: ["steps", -1] }, "state"],
      [{ state: "charge", stat: 1 }, "stat"],
      [{ state: "charge", local: [] }, "local"],
      [{ state: "charge", global: 1 }, "global"],
      [{ state: "charge", context: "x" }, "context"],
      [{ state: "charge", attempt: -1 }, "attempt"],
      [{ state: "charge", attempt: 1.5 }, "attempt"],
      [{ state: "charge", iteration: "1" }, "iteration"],
      [{ state: "charge", retries: 1 }, "retries"],
      [{ state: "charge", retries: [-1] }, "retries"],
      [{ state: "charge", objectOutput: 1 }, "objectOutput"],
      [{ state: "charge", mode: "express" }, "express"],
      [{ state: "charge", now: -1 }, "now"],
      [{ state: "charge", now: "1" }, "now"],
      [{ state: "charge", mock: [] }, "mock"],
      [{ state: "charge", mock: {} }, "mock"],
      [{ state: "charge", mock: { attempts: [] } }, "attempts"],
      [{ state: "charge", mock: { output: 1, error: "E" } }, "output"],
      [{ state: "charge", mock: { error: "" } }, "error"],
      [{ state: "charge", mock: { output: 1, global: [] } }, "global"],
      [{ state: "charge", input: 1n }, "options"],
    ];
    for (const [options, name] of cases) {
      const error = message(() => local.simulateState(FLOW, options));
      assert.equal(`${error.kind} ${error.code}`, "request wrong-options", name);
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
    for (const input of [deep, { a: "\ud800" }, { a: "x".repeat(3 * 1024 * 1024) }])
      assert.equal(message(() => local.simulateState(FLOW, { state: "charge", input })).code, "wrong-options");
  },

  "an option that is null is absent, and an infinite time never ends": ({ local }) => {
    const none = { local: null, context: null, attempt: null, retries: null, iteration: null, mock: null, now: null };
    assert.equal(local.simulateState(FLOW, { state: "charge", ...none }).status, "pending");
    const late = local.simulateState(FLOW, { state: "charge", mock: { output: 1, delayMs: Infinity } });
    assert.deepEqual([late.status, late.error], ["failed", "FnF.TaskTimeout"]);
  },
};

/** A handler of tasks that answers with the mocks of a case, without their delays. */
function answer(mocks) {
  const calls = {};
  return (_, { name }) => {
    const call = calls[name] ?? 0;
    calls[name] = call + 1;
    const mock = mocks[name]?.[call] ?? mocks[name]?.at(-1) ?? { error: "NoMock", cause: name };
    if (!("output" in mock)) throw Object.assign(new Error(mock.cause ?? ""), { code: mock.error });
    return mock.output;
  };
}

/** The visits of states without states inside, from the events: each event causes the next one. */
function visits(events) {
  const after = Map.groupBy
    ? Map.groupBy(events, ({ scheduleEventId }) => scheduleEventId)
    : events.reduce((map, event) => {
        map.set(event.scheduleEventId, [...(map.get(event.scheduleEventId) ?? []), event]);
        return map;
      }, new Map());
  const found = [];
  const failsInside = events.some(({ type, path }) => type === "StepFailed" && path.length > 2);
  for (const entered of events.filter(({ type }) => type === "StepEntered")) {
    const visit = { entered, attempts: [], end: undefined, next: undefined };
    let scheduled;
    for (let event = entered; event; ) {
      const following = after.get(event.eventId) ?? [];
      if (following.length !== 1) break;
      [event] = following;
      if (/^(Branch|Iteration)Entered|StepEntered|^Execution/.test(event.type)) break;
      if (event.type === "TaskScheduled") scheduled = event;
      if (/^Task(Succeeded|Failed|TimedOut|SubmitFailed)$/.test(event.type))
        visit.attempts.push({ scheduled, outcome: event });
      if (event.type === "StepSucceeded" || event.type === "StepFailed") visit.end = event;
      if (event.type === "StepExited") {
        const [next] = after.get(event.eventId) ?? [];
        visit.next = next?.type === "StepEntered" ? next : undefined;
        // A failing branch ends the others before their next states.
        visit.isOver = next !== undefined && (visit.next !== undefined || !failsInside || entered.path.length === 2);
        break;
      }
    }
    if (visit.attempts.length === 0) visit.attempts.push({});
    if (visit.end && visit.isOver) found.push(visit);
  }
  return found;
}

/** Compares one attempt with the history. Returns its status. */
function check(local, text, { name, mode, input, visit, at, attempt: { scheduled, outcome } }) {
  const { entered, attempts, end, next } = visit;
  const isFlow = /^type: flow/m.test(text);
  const before = at > 0 ? attempts[at - 1].outcome.detail : undefined;
  const error = { Code: before?.error ?? "", Detail: before?.cause ?? "" };
  const begin = Date.parse((scheduled ?? entered).time);
  const mocked = !outcome
    ? undefined
    : outcome.type === "TaskSucceeded"
      ? { output: unwrapped(text, outcome.detail.output) }
      : { error: outcome.detail.error, cause: outcome.detail.cause };
  const result = local.simulateState(text, {
    state: entered.path,
    input: entered.detail.input,
    ...(isFlow
      ? { local: entered.detail.local }
      : { context: { Execution: { Input: input }, Current: { Error: error } }, objectOutput: undefined }),
    attempt: at,
    mock: mocked,
    mode,
    now: begin,
  });
  const where = `${name}, ${entered.stepName}, event ${entered.eventId}, attempt ${at}: ${JSON.stringify(result)}`;
  if (scheduled) assert.deepEqual(result.task.input, scheduled.detail.input, where);
  const last = attempts[at + 1];
  if (last) {
    assert.equal(result.status, "retriable", where);
    assert.equal(result.rule.pauseMs, Date.parse(last.scheduled.time) - Date.parse(outcome.time), where);
    return result.status;
  }
  // Local data that are too large end the execution after the success of the step.
  if (result.status === "failed" && end.type === "StepSucceeded" && result.error === "Local.DataLimitExceeded")
    return "too large";
  // A retry without a task has no event.
  if (result.status === "retriable" && !outcome) return "hidden";
  assert.equal(result.next?.name, next?.stepName, where);
  assert.deepEqual(result.next?.path, next?.path, where);
  if (end.type === "StepSucceeded") {
    assert.equal(result.status, "succeeded", where);
    assert.deepEqual(result.output, end.detail.output, where);
    if (result.wait) assert.equal(result.wait.ms, Date.parse(end.time) - begin, where);
    if (next && isFlow) assert.deepEqual(result.values.local, next.detail.local, where);
    if (next && !isFlow) assert.deepEqual(result.values.output, next.detail.input, where);
  } else {
    assert.equal(result.status, next ? "caught" : "failed", where);
    assert.deepEqual([result.error, result.cause], [end.detail.error, end.detail.cause], where);
  }
  return result.status;
}

/** The value that a function returned: `FC:InvokeFunction` wraps it. */
function unwrapped(text, output) {
  const wraps = /FC:InvokeFunction/.test(text) && Object.keys(output ?? {}).join() === "Body";
  return wraps ? output.Body : output;
}

// Compares replays with the interpreter: `node replay.mjs <file>`. Each line of the file is an execution that
// crates/local/tests/it/replay.rs ran: the plan of its flow, its events, the states in progress at several moments, and
// the end. Prints one line for each difference, then the number of executions.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { replay } from "../../../pkg/language/replay/replay.js";

/** The statuses, the most urgent one first. */
const ORDER = ["running", "retrying", "waiting", "failed", "timedOut", "caught", "stopped", "succeeded"];

let executions = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const run = JSON.parse(line);
  executions += 1;
  try {
    check(run);
  } catch (error) {
    console.log(`${run.name}: ${error.stack.split("\n").slice(0, 30).join("\n")}`);
  }
}
console.log(`${executions} executions`);

function check({ plan, events, moments, end }) {
  const live = replay(plan, []);
  let count = 0;
  for (const { at, states } of moments) {
    const state = live.add(events.slice(count, at));
    count = at;
    checkNodes(plan, state);
    const open = state.visits.filter(({ status }) => ["running", "waiting", "retrying"].includes(status));
    const seen = new Set();
    for (const wanted of states) {
      const where = `after event ${at}, the state entered by event ${wanted.entered}`;
      const visit = state.visits.find(({ firstEvent }) => firstEvent === wanted.entered);
      assert.ok(visit, where);
      seen.add(visit);
      compare(plan, state, visit, wanted, where);
    }
    assert.deepEqual(
      open.filter((visit) => !seen.has(visit)).map(({ name, firstEvent }) => [name, firstEvent]),
      [],
      `in progress after event ${at}`,
    );
  }
  live.add(events.slice(count));
  const { state } = replay(plan, events);
  assert.deepEqual(live.state, state, "increments and the whole history");
  checkEnd(plan, state, end);
}

/** A state in progress. */
function compare(plan, state, visit, wanted, where) {
  assert.ok(wanted.statuses.includes(visit.status), `${where} is ${visit.status}, expected ${wanted.statuses}`);
  const node = plan.nodes.find(({ id }) => id === visit.node);
  assert.deepEqual(node?.path, wanted.path, where);
  const owner = visit.parent === undefined ? 0 : state.visits[visit.parent].firstEvent;
  assert.equal(owner, wanted.owner, `${where}: the state around it`);
  if (visit.index !== undefined) assert.equal(visit.index, wanted.index, `${where}: its branch`);
  const attempt = visit.attempts.at(-1);
  const [least, most] = wanted.attempts;
  assert.ok(
    attempt.attempt >= least && attempt.attempt <= most,
    `${where}: attempt ${attempt.attempt} of ${wanted.attempts}`,
  );
  if (wanted.error) assert.deepEqual([attempt.error, attempt.cause], wanted.error, where);
}

function checkEnd(plan, state, end) {
  assert.deepEqual(state.mismatches, []);
  assert.equal(state.missing, 0);
  assert.equal(state.status, end.status);
  assert.deepEqual(
    [state.output, state.error, state.cause],
    [end.output ?? undefined, end.error ?? undefined, end.cause ?? undefined],
  );
  assert.deepEqual(
    // The interpreter does not tell the status of a state before whose end the history is full.
    state.visits.map(({ firstEvent, status, error, cause }, at) => [
      firstEvent,
      end.visits[at]?.[1] ? status : null,
      error ?? null,
      cause ?? null,
    ]),
    end.visits,
    "statuses",
  );
  for (const [entered, started, succeeded] of end.children) {
    const { progress } = state.visits.find(({ firstEvent }) => firstEvent === entered);
    assert.equal(progress.started, started, `branches or iterations of the state entered by event ${entered}`);
    assert.equal(progress.done, progress.succeeded + progress.failed + progress.stopped);
    if (succeeded) assert.deepEqual([progress.total ?? started, progress.succeeded], [started, started]);
  }
  if (end.status === "Failed") {
    const { failure } = state;
    assert.deepEqual([failure.error, failure.cause, failure.name], [end.error, end.cause, end.failed ?? undefined]);
    const path = failure.visits.map((id) => state.visits[id]);
    for (const [at, visit] of path.entries()) {
      assert.deepEqual([visit.error, visit.cause], [end.error, end.cause]);
      assert.ok(visit.status === "failed" || visit.status === "timedOut");
      if (at > 0) assert.equal(path[at - 1].parent, visit.id);
    }
  }
  checkNodes(plan, state);
}

/** The nodes follow from the visits, and edges that were taken have both ends. */
function checkNodes(plan, { nodes, visits, edges, status }) {
  assert.deepEqual(
    Object.keys(nodes),
    plan.nodes.map(({ id }) => id),
  );
  // The last visit of a state in each series of states.
  const last = new Map();
  for (const visit of visits) last.set([visit.parent, visit.parentAttempt, visit.index, visit.node].join(), visit);
  const counts = new Map();
  const isCounted = (visit) => {
    const { parent, parentAttempt, index, node } = visit;
    const owner = visits[parent];
    const result =
      last.get([parent, parentAttempt, index, node].join()) === visit &&
      (owner === undefined || (counts.get(owner) && owner.attempts.at(-1).attempt === parentAttempt));
    counts.set(visit, result);
    return result;
  };
  const urgent = {};
  for (const visit of visits) {
    if (!isCounted(visit)) continue;
    const before = urgent[visit.node] ?? "succeeded";
    urgent[visit.node] = ORDER[Math.min(ORDER.indexOf(before), ORDER.indexOf(visit.status))];
  }
  for (const [id, { status, visits: own }] of Object.entries(nodes)) {
    if (id === "start" || id === "end") continue;
    assert.deepEqual(
      own,
      visits.filter(({ node }) => node === id),
    );
    // The visits of a part of a flow that was repeated do not count: the state has the status of the last one.
    assert.equal(status, urgent[id] ?? own.at(-1)?.status ?? "notReached", id);
  }
  const ends = new Set(["start", "end", ...visits.map(({ node }) => node)]);
  for (const index of edges) {
    const { from, to } = plan.edges[index];
    assert.ok(ends.has(from) && ends.has(to), `the edge from ${from} to ${to}`);
  }
  if (status === "Succeeded" && visits.length > 0) {
    assert.ok(
      edges.some((index) => plan.edges[index].to === "end"),
      "the edge to the end",
    );
  }
}

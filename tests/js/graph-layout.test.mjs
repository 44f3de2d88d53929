// The layout of graphs: rules that hold in every drawing, over the corpus, random flows and graphs of unusual shape.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { flowGraph } from "../../pkg/dist/index.js";
import { layoutGraph } from "../../pkg/graph/layout.js";
import { FONT_NAME, estimate, wrap } from "../../pkg/graph/layout/text.js";
import { crossings, defects } from "./support/geometry.mjs";
import { boxed, branches, deepBoxes, deepChoices, jumps, longLine, options } from "./support/made-graph.mjs";
import { randomGraph } from "./support/random-graph.mjs";
import { RANDOM_FLOWS, randomFlow } from "./support/random-flow.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Crossings of ELK in the same flows: `node tests/js/graph-elk.mjs` counts them. */
const ELK = { random: 53, corpus: 1 };

/** Definitions of the corpus, by their names. */
export function corpus(folders) {
  const found = [];
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(ya?ml|json)$/.test(entry.name)) continue;
      const file = join(entry.parentPath ?? entry.path, entry.name);
      found.push([file.slice(folder.length + 1), readFileSync(file, "utf8")]);
    }
  }
  return found;
}

const OWN = [join(root, "tests/corpus"), join(root, "tests/cases/graph")];
const measure = (line) => estimate(line, FONT_NAME);

/** Checks one graph; returns its crossings. */
function check(name, graph, options) {
  const layout = layoutGraph(graph, options);
  const faults = defects(graph, layout, measure);
  assert.deepEqual(faults, [], `${name} breaks no rule`);
  return crossings(layout.lines);
}

test("no drawing of the corpus breaks a rule, and few lines cross", () => {
  const own = corpus(OWN);
  assert.ok(own.length > 15);
  const count = own.reduce((sum, [name, text]) => sum + check(name, flowGraph(text)), 0);
  assert.ok(count <= 2 * ELK.corpus, `${count} crossings`);
  const folder = process.env.CLOUDFLOW_CORPUS;
  if (!folder) console.log("# CLOUDFLOW_CORPUS is not set: only the corpus of the repository was drawn");
  for (const [name, text] of folder ? corpus([folder]) : []) check(name, flowGraph(text));
});

test("no drawing of a random flow breaks a rule, and few lines cross", () => {
  let count = 0;
  for (let seed = 1; seed <= RANDOM_FLOWS; seed += 1) count += check(`seed ${seed}`, flowGraph(randomFlow(seed)));
  assert.ok(count <= 2 * ELK.random, `${count} crossings`);
});

test("a box that is collapsed hides its contents", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const graph = flowGraph(randomFlow(seed));
    const boxes = graph.nodes.filter(({ type }) => type === "parallel" || type === "foreach");
    if (boxes.length === 0) continue;
    const collapsed = boxes.filter((_, i) => i % 2 === 0).map(({ id }) => id);
    const layout = layoutGraph(graph, { collapsed });
    const drawn = new Set([...layout.nodes, ...layout.boxes].map(({ id }) => id));
    for (const node of graph.nodes) {
      const hidden = collapsed.some((id) => node.id.startsWith(`${id}/`));
      if (hidden) assert.ok(!drawn.has(node.id), `seed ${seed}: ${node.id} is hidden`);
    }
    const inner = graph.nodes.filter(({ id }) => id.startsWith(`${collapsed[0]}/`));
    assert.equal(layout.nodes.find(({ id }) => id === collapsed[0])?.inside, inner.length, `seed ${seed}`);
  }
});

test("graphs of unusual shape break no rule", () => {
  check("a line", longLine(300));
  check("a ladder", deepChoices(14, 1));
  check("choices in choices", deepChoices(60, 8));
  check("boxes in boxes", deepBoxes(30));
  check("branches", branches(24));
  check("options", options(40));
  check("jumps", jumps(40, 3));
  check("long jumps", jumps(120, 17));
  check("a line in boxes", boxed(longLine(300)));
  check("branches in boxes", boxed(branches(24)));
  check("nothing", { nodes: [], edges: [] });
  check("one state", flowGraph("Type: StateMachine\nStates: [{Type: Pass, Name: A, End: true}]\nStartAt: A\n"));
});

test("many branches and many states take little room", () => {
  const wide = layoutGraph(branches(24));
  assert.ok(wide.width <= 1300, `${wide.width} px for 24 branches`);
  const long = layoutGraph(longLine(300));
  assert.ok(long.width <= 3000 && long.height <= 2600, `${long.width} x ${long.height} px for 300 states`);
});

/** Rules about handlers hold for handlers of the main way only. */
const OF_THE_MAIN_WAY = /^(catch does not leave right|handler is not right|catches to one target)/;

test("no drawing of a graph without a plan breaks a rule of geometry", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const graph = randomGraph(seed);
    const faults = defects(graph, layoutGraph(graph), measure).filter((fault) => !OF_THE_MAIN_WAY.test(fault));
    assert.deepEqual(faults, [], `graph ${seed}`);
  }
});

test("a graph that contradicts itself is drawn", () => {
  const state = (id, more) => ({ id, name: id, type: "task", path: [], ...more });
  const graph = {
    nodes: [
      state("a", { parent: "b" }),
      state("b", { parent: "a" }),
      state("inside", { type: "parallel", parent: "inside" }),
      state("lost", { parent: "nowhere", branch: 7 }),
    ],
    edges: [
      { from: "a", to: "nowhere", kind: "next" },
      { from: "a", to: "a", kind: "next" },
      { from: "a", to: "inside", kind: "join" },
      { from: "inside", to: "inside", kind: "fork" },
      { from: "b", to: "a", kind: "fork" },
      { from: "lost", to: "b", kind: "of another version" },
    ],
  };
  const layout = layoutGraph(graph);
  assert.deepEqual(layout.nodes.map(({ id }) => id).sort(), ["a", "b", "inside", "lost"]);
});

test("large graphs need no deep call stack", { timeout: 240_000 }, () => {
  for (const [name, graph] of [
    ["a line", longLine(100_000)],
    ["choices in choices", deepChoices(4000, 3)],
    ["boxes in boxes", deepBoxes(10_000)],
    ["branches", branches(10_000)],
    ["options", options(10_000)],
    ["jumps", jumps(10_000, 1000)],
  ]) {
    const layout = layoutGraph(graph);
    assert.ok(layout.nodes.length + layout.boxes.length >= graph.nodes.length - 1, name);
  }
});

test("texts are wrapped", () => {
  const lines = (text, width, font = FONT_NAME) => wrap(text, width, font, 2, estimate).lines;
  assert.deepEqual(lines("Short", 172), ["Short"]);
  assert.deepEqual(lines("ComputeMonthlyInvoiceTotals", 172).length, 2);
  assert.ok(lines("ComputeMonthlyInvoiceTotals", 172)[1].match(/^[A-Z]/), "a name is broken at a capital");
  const chinese = lines("根据订单编号查询客户历史购买记录与偏好", 172);
  assert.equal(chinese.join(""), "根据订单编号查询客户历史购买记录与偏好");
  assert.ok(Math.abs(chinese[0].length - chinese[1].length) <= 2, "lines of similar width");
  const cut = lines("很".repeat(200), 172);
  assert.equal(cut.length, 2);
  assert.ok(cut[1].endsWith("…"));
  for (const text of ["x".repeat(5000), "👩‍🚀".repeat(300), "\n\t\u0000a b", " ", "…", `${"a ".repeat(300)}`]) {
    for (const line of lines(text, 100)) assert.ok(estimate(line, FONT_NAME) <= 100 || [...line].length <= 2, text);
  }
});

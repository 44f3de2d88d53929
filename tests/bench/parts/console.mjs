// The console and the drawing of a flow in Chromium: layout and drawing, the update of one status, scrolling, and the
// replay of a history. Times are those of the clock of the page, so the machine should be idle; the table has the
// median, and the minimum beside it.

import { launch, program } from "../../js/chromium.mjs";
import * as flows from "../../js/support/console-flows.mjs";
import { startConsole } from "../../js/support/console.mjs";
import { serveGraph } from "../../js/support/graph-page.mjs";
import { longLine } from "../../js/support/made-graph.mjs";
import { median } from "../lib/measure.mjs";
import { finish, quick, report } from "../lib/part.mjs";

/** Layout and drawing of a flow of so many states must take no longer, in ms. */
const MOST_TO_DRAW = new Map([
  [300, 50],
  [1200, 250],
]);
const MOST_TO_UPDATE_MS = 2;
const MOST_TO_REPLAY_MS = 5;
const LEAST_FRAMES = 60;
/** Iterations of the Map that has about 5,000 events. */
const ITEMS = 825;

const rounds = quick ? 5 : 25;
const where = "Chromium";
const raw = {};

if (!program()) {
  console.error("no Chromium: the rows of the console are left out (CHROMIUM names one)");
  finish(raw);
} else {
  const browser = await launch();
  try {
    await drawing(browser);
    await watching(browser);
  } finally {
    await browser.close();
  }
  finish(raw);
}

/** A row of times in ms. @param {{ what: string, goal: string, times: number[], most: number }} row */
function timed({ what, goal, times, most }) {
  raw[what] = times;
  const ours = median(times);
  report({
    what,
    where,
    ours: ours * 1000,
    unit: "us",
    goal,
    met: ours <= most,
    note: `minimum ${Math.min(...times).toFixed(2)} ms`,
  });
}

/** Layout, drawing, and updates of `<cloudflow-graph>`, each in a new element after one that warms up. */
async function drawing(browser) {
  const server = await serveGraph();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.url);
  await page.evaluate(() => customElements.whenDefined("cloudflow-graph"));
  for (const [states, most] of MOST_TO_DRAW) {
    const { drawn, updated } = await page.evaluate(measureDrawing, { graph: longLine(states), rounds });
    const count = states.toLocaleString("en");
    timed({ what: `layout and drawing of ${count} states`, goal: `<= ${most} ms`, times: drawn, most });
    timed({
      what: `update of one status of ${count}`,
      goal: `<= ${MOST_TO_UPDATE_MS} ms`,
      times: updated,
      most: MOST_TO_UPDATE_MS,
    });
  }
  await page.close();
  await server.close();
}

/** Runs in the page. */
async function measureDrawing({ graph, rounds }) {
  const host = document.querySelector("cloudflow-graph");
  const result = { drawn: [], updated: [] };
  for (let round = -1; round < rounds; round += 1) {
    host.graph = undefined;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const start = performance.now();
    host.graph = graph;
    // The browser computes the positions of everything that was drawn.
    host.shadowRoot.querySelector(".state:last-of-type")?.getBoundingClientRect();
    const drawn = performance.now();
    const nodes = Object.fromEntries(graph.nodes.map(({ id }) => [id, { status: "succeeded" }]));
    host.replay = { nodes };
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const changed = { nodes: { ...nodes, [graph.nodes[5].id]: { status: "failed", attempts: 2 } } };
    const before = performance.now();
    host.replay = changed;
    host.shadowRoot.querySelector(".state")?.getBoundingClientRect();
    const updated = performance.now();
    host.replay = undefined;
    // The first round compiles.
    if (round < 0) continue;
    result.drawn.push(drawn - start);
    result.updated.push(updated - before);
  }
  return result;
}

/** The table of events of the console, and the replay of its history. */
async function watching(browser) {
  const site = await startConsole();
  await site.start("many", "one", flows.MANY, { items: Array.from({ length: ITEMS }, (_, index) => index) });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${site.url}#flow=many&execution=one&view=events`);
  await page.locator(".status", { hasText: "Ended" }).waitFor();
  await page.locator(".event-row").first().waitFor();
  const { deltas, moved } = await page.evaluate(measureScrolling, quick ? 1500 : 5000);
  raw["scrolling: ms between frames"] = deltas;
  const perSecond = (1000 * deltas.length) / deltas.reduce((sum, delta) => sum + delta);
  const late = deltas.filter((delta) => delta > 25).length;
  report({
    what: "frames per second while 5,000 events scroll, 3,600 px/s",
    where,
    ours: perSecond.toFixed(1),
    unit: "text",
    goal: `${LEAST_FRAMES}`,
    // The clock of the frames has 59.9 or 60.1 Hz.
    met: perSecond >= LEAST_FRAMES - 0.5,
    note: `${late} of ${deltas.length} frames late, the longest took ${Math.max(...deltas).toFixed(0)} ms; ${Math.round(moved)} px`,
  });
  await page.close();
  await replaying(browser, site);
  await site.close();
}

/** Runs in the page: scrolls down and up for some time, and returns the times between the frames. */
async function measureScrolling(forMs) {
  const grid = document.querySelector(".events-grid");
  const scroller = [grid, ...grid.querySelectorAll("*")].find(
    (element) => element.scrollHeight > element.clientHeight + 10_000,
  );
  const frame = () => new Promise(requestAnimationFrame);
  const deltas = [];
  let moved = 0;
  let step = 60;
  let last = await frame();
  const end = last + forMs;
  while (last < end) {
    const before = scroller.scrollTop;
    scroller.scrollTop += step;
    if (scroller.scrollTop === before) step = -step;
    moved += Math.abs(scroller.scrollTop - before);
    const now = await frame();
    deltas.push(now - last);
    last = now;
  }
  return { deltas, moved };
}

/** The replay of the same history, in the page of the package: a page without the console. */
async function replaying(browser, site) {
  const events = [];
  let nextToken;
  do {
    const parameters = {
      FlowName: "many",
      ExecutionName: "one",
      Limit: "1000",
      ...(nextToken && { NextToken: nextToken }),
    };
    const answer = await site.ask("GetExecutionHistory", parameters);
    events.push(...answer.Events);
    nextToken = answer.NextToken;
  } while (nextToken);
  const server = await serveGraph();
  // The policy of the page is that of the graph, which needs no WebAssembly.
  const page = await browser.newPage({ bypassCSP: true });
  await page.goto(server.url);
  const times = await page.evaluate(measureReplay, { definition: flows.MANY, events: events.slice(0, 5000), rounds });
  timed({
    what: `replayExecution, ${Math.min(events.length, 5000).toLocaleString("en")} events`,
    goal: `<= ${MOST_TO_REPLAY_MS} ms`,
    times,
    most: MOST_TO_REPLAY_MS,
  });
  await page.close();
  await server.close();
}

/** Runs in the page. */
async function measureReplay({ definition, events, rounds }) {
  const { replayExecution } = await import("/index.js");
  const times = [];
  for (let round = -3; round < rounds; round += 1) {
    const start = performance.now();
    replayExecution(definition, events);
    if (round >= 0) times.push(performance.now() - start);
  }
  return times;
}

// `<cloudflow-graph>` in Chromium, on a page with a strict content security policy. `graph-engines.test.mjs` runs the
// main parts in other browsers, too.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { defineGraph } from "../../pkg/dist/graph.js";
import { flowGraph } from "../../pkg/dist/index.js";
import { launch } from "./chromium.mjs";
import { EXAMPLES, FLOW, serveGraph } from "./support/graph-page.mjs";
import { longLine } from "./support/made-graph.mjs";

let server;
let browser;
let page;
let problems;

before(async () => {
  server = await serveGraph();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** A page with the element; `options` are those of a browser context. */
async function open(options = {}) {
  await page?.context().close();
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  page = await context.newPage();
  problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(server.url);
  await page.evaluate(() => customElements.whenDefined("cloudflow-graph"));
}

const label = (id) => page.locator(`.state[data-id="${id}"]`).getAttribute("aria-label");
const focused = () =>
  page.evaluate(() => document.querySelector("cloudflow-graph").shadowRoot.activeElement?.getAttribute("data-id"));
const setGraph = (graph) =>
  page.evaluate((value) => (document.querySelector("cloudflow-graph").graph = value) && undefined, graph);
const setReplay = (replay) =>
  page.evaluate((value) => (document.querySelector("cloudflow-graph").replay = value) && undefined, replay);

test("importing the entry without a document defines nothing", () => {
  assert.equal(typeof globalThis.customElements, "undefined");
  assert.throws(() => defineGraph(), { name: "CloudFlowError", kind: "request", code: "wrong-state" });
});

test("an execution is shown by statuses, names and lines, without a new layout", async () => {
  await open();
  await setGraph(flowGraph(FLOW));
  assert.equal(await page.locator(".state").count(), 8);
  assert.equal(await label("/Charge"), "Charge, task");
  const before = await page.evaluate(() => (window.layout = document.querySelector("cloudflow-graph").layout).width);
  await setReplay({
    nodes: {
      "/Charge": { status: "failed", attempts: 3, error: "PaymentError" },
      "/Each": { status: "running", progress: { done: 2, total: 5 } },
      "/Refund": { status: "stopped", attempts: [{}, {}] },
      constructor: { status: "failed" },
      "/Done": null,
    },
    edges: [{ from: "/Charge", to: "/Refund" }, ["start", "/Charge"], 4],
  });
  assert.equal(await label("/Charge"), "Charge, task, failed after 3 attempts, PaymentError");
  assert.equal(await label("/Each"), "Each, map, running, 2 of 5 done");
  assert.equal(await label("/Refund"), "Refund, fail, stopped, attempt 2");
  assert.equal(await label("/Done"), "Done, succeed, not reached");
  assert.equal(await page.locator('.state[data-id="/Charge"]').getAttribute("data-status"), "failed");
  assert.ok((await page.locator(".line.taken").count()) >= 2);
  const same = await page.evaluate(() => window.layout === document.querySelector("cloudflow-graph").layout);
  assert.ok(same && before > 0);
  await page.evaluate(() => (document.querySelector("cloudflow-graph").lang = "zh-CN"));
  assert.equal(await label("/Charge"), "Charge，任务，尝试 3 次后已失败，PaymentError");
  await setReplay(undefined);
  assert.equal(await label("/Charge"), "Charge，任务");
  assert.equal(await page.locator(".state[data-status]").count(), 0);
  assert.deepEqual(problems, []);
});

test("the keyboard reaches every state and every action", async () => {
  await open();
  await setGraph(flowGraph(FLOW));
  await page.evaluate(() => {
    window.events = [];
    for (const type of ["select", "open"]) {
      document
        .querySelector("cloudflow-graph")
        .addEventListener(type, ({ detail }) => window.events.push([type, detail.id, detail.node?.type]));
    }
  });
  await page.locator("#before").focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "start");
  const seen = [];
  for (const key of ["ArrowDown", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowDown", "Home", "End"]) {
    await page.keyboard.press(key);
    seen.push(await focused());
  }
  const [charge, refund, back, ...rest] = seen;
  assert.deepEqual([charge, refund, back], ["/Charge", "/Refund", "/Charge"]);
  assert.ok(rest.includes("/Each") && rest.some((id) => id.endsWith("/Pack")), `${rest}`);
  assert.deepEqual(rest.slice(-2), ["start", "end"]);
  assert.equal(await page.locator('.state[tabindex="0"]').count(), 1);

  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  assert.deepEqual(
    (await page.evaluate(() => window.events)).map((event) => event.join(" ").trim()),
    ["select /Done succeed", "open /Done succeed", "select"],
  );

  await page.keyboard.press("/");
  await page.keyboard.type("pa");
  assert.equal(await page.locator(".state.found").count(), 1);
  assert.equal(await page.locator("[role=status]").textContent(), "1 state found");
  await page.keyboard.press("Enter");
  assert.match(await page.evaluate(() => document.querySelector("cloudflow-graph").selected), /Pack$/);
  const world = () => page.locator(".canvas > g").getAttribute("transform");
  await page.locator('.state[data-id="/Charge"]').focus();
  const before = await world();
  await page.keyboard.press("+");
  assert.notEqual(await world(), before);
  await page.keyboard.press("0");
  await page.keyboard.press("Shift+ArrowDown");
  assert.notEqual(await world(), before);
  assert.deepEqual(problems, []);
});

test("a box is collapsed and expanded by key and by pointer", async () => {
  await open();
  await setGraph(flowGraph(FLOW));
  await page.locator('.state[data-id="/Each"]').focus();
  await page.keyboard.press("c");
  assert.equal(await page.locator('.state[data-id$="/Pack"]').count(), 0);
  assert.equal(await label("/Each"), "Each, map, collapsed, 2 states inside");
  assert.equal(await page.locator('.state[data-id="/Each"]').getAttribute("aria-expanded"), "false");
  assert.equal(await focused(), "/Each");
  await page.locator('.over[data-id="/Each"] .toggle').click();
  assert.equal(await page.locator('.state[data-id$="/Pack"]').count(), 1);
  assert.deepEqual(await page.evaluate(() => document.querySelector("cloudflow-graph").collapsed), []);
});

test("mouse and touch move and scale the drawing, and a click selects", async () => {
  await open();
  await setGraph(longLine(300));
  const transform = () => page.locator(".canvas > g").getAttribute("transform");
  assert.equal(await page.locator(".map").isVisible(), true, "a map for many states");
  await page.mouse.move(300, 300);
  const first = await transform();
  await page.mouse.down();
  await page.mouse.move(200, 180, { steps: 4 });
  await page.mouse.up();
  const moved = await transform();
  assert.notEqual(moved, first);
  assert.equal(
    await page.evaluate(() => document.querySelector("cloudflow-graph").selected),
    undefined,
    "a drag selects nothing",
  );
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await page.waitForFunction(
    (before) =>
      document.querySelector("cloudflow-graph").shadowRoot.querySelector(".canvas > g").getAttribute("transform") !==
      before,
    moved,
  );
  await page.evaluate(() => document.querySelector("cloudflow-graph").show("State7"));
  await page.locator('.state[data-id="State7"]').click();
  assert.equal(await page.evaluate(() => document.querySelector("cloudflow-graph").selected), "State7");
  const frame = await page.locator(".map").boundingBox();
  const before = await transform();
  await page.mouse.click(frame.x + frame.width - 20, frame.y + frame.height / 2);
  assert.notEqual(await transform(), before);
});

test("fingers move and scale the drawing", async () => {
  await open({ hasTouch: true });
  await setGraph(flowGraph(FLOW));
  const client = await page.context().newCDPSession(page);
  const touch = (type, ...points) =>
    client.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const transform = () =>
    page
      .locator(".canvas > g")
      .getAttribute("transform")
      .then((text) => text.match(/-?[\d.]+/g).map(Number));
  // The browser delivers movements with its next frames.
  const settled = async () => {
    let now = await transform();
    for (let same = 0; same < 4; ) {
      await page.waitForTimeout(100);
      const next = await transform();
      same = `${next}` === `${now}` ? same + 1 : 0;
      now = next;
    }
    return now;
  };
  const [x, y, scale] = await transform();
  await touch("touchStart", [300, 300]);
  await touch("touchMove", [330, 340]);
  await touch("touchMove", [360, 380]);
  await touch("touchEnd");
  const moved = await settled();
  assert.ok(moved[0] > x && moved[1] > y && moved[2] === scale, `${moved}`);
  await touch("touchStart", [300, 300], [400, 300]);
  await touch("touchMove", [250, 300], [450, 300]);
  await touch("touchMove", [200, 300], [500, 300]);
  await touch("touchEnd");
  const scaled = await settled();
  assert.ok(scaled[2] > 1.5 * scale, `${scaled}`);
  await page.evaluate(() => document.querySelector("cloudflow-graph").fit());
  await settled();
  await page.touchscreen.tap(...(await middleOf('.state[data-id="/Charge"]')));
  // The browser makes a click of the tap later.
  await page.waitForFunction(() => document.querySelector("cloudflow-graph").selected === "/Charge", null, {
    timeout: 10_000,
  });
  assert.deepEqual(problems, []);
});

/** The middle of an element, after it has been moved into view. */
async function middleOf(selector) {
  await page.evaluate(() => document.querySelector("cloudflow-graph").fit());
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return [x + width / 2, y + height / 2];
}

test("hostile names are shown as they are", async () => {
  await open();
  const name = `<img src=x onerror="window.hit=1"></text><script>window.hit=1</script>\u202e\u0000&amp;"'`;
  const state = (id, type) => ({ id, name, type, path: [] });
  await setGraph({
    nodes: [{ id: "start", name: "start", type: "start", path: [] }, state(name, "choice"), state("b", "task")],
    edges: [
      { from: "start", to: name, kind: "start" },
      { from: name, to: "b", kind: "choice", label: name },
      { from: name, to: "b", kind: "catch", label: name },
    ],
  });
  await setReplay({ nodes: { b: { status: "failed", error: name } } });
  assert.ok((await label("b")).includes(name.slice(0, 20)));
  assert.equal(await page.locator(".canvas img, .canvas script").count(), 0);
  const svg = await page.evaluate(() => document.querySelector("cloudflow-graph").toSVG());
  assert.ok(!svg.includes("<img") && !svg.includes("<script"), "escaped in the file");
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.deepEqual(problems, []);
});

test("a drawing is exported as SVG and PNG", async () => {
  await open({ colorScheme: "dark" });
  await setGraph(flowGraph(FLOW));
  await setReplay({ nodes: { "/Charge": { status: "failed", attempts: 3 } }, edges: [0] });
  const { svg, light, png } = await page.evaluate(async () => {
    const element = document.querySelector("cloudflow-graph");
    const blob = await element.toPNG({ scale: 1 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const view = new DataView(bytes.buffer);
    return {
      svg: element.toSVG(),
      light: element.toSVG({ theme: "light" }),
      png: [blob.type, view.getUint32(12 + 4), view.getUint32(16 + 4), element.layout.width],
    };
  });
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.ok(svg.includes(">Charge</text>") && svg.includes("×3") && svg !== light);
  assert.equal(png[0], "image/png");
  assert.equal(png[1], Math.floor(png[3]));
  const other = await browser.newPage();
  await other.setContent("<p></p>");
  const faults = await other.evaluate(
    (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelectorAll("parsererror").length,
    svg,
  );
  assert.equal(faults, 0, "the file is valid XML");
  await other.close();
  assert.deepEqual(problems, []);
});

for (const example of EXAMPLES)
  test(`the example of ${example.slice(1)} draws a failed execution`, async () => {
    await open();
    await page.goto(new URL(example, server.url).href);
    await page.locator('.state[data-id="/Charge"][data-status="failed"]').click();
    assert.match(await label("/Charge"), /^Charge, task, failed after 3 attempts(, PaymentError)?$/);
    assert.equal(await page.evaluate(() => document.querySelector("cloudflow-graph").selected), "/Charge");
    assert.deepEqual(problems, []);
  });

test("wrong values are refused with a clear error", async () => {
  await open();
  const messages = await page.evaluate(() => {
    const element = document.querySelector("cloudflow-graph");
    const said = (action) => {
      try {
        action();
      } catch (error) {
        return [error.name, error.code, error.message];
      }
    };
    return [
      said(() => (element.graph = { nodes: 1 })),
      said(() => (element.replay = [])),
      said(() => (element.replay = { nodes: null })),
      said(() => (element.graph = { nodes: [{ id: 1 }], edges: [] })),
      said(() => element.toSVG()),
    ];
  });
  for (const [name, code, message] of messages) {
    assert.equal(name, "CloudFlowError");
    assert.match(code, /^wrong-(options|state)$/);
    assert.match(message, /^[a-z`]/);
  }
});

test("a graph that was set before the definition is drawn, and two elements are independent", async () => {
  await open();
  const counts = await page.evaluate(async (graph) => {
    const early = document.createElement("my-graph");
    early.graph = graph;
    document.body.append(early);
    const { defineGraph } = await import("/graph.js");
    const known = defineGraph("my-graph");
    const again = defineGraph("my-graph");
    const states = (element) => element.shadowRoot.querySelectorAll(".state").length;
    return [states(early), states(document.querySelector("cloudflow-graph")), known === again];
  }, flowGraph(FLOW));
  assert.deepEqual(counts, [8, 0, true]);
  assert.deepEqual(problems, []);
});

test("an update of one status changes few elements, for any number of states", async () => {
  await open();
  for (const graph of [longLine(300), longLine(1200)]) {
    const seen = await page.evaluate(async (value) => {
      const element = document.querySelector("cloudflow-graph");
      const drawing = performance.now();
      element.graph = value;
      const drawn = performance.now() - drawing;
      const nodes = Object.fromEntries(value.nodes.map(({ id }) => [id, { status: "succeeded" }]));
      element.replay = { nodes };
      const observer = new MutationObserver(() => {});
      observer.observe(element.shadowRoot, { attributes: true, characterData: true, childList: true, subtree: true });
      const updating = performance.now();
      element.replay = { nodes: { ...nodes, [value.nodes[5].id]: { status: "failed", attempts: 2 } } };
      const updated = performance.now() - updating;
      return { changes: observer.takeRecords().length, drawn, updated };
    }, graph);
    console.log(
      `# ${graph.nodes.length} nodes: ${seen.drawn.toFixed(1)} ms to draw, ${seen.updated.toFixed(2)} ms to update`,
    );
    assert.ok(seen.changes > 0 && seen.changes <= 20, `${seen.changes} changes`);
  }
});

test("no text is hard to read, and no state lacks a name", async () => {
  for (const options of [{}, { colorScheme: "dark" }, { forcedColors: "active" }]) {
    await open(options);
    await setGraph(flowGraph(FLOW));
    await setReplay({
      nodes: { "/Charge": { status: "failed" }, "/Each": { status: "caught" }, "/Done": { status: "running" } },
    });
    const names = await page
      .locator(".state")
      .evaluateAll((states) => states.map((state) => state.getAttribute("aria-label")));
    assert.ok(names.every((name) => name?.length > 2));
    assert.ok(await page.locator(".canvas").getAttribute("aria-label"));
    const colours = await page.evaluate(() => {
      const root = document.querySelector("cloudflow-graph").shadowRoot;
      return [...root.querySelectorAll(".state:not(.end)")].map((state) => [
        getComputedStyle(state.nextElementSibling.querySelector("text")).fill,
        getComputedStyle(state.querySelector(".shape")).fill,
      ]);
    });
    for (const [text, fill] of colours) assert.ok(contrast(text, fill) >= 4.5, `${text} on ${fill}`);
  }
});

function contrast(a, b) {
  const light = (colour) => {
    const parts = colour
      .match(/[\d.]+/g)
      .slice(0, 3)
      .map(Number);
    const scale = colour.startsWith("color(") ? 1 : 255;
    const [r, g, blue] = parts
      .map((part) => part / scale)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

// `<cloudflow-graph>` in Chromium, Firefox and WebKitGTK: what differs between browsers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { flowGraph } from "../../pkg/dist/index.js";
import { engineNames, startEngine, whyAbsent } from "./engines/driver.mjs";
import { FLOW, serveGraph } from "./support/graph-page.mjs";
import { longLine } from "./support/made-graph.mjs";

const GRAPH = "cloudflow-graph >>> ";
const state = (id) => `${GRAPH}.state[data-id="${id}"]`;
const selected = () => document.querySelector("cloudflow-graph").selected;
const transform = () =>
  document.querySelector("cloudflow-graph").shadowRoot.querySelector(".canvas > g").getAttribute("transform");
const set = (page, name, value) =>
  page.evaluate(
    (key, given) => {
      document.querySelector("cloudflow-graph")[key] = given;
    },
    name,
    value,
  );

for (const name of engineNames()) {
  test(`the graph in ${name}`, { skip: whyAbsent(name), timeout: 120_000 }, async (t) => {
    const server = await serveGraph();
    t.after(() => server.close());
    const engine = await startEngine(name);
    t.after(() => engine.close());
    /** Runs a test on a new page with a graph. */
    const check = (title, run, graph = flowGraph(FLOW)) =>
      t.test(title, async () => {
        const page = await engine.page({ width: 900, height: 700 });
        await page.open(server.url);
        await page.waitFor(() => customElements.get("cloudflow-graph") !== undefined);
        await set(page, "graph", graph);
        await run(page);
        assert.deepEqual(await page.problems(), []);
      });

    await check("statuses, names and the way that was taken", async (page) => {
      await set(page, "replay", {
        nodes: {
          "/Charge": { status: "failed", attempts: 3, error: "PaymentError" },
          "/Each": { status: "running", progress: { done: 2, total: 5 } },
        },
        edges: [{ from: "/Charge", to: "/Refund" }],
      });
      const label = (id) => page.attribute(state(id), "aria-label");
      assert.equal(await label("/Charge"), "Charge, task, failed after 3 attempts, PaymentError");
      assert.equal(await label("/Each"), "Each, map, running, 2 of 5 done");
      assert.ok((await page.count(`${GRAPH}.line.taken`)) >= 1);
      await set(page, "lang", "zh-CN");
      assert.equal(await label("/Charge"), "Charge，任务，尝试 3 次后已失败，PaymentError");
      const inside = await page.evaluate(() => {
        const { shadowRoot } = document.querySelector("cloudflow-graph");
        const frame = shadowRoot.querySelector(".canvas").getBoundingClientRect();
        const boxes = [...shadowRoot.querySelectorAll(".state")].map((one) => one.getBoundingClientRect());
        return boxes.every((one) => one.width > 5 && one.left >= frame.left && one.right <= frame.right);
      });
      assert.ok(inside, "all states are in view");
    });

    await check("the keyboard reaches every state", async (page) => {
      await page.click("#before");
      await page.press("Tab");
      assert.equal(await page.focused(), "start");
      const seen = [];
      for (const key of ["ArrowDown", "ArrowRight", "ArrowLeft", "Home", "End"]) {
        await page.press(key);
        seen.push(await page.focused());
      }
      assert.deepEqual(seen, ["/Charge", "/Refund", "/Charge", "start", "end"]);
      await page.press("ArrowUp");
      await page.press("Enter");
      assert.equal(await page.evaluate(selected), "/Done");
      await page.press("/");
      await page.type("pa");
      await page.waitForText(`${GRAPH}[role=status]`, "1 state found");
      await page.press("Enter");
      assert.match(await page.evaluate(selected), /Pack$/);
      await page.focus(state("/Each"));
      await page.press("c");
      assert.equal(await page.attribute(state("/Each"), "aria-expanded"), "false");
      assert.equal(await page.focused(), "/Each");
      const before = await page.evaluate(transform);
      await page.press("+");
      assert.notEqual(await page.evaluate(transform), before);
    });

    await check(
      "the pointer moves the drawing and selects",
      async (page) => {
        const before = await page.evaluate(transform);
        await page.drag([300, 300], [280, 270], [240, 220], [200, 180]);
        assert.notEqual(await page.evaluate(transform), before);
        assert.equal(await page.evaluate(selected), undefined, "a drag selects nothing");
        await page.evaluate(() => document.querySelector("cloudflow-graph").show("State7"));
        await page.click(state("State7"));
        assert.equal(await page.evaluate(selected), "State7");
        assert.equal(await page.isVisible(`${GRAPH}.map`), true);
      },
      longLine(300),
    );

    await check("exports SVG and PNG", async (page) => {
      await set(page, "replay", { nodes: { "/Charge": { status: "failed", attempts: 3 } }, edges: [0] });
      const { svg, type, size, width } = await page.evaluate(async () => {
        const element = document.querySelector("cloudflow-graph");
        const blob = await element.toPNG({ scale: 1 });
        const view = new DataView(await blob.arrayBuffer());
        return { svg: element.toSVG(), type: blob.type, size: view.getUint32(16), width: element.layout.width };
      });
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      assert.ok(svg.includes(">Charge</text>") && svg.includes("×3"));
      assert.equal(type, "image/png");
      assert.equal(size, Math.floor(width));
    });

    await t.test("the example of the README", async () => {
      const page = await engine.page({ width: 900, height: 700 });
      await page.open(`${server.url}README.md`);
      await page.waitForElement(`${state("/Charge")}[data-status=failed]`);
      await page.click(state("/Charge"));
      assert.equal(await page.evaluate(selected), "/Charge");
    });
  });
}

// The console in three browsers, with one script: `tests/js/engines/` drives Chromium, Firefox and WebKitGTK.
//
//     ENGINES=firefox ONLY="markup" node --test tests/js/console.test.mjs
//
// ENGINES selects browsers, ONLY the tests whose title contains a text.

import assert from "node:assert/strict";

import { inBrowsers } from "./engines/run.mjs";
import { startConsole } from "./support/console.mjs";
import * as flows from "./support/console-flows.mjs";

const NODE = "cloudflow-graph >>> .state";
const node = (id) => `${NODE}[data-id="${id}"]`;
const START = "button :: Start and watch";
/** The text of the editor, in its shadow root. */
const EDITOR = "#view-definition .editor-host >>> ";

/** Starts an execution while the page is open, and watches it from its start. */
async function watch(page, site, flow, execution, definition, input) {
  await page.open(site.url);
  await page.waitForElement(START);
  await site.start(flow, execution, definition, input);
  await page.evaluate((hash) => (location.hash = hash) && undefined, `flow=${flow}&execution=${execution}`);
}

/** Tests by name. `page` is a new page without stored data, `site` the console that serves it. */
const TESTS = {
  async "a failed execution: error, cause, state, attempts and line are at the top and in every view"(page, site) {
    await page.open(site.url);
    await page.waitForElement(START);
    await page.select(".start select", "fails");
    await page.until("the sample is in the form", async () => (await page.value(".start input")) === "till");
    await page.click(START);
    await page.waitForText(".failure-panel", /Failed in the state Count/);
    const said = await page.text(".failure-panel");
    for (const part of ["after 3 attempts", "TillShort", "two coins are missing in till 3", "Show line 7"])
      assert.ok(said.includes(part), `${part}: ${said}`);
    await page.waitForText(".status", /Failed.*Ended/s);
    assert.equal(await page.attribute(node("/Count"), "data-status"), "failed");
    assert.equal(await page.attribute(node("/Count"), "aria-label"), "Count, task, failed after 3 attempts, TillShort");
    await page.waitForText(".selection", /Count.*failed.*TillShort.*3 attempts.*CounterBusy: the drawer is open/s);

    await page.click("button :: Show line 7");
    await page.waitForText(`${EDITOR}.cm-selectedState`, /Name: Count/);
    // Changes of the address are gathered for a moment.
    const isWritten = async () =>
      /flow=till&execution=run-[^&]+&view=definition/.test(await page.evaluate(() => location.hash));
    await page.until("the view is in the address", isWritten);

    await page.click("[role=tab] :: Timeline");
    await page.waitForElement(".time-row :: Count");
    assert.match(await page.text(".time-row.active"), /Count.*failed, 3 attempts/s);
    assert.equal(await page.count('.time-row.active .bar[data-status="failed"]'), 3);

    await page.click("[role=tab] :: Events");
    await page.waitForText(".events-grid", /TaskFailed.*TillShort/s);
    await page.click("input[type=checkbox] :: Failed only");
    await page.waitForText(".view-bar .count", /^\d+ of \d+ events$/);
    await page.click(".event-row :: the drawer is still open");
    await page.waitForText(".selection", "the drawer is still open");
    await page.waitForElement(".attempt[aria-pressed=true] :: Attempt 2");
    await page.until("the address names the event", async () =>
      /&event=\d+/.test(await page.evaluate(() => location.hash)),
    );
  },

  async "a retry that is caught: the error, its attempts and the rule are shown, and the flow succeeds"(page, site) {
    await watch(page, site, "resize", "one", flows.CAUGHT, { hold: true });
    await page.until("the retry is shown", async () =>
      /running, attempt 2/.test(await page.attribute(node("/Resize"), "aria-label")),
    );
    await page.waitForText(".status", "Running");
    site.release("resize");
    await page.waitForText(".status", /Succeeded.*Ended/s);
    assert.equal(await page.attribute(node("/Resize"), "data-status"), "caught");
    assert.match(await page.attribute(node("/Resize"), "aria-label"), /error caught.*BadImage/);
    assert.equal(await page.isVisible(".failure-panel"), false);
    await page.click(node("/Resize"));
    await page.waitForText(".selection", /BadImage.*no image.*Catch rule 1 continued.*2 attempts.*Busy: too many/s);
    await page.waitForText(".selection", /Pause of 1\s?s/);
  },

  async "a Map with an item that fails: its iteration is named, and the others are counted"(page, site) {
    await site.start("invoices", "one", flows.MAP, { items: [1, 2, 3, 4] });
    await page.open(`${site.url}#flow=invoices&execution=one`);
    await page.waitForText(".failure-panel", /in the state Send.*NoAddress.*invoice 3 has no address/s);
    await page.waitForText(".selection", /Send.*Inside.*Each.*iteration 3/is);
    assert.match(await page.attribute(node("/Each"), "aria-label"), /^Each, map, failed.*\d of 4 done/);
    await page.click(".selection button :: Each");
    await page.waitForText(".selection", /1 failed.*number 3 failed first/);
    await page.click("[role=tab] :: Timeline");
    await page.waitForElement(".time-row :: Each");
  },

  async "a Parallel with a slow branch is watched live"(page, site) {
    await watch(page, site, "breakfast", "one", flows.PARALLEL);
    const label = (id) => page.attribute(node(id), "aria-label");
    const steep = "/Cook/Branches[0]/Steep";
    await page.until("one of three branches has ended", async () => /running, 1 of 3 done/.test(await label("/Cook")));
    site.release("toast");
    await page.until("the slow branch is alone", async () => /running, 2 of 3 done/.test(await label("/Cook")));
    await page.until("the slow branch goes on", async () => /Steep, task, (running|waiting)/.test(await label(steep)));
    assert.equal(await page.attribute(node("/Cook/Branches[0]/Boil"), "data-status"), "succeeded");
    const elapsed = new Set();
    await page.until("the elapsed time moves", async () => elapsed.add(await page.text(".elapsed")).size >= 3);
    site.release("steep");
    await page.waitForText(".status", /Succeeded.*Ended/s);
    assert.equal(await page.attribute(node(steep), "data-status"), "succeeded");
    const names = { FlowName: "breakfast", ExecutionName: "one" };
    const { StartedTime, StoppedTime } = await site.ask("DescribeExecution", names);
    const seconds = (Date.parse(StoppedTime) - Date.parse(StartedTime)) / 1000;
    assert.ok(Math.abs(Number.parseFloat(await page.text(".elapsed")) - seconds) <= 0.11, `${seconds} s`);
  },

  async "a Choice: the way that was taken is marked, the others are not"(page, site) {
    await site.start("refund", "one", flows.CHOICE, { amount: 120 });
    await page.open(`${site.url}#flow=refund&execution=one`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    assert.equal(await page.attribute(node("/Check"), "data-status"), "succeeded");
    assert.equal(await page.attribute(node("/Ask"), "data-status"), "notReached");
    const { taken, lines } = await page.evaluate(() => {
      const root = document.querySelector("cloudflow-graph").shadowRoot;
      return { taken: root.querySelectorAll(".line.taken").length, lines: root.querySelectorAll(".line").length };
    });
    assert.ok(taken >= 4 && taken < lines, `${taken} of ${lines} lines are taken`);
  },

  async "a child flow: a link leads to its execution"(page, site) {
    site.put("shipment", flows.SHIPMENT);
    await site.start("parcel", "one", flows.CHILD, { parcel: 42 });
    await page.open(`${site.url}#flow=parcel&execution=one`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    await page.click(node("/Ship"));
    await page.click(".selection .child button");
    await page.waitForText(".status", /shipment/);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    await page.waitForElement(node("/Load"));
    assert.match(await page.evaluate(() => location.hash), /flow=shipment&execution=/);
    await page.evaluate(() => history.back());
    await page.waitForText(".status", /parcel/);
  },

  async "the server goes away and comes back while an execution is watched"(page, site) {
    await watch(page, site, "nap", "away", flows.nap(4));
    await page.waitForText(".status", "Running");
    await site.disconnect();
    try {
      await page.waitForText(".connection", /^Reconnecting, next try in \d+ s$/);
      // What is known stays.
      await page.waitForText(".status", /Running/);
    } finally {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await site.connect();
    }
    await page.waitForText(".status", /Succeeded.*Ended/s);
    assert.equal(await page.isVisible(".remark.bad"), false);
    assert.equal(await page.attribute(node("/Nap"), "data-status"), "succeeded");
  },

  async "a link opens flow, execution, view and selection, and a reload keeps them"(page, site) {
    await site.start("resize", "link", flows.CAUGHT);
    await page.open(`${site.url}#flow=resize&execution=link&view=timeline&visit=0&attempt=1`);
    for (const again of [false, true]) {
      await page.waitForElement(".time-row.active :: Resize");
      await page.waitForElement(".attempt[aria-pressed=true] :: Attempt 1");
      await page.waitForText(".status", /resize.*link.*Succeeded.*Ended/s);
      assert.equal(await page.attribute("[role=tab] :: Timeline", "aria-selected"), "true");
      const hash = await page.evaluate(() => location.hash);
      assert.match(hash, /^#flow=resize&execution=link&view=timeline&visit=0&attempt=1$/);
      if (!again) await page.open(`${site.url}?again${hash}`);
    }
  },

  async "a task without a handler gets an answer, and the flow is started again"(page, site) {
    await site.start("asks", "one", flows.ASK);
    await page.open(`${site.url}#flow=asks&execution=one`);
    await page.waitForText(".failure-panel", /Local\.NoTaskHandler/);
    await page.click(".lists button :: Edit asks");
    await page.click("button :: Answer this task");
    await page.fill(".answer textarea", '{"answer": [1, 2');
    await page.click(".answer button :: Save");
    await page.waitForText(".answer .field-error", /Line 1, column/);
    await page.fill(".answer textarea", '{"answer": 42}');
    await page.click(".answer button :: Save");
    await page.waitForText(".tasks", /answered here.*One answer for all calls/s);
    await page.click("button :: Start again");
    await page.waitForText(".status", /Succeeded.*Ended/s);
    await page.click(node("/Ask"));
    await page.waitForText(".selection", /answer.*42/s);
    // The answer of one page is there for all pages: it is removed again.
    await page.click(".tasks button :: Change the answer");
    await page.click(".answer button :: Remove the answer");
    await page.waitForText(".tasks", /no handler/);
  },

  async "the words are Chinese or English, by the browser and by the user"(page, site, engine) {
    await page.open(site.url);
    await page.waitForElement(START);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await page.select("header select[aria-label=Language]", "zh");
    await page.waitForText(".tabs", /时间/);
    await site.start("resize", "zh", flows.CAUGHT);
    await page.open(`${site.url}?zh#flow=resize&execution=zh`);
    await page.waitForText(".status", /成功/);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.click(node("/Resize"));
    for (const view of ["graph", "timeline", "events", "definition"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view}`);
      // Names, codes and numbers are in Latin letters. Words of the page are not.
      const text = await page.text(".tabs, .status, .view-bar, .selection h3, .start, .lists h2, .mocks h2, header");
      const english = text.match(/\b(?:the|start|state|events?|graph|input|search|status|view|show|failed)\b/gi);
      assert.deepEqual(english, null, view);
    }
    assert.match(await page.attribute(node("/Resize"), "aria-label"), /任务/);
    await page.select("header select", "en");
    await page.waitForText(".tabs", /Timeline/);
    if (!engine.hasLanguages) return;
    const other = await engine.page({ lang: "zh-CN" });
    await other.open(site.url);
    await other.waitForText(".tabs", /时间/);
  },

  async "everything is done by keyboard"(page, site) {
    await page.open(site.url);
    await page.waitForElement(START);
    await page.press("Tab");
    assert.equal(await page.focused(), "Skip to the execution");
    const reached = [];
    for (let i = 0; i < 45; i += 1) {
      await page.press("Tab");
      const { at, ring } = await page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        const style = getComputedStyle(at);
        const ring = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
        const isText = at.matches(".cm-content, .state");
        const name =
          at === document.body ? "" : `${at.getAttribute("aria-label") ?? at.id} ${at.textContent}`.slice(0, 80);
        return { at: name, ring: ring || isText || at === document.body };
      });
      if (at === "" || reached.includes("end")) break;
      assert.ok(ring, `the focus is visible on ${at}`);
      reached.push(at);
    }
    for (const name of ["Share", "Language", "Graph", "Start and watch", "Refresh"])
      assert.ok(
        reached.some((at) => at.includes(name)),
        `${name} is reached: ${reached.join(" | ")}`,
      );

    await page.focus("#tab-graph");
    await page.press("?");
    await page.waitForElement("dialog.help[open]");
    await page.press("Escape");
    await page.until("the help is closed", async () => !(await page.isVisible("dialog.help")));

    // A start from a field.
    await site.start("refund", "stored", flows.CHOICE, { amount: 5 });
    await page.select(".start select", "fails");
    await page.focus(".start input");
    await page.press("Enter");
    await page.waitForText(".failure-panel", /Failed in the state Count/);

    await page.focus("#tab-graph");
    await page.press("ArrowRight");
    await page.waitForElement("#view-timeline");
    await page.press("3");
    await page.waitForElement(".events-grid");
    await page.focus(".events-grid");
    await page.press("Home");
    await page.press("ArrowDown");
    await page.press("Enter");
    await page.waitForElement(".event-row[aria-selected=true]");
    await page.press("1");
    await page.waitForElement(node("/Close"));
    await page.focus(node("start"));
    await page.press("ArrowDown");
    assert.equal(await page.focused(), "/Count");
    await page.press("ArrowDown");
    await page.press("Enter");
    await page.waitForText(".selection", /Close.*has not reached/s);
    await page.press("4");
    await page.waitForElement(`${EDITOR}.cm-content`);
    // Escape, then Tab leaves the editor.
    await page.focus(`${EDITOR}.cm-content`);
    const isInEditor = () => page.evaluate(() => document.activeElement.matches(".editor-host"));
    assert.equal(await isInEditor(), true);
    await page.press("Escape");
    await page.press("Tab");
    assert.equal(await isInEditor(), false);
  },

  async "a deleted flow: what is known stays, and the reason is stated"(page, site) {
    await watch(page, site, "gone", "one", flows.nap(20));
    await page.waitForText(".status", "Running");
    await page.until("the nap is shown", async () => (await page.attribute(node("/Nap"), "data-status")) === "waiting");
    site.emulator.removeFlow("gone");
    await page.waitForText(".remarks", /does not exist/);
    await page.waitForText(".connection", /Not watching/);
    assert.equal(await page.attribute(node("/Nap"), "data-status"), "waiting");
    assert.equal(await page.isVisible("button :: Stop execution"), false, "what is gone cannot be stopped");
    await page.click("button :: Try again");
    await page.waitForText(".remarks", /does not exist.*FlowNotExists/s);
  },

  async "the history is refused because a permission is missing: it is named, and the execution is shown"(page, site) {
    site.answer = (request) => {
      if (new URL(request.url).searchParams.get("Action") !== "GetExecutionHistory") return;
      const body = { RequestId: "R-1", Code: "NoPermission", Message: "no permission fnf:GetExecutionHistory" };
      return Response.json(body, { status: 403, headers: { "x-acs-request-id": "R-1" } });
    };
    await site.start("refund", "denied", flows.CHOICE, { amount: 7 });
    await page.open(`${site.url}#flow=refund&execution=denied`);
    await page.waitForText(".remarks", /permission is missing.*fnf:GetExecutionHistory/s);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    await page.waitForText(".details", /amount.*7/s);
    await page.click("[role=tab] :: Events");
    await page.waitForText("#view-events", /fnf:GetExecutionHistory/);
    await page.click("[role=tab] :: Timeline");
    await page.waitForText("#view-timeline", /history/);
  },

  async "a machine without a network shows it, and resumes by itself"(page, site, _engine, t) {
    if (!page.hasOffline) return t.skip("the driver of this browser cannot switch the network off");
    await watch(page, site, "nap", "offline", flows.nap(3));
    await page.waitForText(".status", "Running");
    await page.setOffline(true);
    await page.waitForText(".connection", /Offline/);
    // The page misses the end.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    await page.setOffline(false);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    assert.equal(await page.isVisible(".remark.bad"), false);
  },

  async "an execution is stopped, and started again with another input"(page, site) {
    await watch(page, site, "nap", "stop", flows.nap(30), { n: 1 });
    await page.waitForText(".status", "Running");
    await page.click("button :: Stop execution");
    await page.fill("dialog.stop input", "by the test");
    await page.click("button :: Stop it");
    await page.waitForText(".status", /Stopped.*Ended/s);
    await page.waitForText(".failure-panel", /by the test/);
    assert.equal(await page.attribute(node("/Nap"), "data-status"), "stopped");
    await page.click("button :: Edit input and start again");
    await page.waitForText("body", /n/);
    await page.fill(".start textarea", '{"n": ');
    await page.click(START);
    await page.waitForText(".field-error", /Line 1, column/);
    await page.fill(".start textarea", '{"n": 2}');
    await page.click(START);
    await page.waitForText(".status", "Running");
    await page.click("button :: Leave");
    await page.waitForText(".connection", /Not watching; the execution continues/);
  },
};

inBrowsers("the console", TESTS, startConsole, (site) => {
  for (const { url } of site.requests)
    assert.doesNotMatch(url, /AccessKeyId|Signature|SecurityToken/, "no key in the page");
});

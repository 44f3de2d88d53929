// Unusual data in the console: long histories, large values, large flows, text from right to left, markup in every field. In
// the browsers of `console.test.mjs`.

import assert from "node:assert/strict";

import { inBrowsers } from "./engines/run.mjs";
import { startConsole } from "./support/console.mjs";
import * as flows from "./support/console-flows.mjs";

const NODE = "cloudflow-graph >>> .state";
const node = (id) => `${NODE}[data-id="${id}"]`;
/** The text of the editor, in its shadow root. */
const EDITOR = "#view-definition .editor-host >>> ";

/** Checks that no text became markup. */
async function intact(page, where) {
  const found = await page.evaluate(() => {
    const roots = [document, ...[...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean)];
    return {
      hit: window.hit ?? 0,
      images: roots.flatMap((root) => [...root.querySelectorAll("img, body script")]).length,
    };
  });
  assert.deepEqual(found, { hit: 0, images: 0 }, where);
}

/** Tests by name. `page` is a new page without stored data, `site` the console that serves it. */
const TESTS = {
  async "a history of 5,000 events is shown, and the list has few elements"(page, site) {
    await site.start("many", "endless", flows.ENDLESS);
    await page.open(`${site.url}#flow=many&execution=endless&view=events`);
    await page.waitForText(".status", /Failed.*Ended/s);
    await page.waitForText(".view-bar .count", /^5,000 events$/);
    await page.waitForText(".failure-panel", "Local.HistoryLimitExceeded");
    await page.focus(".events-grid");
    await page.press("End");
    await page.waitForText(".events-grid", /5000.*ExecutionFailed/s);
    assert.ok((await page.count(".event-row")) < 150, `${await page.count(".event-row")} rows`);
    // The row of the keyboard is named as long as it has an element.
    assert.equal(await page.attribute(".events-grid", "aria-activedescendant"), "event-row-4999");
    await page.evaluate(() => document.querySelector(".events-grid").scrollTo(0, 0));
    await page.waitForText(".events-grid", /ExecutionStarted/);
    assert.equal(await page.attribute(".events-grid", "aria-activedescendant"), null);
    await page.press("Home");
    await page.waitForText(".events-grid", /ExecutionStarted/);
    await page.fill("#view-events input[type=search]", "HistoryLimit");
    await page.waitForText(".view-bar .count", /^1 of 5,000 events$/);
    await page.click("[role=tab] :: Timeline");
    await page.waitForElement(".time-row");
    assert.ok((await page.count(".time-row")) < 150);
    await page.click("[role=tab] :: Graph");
    await page.waitForElement(node("/Again"));
  },

  async "a Map of 820 items is shown, and the lists have few elements"(page, site) {
    await site.start("many", "one", flows.MANY, { items: Array.from({ length: 820 }, (_, i) => i) });
    await page.open(`${site.url}#flow=many&execution=one&view=events`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    const count = Number((await page.waitForText(".view-bar .count", /events/)).replace(/\D/g, ""));
    assert.ok(count >= 4800, `${count} events`);
    await page.focus(".events-grid");
    await page.press("End");
    await page.waitForText(".events-grid", /ExecutionSucceeded/);
    assert.ok((await page.count(".event-row")) < 150, `${await page.count(".event-row")} rows`);
    await page.press("Home");
    await page.waitForText(".events-grid", /ExecutionStarted/);
    await page.click("[role=tab] :: Timeline");
    await page.waitForElement(".time-row");
    assert.ok((await page.count(".time-row")) < 150);
    await page.click("[role=tab] :: Graph");
    await page.until("the graph counts the items", async () =>
      /820 of 820 done/.test(await page.attribute(node("/Each"), "aria-label")),
    );
  },

  async "an output of 64 KiB, the limit of the service, is shown, and nothing is wider than the page"(page, site) {
    await site.start("large", "one", flows.LARGE, { note: "y".repeat(8000) });
    await page.viewport(800, 900);
    await page.open(`${site.url}#flow=large&execution=one&node=/Large`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    const { Output } = await site.ask("DescribeExecution", { FlowName: "large", ExecutionName: "one" });
    assert.equal(Output.length, 65_536);
    await page.waitForText(".selection", /long text long text/);
    await page.click(".selection [role=treeitem] :: Body");
    await page.press("ArrowRight");
    await page.waitForText(".selection", /word.*xxxxxxxx/s);
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await wide()) <= 0, "the page does not scroll to the side");
    await page.click("summary :: Execution details");
    await page.waitForText(".details", /xxxxx/);
    assert.ok((await wide()) <= 0, "with the details");
  },

  async "a flow of 300 states is drawn with a minimap, and its last state is found"(page, site) {
    await site.start("long", "one", flows.LONG, { left: true });
    await page.open(`${site.url}#flow=long&execution=one`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    await page.waitForText(".graph-view .count", /^\d+ of 300 states reached$/);
    assert.ok((await page.count(NODE)) >= 300);
    await page.waitForElement("cloudflow-graph >>> .map");
    await page.focus("#tab-graph");
    await page.press("/");
    await page.type("State-299");
    await page.press("Enter");
    await page.waitForText(".selection h2", "State-299");
    await page.waitForText(".selection", /succeeded/);
    await page.click("[role=tab] :: Timeline");
    await page.waitForElement(".time-row.active :: State-299");
    await page.click(".selection button :: Line");
    await page.waitForText(`${EDITOR}.cm-selectedState`, /State-299/);
  },

  async "names from right to left stay in their places"(page, site) {
    await site.start("rtl", "one", flows.RIGHT_TO_LEFT, { שם: "ערך" });
    await page.open(`${site.url}#flow=rtl&execution=one`);
    await page.waitForText(".failure-panel", /Failed in the state בדיקת מלאי/);
    // The name and what follows it are separate: the words of the page stay from left to right.
    const direction = await page.evaluate(() => {
      const name = document.querySelector(".failure-panel bdi");
      const [title, own] = [name.parentElement, name].map((one) => getComputedStyle(one).direction);
      return { title, own, isolated: getComputedStyle(name).unicodeBidi };
    });
    assert.deepEqual(direction, { title: "ltr", own: "rtl", isolated: "isolate" });
    for (const view of ["timeline", "events", "definition", "graph"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view} > * *`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, view);
    }
    assert.match(await page.attribute(node("/בדיקת מלאי"), "aria-label"), /^בדיקת מלאי, task, failed/);
    await page.waitForText(".selection", /אין מלאי במחסן/);
    await page.viewport(390, 844);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `a phone: ${wide} px`);
  },

  async "markup in every field is text"(page, site) {
    const { HOSTILE } = flows;
    const name = HOSTILE.replaceAll("/", "");
    await site.start("markup", "one", flows.MARKUP, { [HOSTILE]: [HOSTILE] });
    await page.open(`${site.url}#flow=markup&execution=one`);
    await page.waitForText(".failure-panel", /<img src=x onerror/);
    assert.ok((await page.text(".failure-panel")).includes("<script>window.hit=1</script>"));
    for (const view of ["graph", "timeline", "events", "definition"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view} *`);
      await intact(page, view);
    }
    await page.click("#tab-graph");
    await page.click('cloudflow-graph >>> .state[aria-label*="<img"]');
    await page.waitForText(".selection", /<img src=x/);
    await intact(page, "selection");
    await page.click("#tab-events");
    await page.fill("#view-events input[type=search]", "<img");
    await page.waitForText(".view-bar .count", /\d+ of \d+ events/);
    await intact(page, "search");
    await page.open(
      `${site.url}?x#flow=${encodeURIComponent(name)}&execution=${encodeURIComponent(name)}&node=${encodeURIComponent(HOSTILE)}`,
    );
    await page.waitForText(".remarks", /does not exist/);
    await intact(page, "address");
  },

  async "markup in every field of every response is text"(page, site) {
    const { HOSTILE } = flows;
    const time = "2026-05-06T07:08:09.010Z";
    const detail = (more) => JSON.stringify({ [HOSTILE]: HOSTILE, ...more });
    const failure = {
      error: HOSTILE,
      cause: HOSTILE,
      output: HOSTILE,
      input: HOSTILE,
      local: HOSTILE,
      resource: HOSTILE,
    };
    const event = (EventId, Type, StepName, more) => ({
      ...{ EventId, Type, StepName, ScheduleEventId: EventId - 1, Time: time },
      EventDetail: detail(more),
    });
    const responses = {
      DescribeExecution: {
        ...{ FlowName: "fields", Name: "one", Status: "Failed", StartedTime: time, StoppedTime: time },
        ...{ Input: HOSTILE, Output: HOSTILE, FlowDefinition: flows.MARKUP },
        [HOSTILE]: HOSTILE,
      },
      GetExecutionHistory: {
        Events: [
          event(1, "ExecutionStarted", ""),
          event(2, "StepEntered", HOSTILE, failure),
          event(3, "StepStarted", HOSTILE, failure),
          event(4, "TaskScheduled", HOSTILE, failure),
          event(5, "TaskFailed", HOSTILE, failure),
          event(6, HOSTILE, HOSTILE, failure),
          event(7, "StepFailed", HOSTILE, failure),
          { ...event(8, "StepFailed", "", failure), EventDetail: HOSTILE, Time: HOSTILE },
          event(9, "ExecutionFailed", "", failure),
        ],
      },
      ListExecutions: {
        Executions: [
          { FlowName: "fields", Name: HOSTILE, Status: HOSTILE, StartedTime: HOSTILE },
          { FlowName: "fields", Name: "two", Status: "Failed", StartedTime: time, Input: HOSTILE },
        ],
      },
    };
    site.answer = (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const body = responses[searchParams.get("Action")];
      if (body) return Response.json({ RequestId: HOSTILE, ...body });
      if (pathname.endsWith("/control/flows"))
        return Response.json({ flows: [{ name: HOSTILE, mode: "Express", createdTime: HOSTILE }] });
      if (request.method === "GET" || !pathname.startsWith("/control/")) return;
      return Response.json({ Code: HOSTILE, Message: HOSTILE, RequestId: HOSTILE }, { status: 400 });
    };
    await page.open(`${site.url}#flow=fields&execution=one`);
    await page.waitForText(".status", "Failed");
    await page.waitForText(".lists", /<img src=x onerror/);
    for (const view of ["graph", "timeline", "events", "definition"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view} > * *`);
      await intact(page, view);
    }
    await page.click("#tab-events");
    for (let row = 0; row < 9; row += 1) {
      await page.focus(".events-grid");
      await page.press(row === 0 ? "Home" : "ArrowDown");
      await page.until("the row is selected", () => page.isVisible(`.event-row[aria-rowindex="${row + 2}"].active`));
      await intact(page, `event ${row + 1}`);
    }
    await page.click("summary :: Execution details");
    await page.waitForText(".details", /<img src=x/);
    await intact(page, "details");
    // A refused start: code, message and request of the server.
    await page.click("button :: Start again");
    await page.waitForText(".remarks", /<img src=x/);
    await intact(page, "refusal");
    // The comparison, whose names come from the list.
    await page.click(".lists button :: Compare with two");
    await page.waitForElement("dialog.compare[open] table");
    await intact(page, "comparison");
  },
};

inBrowsers("the console with unusual data", TESTS, startConsole);

// States of the console for tests that look at all of them, in each language.

import * as flows from "./console-flows.mjs";

const CONTENT = "#view-definition .editor-host >>> .cm-content";
const VIEWS = ["graph", "timeline", "events", "definition"];

/** Opens a view of an execution. */
const shown = (hash, status) => async (page, site) => {
  await page.open(`${site.url}?${hash.length}${status.length}#${hash}`);
  await page.waitForText(".status", status);
  const view = /view=(\w+)/.exec(hash)?.[1] ?? "graph";
  await page.waitForElement(`#view-${view} > * *`);
};

/** Starts the executions of the states. */
export async function startExecutions(site) {
  await site.start("invoices", "failed", flows.MAP, { items: [1, 2, 3, 4] });
  await site.start("invoices", "good", flows.MAP, { items: [1, 2] });
  await site.start("asks", "failed", flows.ASK);
  await site.start("nap", "running", flows.nap(300));
  await site.start("resize", "caught", flows.CAUGHT);
}

/**
 * States of the page by name, each with the function that shows it.
 *
 * @param {import("../../../www/console/words/words.js").Dictionary} words of the language of the page
 */
export const statesOf = ({ app, failure, lists, problem, start, status }) => ({
  async "nothing opened"(page, site) {
    await page.open(site.url);
    await page.waitForElement(`button :: ${start.start}`);
    await page.waitForElement("cloudflow-graph");
  },
  ...Object.fromEntries(
    VIEWS.map((view) => [`failed, ${view}`, shown(`flow=invoices&execution=failed&view=${view}`, status.Failed)]),
  ),
  "running, graph": shown("flow=nap&execution=running", status.Running),
  "running, timeline": shown("flow=nap&execution=running&view=timeline", status.Running),
  "succeeded, timeline": shown("flow=resize&execution=caught&view=timeline&visit=0", status.Succeeded),
  "succeeded, events": shown("flow=resize&execution=caught&view=events&event=3", status.Succeeded),
  async "another definition in the editor"(page, site) {
    await shown("flow=resize&execution=caught&view=definition", status.Succeeded)(page, site);
    await page.waitForElement(".definition-actions button");
  },
  async "an editor with findings"(page, site) {
    await page.open(`${site.url}?findings#view=definition`);
    await page.waitForElement(`button :: ${start.start}`);
    await page.select(".start select", "findings");
    await page.waitForElement(".problems li");
  },
  async "the answer of a task"(page, site) {
    await shown("flow=asks&execution=failed", status.Failed)(page, site);
    await page.click(`.lists button :: ${lists.editFlow("asks")}`);
    await page.click(`button :: ${failure.answer}`);
    await page.waitForElement(".answer textarea");
  },
  async refused(page, site) {
    await page.open(`${site.url}?refused#flow=absent&execution=one`);
    await page.waitForText(".remarks", problem.FlowNotExists);
  },
  async help(page, site) {
    await shown("flow=invoices&execution=failed", status.Failed)(page, site);
    await page.click(`button :: ${app.help}`);
    await page.waitForElement("dialog.help[open]");
  },
  async comparison(page, site) {
    await shown("flow=invoices&execution=failed&compare=good", status.Failed)(page, site);
    await page.waitForElement("dialog.compare[open] .first-difference *");
  },
  async stop(page, site) {
    await shown("flow=nap&execution=running", status.Running)(page, site);
    await page.click(`button :: ${app.stop}`);
    await page.waitForElement("dialog.stop[open]");
  },
  async "without the permission to read histories"(page, site) {
    site.answer = (request) =>
      new URL(request.url).searchParams.get("Action") === "GetExecutionHistory"
        ? Response.json({ RequestId: "R", Code: "NoPermission", Message: "no" }, { status: 403 })
        : undefined;
    await shown("flow=resize&execution=caught&view=events", status.Succeeded)(page, site);
    await page.waitForText(".remarks", app.history_permission);
  },
});

/** States with texts that no other state has. */
export const furtherStatesOf = ({ events, start, status }) => ({
  async "a definition without states"(page, site) {
    await page.open(`${site.url}?none#view=definition`);
    await page.waitForElement(CONTENT);
    await page.click(CONTENT);
    await page.press("Control+a");
    await page.type("x");
    await page.waitForElement(".problems li");
  },
  async completion(page, site) {
    await page.open(`${site.url}?completion#view=definition`);
    await page.waitForElement(`button :: ${start.start}`);
    await page.select(".start select", "findings");
    await page.waitForElement(CONTENT);
    await page.click(CONTENT);
    await page.press("Control+End");
    await page.type("  - Type: ");
    await page.until("a completion", async () => {
      await page.press("Control+Space");
      return page.isVisible(".editor-host >>> .cm-tooltip-autocomplete li");
    });
  },
  async "a hover text"(page, site) {
    await page.open(`${site.url}?hover#view=definition`);
    await page.waitForElement(`button :: ${start.start}`);
    await page.select(".start select", "findings");
    await page.waitForElement(CONTENT);
    await page.until("a hover text", async () => {
      const { x, y } = await page.box(".editor-host >>> .cm-line :: Seco");
      await page.clickAt(x + 45, y + 8);
      await new Promise((resolve) => setTimeout(resolve, 700));
      return page.isVisible(".editor-host >>> .cm-tooltip-hover");
    });
  },
  async "search in the editor"(page, site) {
    await page.open(`${site.url}?search#view=definition`);
    await page.waitForElement(CONTENT);
    await page.click(CONTENT);
    await page.press("Control+f");
    await page.waitForElement(".editor-host >>> .cm-search input");
  },
  async "an input that is not JSON"(page, site) {
    await page.open(`${site.url}?input`);
    await page.waitForElement(`button :: ${start.start}`);
    await page.fill(".start textarea", '{"a" 1}');
    await page.click(`button :: ${start.start}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  },
  async "no events that match"(page, site) {
    await shown("flow=resize&execution=caught&view=events", status.Succeeded)(page, site);
    await page.fill(`#view-events input[type="search"]`, "zzzz");
    await page.waitForText("#view-events", events.nothing);
  },
  async "no network"(page, site) {
    site.answer = (request) =>
      new URL(request.url).pathname.startsWith("/api/") ? new Response("bad gateway", { status: 502 }) : undefined;
    await page.open(`${site.url}?network#flow=resize&execution=caught`);
    await page.waitForText(".connection, .remarks, header, main", /重新连接|重试|reconnect|try/i);
  },
  async "a state that is selected"(page, site) {
    await shown("flow=invoices&execution=failed&node=/Each&visit=0", status.Failed)(page, site);
    await page.waitForElement(".selection");
  },
});

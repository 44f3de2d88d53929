// What people do with the console beside the usual way, in the browsers of `console.test.mjs`.

import assert from "node:assert/strict";

import { inBrowsers } from "./engines/run.mjs";
import { startConsole } from "./support/console.mjs";
import * as flows from "./support/console-flows.mjs";

/** Tests by name. `page` is a new page without stored data, `site` the console that serves it. */
const TESTS = {
  async "all times have 24 hours, in both languages"(page, site) {
    await site.start("refund", "clock", flows.CHOICE, { amount: 120 });
    await page.open(`${site.url}#flow=refund&execution=clock`);
    await page.waitForText(".status", /Succeeded.*Ended/s);
    for (const lang of ["en", "zh"]) {
      await page.select("header select", lang);
      const wanted = await page.evaluate((lang) => {
        const locale = lang === "zh" ? "zh-CN" : "en-US";
        const time = new Date(document.querySelector(".status time").dateTime);
        return time.toLocaleTimeString(locale, {
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
          hourCycle: "h23",
        });
      }, lang);
      await page.waitForText(".status time", new RegExp(`${wanted}$`));
      assert.doesNotMatch(await page.text("time"), /[AP]M|[上下]午/);
    }
  },

  async "a graph that may be old says so, and no longer when the connection is back"(page, site) {
    await site.start("nap", "old", flows.nap(60));
    await page.open(`${site.url}#flow=nap&execution=old`);
    await page.waitForText(".connection", "Watching");
    assert.equal(await page.isVisible(".graph-view .old"), false);
    // A view is loaded when it is opened for the first time.
    for (const view of ["timeline", "events", "graph"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view} .view-bar`);
    }
    await site.disconnect();
    await page.waitForText(".graph-view .view-bar", "last known status");
    await page.waitForElement("cloudflow-graph.is-old");
    for (const view of ["timeline", "events"]) {
      await page.click(`#tab-${view}`);
      await page.waitForText(`#view-${view} .view-bar`, "last known status");
    }
    await site.connect();
    await page.waitForText(".connection", "Watching");
    for (const view of ["events", "timeline", "graph"]) {
      await page.click(`#tab-${view}`);
      await page.waitForElement(`#view-${view} .view-bar`);
      assert.equal(await page.isVisible(`#view-${view} .old`), false, view);
    }
    await page.click("button :: Leave");
    await page.waitForText(".graph-view .view-bar", "last known status");
    await page.click("button :: Watch again");
    await page.waitForText(".connection", "Watching");
    assert.equal(await page.isVisible("cloudflow-graph.is-old"), false);
  },

  async "a flow whose name consists of blanks is not started"(page, site) {
    await page.open(site.url);
    await page.waitForElement("button :: Start and watch");
    await page.fill(".start input", "   ");
    const before = site.requests.length;
    await page.click("button :: Start and watch");
    assert.equal(
      await page.evaluate(() => document.querySelector(".start input").validationMessage),
      "Enter a name; it consists of blanks",
    );
    const sent = site.requests.slice(before).filter(({ method }) => method === "POST");
    assert.deepEqual(sent, []);
    await page.fill(".start input", " nap ");
    assert.equal(await page.evaluate(() => document.querySelector(".start input").validationMessage), "");
  },

  async "a link shows the input of its execution in the form, and an input that was typed is kept"(page, site) {
    await site.start("refund", "given", flows.CHOICE, { amount: 5 });
    await site.start("refund", "other", flows.CHOICE, { amount: 6 });
    const input = () => page.value(".start textarea");
    await page.open(`${site.url}#flow=refund&execution=given`);
    await page.until("the input is that of the execution", async () => (await input()) === '{\n  "amount": 5\n}');
    assert.equal(await page.value(".start select"), "", "no sample is of this flow");
    await page.open(`${site.url}?again#flow=refund&execution=other`);
    await page.until("and after a reload", async () => (await input()) === '{\n  "amount": 6\n}');
    await page.fill(".start textarea", '{"mine": 1}');
    await page.open(`${site.url}?typed#flow=refund&execution=given`);
    await page.waitForText(".status", /given.*Succeeded/s);
    assert.equal(await input(), '{"mine": 1}');
  },

  async "the key / opens the search of the definition"(page, site) {
    await page.open(site.url);
    await page.click("[role=tab] :: Definition");
    await page.waitForElement("#view-definition .editor-host >>> .cm-content");
    await page.focus("[role=tab][aria-selected=true]");
    await page.press("/");
    await page.waitForElement("#view-definition .editor-host >>> .cm-search input[name=search]");
    await page.type("Name");
    assert.equal(await page.value("#view-definition .editor-host >>> .cm-search input[name=search]"), "Name");
  },

  async "an answer that is not saved survives another language and an edit of the definition"(page, site) {
    await page.open(site.url);
    await page.waitForElement("button :: Start and watch");
    await page.select(".start select", "fails");
    await page.until("the sample is in the form", async () => (await page.value(".start input")) === "till");
    await page.click("summary :: Task answers");
    await page.click(".task button :: Add an answer");
    await page.fill(".task textarea", '{"half": ');
    await page.select("header select", "zh");
    await page.waitForText(".task form", "保存");
    assert.equal(await page.value(".task textarea"), '{"half": ');
    await page.select("header select", "en");

    await page.click("[role=tab] :: Definition");
    const content = "#view-definition .editor-host >>> .cm-content";
    await page.waitForElement(content);
    await page.focus(content);
    await page.press("Control+a");
    await page.press("Delete");
    await page.until("the task is gone", async () => (await page.count(".task")) === 0);
    await page.press("Control+z");
    await page.waitForElement(".task textarea");
    assert.equal(await page.value(".task textarea"), '{"half": ');
  },

  async "a flow that does not have the execution: the page is connected, then says that there is none"(page, site) {
    site.put("nap", flows.nap(1));
    await page.open(`${site.url}#flow=nap&execution=nothing`);
    const seen = new Set();
    await page.until("the watch ends", async () => {
      const text = await page.text(".connection");
      seen.add(text);
      return /refused/.test(text);
    });
    assert.doesNotMatch([...seen].join(), /Reconnecting/);
    await page.waitForText(".remarks", "ExecutionNotExists");
  },

  async "the focus stays where it is after a start, and moves to the next button after a stop"(page, site) {
    await page.open(site.url);
    await page.waitForElement("button :: Start and watch");
    await page.select(".start select", "fails");
    await page.focus("button :: Start and watch");
    await page.press("Enter");
    await page.waitForText(".status", "Running");
    await page.waitForText(".start button", "Start and watch");
    assert.equal(await page.focused(), "Start and watch");
    await page.focus("button :: Stop execution");
    await page.press("Enter");
    await page.focus("dialog button :: Stop it");
    await page.press("Enter");
    await page.waitForText(".status", /Stopped.*Ended/s);
    assert.equal(await page.focused(), "Start again");
  },

  async "while a definition is not checked yet, the graph does not say that there is none"(page, site) {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    site.answer = async (request) => {
      if (/\/language-\w+\.wasm$/.test(request.url)) await held;
    };
    await page.open(site.url);
    await page.waitForElement("[role=tab] :: Graph");
    await page.until("the view is loaded", async () => (await page.count("cloudflow-graph")) === 1);
    const said = await page.evaluate(() => document.querySelector(".graph-view .view-empty").textContent);
    release();
    await page.waitForElement("cloudflow-graph >>> .state");
    assert.equal(said, "");
  },

  async "while only the time passes, no node is replaced, and a press ends on the node on which it began"(page, site) {
    // WebKit sends no `click` if the text of a button is another node when the pointer is released.
    await page.open(site.url);
    await page.waitForElement("button :: Start and watch");
    const isKept = await page.evaluate(async () => {
      const submit = document.querySelector(".start [type=submit]");
      const { firstChild } = submit;
      const sample = document.querySelector(".start select");
      sample.value = "fails";
      sample.dispatchEvent(new Event("change"));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return firstChild !== null && submit.firstChild === firstChild;
    });
    assert.ok(isKept, "the text of the button");

    await site.start("breakfast", "press", flows.PARALLEL);
    for (const view of ["graph", "timeline", "events", "definition"]) {
      await page.open(`${site.url}?${view}#flow=breakfast&execution=press&view=${view}`);
      await page.waitForText(".connection", "Watching");
      await page.waitForElement(`#view-${view} > * *`);
      await page.waitForText(".lists", "press");
      if (view === "graph")
        await page.until("the wait is over", async () => {
          const boil = 'cloudflow-graph >>> .state[data-id="/Cook/Branches[0]/Boil"]';
          return (await page.attribute(boil, "data-status")) === "succeeded";
        });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const removed = await page.evaluate(async () => {
        const found = new Set();
        const observer = new MutationObserver((records) => {
          // The ticks of the axis, which cannot be clicked, move apart.
          for (const { target, removedNodes } of records)
            if (removedNodes.length > 0 && !target.matches(".axis"))
              found.add(
                `${target.nodeName} ${target.getAttribute("class")} ${target.textContent} ${target.parentNode?.getAttribute("aria-label")}`,
              );
        });
        observer.observe(document, { childList: true, subtree: true });
        const root = document.querySelector("cloudflow-graph")?.shadowRoot;
        if (root) observer.observe(root, { childList: true, subtree: true });
        await new Promise((resolve) => setTimeout(resolve, 2500));
        observer.disconnect();
        return [...found];
      });
      assert.deepEqual(removed, [], view);
    }
    site.release("toast");
    site.release("steep");
  },

  async "in a low window the editor has room for its text"(page, site) {
    await page.viewport(720, 450);
    await page.open(`${site.url}#view=definition`);
    await page.waitForElement("#view-definition .editor-host >>> .cm-content");
    const { height } = await page.box("#view-definition .editor-host");
    assert.ok(height >= 200, `${height} px`);
  },
};

inBrowsers("the console, used in other ways", TESTS, startConsole);

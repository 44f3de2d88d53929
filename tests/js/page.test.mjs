// The demo page in a browser, with its gateway in workerd and the emulator over HTTP.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startDemo } from "../../www/serve.mjs";
import { launch } from "./chromium.mjs";
import { raw } from "./support/local-server.mjs";

const SCREENS = fileURLToPath(new URL("../../target/screens/", import.meta.url));

let demo;
let browser;
let upstream = [];

before(async () => {
  await mkdir(SCREENS, { recursive: true });
  browser = await launch();
  demo = await startDemo({ onUpstream: (seen) => upstream.push(seen) });
});

after(async () => {
  await browser?.close();
  await demo?.close();
});

beforeEach(() => {
  upstream = [];
});

/** Opens a page of the console. The end of the test fails if the page reported an error. */
async function open(t, { colorScheme = "light", hash = "" } = {}) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 940 } });
  const mistakes = [];
  const asked = [];
  page.on("pageerror", (error) => mistakes.push(String(error)));
  page.on("console", (message) => {
    // Chromium reports an error response of the service as an error of the page.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      mistakes.push(message.text());
  });
  page.on("request", (request) => asked.push(request.url()));
  t.after(async () => {
    await page.close();
    assert.deepEqual(mistakes, []);
    for (const url of asked) {
      assert.ok(url.startsWith(demo.url) || url.startsWith("data:"), `the page asks its own origin only, not ${url}`);
      assert.doesNotMatch(url, /AccessKeyId|Signature|SecurityToken/, "the page signs nothing");
    }
  });
  await page.goto(demo.url + hash);
  await page.waitForSelector("#start:enabled");
  return page;
}

const status = (page, words) =>
  page.waitForFunction((expected) => document.getElementById("status").textContent === expected, words, {
    timeout: 15_000,
  });

const polls = () => upstream.filter(({ url }) => new URL(url).searchParams.get("Action") === "DescribeExecution");

for (const [sample, dialect] of [
  ["0", "StateMachine"],
  ["1", "flow"],
]) {
  test(`a ${dialect} with a wait of 5 s is started, seen running, and seen to succeed`, async (t) => {
    const page = await open(t);
    await page.selectOption("#sample", sample);
    assert.match(await page.textContent("#verdict"), new RegExp(`Dialect ${dialect}: no diagnostics`));
    await page.click("#start");
    await status(page, "Running");
    await page.screenshot({ path: `${SCREENS}running-${dialect}.png` });
    await status(page, "Succeeded");
    await page.screenshot({ path: `${SCREENS}succeeded-${dialect}.png`, fullPage: true });

    const facts = await page.textContent("#facts");
    assert.match(facts, /Started.*Stopped/);
    assert.match(await page.textContent("#texts"), /Input.*Output/s);
    const seconds = parseFloat(await page.textContent("#elapsed"));
    assert.ok(seconds >= 5 && seconds < 8, `it took about 5 s, not ${seconds}`);
    assert.equal(await page.locator("#graph .node:not(.start, .end)").count(), 3);
    assert.equal(await page.locator("#graph .way").count(), 4, "from the start, between them, and to the end");

    const held = polls().find((poll) => poll.seconds > 3);
    assert.ok(held, `a poll was held: ${JSON.stringify(polls())}`);
    const query = new URL(held.url).searchParams;
    assert.equal(held.status, 200);
    assert.ok(Number(query.get("WaitTimeSeconds")) >= 10, "it carried the wait");
    assert.match(query.get("Signature"), /^[A-Za-z0-9+/]{27}=$/, "it was signed");
    assert.ok(query.get("AccessKeyId").startsWith("demo"), "with the gateway's key");
    // One request for the current state, one for the end, one more for a slow machine.
    assert.ok(polls().length <= 3, `few polls, not ${polls().length}`);
  });
}

test("a page without a network shows it, and shows the end of the execution when the network is back", async (t) => {
  const page = await open(t);
  await page.selectOption("#sample", "0");
  await page.click("#start");
  await status(page, "Running");
  await page.context().setOffline(true);
  await status(page, "Waiting for the network");
  // An earlier request may still be answered. The page must miss the end.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await page.context().setOffline(false);
  await status(page, "Succeeded");
  assert.equal(await page.isHidden("#error"), true);
});

test("a page whose gateway cannot be reached shows when it tries again, and continues", async (t) => {
  const page = await open(t);
  await page.selectOption("#sample", "0");
  await page.click("#start");
  await status(page, "Succeeded");
  const polls = /ExecutionName=/;
  await page.route(polls, (route) => route.abort());
  await page.click("#watch");
  await page.waitForFunction(() => /^Reconnecting/.test(document.querySelector("#status").textContent));
  await page.waitForFunction(() => /next try in \d+ s$/.test(document.querySelector("#status").textContent));
  await page.unroute(polls);
  await status(page, "Succeeded");
  assert.equal(await page.isHidden("#error"), true);
});

test("an execution that fails is shown as failed", async (t) => {
  const page = await open(t);
  await page.selectOption("#sample", "2");
  await page.click("#start");
  await status(page, "Running");
  await status(page, "Failed");
  assert.equal(await page.isHidden("#error"), true, "a failed execution is an answer, not an error of the page");
});

test("every action is available by keyboard", async (t) => {
  const page = await open(t);
  await page.selectOption("#sample", "3");
  await page.evaluate(() => document.activeElement.blur());
  await page.evaluate(() => getSelection().removeAllRanges());
  await page.focus("body");

  const reached = [];
  for (let i = 0; i < 30; i += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const { activeElement } = document;
      const style = getComputedStyle(activeElement.closest(".editor") ?? activeElement);
      return {
        name: activeElement.id || activeElement.closest("[id]")?.id || "",
        body: activeElement === document.body,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      };
    });
    if (at.body) break;
    assert.ok(at.ring, `the focus can be seen on ${at.name}`);
    reached.push(at.name);
  }
  for (const name of [
    "flow-name",
    "execution-name",
    "input",
    "start",
    "watch",
    "sample",
    "definition",
    "diagnostics",
    "graph",
  ]) {
    assert.ok(reached.includes(name), `${name} is reached: ${reached.join(", ")}`);
  }

  // Starts from the field and stops with the keyboard. The focus does not move.
  await page.selectOption("#sample", "0");
  await page.focus("#flow-name");
  await page.keyboard.press("Enter");
  await status(page, "Running");
  for (let i = 0; i < 6 && !(await page.evaluate(() => document.activeElement.id === "stop")); i += 1) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await status(page, "Not watching");
  assert.equal(await page.evaluate(() => document.activeElement.id), "start");
});

test("findings are shown at their lines and link to them", async (t) => {
  const page = await open(t);
  await page.selectOption("#sample", "3");
  assert.match(await page.textContent("#verdict"), /error/);
  const marked = await page.locator("#gutter .error").allTextContents();
  assert.ok(marked.includes("8"), `line 8 is marked, not only ${marked}`);
  await page.screenshot({ path: `${SCREENS}findings.png`, fullPage: true });
  const finding = page.locator("#diagnostics button", { hasText: "Steeep" });
  await finding.first().focus();
  await page.keyboard.press("Enter");
  const selected = await page.evaluate(() => {
    const area = document.getElementById("definition");
    return document.activeElement === area && area.value.slice(area.selectionStart, area.selectionEnd);
  });
  assert.equal(selected, "Steeep");

  await page.fill("#definition", "States: [");
  assert.match(await page.textContent("#verdict"), /Not a flow|error/);
  await page.fill("#definition", "");
  assert.equal(await page.locator("#graph svg").count(), 0);
});

test("errors are shown with a headline and advice", async (t) => {
  const page = await open(t);
  await page.fill("#flow-name", "absent-flow");
  await page.fill("#execution-name", "run-1");
  await page.click("#watch");
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.textContent("#error"), /The flow does not exist.*absent-flow.*FlowNotExists/s);
  await status(page, "Not watching");

  await page.fill("#flow-name", "brew");
  await page.fill("#input", "not JSON");
  await page.click("#start");
  await page.waitForFunction(() => document.getElementById("error").textContent.includes("InvalidArgument"));
});

test("the address contains the state of the page", async (t) => {
  const page = await open(t);
  const text = "type: flow\nversion: v1\nsteps:\n  - {type: pass, name: 泡茶 🫖 #1}\n";
  await page.fill("#definition", text);
  await page.fill("#flow-name", "tea_house");
  await page.waitForFunction(() => location.hash.includes("tea_house"));
  await page.reload();
  await page.waitForSelector("#start:enabled");
  assert.equal(await page.inputValue("#definition"), text);
  assert.equal(await page.inputValue("#flow-name"), "tea_house");
});

test("a page of another origin is refused, also under a host name that resolves to this machine", async () => {
  const { host, port } = new URL(demo.url);
  const body = JSON.stringify({
    flowName: "evil",
    executionName: "e",
    definition: "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n",
  });
  const start = (host, ...headers) =>
    raw(
      demo.url,
      [
        "POST /demo/start HTTP/1.1",
        `Host: ${host}`,
        "Content-Type: application/json",
        `Content-Length: ${body.length}`,
        "Connection: close",
        ...headers,
        "",
        body,
      ].join("\r\n"),
    );
  const get = (path, host, ...headers) =>
    raw(demo.url, [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", ""].join("\r\n"));
  const query = "/api/?FlowName=evil&ExecutionName=e&Action=DescribeExecution";
  for (const answer of [
    await start(host, "Origin: http://evil.example"),
    await start(host, "Origin: null", "Sec-Fetch-Site: cross-site"),
    await start(host, "Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site"),
    await start(`evil.example:${port}`),
    await start(`evil.example:${port}`, `Origin: http://evil.example:${port}`, "Sec-Fetch-Site: same-origin"),
    await start("evil.example", `X-Forwarded-Host: ${host}`, `MF-Original-URL: ${demo.url}demo/start`),
    await get(query, `evil.example:${port}`),
    await get(query, host, "Sec-Fetch-Site: cross-site"),
    await get(query, "evil.example", `MF-Original-URL: ${demo.url}${query.slice(1)}`),
    await get("/index.html", `evil.example:${port}`),
  ]) {
    assert.equal(answer.status, 403, `${answer.head}\n${answer.body}`);
    assert.match(answer.body, /Local\.(Host|Origin)Refused/);
    assert.doesNotMatch(answer.head, /access-control-allow/i);
  }
  // The Worker's own port, which a rebound name would reach. It trusts the header of wrangler.
  const { port: inner } = new URL(demo.workerUrl);
  const path = `/api/${query.slice(5)}`;
  for (const headers of [
    `Host: 127.0.0.1:${inner}`,
    `Host: evil.example:${inner}\r\nMF-Original-URL: ${demo.workerUrl.slice(0, -1)}${path}`,
  ]) {
    const answer = await raw(demo.workerUrl, `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
    assert.equal(answer.status, 403, answer.head);
  }
  assert.deepEqual(upstream, [], "nothing of it came to the emulator");
  assert.equal((await start(host, `Origin: http://${host}`, "Sec-Fetch-Site: same-origin")).status, 200);
});

for (const colorScheme of ["light", "dark"]) {
  test(`every text can be read in ${colorScheme} mode`, async (t) => {
    const page = await open(t, { colorScheme });
    await page.selectOption("#sample", "3");
    await page.fill("#flow-name", "absent-flow");
    await page.fill("#execution-name", "run-1");
    await page.click("#watch");
    await page.waitForSelector("#error:not([hidden])");
    await page.screenshot({ path: `${SCREENS}${colorScheme}.png`, fullPage: true });
    assert.deepEqual(await page.evaluate(faintTexts), []);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    assert.equal(paper[0] < 128, colorScheme === "dark");
  });
}

/** Runs in the page. Returns the texts whose contrast with their background is below 4.5 to 1 (WCAG AA). */
function faintTexts() {
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const clear = (color) => color === "transparent" || (numbers(color).length === 4 && numbers(color)[3] === 0);
  const behind = (element) => {
    const rect = element.closest("g.node")?.querySelector("rect");
    if (rect) return getComputedStyle(rect).fill;
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!clear(backgroundColor)) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest(".marks, noscript, .skip, title, desc")) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own && !element.matches("input, textarea, select")) continue;
    if (element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(numbers(element.closest("svg") ? style.fill : style.color)), light(numbers(behind(element)))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${element.tagName} "${element.textContent.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return faint;
}

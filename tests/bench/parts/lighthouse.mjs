// Lighthouse for the console, as `npx cloudflow-wasm local` serves it: the preset of a phone on a slow network, simulated.
// The time of the main thread is measured, so the machine must be idle.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { program } from "../../js/chromium.mjs";
import { median } from "../lib/measure.mjs";
import { finish, packageUrl, quick, report } from "../lib/part.mjs";

/** The scores of the issue, of 100. */
const LEAST = { performance: 98, accessibility: 100 };
const MOST_UNTIL_USABLE_MS = 1000;

const runs = quick ? 1 : 5;
const where = "Chromium, slow phone";
const raw = {};

const packages = new URL("../lighthouse/node_modules/", import.meta.url);
const { default: lighthouse } = await import(new URL("lighthouse/core/index.js", packages));
const { launch } = await import(new URL("chrome-launcher/dist/index.js", packages));

const served = await serve();
const chrome = await launch({
  chromePath: program(),
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"],
});
try {
  const results = [];
  for (let run = 0; run < runs; run += 1) {
    const { lhr } = await lighthouse(`${served.url}/`, { port: chrome.port, onlyCategories: Object.keys(LEAST) });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    results.push(lhr);
  }
  rows(results);
} finally {
  await chrome.kill();
  served.stop();
}
finish(raw);

function rows(results) {
  for (const [category, least] of Object.entries(LEAST)) {
    const scores = results.map(({ categories }) => Math.round(categories[category].score * 100));
    raw[category] = scores;
    const ours = median(scores);
    report({
      what: `console, Lighthouse: ${category}`,
      where,
      ours: String(ours),
      unit: "text",
      goal: `>= ${least}`,
      met: ours >= least,
      note: `${Math.min(...scores)} to ${Math.max(...scores)} in ${runs} runs`,
    });
  }
  const metrics = {
    "first text": "first-contentful-paint",
    "the page is drawn and can be used": "largest-contentful-paint",
    "the flow is drawn, and nothing more happens": "interactive",
    "main thread blocked": "total-blocking-time",
  };
  for (const [what, audit] of Object.entries(metrics)) {
    const times = results.map(({ audits }) => audits[audit].numericValue);
    raw[audit] = times;
    const ours = median(times);
    const isGoal = audit === "largest-contentful-paint";
    report({
      what: `console: ${what}`,
      where,
      ours: ours * 1000,
      unit: "us",
      goal: isGoal ? `<= ${MOST_UNTIL_USABLE_MS} ms` : "",
      met: isGoal ? ours <= MOST_UNTIL_USABLE_MS : null,
      note: `minimum ${Math.min(...times).toFixed(0)} ms`,
    });
  }
  const [{ audits }] = results;
  raw.failed = Object.values(audits)
    .filter(({ score }) => score !== null && score < 1)
    .map(({ id, score, displayValue }) => ({ id, score, displayValue }));
  report({
    what: "console: bytes of the first view on the wire, without an execution",
    where,
    ours: audits["total-byte-weight"].numericValue,
    unit: "bytes",
  });
}

/** The command of the package, at any free port. */
function serve() {
  const command = fileURLToPath(new URL("bin/cloudflow-wasm.js", packageUrl));
  const child = spawn(process.execPath, [command, "local", "--port", "0", "--quiet"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const [, url] = /^console +(\S+)\/$/m.exec(output) ?? [];
      if (url) resolve({ url, stop: () => child.kill() });
    });
    child.once("exit", () => reject(new Error(`the server has ended:\n${output}`)));
  });
}

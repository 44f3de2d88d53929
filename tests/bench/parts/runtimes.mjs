// The signed request in workerd and in Chromium, where no processor time can be read: there the wall
// clock of a long loop counts, so the machine should be idle.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { median } from "../lib/measure.mjs";
import { finish, loadOurs, packageUrl, quick, report } from "../lib/part.mjs";

const there = await loadOurs();
const rounds = quick ? 3 : 9;
const raw = {};

const source = (entry) => `
  import { others, oursToFetch } from ${JSON.stringify(fileURLToPath(new URL("../lib/signers.mjs", import.meta.url)))};
  ${entry ? `import { describeExecution } from ${JSON.stringify(entry)};` : ""}
  let contenders;
  export async function loop(name, count, tidy) {
    contenders ??= { ${entry ? 'ours: oursToFetch(describeExecution, "HMAC-SHA1"), "ours, ACS3": oursToFetch(describeExecution, "ACS3-HMAC-SHA256"),' : ""} ...(await others()) };
    const work = contenders[name];
    const most = tidy ? (work?.most ?? count) : count;
    let ms = 0;
    for (let done = 0; done < count; done += most) {
      const start = performance.now();
      for (let i = Math.min(most, count - done); i > 0; i -= 1) await work();
      ms += performance.now() - start;
      if (tidy) await work.after?.();
    }
    return ms;
  }`;
const names = [...(there ? ["ours", "ours, ACS3"] : []), "Web Crypto, own signer", "aws4fetch"];

async function bundle(entry, contents, external = []) {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: source(entry && fileURLToPath(new URL(entry, packageUrl))) + contents,
      resolveDir: fileURLToPath(new URL("..", import.meta.url)),
      loader: "js",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external,
    logLevel: "silent",
  });
  return outputFiles[0].text;
}

/**
 * @param time (name, count) → ms for `count` signed requests
 * @param most maximum number of concurrent requests
 */
async function measure(runtime, time, most) {
  const us = {};
  for (const name of names) {
    let count = 64;
    await time(name, count); // starts the runtime, makes the instance
    let ms = await time(name, count);
    while (ms < 200 && count < most) {
      count *= 2;
      ms = await time(name, count);
    }
    us[name] = { count, rounds: [] };
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) us[name].rounds.push(((await time(name, us[name].count)) * 1000) / us[name].count);
  }
  raw[runtime] = us;
  const found = Object.fromEntries(names.map((name) => [name, median(us[name].rounds)]));
  const { ours, "ours, ACS3": acs3, ...peers } = found;
  for (const [signature, mine] of [
    ["HMAC-SHA1", ours],
    ["ACS3-HMAC-SHA256", acs3],
  ]) {
    report({
      what: `one signed request, ${signature}`,
      where: runtime,
      ours: mine,
      unit: "us",
      peers,
      times: mine && Object.fromEntries(Object.entries(peers).map(([name, value]) => [name, value / mine])),
      goal: "<= 10 us",
      met: mine ? mine <= 10 : null,
    });
  }
}

await inWorkerd();
await inChromium();
finish(raw);

async function inWorkerd() {
  const { Log, LogLevel, Miniflare } = await import("miniflare");
  const handler = `
    export default { async fetch(request) {
      const { searchParams } = new URL(request.url);
      // Tidying up would be timed too; what is left unanswered ends with this request.
      await loop(searchParams.get("name"), Number(searchParams.get("count")), false);
      return new Response("done");
    } };`;
  const bundled = await bundle(there && "workerd.js", handler, ["*.wasm"]);
  // workerd refuses a module outside of its root, so the modules are next to the script.
  const script = bundled.replace(/(from|import) "[^"]*\/([^"/]+\.wasm)"/g, '$1 "./$2"');
  const wasm = [...new Set([...script.matchAll(/"\.\/([^"/]+\.wasm)"/g)].map(([, name]) => name))].map((name) => ({
    type: "CompiledWasm",
    path: name,
    contents: fs.readFileSync(new URL(name, packageUrl)),
  }));
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: script }, ...wasm],
    compatibilityDate: "2026-04-01",
    log: new Log(LogLevel.ERROR),
  });
  // The clock inside does not advance between I/O, so the time is measured here, minus that of a request
  // that signs nothing takes.
  const dispatch = async (name, count) => {
    const start = performance.now();
    await (await miniflare.dispatchFetch(`http://bench/?${new URLSearchParams({ name, count })}`)).text();
    return performance.now() - start;
  };
  await measure("workerd", async (name, count) => (await dispatch(name, count)) - (await dispatch(name, 0)), 512);
  await miniflare.dispose();
}

async function inChromium() {
  const executablePath = process.env.CHROMIUM ?? installedChromium();
  if (!executablePath) {
    console.error("no Chromium: its row is left out (CHROMIUM names one)");
    return;
  }
  const { chromium } = await import("playwright-core");
  const script = await bundle(there && "index.js", "");
  const server = http.createServer((request, response) => {
    const isScript = request.url === "/loop.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : "<!doctype html><title>bench</title>");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await measure(
    "Chromium",
    (name, count) =>
      page.evaluate(async ([name, count]) => (await import("/loop.js")).loop(name, count, true), [name, count]),
    1e5,
  );
  await browser.close();
  server.close();
}

function installedChromium() {
  try {
    return execFileSync(
      "sh",
      ["-c", "command -v chromium-headless-shell || command -v chromium || command -v google-chrome"],
      { encoding: "utf8" },
    ).trim();
  } catch {
    return "";
  }
}

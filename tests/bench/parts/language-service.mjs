// The editor service beside the language service of AWS, each in its own dialect: features, the first answer of a new
// process, the time of a key in a text of 64 KB, the size, and where it runs.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import esbuild from "esbuild";
import { features, probe } from "../lib/editor-features.mjs";
import { createAws, createOurs, documentOf } from "../lib/editors.mjs";
import { compare, median, times } from "../lib/measure.mjs";
import { effort, finish, loadOurs, packageUrl, quick, report, where } from "../lib/part.mjs";
import { inChromium, inWorkerd } from "../lib/places.mjs";

/** Maximum time of an answer after an edit, in us. */
const MOST_PER_KEY = 5000;
const MOST_BYTES = 150 * 1024;

const there = await loadOurs();
const editor = new URL("editor.js", packageUrl).href;
const here = fileURLToPath(new URL("..", import.meta.url));
const AWS = { "asl, YAML": "AWS service, YAML", "asl, JSON": "AWS service, JSON" };
const OURS = there ? ["StateMachine", "flow"] : [];
const raw = {};

const { openFlow } = there ? await import(editor) : {};
/** @type {Record<string, any>} */
const services = {
  ...(there && { StateMachine: createOurs(openFlow), flow: createOurs(openFlow) }),
  "asl, YAML": createAws("YAML"),
  "asl, JSON": createAws("JSON"),
};

/** Defines `answer()`: the labels of a completion. */
const program = (entry) => `
  import { openFlow } from ${JSON.stringify(entry)};
  export function answer() {
    const text = "Type: StateMachine\\nSpecVersion: v1\\nName: a\\nStartAt: A\\nStates:\\n  - Type: Pass\\n    Name: A\\n    Next: ";
    const flow = openFlow(text + "\\n  - Type: Succeed\\n    Name: B\\n");
    const labels = flow.completion(text.length).items.map(({ label }) => label);
    flow.close();
    return labels.join(" ");
  }`;
const awsProgram = `
  import { getYamlLanguageService } from "amazon-states-language-service";
  import { TextDocument } from "vscode-languageserver-textdocument";
  export async function answer() {
    const text = "StartAt: A\\nStates:\\n  A:\\n    Type: Pass\\n    Next: ";
    const document = TextDocument.create("file:///a.asl.yaml", "yaml", 1, text + "\\n  B:\\n    Type: Succeed\\n");
    const list = await getYamlLanguageService({}).doComplete(document, document.positionAt(text.length));
    return list.items.map(({ label }) => label).join(" ");
  }`;

await reportFeatures();
await reportPlaces();
reportSize();
reportCold();
await reportKeys();
finish(raw);

async function reportFeatures() {
  const found = {};
  for (const [language, service] of Object.entries(services)) found[language] = await probe(service, language);
  raw.features = found;
  for (const feature of Object.keys(features)) {
    const [machine, flow] = OURS.map((language) => found[language][feature]);
    const both = machine && (machine.text === flow.text ? machine.text : `${machine.text}; flow: ${flow.text}`);
    report({
      what: `language service, ${feature}`,
      ours: both,
      unit: "text",
      peers: Object.fromEntries(Object.entries(AWS).map(([language, name]) => [name, found[language][feature].text])),
      met: machine ? machine.right && flow.right : null,
    });
  }
}

/** A bundle for the browser, and the first errors of it. */
async function bundle(contents, { platform = "browser", external = [], minify = true } = {}) {
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: here, loader: "js" },
      bundle: true,
      minify,
      write: false,
      format: platform === "node" ? "cjs" : "esm",
      platform,
      external,
      target: "es2022",
      legalComments: "none",
      logLevel: "silent",
      logLimit: 100,
    });
    return { code: outputFiles[0].text };
  } catch (error) {
    const missing = [...new Set(error.errors.map(({ text }) => /Could not resolve "([^"]+)"/.exec(text)?.[1] ?? text))];
    return {
      problem: `cannot be bundled: it imports ${missing.slice(0, 4).join(", ")} and ${missing.length - 4} more`,
    };
  }
}

async function reportPlaces() {
  const mine = there && (await bundle(program(fileURLToPath(editor)), { minify: false }));
  const worker =
    there &&
    (await bundle(program(fileURLToPath(new URL("editor.workerd.js", packageUrl))), {
      external: ["*.wasm"],
      minify: false,
    }));
  const aws = await bundle(awsProgram, { minify: false });
  for (const [place, run, ours] of [
    ["a page of Chromium", (code) => inChromium(code, "page"), mine],
    ["a Web Worker of Chromium", (code) => inChromium(code, "worker"), mine],
    ["workerd", (code) => inWorkerd(code), worker],
  ]) {
    const attempt = async ({ code, problem }) => {
      if (problem) return `no (${problem})`;
      const labels = await run(code).catch((error) => `error: ${error.message}`);
      if (labels === undefined) return undefined;
      return labels.split(" ").includes("B") ? "yes" : `no (${labels.slice(0, 100)})`;
    };
    const answer = ours && (await attempt(ours));
    if (ours && answer === undefined) continue;
    report({
      what: `language service, runs in ${place}`,
      where: "-",
      ours: answer,
      unit: "text",
      peers: { "AWS service": await attempt(aws) },
      met: ours ? answer === "yes" : null,
    });
  }
}

function reportSize() {
  const size = (contents, platform) => {
    const { outputFiles } = esbuild.buildSync({
      stdin: { contents, resolveDir: here, loader: "js" },
      bundle: true,
      minify: true,
      write: false,
      format: platform === "node" ? "cjs" : "esm",
      platform,
      target: "es2022",
      legalComments: "none",
      logLevel: "silent",
    });
    return zlib.gzipSync(outputFiles[0].contents, { level: 9 }).length;
  };
  const mine = there && size(`export { openFlow } from ${JSON.stringify(fileURLToPath(editor))};`, "browser");
  const aws = size('export { getYamlLanguageService } from "amazon-states-language-service";', "node");
  raw.size = { mine, aws };
  report({
    what: "language service, bundled and minified, gzip (AWS service: for Node)",
    where: "-",
    ours: mine,
    unit: "bytes",
    peers: { "AWS service": aws },
    times: mine && { "AWS service": aws / mine },
    goal: "<= 150 KiB",
    met: mine ? mine <= MOST_BYTES : null,
  });
}

/** One process for each sample: the import, then completion and findings of a text. */
function reportCold() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudflow-bench-"));
  const script = path.join(here, "lib/first-answer.mjs");
  const names = [...OURS.slice(0, 1), ...Object.keys(AWS)];
  for (const [size, bytes] of [
    ["1 KB", 1200],
    ["64 KB", 65536],
  ]) {
    const samples = Object.fromEntries(names.map((name) => [name, []]));
    for (const name of names) fs.writeFileSync(path.join(folder, name), documentOf(name, bytes));
    for (let round = 0; round < (quick ? 3 : 9); round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(round + turn) % names.length];
        const run = spawnSync(process.execPath, [script, name, path.join(folder, name), editor], { encoding: "utf8" });
        if (run.status !== 0) throw new Error(`${name}: ${run.stderr}`);
        // The first round warms the file cache.
        if (round > 0) samples[name].push(JSON.parse(run.stdout));
      }
    }
    raw[`first answer, ${size}`] = samples;
    for (const [what, key] of [
      ["CPU of the main thread", "main"],
      ["wall time, minimum", "wall"],
    ]) {
      const of = (name) => {
        const all = samples[name].map((sample) => sample[key]);
        return key === "wall" ? Math.min(...all) : median(all);
      };
      const mine = there ? of("StateMachine") : undefined;
      report({
        what: `language service, import, completion and findings of a text of ${size}: ${what}`,
        ours: mine && mine * 1000,
        unit: "us",
        peers: Object.fromEntries(Object.entries(AWS).map(([name, title]) => [title, of(name) * 1000])),
        times: mine && Object.fromEntries(Object.entries(AWS).map(([name, title]) => [title, of(name) / mine])),
        goal: "less than the AWS service",
        met: mine ? Object.keys(AWS).every((name) => mine < of(name)) : null,
      });
    }
  }
  fs.rmSync(folder, { recursive: true });
}

/** A character is typed at the end of a target in the middle of the text, or removed; then completion and findings. */
function typing(service, text) {
  const flow = service.open(text);
  const middle = text.length >> 1;
  const match = /(?:goto: |"?Next"?: "?)\w+/g;
  match.lastIndex = middle;
  const found = match.exec(text);
  const place = found.index + found[0].length;
  let typed = false;
  return async () => {
    if (typed) flow.edit(place, place + 1, "");
    else flow.edit(place, place, "x");
    typed = !typed;
    const labels = await flow.completion(place);
    const findings = await flow.diagnostics();
    if (labels.length === 0 || findings.length > 0 !== typed)
      throw new Error(`wrong answer: ${findings.length} findings`);
  };
}

async function reportKeys() {
  const work = Object.fromEntries(
    Object.entries(services).map(([language, service]) => [language, typing(service, documentOf(language, 65536))]),
  );
  const found = await compare(work, { ...effort, async: true });
  raw["time per key"] = found;
  for (const language of OURS) {
    const mine = found[language];
    report({
      what: `language service, a key in a text of 64 KB: edit, completion and findings, ${language}`,
      ours: mine.us,
      unit: "us",
      peers: Object.fromEntries(Object.entries(AWS).map(([name, title]) => [title, found[name].us])),
      times: Object.fromEntries(Object.entries(AWS).map(([name, title]) => [title, times(found[name], mine)])),
      goal: "<= 5 ms; less than the AWS service",
      met: mine.us <= MOST_PER_KEY && Object.keys(AWS).every((name) => mine.us < found[name].us),
      where,
    });
  }
  if (!there) {
    const peers = Object.fromEntries(Object.entries(AWS).map(([name, title]) => [title, found[name].us]));
    report({ what: "language service, a key in a text of 64 KB", unit: "us", peers });
  }
}

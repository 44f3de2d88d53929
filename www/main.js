// The console: connects the editor, the graph and the watched execution.

import { createClient, flowGraph, validateFlow } from "./pkg/index.js";
import { createEditor } from "./editor.js";
import { createExecutionView } from "./execution.js";
import { drawGraph } from "./graph.js";
import { samples } from "./samples.js";

/** The gateway has the origin of the page, so it allows no other origin. */
const client = createClient({ endpoint: new URL("api/", location.href).href });
const START = new URL("demo/start", location.href).href;

const by = (id) => document.getElementById(id);
const fields = { flow: by("flow-name"), execution: by("execution-name"), input: by("input") };
const view = createExecutionView(by);
const editor = createEditor(by, () => {
  check();
  keepInAddress();
});

let watching;
let lastHash = "";
let later;

fillSamples();
readAddress();
check();
by("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
});
by("watch").addEventListener("click", () => void watch());
by("stop").addEventListener("click", () => watching?.abort());
for (const field of Object.values(fields)) field.addEventListener("input", keepInAddress);
addEventListener("hashchange", () => {
  if (location.hash.slice(1) !== lastHash) {
    readAddress();
    check();
  }
});
addEventListener("online", showNetwork);
addEventListener("offline", showNetwork);
setWatching(undefined);

async function start() {
  // The name of an execution cannot be used again.
  if (!fields.execution.value || fields.execution.dataset.made === fields.execution.value) {
    fields.execution.value = `run-${new Date().toISOString().slice(0, 19).replace(/\D/g, "")}`;
    fields.execution.dataset.made = fields.execution.value;
  }
  keepInAddress();
  const controller = begin("Starting…");
  try {
    const answer = await fetch(START, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        flowName: fields.flow.value,
        executionName: fields.execution.value,
        definition: editor.text(),
        input: fields.input.value,
      }),
      signal: controller.signal,
    });
    if (!answer.ok) throw await refusalOf(answer);
  } catch (error) {
    return finish(controller, error);
  }
  return follow(controller);
}

function watch() {
  keepInAddress();
  if (!fields.execution.value) {
    fields.execution.focus();
    return view.problem({
      kind: "request",
      code: "missing-name",
      message: "enter the name of the execution to watch",
    });
  }
  return follow(begin("Connecting…"));
}

async function follow(controller) {
  const request = { flowName: fields.flow.value, executionName: fields.execution.value };
  try {
    const options = { signal: controller.signal, onRetry: view.retry };
    for await (const execution of client.watchExecution(request, options)) show(execution);
    finish(controller);
  } catch (error) {
    finish(controller, error);
  }
}

function show(execution) {
  view.show(execution);
  offerDefinition(execution.flowDefinition);
}

function begin(words) {
  watching?.abort();
  const controller = new AbortController();
  setWatching(controller);
  view.begin(words);
  return controller;
}

function finish(controller, error) {
  // A newer watch has replaced this one.
  if (watching !== controller) return;
  setWatching(undefined);
  if (controller.signal.aborted) view.left();
  else if (error) view.problem(error);
  else view.finished();
}

function setWatching(controller) {
  watching = controller;
  showNetwork();
  by("start").disabled = controller !== undefined;
  by("watch").disabled = controller !== undefined;
  const stop = by("stop");
  const hadFocus = document.activeElement === stop;
  stop.disabled = controller === undefined;
  // A disabled button loses the focus, and keyboard users would return to the top of the page.
  if (hadFocus && controller === undefined) by("start").focus();
}

/** Shows the network state. The client continues by itself when the network is back. */
function showNetwork() {
  view.network(watching === undefined || navigator.onLine);
}

/** The start endpoint of the demo uses the JSON format of the service. */
async function refusalOf(answer) {
  const body = await answer.json().catch(() => ({}));
  return {
    kind: "service",
    code: body.Code ?? `HTTP ${answer.status}`,
    message: body.Message ?? "the demo server gave no reason",
    requestId: body.RequestId,
    status: answer.status,
  };
}

function check() {
  const text = editor.text();
  const { dialect, diagnostics } = validateFlow(text);
  editor.showDiagnostics(diagnostics, dialect);
  by("graph-title").textContent = dialect === "flow" ? "Steps" : "States";
  drawGraph(by("graph"), flowGraph(text), dialect === "flow" ? "step" : "state");
}

/** An execution keeps the definition of its start, which may differ from the text in the editor. */
function offerDefinition(definition) {
  const note = by("note");
  note.hidden = !definition || definition === editor.text();
  if (note.hidden) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Show it";
  button.addEventListener("click", () => {
    editor.setText(definition);
    note.hidden = true;
    by("definition").focus();
  });
  note.replaceChildren("This execution runs a different definition. ", button);
}

function fillSamples() {
  const select = by("sample");
  select.append(new Option("choose one…", ""), ...samples.map(({ title }, index) => new Option(title, String(index))));
  select.addEventListener("change", () => {
    const sample = samples[Number(select.value)];
    if (select.value === "" || !sample) return;
    useSample(sample);
  });
}

function useSample({ flowName, input, text }) {
  fields.flow.value = flowName;
  fields.execution.value = "";
  fields.input.value = input;
  editor.setText(text);
}

// The address contains the content of the page, so a link shows the same flow.

function keepInAddress() {
  clearTimeout(later);
  later = setTimeout(() => {
    const kept = new URLSearchParams({ name: fields.flow.value });
    if (fields.execution.value) kept.set("execution", fields.execution.value);
    if (fields.input.value) kept.set("input", fields.input.value);
    kept.set("flow", editor.text());
    lastHash = kept.toString();
    history.replaceState(null, "", `#${lastHash}`);
  }, 200);
}

function readAddress() {
  lastHash = location.hash.slice(1);
  const kept = new URLSearchParams(lastHash);
  if (!kept.has("flow")) return useSample(samples[0]);
  fields.flow.value = kept.get("name") ?? "";
  fields.execution.value = kept.get("execution") ?? "";
  fields.input.value = kept.get("input") ?? "";
  editor.setText(kept.get("flow"));
}

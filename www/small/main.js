// Watches one execution through the gateway at `api/`. README.md describes how to deploy a gateway.

import { describeExecution } from "cloudflow-wasm";

const endpoint = new URL("api/", location.href).href;
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const alert = document.querySelector("[role=alert]");
const output = document.querySelector("pre");
let controller = new AbortController();

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  const { flowName, executionName } = Object.fromEntries(new FormData(form));
  [alert.textContent, output.hidden, form.stop.disabled] = ["", true, false];
  status.textContent = "Connecting…";
  try {
    // The first response is the current state. The next ones are held until the execution ends, or for 20 s.
    for (let waitTimeSeconds = 0, done = false; !done; waitTimeSeconds = 20) {
      const request = { flowName, executionName, waitTimeSeconds };
      const execution = await describeExecution(request, { endpoint, signal });
      done = execution.done;
      status.textContent = execution.status;
      output.textContent = execution.output ?? "";
      output.hidden = execution.output === undefined;
      if (done && execution.status !== "Succeeded") alert.textContent = `The execution has ended: ${execution.status}`;
    }
  } catch (error) {
    // A later watch has replaced this one.
    if (signal !== controller.signal) return;
    status.textContent = "Not watching";
    if (!signal.aborted) alert.textContent = `${error.code}: ${error.message}`;
  }
  // A disabled button would lose the focus to the top of the page.
  if (document.activeElement === form.stop) form.querySelector("button").focus();
  form.stop.disabled = true;
});

form.stop.addEventListener("click", () => controller.abort());

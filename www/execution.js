// The watched execution: its status, times, input and output.

/** Time after which an attempt without a reported failure counts as a connection, in ms. */
const CONNECTED_MS = 10_000;

export function createExecutionView(by) {
  const badge = by("status");
  const elapsed = by("elapsed");
  let ticking;
  let startedAt;
  let said = [];
  let online = true;
  /** Shown instead of the status while the gateway cannot be reached. */
  let lost;
  let retrying;

  function say(words, status = "") {
    said = [words, status];
    lose(undefined);
  }

  /** Shows words instead of the status. What follows is shown after a time. */
  function lose(words, ms, then) {
    clearTimeout(retrying);
    lost = words;
    if (then) retrying = setTimeout(then, ms);
    draw();
  }

  function draw() {
    const shown = lost === undefined ? said : [lost, ""];
    const [words, status] = online ? shown : ["Waiting for the network", ""];
    badge.textContent = words;
    badge.dataset.status = status;
  }

  function tick(from, to) {
    clearInterval(ticking);
    const draw = () => {
      const seconds = Math.max(0, (to ?? Date.now()) - from) / 1000;
      elapsed.textContent = `${seconds.toFixed(1)} s`;
    };
    draw();
    if (to === undefined) ticking = setInterval(draw, 100);
  }

  return {
    /** Clears the data of the previous execution. */
    begin(words) {
      say(words);
      clearInterval(ticking);
      elapsed.textContent = "";
      startedAt = undefined;
      by("error").hidden = true;
      by("note").hidden = true;
      by("facts").replaceChildren();
      by("texts").replaceChildren();
    },

    show(execution) {
      say(execution.status || "Accepted", execution.done ? execution.status : "Running");
      const started = Date.parse(execution.startedTime);
      const stopped = Date.parse(execution.stoppedTime);
      if (!Number.isNaN(started)) {
        // The clock of the service may differ: a running execution is timed from its first response.
        startedAt ??= Date.now();
        if (Number.isNaN(stopped)) tick(startedAt);
        else tick(started, stopped);
      }
      by("facts").replaceChildren(
        ...fact("Flow", execution.flowName),
        ...fact("Execution", execution.name),
        ...fact("Started", time(execution.startedTime)),
        ...fact("Stopped", time(execution.stoppedTime)),
        ...fact("Request", execution.requestId),
      );
      by("texts").replaceChildren(
        ...text("Input", execution.input),
        ...text("Output", execution.output),
        ...environment(execution.environment),
      );
    },

    /** Shows that the gateway cannot be reached, and the time until the next attempt. */
    retry({ delayMs }) {
      const connected = () => lose(undefined);
      const reconnect = () => lose("Reconnecting…", CONNECTED_MS, connected);
      lose(`Reconnecting, next try in ${Math.ceil(delayMs / 1000)} s`, delayMs, reconnect);
    },

    /** Shows that the client waits for the network, and the last status when it is back. */
    network(isOnline) {
      if (online === isOnline) return;
      online = isOnline;
      draw();
    },

    finished() {
      clearInterval(ticking);
      clearTimeout(retrying);
    },

    /** The user stopped watching. The execution continues. */
    left() {
      clearInterval(ticking);
      say("Not watching");
    },

    problem(error) {
      clearInterval(ticking);
      say("Not watching");
      const box = by("error");
      const [what, advice] = inWords(error);
      const detail = [
        error.code,
        error.status && `HTTP ${error.status}`,
        error.requestId && `request ${error.requestId}`,
      ];
      box.replaceChildren(
        element("strong", what),
        element("p", [sentence(error.message), advice].filter(Boolean).join(" ")),
        element("p", detail.filter(Boolean).join(" · "), "detail"),
      );
      box.hidden = false;
    },
  };
}

// Headlines and advice. The message of the error follows the headline.

const known = {
  FlowNotExists: ["The flow does not exist", "Start it from this page first."],
  ExecutionNotExists: ["The execution does not exist"],
  ExecutionAlreadyExists: ["The name is already in use", "Clear the field to generate a new name."],
  InvalidArgument: [
    "The service refused the request",
    "Check the names, the input and the diagnostics of the definition.",
  ],
  AccessDenied: ["Access to this execution is denied"],
  ResourceThrottled: ["Too many requests"],
};

const kinds = {
  request: ["The request is invalid", "Correct the fields above and try again."],
  credentials: ["The gateway's key was refused", "The operator of the gateway must check its settings."],
  service: ["The service refused the request"],
  response: ["The response is invalid", "A proxy between this page and the service probably sent it."],
  network: ["The gateway cannot be reached", "Check that the demo is running, then watch again."],
  timeout: ["The request timed out", "The execution continues; watch again."],
  internal: ["Internal error of this page", "Watch again. If it happens again, report it."],
};

function inWords(error) {
  const kind = error instanceof TypeError ? "network" : error.kind;
  return known[error.code] ?? kinds[kind] ?? ["Unknown error", "Try again."];
}

function sentence(text) {
  const words = String(text ?? "").trim();
  if (words === "") return "";
  return words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}

function fact(name, value) {
  if (!value) return [];
  return [element("dt", name), value instanceof Node ? wrap("dd", value) : element("dd", value)];
}

function time(sent) {
  const moment = new Date(sent ?? "");
  if (Number.isNaN(moment.getTime())) return sent;
  const shown = element("time", moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }));
  shown.dateTime = sent;
  shown.title = sent;
  return shown;
}

/** Formats JSON. Other text is shown unchanged, with a remark. */
function text(name, sent) {
  if (sent === undefined) return [];
  let shown = sent;
  let remark = "";
  try {
    shown = JSON.stringify(JSON.parse(sent), null, 2);
  } catch {
    remark = " (not JSON, shown as sent)";
  }
  const block = element("pre", shown);
  // A scrollable block must be reachable by keyboard.
  block.tabIndex = 0;
  block.setAttribute("aria-label", name);
  return [element("h3", `${name}${remark}`), block];
}

function environment(sent) {
  if (!sent?.variables?.length) return [];
  const list = element("dl", "", "environment");
  for (const { name, value } of sent.variables) list.append(...fact(name, value || "(empty)"));
  return [element("h3", "Environment"), list];
}

function element(tag, words, className = "") {
  return Object.assign(document.createElement(tag), { textContent: words, className });
}

function wrap(tag, child) {
  const outer = document.createElement(tag);
  outer.append(child);
  return outer;
}

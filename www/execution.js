// The watched execution: its state in words, its times, what went in and what came out.

export function createExecutionView(by) {
  const badge = by("status");
  const elapsed = by("elapsed");
  let ticking;
  let startedAt;
  let said = [];
  let online = true;

  function say(words, status = "") {
    said = [words, status];
    draw();
  }

  function draw() {
    const [words, status] = online ? said : ["Waiting for the network", ""];
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
    /** A new execution is about to be watched: what is shown is of the last one. */
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
        // The clock of the service need not be ours: while it runs, count from when we first saw it.
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

    /** Without a network the client waits for it, and goes on. What was said last holds again then. */
    network(isOnline) {
      if (online === isOnline) return;
      online = isOnline;
      draw();
    },

    finished() {
      clearInterval(ticking);
    },

    /** The reader stopped watching; the execution goes on. */
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

// The messages say what to do where the service or the client knows; the rest is said here.

const known = {
  FlowNotExists: ["There is no such flow", "Or start it from here first."],
  ExecutionNotExists: ["There is no such execution"],
  ExecutionAlreadyExists: ["This name is used up", "Empty the field to get a new one."],
  InvalidArgument: [
    "The service refused what was sent",
    "Look at the names, the input and the findings beside the definition.",
  ],
  AccessDenied: ["You may not see this execution"],
  ResourceThrottled: ["Too many questions at once"],
};

const kinds = {
  request: ["This cannot be asked", "Correct the fields above and try again."],
  credentials: ["The gateway's key was refused", "Whoever runs the gateway has to look at its settings."],
  service: ["The service refused"],
  response: ["The answer cannot be read", "Something between this page and the service answers in its place."],
  network: ["The gateway cannot be reached", "Is the demo still running? Start it again, then watch again."],
  timeout: ["No answer in time", "The execution goes on; watch again."],
  internal: ["This page made a mistake", "Watch again; if it happens again, please report it."],
};

function inWords(error) {
  const kind = error instanceof TypeError ? "network" : error.kind;
  return known[error.code] ?? kinds[kind] ?? ["Something went wrong", "Try again."];
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

/** JSON laid out for reading; anything else as it came, and said so. */
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
  // A block that scrolls has to be reachable without a mouse.
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

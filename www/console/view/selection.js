// The panel of the selection: a state, an attempt, an event; without a selection, the execution.

import "../app/shared.js";
import { h } from "../app/dom.js";
import { shownCause } from "../app/status.js";
import { historyIndex } from "./history-index.js";
import { createJsonTree } from "./json-tree.js";
import { childOf, detailOf, executionValues, subjectOf, valuesOf } from "./selection-model.js";
import { statusMark, statusOfAttempt, statusOfExecution } from "./status.js";
import { formatClock, formatCount, formatDateTime, formatDuration, timeOf } from "./time.js";
import { iterationOf } from "./timeline-model.js";

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("./selection-model.js").Shown} Shown
 * @typedef {import("../../../pkg/index.js").ReplayVisit} Visit
 */

/** Values that are open at first. */
const OPEN = new Set(["input", "output", "detail"]);
/** Attempts that are listed at first. */
const MOST_ATTEMPTS = 20;

/**
 * @param {HTMLElement} element
 * @param {any} context
 */
export function createSelectionPanel(element, context) {
  const { actions } = context;
  const words = (/** @type {string} */ key, /** @type {any[]} */ ...values) =>
    context.words(`selection.${key}`, ...values);
  /** @type {State} */
  let state;
  /** What the head shows, as text: it is drawn again only if it differs. */
  let shownHead = "";
  let shownTail = "";
  /** @type {Map<string, { shown: Shown, owner: string, section: any, tree?: any }>} */
  let sections = new Map();
  /** Values that the user has opened or closed. @type {Map<string, boolean>} */
  const opened = new Map();
  let allAttempts = false;

  const head = h("div", { class: "selection-head" });
  const values = h("div", { class: "selection-values" });
  const tail = h("div", { class: "selection-event" });
  element.classList.add("selection");
  element.replaceChildren(head, values, tail);

  const button = (/** @type {string} */ text, /** @type {() => void} */ click, /** @type {object} */ more = {}) =>
    h("button", { type: "button", ...more, on: { click } }, text);

  /** @param {(Node | undefined)[]} nodes */
  function showHead(nodes) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const key = focused && head.contains(focused) ? focused.dataset.key : undefined;
    head.replaceChildren(...nodes.filter((node) => node !== undefined));
    if (key !== undefined) head.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  /** @param {string} name @param {...any} value */
  const fact = (name, ...value) => (value.some(Boolean) ? [h("dt", {}, words(name)), h("dd", {}, ...value)] : []);

  /** @param {string | undefined} text @param {boolean} [isClock] without the date */
  function time(text, isClock = false) {
    const ms = timeOf(text);
    if (ms === undefined) return text ?? "";
    const shown = isClock ? formatClock(ms, state.lang, { digits: 3 }) : formatDateTime(ms, state.lang);
    return h("time", { dateTime: text, title: text }, shown);
  }

  /** @param {string | undefined} from @param {string | undefined} to */
  function between(from, to) {
    const [start, end] = [timeOf(from), timeOf(to)];
    return start === undefined || end === undefined ? "" : formatDuration(end - start, state.lang);
  }

  /** @param {{ error?: string, cause?: string }} failure @param {...any} more */
  function errorBox({ error, cause }, ...more) {
    if (!error && !cause) return undefined;
    const why = shownCause(context.words, error, cause);
    return h(
      "div",
      { class: "error-box" },
      error && h("p", { class: "error" }, h("span", { class: "quiet" }, words("error")), h("bdi", {}, error)),
      cause &&
        h("p", { class: "cause" }, h("span", { class: "quiet" }, words("cause")), h("bdi", { dir: "auto" }, why)),
      ...more,
    );
  }

  function drawExecution() {
    const { execution, replay, executionName } = state;
    const status = replay && replay.status !== "Starting" ? replay.status : execution?.status;
    const started = replay?.startedAt ?? execution?.startedTime;
    const stopped = replay?.stoppedAt ?? execution?.stoppedTime;
    const name = execution?.name ?? executionName;
    if (!status && !name) return showHead([h("h2", {}, words("title")), h("p", { class: "quiet" }, words("nothing"))]);
    showHead([
      h("h2", {}, words("execution")),
      h(
        "p",
        { class: "name-line" },
        h("bdi", { class: "name" }, name),
        " ",
        status ? statusMark(statusOfExecution(status), context.words) : false,
      ),
      errorBox(replay ?? {}),
      h(
        "dl",
        { class: "facts" },
        fact("started", time(started)),
        fact("stopped", time(stopped)),
        fact("duration", between(started, stopped)),
      ),
      h("p", { class: "quiet" }, words("hint")),
    ]);
  }

  /** @param {ReturnType<typeof subjectOf>} subject */
  function drawState({ node, visit, visits, status }) {
    const name = visit?.name ?? node?.name ?? "";
    const { range } = node ?? {};
    const type = node ? words(`type_${node.type}`) : words("type_unknown");
    showHead([
      h("h2", {}, h("bdi", { class: "name" }, name || words("noName"))),
      h(
        "p",
        { class: "name-line" },
        statusMark(status, context.words),
        h("span", { class: "quiet" }, type),
        range && lineButton(range),
      ),
      visit && visits.length > 1 ? visitSwitch(visit, visits) : undefined,
      visit && insideOf(visit),
      visit ? visitError(visit) : h("p", { class: "quiet" }, words("notReached")),
      visit && childLink(visit),
      visit && visitFacts(visit),
      visit && attemptList(visit),
    ]);
  }

  /** @param {any} range */
  const lineButton = (range) =>
    button(words("line", range.start.line), () => actions.showLine(range), { class: "link", dataset: { key: "line" } });

  /** @param {Visit} visit @param {readonly Visit[]} visits */
  function visitSwitch(visit, visits) {
    const at = visits.indexOf(visit);
    const go = (/** @type {number} */ index) => {
      const next = visits[Math.min(Math.max(index, 0), visits.length - 1)];
      if (next && next !== visit) selectVisit(next);
      else number.value = String(at + 1);
    };
    const number = h("input", {
      type: "number",
      min: 1,
      max: visits.length,
      value: String(at + 1),
      "aria-label": words("visitNumber"),
      dataset: { key: "number" },
      on: { change: () => go(Number(number.value) - 1) },
    });
    const failed = ["failed", "timedOut", "caught"];
    const isFailed = (/** @type {Visit} */ one) => failed.includes(one.status);
    const failure = visits.findIndex((one, index) => index > at && isFailed(one));
    const first = failure >= 0 ? failure : visits.findIndex(isFailed);
    return h(
      "div",
      { class: "visits", role: "group", "aria-label": words("visits") },
      button("‹", () => go(at - 1), {
        class: "square",
        disabled: at <= 0,
        "aria-label": words("previousVisit"),
        dataset: { key: "previous" },
      }),
      h("span", {}, words("visit"), " ", number, " ", words("ofVisits", formatCount(visits.length, state.lang))),
      button("›", () => go(at + 1), {
        class: "square",
        disabled: at >= visits.length - 1,
        "aria-label": words("nextVisit"),
        dataset: { key: "next" },
      }),
      first >= 0 && first !== at && button(words("nextFailed"), () => go(first), { dataset: { key: "failed" } }),
    );
  }

  /** @param {Visit} visit @param {number} [attempt] */
  function selectVisit(visit, attempt) {
    actions.select({
      ...(visit.node === undefined ? {} : { node: visit.node }),
      visit: visit.id,
      ...(attempt === undefined ? {} : { attempt }),
    });
  }

  /** @param {Visit} visit */
  function insideOf(visit) {
    const all = state.replay?.visits ?? [];
    const parent = visit.parent === undefined ? undefined : all[visit.parent];
    if (!parent) return undefined;
    const nodes = historyNodes();
    const indexes = iterationOf(visit, all, (id) => nodes.get(id ?? "")?.type);
    const isBranch = visit.index !== undefined && nodes.get(parent.node ?? "")?.type === "parallel";
    const place = isBranch
      ? words("branch", /** @type {number} */ (visit.index) + 1)
      : indexes.length > 0
        ? words("iteration", indexes.map((at) => at + 1).join("."))
        : "";
    const link = button(parent.name || words("noName"), () => selectVisit(parent), {
      class: "link",
      dataset: { key: "parent" },
    });
    return h(
      "p",
      { class: "inside" },
      h("span", { class: "quiet" }, words("inside")),
      " ",
      link,
      place && ` · ${place}`,
    );
  }

  function historyNodes() {
    /** @type {readonly any[]} */
    const nodes = (state.ran ?? state.checked)?.graph.nodes ?? [];
    return new Map(nodes.map((node) => [node.id, node]));
  }

  /** @param {Visit} visit */
  function visitError(visit) {
    const raised = visit.raisedBy === undefined ? undefined : state.replay?.visits[visit.raisedBy];
    const last = visit.attempts.findLast(({ error }) => error !== undefined);
    const failure =
      visit.error !== undefined || visit.cause !== undefined ? visit : visit.status === "retrying" && last ? last : {};
    return errorBox(
      failure,
      raised &&
        h(
          "p",
          {},
          words("raisedBy"),
          " ",
          button(raised.name, () => selectVisit(raised), { class: "link", dataset: { key: "raised" } }),
        ),
      visit.status === "caught" &&
        h(
          "p",
          { class: "quiet" },
          visit.caughtBy === undefined ? words("caught") : words("caughtBy", visit.caughtBy + 1),
        ),
    );
  }

  /** @param {Visit} visit */
  function childLink(visit) {
    const child = childOf(historyIndex(state)?.eventsOf(visit.id, state.selection.attempt) ?? []);
    if (!child) return undefined;
    const open = button(`${child.flowName} / ${child.executionName}`, () => actions.openExecution(child), {
      class: "link",
      dataset: { key: "child" },
    });
    return h("p", { class: "child" }, h("span", { class: "quiet" }, words("child")), " ", open);
  }

  /** @param {Visit} visit */
  function visitFacts({ enteredAt, exitedAt, attempts, retryAt, progress }) {
    const start = enteredAt ?? attempts[0]?.startedAt;
    const end = exitedAt ?? attempts.at(-1)?.endedAt;
    const { resource } = attempts.findLast((one) => one.resource !== undefined) ?? {};
    return h(
      "dl",
      { class: "facts" },
      fact("started", time(start)),
      fact("stopped", time(exitedAt)),
      fact("duration", exitedAt ? between(start, end) : ""),
      fact("retryAt", retryAt ? time(retryAt) : ""),
      fact("progress", progress && words("progressOf", progress)),
      fact("resource", resource && h("code", {}, resource)),
    );
  }

  /** @param {Visit} visit */
  function attemptList(visit) {
    const { attempts } = visit;
    if (attempts.length < 2 && visit.retryAt === undefined) return undefined;
    const { attempt: chosen } = state.selection;
    const from = allAttempts ? 0 : Math.max(0, attempts.length - MOST_ATTEMPTS);
    const items = attempts.slice(from).map((attempt, at) => {
      const isLast = from + at === attempts.length - 1;
      const { attempt: number, startedAt, endedAt, pauseMs, error, cause } = attempt;
      const row = h(
        "button",
        {
          type: "button",
          class: "attempt",
          "aria-pressed": String(chosen === number),
          dataset: { key: `attempt ${number}` },
          on: { click: () => selectVisit(visit, chosen === number ? undefined : number) },
        },
        h("span", { class: "number" }, words("attempt", number)),
        statusMark(statusOfAttempt(visit, attempt, isLast), context.words),
        h("span", {}, between(startedAt, endedAt)),
        h("span", { class: "quiet" }, time(startedAt, true)),
        error && h("bdi", { class: "attempt-error" }, cause ? `${error}: ${cause}` : error),
      );
      return h(
        "li",
        {},
        pauseMs !== undefined &&
          pauseMs > 0 &&
          h("p", { class: "quiet pause" }, words("pause", formatDuration(pauseMs, state.lang))),
        row,
      );
    });
    const more =
      from > 0 &&
      button(words("moreAttempts", from), () => {
        allAttempts = true;
        draw(true);
      });
    return h(
      "section",
      {},
      h("h3", {}, words("attempts", attempts.length)),
      more,
      h("ol", { class: "attempts" }, items),
    );
  }

  /** The values. Those that have not changed keep their trees. @param {Shown[]} list @param {string} owner */
  function drawValues(list, owner) {
    /** @type {typeof sections} */
    const next = new Map();
    for (const shown of list) {
      const before = sections.get(shown.name);
      const isSame =
        before && before.owner === owner && before.shown.value === shown.value && before.shown.text === shown.text;
      next.set(shown.name, isSame ? before : createSection(shown, owner));
    }
    for (const [name, { tree }] of sections) if (next.get(name)?.tree !== tree) tree?.destroy();
    const before = [...sections.values()].map(({ section }) => section);
    const after = [...next.values()].map(({ section }) => section);
    sections = next;
    if (before.length !== after.length || before.some((section, at) => section !== after[at]))
      values.replaceChildren(...after);
  }

  /** @param {Shown} shown @param {string} owner */
  function createSection(shown, owner) {
    const { name } = shown;
    const label = words(`value_${name}`);
    const isOpen = opened.get(name) ?? OPEN.has(name);
    const section = h("details", { class: "value", open: isOpen }, h("summary", {}, h("h3", {}, label)));
    /** @type {{ shown: Shown, owner: string, section: any, tree?: any }} */
    const entry = { shown, owner, section };
    const fill = () => {
      if (entry.tree) return;
      const fileName = [state.executionName || state.flowName || "flow", owner, name]
        .filter(Boolean)
        .join("-")
        .replace(/[^\p{L}\p{N}._-]+/gu, "-");
      entry.tree = createJsonTree({ ...shown, label, fileName, words: context.words, announce: actions.announce });
      section.append(entry.tree.element);
    };
    if (isOpen) fill();
    section.addEventListener("toggle", () => {
      opened.set(name, section.open);
      if (section.open) fill();
    });
    return entry;
  }

  /** @param {any} event */
  function drawEvent(event) {
    const { eventId, type, time: at, scheduleEventId } = event;
    const cause = scheduleEventId > 0 && historyIndex(state)?.event(scheduleEventId);
    tail.replaceChildren(
      h("h3", {}, words("event", eventId)),
      h(
        "dl",
        { class: "facts" },
        fact("eventType", h("code", {}, type)),
        fact("eventTime", time(at)),
        fact(
          "eventCause",
          cause &&
            button(
              `${scheduleEventId} ${cause.type}`,
              () => actions.select(historyIndex(state)?.selectionOf(scheduleEventId) ?? {}),
              { class: "link" },
            ),
        ),
      ),
    );
  }

  /** @param {boolean} isForced */
  function draw(isForced) {
    const subject = subjectOf(state);
    const { visit, node, isState } = subject;
    const { selection, execution, replay, lang } = state;
    const event = selection.event === undefined ? undefined : historyIndex(state)?.event(selection.event);
    const key = isState
      ? JSON.stringify([
          lang,
          selection,
          subject.status,
          subject.visits.length,
          node?.range,
          visit && {
            ...visit,
            input: 0,
            output: 0,
            attempts: visit.attempts.map((one) => ({ ...one, input: 0, output: 0 })),
          },
        ])
      : JSON.stringify([
          lang,
          execution?.status,
          execution?.name,
          execution?.startedTime,
          execution?.stoppedTime,
          replay?.status,
          replay?.startedAt,
          replay?.error,
          replay?.cause,
          state.executionName,
        ]);
    if (isForced || key !== shownHead) {
      shownHead = key;
      if (isState) drawState(subject);
      else drawExecution();
    }
    const owner = isState ? `${visit?.name ?? node?.name} ${visit?.id ?? ""}` : "";
    const list = isState ? (visit ? valuesOf(state, visit, selection.attempt) : []) : executionValues(state);
    if (event) list.unshift({ name: "detail", value: detailOf(event) });
    drawValues(list, `${owner}${selection.event === undefined ? "" : ` ${selection.event}`}`);
    const tailKey = event ? `${event.eventId} ${lang}` : "";
    if (!isForced && tailKey === shownTail) return;
    shownTail = tailKey;
    tail.hidden = !event;
    if (event) drawEvent(event);
    else tail.replaceChildren();
  }

  return {
    /** @param {State} next @param {State} previous */
    update(next, previous) {
      const isFirst = state === undefined;
      const before = state ?? next;
      state = next;
      if (next.selection !== before.selection) allAttempts = false;
      const isTranslated = isFirst || next.lang !== before.lang;
      if (isTranslated) {
        element.setAttribute("aria-label", words("title"));
        for (const { tree } of sections.values()) tree?.destroy();
        sections = new Map();
        values.replaceChildren();
      }
      draw(isTranslated);
    },
    focus: () => /** @type {any} */ (element.querySelector("button, [tabindex='0'], summary"))?.focus(),
    destroy() {
      for (const { tree } of sections.values()) tree?.destroy();
      element.replaceChildren();
    },
  };
}

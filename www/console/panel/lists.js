// The flows of the endpoint, and the executions of one flow.

import { fill, h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { isNotOffered } from "../app/problem.js";
import { badge, button, choice, field, fold, moment, problemParts, setWaiting } from "./kit.js";

/** Pause after the last key before a search is sent, in ms. */
const PAUSE_MS = 300;

/** @param {HTMLElement} element @param {any} context */
export function createListsPanel(element, { words, store, actions }) {
  const labels = createLabels(words);
  const flowSearch = h("input", { type: "search", autocomplete: "off", on: { input: () => drawFlows(store.get()) } });
  labels.attribute(flowSearch, "aria-label", "lists.searchFlows");
  labels.attribute(flowSearch, "placeholder", "lists.searchFlows");
  const flows = h("ul", { class: "entries" });
  labels.attribute(flows, "aria-label", "lists.flows");
  const flowsNote = h("div", { class: "list-note" });
  const moreFlows = button(labels, "lists.more", () => void actions.readFlows({ next: true }));
  const refreshFlows = button(labels, "lists.refresh", () => void actions.readFlows());
  const flowsFold = fold(
    labels,
    "lists.flows",
    true,
    h("div", { class: "tool-row" }, flowSearch, refreshFlows),
    flows,
    flowsNote,
    moreFlows,
  );

  const status = choice(
    labels,
    [
      ["", "lists.anyStatus"],
      ...["Running", "Succeeded", "Failed", "TimedOut", "Stopped"].map(
        (name) => /** @type {[string, string]} */ ([name, `status.${name}`]),
      ),
    ],
    (value) => void actions.filter({ status: value }),
  );
  labels.attribute(status, "aria-label", "lists.status");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  const prefix = h("input", {
    type: "search",
    autocomplete: "off",
    maxLength: 200,
    on: {
      input: () => {
        clearTimeout(later);
        later = setTimeout(() => void actions.filter({ prefix: prefix.value.trim() }), PAUSE_MS);
      },
    },
  });
  labels.attribute(prefix, "aria-label", "lists.searchExecutions");
  labels.attribute(prefix, "placeholder", "lists.searchExecutions");
  const flowName = h("input", {
    autocomplete: "off",
    spellcheck: false,
    maxLength: 200,
    dir: "auto",
    on: { change: () => void actions.list(flowName.value.trim()) },
  });
  const executions = h("ul", { class: "entries" });
  labels.attribute(executions, "aria-label", "lists.executions");
  const executionsNote = h("div", { class: "list-note" });
  const moreExecutions = button(labels, "lists.more", () => void actions.readExecutions({ next: true }));
  const refresh = button(labels, "lists.refresh", () => void actions.list(flowName.value.trim()));
  const executionsFold = fold(
    labels,
    "lists.executions",
    true,
    field(labels, "app.flow", flowName),
    h("div", { class: "tool-row" }, status, refresh),
    prefix,
    executions,
    executionsNote,
    moreExecutions,
  );
  element.append(flowsFold, executionsFold);

  /** @param {any} state */
  function drawFlows(state) {
    const { items = [], isLoading, nextToken } = state.flows;
    const wanted = flowSearch.value.trim().toLowerCase();
    const found = items.filter((/** @type {any} */ { name }) => name.toLowerCase().includes(wanted));
    keepFocus(flows, () => fill(flows, ...found.map((/** @type {any} */ flow) => flowRow(flow, state))));
    note(flowsNote, state.flows, found.length === 0 ? "lists.noFlows" : undefined);
    moreFlows.hidden = nextToken === undefined;
    setWaiting(moreFlows, isLoading);
  }

  /** @param {any} flow @param {any} state */
  function flowRow({ name, mode }, { listed }) {
    const open = h(
      "button",
      {
        type: "button",
        class: "row-main",
        dataset: { key: `open ${name}` },
        "aria-current": name === listed && "true",
        on: {
          click: () => {
            actions.useFlow(name);
            void actions.list(name);
          },
        },
      },
      h("bdi", { class: "row-name" }, name),
      mode === "Express" && h("span", { class: "row-more" }, words("start.express")),
    );
    const load = h(
      "button",
      {
        type: "button",
        class: "button small",
        dataset: { key: `load ${name}` },
        "aria-label": words("lists.editFlow", name),
        on: { click: () => void actions.loadFlow(name) },
      },
      words("lists.edit"),
    );
    return h("li", { class: "row" }, open, load);
  }

  /** @param {any} state */
  function drawExecutions(state) {
    const { items = [], nextToken, isLoading } = state.executions;
    keepFocus(executions, () => fill(executions, ...items.map((/** @type {any} */ item) => executionRow(item, state))));
    const isEmpty = state.executions.items?.length === 0;
    note(executionsNote, state.executions, isEmpty ? "lists.noExecutions" : undefined);
    moreExecutions.hidden = nextToken === undefined;
    setWaiting(moreExecutions, isLoading);
  }

  /** @param {any} execution @param {any} state */
  function executionRow({ flowName: flow, name, status: own, startedTime }, state) {
    const isOpen = flow === state.flowName && name === state.executionName;
    const reference = { flowName: flow, executionName: name };
    const open = h(
      "button",
      {
        type: "button",
        class: "row-main",
        dataset: { key: `open ${name}` },
        "aria-current": isOpen && "true",
        on: { click: () => actions.openExecution(reference) },
      },
      h("bdi", { class: "row-name" }, name),
      h("span", { class: "row-more" }, badge(words, own), moment(state.lang, startedTime)),
    );
    const isComparable = state.replay !== undefined && !isOpen && flow === state.flowName;
    const compare =
      isComparable &&
      h(
        "button",
        {
          type: "button",
          class: "button small",
          dataset: { key: `compare ${name}` },
          "aria-label": words("lists.compareWith", name),
          on: { click: () => void actions.compare(reference) },
        },
        words("lists.compare"),
      );
    return h("li", { class: "row" }, open, compare);
  }

  /** @param {HTMLElement} target @param {any} list @param {string | undefined} emptyKey */
  function note(target, { isLoading, problem }, emptyKey) {
    if (isNotOffered(problem)) fill(target, words("lists.notOffered"));
    else if (problem?.code === "FlowNotExists") fill(target, words("lists.noExecutions"));
    else if (problem) fill(target, .../** @type {any[]} */ (problemParts(words, problem).filter(Boolean)));
    else fill(target, isLoading ? words("lists.loading") : emptyKey ? words(emptyKey) : "");
  }

  return {
    /** Moves the focus to the search. */
    focus() {
      const [target, control] = flowsFold.hidden ? [executionsFold, prefix] : [flowsFold, flowSearch];
      target.open = true;
      control.focus();
    },

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      const isNew = state === previous || state.lang !== previous.lang;
      if (state.lang !== previous.lang) labels.update();
      const differs = (/** @type {string[]} */ ...names) =>
        isNew || names.some((name) => state[name] !== previous[name]);
      flowsFold.hidden = !state.capabilities.flows;
      if (differs("flows", "listed")) drawFlows(state);
      if (differs("listed") && document.activeElement !== flowName) flowName.value = state.listed;
      const hadReplay = previous.replay !== undefined;
      if (differs("executions", "flowName", "executionName") || hadReplay !== (state.replay !== undefined))
        drawExecutions(state);
    },
  };
}

/**
 * Redraws a list. The focus stays at the row with the same key.
 *
 * @param {HTMLElement} list
 * @param {() => void} draw
 */
function keepFocus(list, draw) {
  const active = document.activeElement;
  const key = list.contains(active) ? /** @type {HTMLElement} */ (active).dataset.key : undefined;
  draw();
  if (key === undefined) return;
  for (const item of list.querySelectorAll("button")) if (item.dataset.key === key) item.focus();
}

// Two executions side by side, by state.

import "../app/shared.js";
import { compareExecutions } from "../app/compare.js";
import { fill, h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { statusOf } from "../app/status.js";
import { badge, dialog, field, plainButton, problemParts } from "./kit.js";

/** A longer output is cut off, in UTF-16 units. */
const LONG_OUTPUT = 2000;

/** @param {HTMLElement} element @param {any} context */
export function createComparePanel(element, { words, store, actions }) {
  const labels = createLabels(words);
  const options = h("datalist", { id: "compare-names" });
  const name = h("input", {
    required: true,
    autocomplete: "off",
    spellcheck: false,
    dir: "auto",
    list: "compare-names",
  });
  const form = h(
    "form",
    { class: "tool-row", on: { submit: compareNow } },
    field(labels, "compare.with", name),
    options,
    h("button", { type: "submit", class: "button primary" }, labels.text("app.compare")),
  );
  const only = h("input", { type: "checkbox", on: { change: () => draw(store.get()) } });
  const onlyLabel = h("label", { class: "check" }, only, labels.text("compare.onlyDifferent"));
  const note = h("div", { class: "list-note", role: "status" });
  const first = h("section", { class: "first-difference" });
  const table = h("div", { class: "table", tabIndex: 0, role: "region" });
  labels.attribute(table, "aria-label", "compare.table");
  const box = dialog(labels, "compare.title", "compare", form, note, first, onlyLabel, table);
  element.append(box);
  box.addEventListener("close", () => actions.endComparison());

  /** @param {Event} event */
  function compareNow(event) {
    event.preventDefault();
    const { flowName } = store.get();
    void actions.compare({ flowName, executionName: name.value.trim() });
  }

  /** @param {any} state */
  function draw(state) {
    const { compared, replay, ran, executions, executionName } = state;
    const names = (executions.items ?? []).map((/** @type {any} */ item) => item.name);
    fill(
      options,
      ...names
        .filter((/** @type {string} */ item) => item !== executionName)
        .map((/** @type {string} */ value) => h("option", { value })),
    );
    const isReady = compared?.replay !== undefined && replay !== undefined;
    for (const part of [first, onlyLabel, table]) part.hidden = !isReady;
    if (compared?.problem) fill(note, .../** @type {any[]} */ (problemParts(words, compared.problem).filter(Boolean)));
    else fill(note, compared && !isReady ? words("lists.loading") : "");
    if (!isReady) return;
    const nodes = [...(ran?.graph.nodes ?? []), ...(compared.ran?.graph.nodes ?? [])];
    const { rows, difference } = compareExecutions(replay, compared.replay, nodes);
    drawFirst(difference, state);
    drawTable(only.checked ? rows.filter(({ differs }) => differs) : rows, difference, state);
  }

  /** @param {import("../app/compare.js").Difference | undefined} difference @param {any} state */
  function drawFirst(difference, state) {
    if (difference === undefined) return fill(first, h("p", {}, words("compare.same")));
    const { reason, first: a, second: b } = difference;
    const visit = a ?? b;
    const show = plainButton(words("failure.showState"), () => {
      box.close();
      actions.select(a ? { node: a.node, visit: a.id } : { node: b?.node });
      actions.setView("graph");
    });
    fill(
      first,
      h(
        "h3",
        {},
        words("compare.first"),
        " ",
        h("bdi", {}, visit?.name ?? ""),
        " · ",
        words(`compare.reason_${reason}`),
      ),
      h("div", { class: "sides" }, side(state.executionName, a), side(state.compared.executionName, b)),
      show,
    );
  }

  /** @param {string} execution @param {any} visit */
  function side(execution, visit) {
    const title = h("h4", {}, h("bdi", {}, execution));
    if (visit === undefined) return h("div", { class: "side-part" }, title, badge(words, "notReached", "notReached"));
    const output = visit.output === undefined ? undefined : JSON.stringify(visit.output, null, 2);
    return h(
      "div",
      { class: "side-part" },
      title,
      badge(words, visit.status, visit.status),
      visit.error && h("p", {}, h("code", { dir: "auto" }, visit.error)),
      visit.cause && h("p", { class: "cause", dir: "auto" }, visit.cause),
      output !== undefined &&
        h("pre", { tabIndex: 0 }, output.length > LONG_OUTPUT ? `${output.slice(0, LONG_OUTPUT)}…` : output),
    );
  }

  /** @param {import("../app/compare.js").Row[]} rows @param {any} difference @param {any} state */
  function drawTable(rows, difference, state) {
    const marked = (difference?.first ?? difference?.second)?.node;
    const head = h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, words("failure.state")),
        h("th", { scope: "col" }, h("bdi", {}, state.executionName), " ", badge(words, statusOf(state))),
        h(
          "th",
          { scope: "col" },
          h("bdi", {}, state.compared.executionName),
          " ",
          badge(words, state.compared.execution?.status ?? ""),
        ),
        h("th", { scope: "col" }, words("compare.result")),
      ),
    );
    const cell = (/** @type {any} */ node) =>
      h(
        "td",
        {},
        badge(words, node?.status ?? "notReached", node?.status ?? "notReached"),
        node?.attempts > 1 && h("span", { class: "row-more" }, words("compare.attempts", node.attempts)),
        node?.error && h("code", { dir: "auto" }, node.error),
      );
    const body = rows.map((row) =>
      h(
        "tr",
        { class: row.differs ? "differs" : "", "aria-current": row.node === marked && "true" },
        h("th", { scope: "row" }, h("bdi", {}, row.name)),
        cell(row.first),
        cell(row.second),
        h("td", {}, words(row.differs ? "compare.different" : "compare.equal")),
      ),
    );
    fill(table, h("table", {}, head, h("tbody", {}, ...body)));
  }

  return {
    /** Opens the dialog without another execution. */
    open() {
      if (!box.open) box.showModal();
      draw(store.get());
      name.focus();
    },

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) labels.update();
      if (state.compared && (!previous.compared || state === previous) && !box.open) {
        box.showModal();
        name.value = state.compared.executionName;
      }
      if (!state.compared && previous.compared && box.open) box.close();
      if (box.open) draw(state);
    },
  };
}

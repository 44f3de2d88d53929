// What DescribeExecution says about the execution.

import { fill, h } from "../app/dom.js";
import { pretty } from "../app/json.js";
import { createLabels } from "../app/labels.js";
import { statusOf } from "../app/status.js";
import { moment, statusWord } from "./kit.js";

/** @param {HTMLElement} element @param {any} context */
export function createDetails(element, { words }) {
  const labels = createLabels(words);
  const facts = h("dl", { class: "facts" });
  const texts = h("div", { class: "texts" });
  const fold = h("details", { class: "details" }, h("summary", {}, labels.text("app.details")), facts, texts);
  element.append(fold);
  fold.addEventListener("toggle", () => draw());
  /** @type {any} */
  let latest;
  /** @type {any} */
  let drawn;

  /** @param {string} key @param {any} value */
  const fact = (key, value) => (value ? [h("dt", {}, words(key)), h("dd", { dir: "auto" }, value)] : []);

  /** @param {string} key @param {string | undefined} sent */
  function text(key, sent) {
    if (sent === undefined) return [];
    const name = words(key);
    return [h("h3", {}, name), h("pre", { tabIndex: 0, role: "region", "aria-label": name }, pretty(sent))];
  }

  function draw() {
    const { execution, lang } = latest;
    if (!fold.open || execution === undefined || (drawn?.execution === execution && drawn?.lang === lang)) return;
    drawn = latest;
    fill(
      facts,
      ...fact("app.flow", execution.flowName),
      ...fact("app.execution", execution.name),
      ...fact("app.status", statusWord(words, statusOf(latest))),
      ...fact("app.started", moment(lang, execution.startedTime)),
      ...fact("app.stopped", moment(lang, execution.stoppedTime)),
      ...fact("app.requestId", execution.requestId),
      ...(execution.environment?.variables ?? []).flatMap((/** @type {any} */ { name, value }) => [
        h("dt", {}, words("app.variable", name)),
        h("dd", { dir: "auto" }, value || words("app.empty")),
      ]),
    );
    fill(texts, ...text("app.input", execution.input), ...text("app.output", execution.output));
  }

  return {
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      latest = state;
      if (state.lang !== previous.lang) labels.update();
      fold.hidden = state.execution === undefined;
      // Without the history, this is all that is known.
      if (state.historyProblem && !previous.historyProblem) fold.open = true;
      draw();
    },
  };
}

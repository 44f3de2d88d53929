// Problems and remarks about what the page shows: each is shown once, here.

import { fill, h } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { shownDefinition } from "../app/state.js";
import { kindOfHistoryProblem } from "../app/watch.js";
import { button, problemParts } from "./kit.js";

/** The fields whose change can change a note. */
const FIELDS = [
  ...[
    "lang",
    "connection",
    "problem",
    "historyProblem",
    "replay",
    "definition",
    "text",
    "executionName",
    "view",
    "isKept",
  ],
];

/** @param {HTMLElement} element @param {any} context */
export function createNotes(element, { words, actions }) {
  const labels = createLabels(words);
  const dismiss = button(labels, "app.dismiss", actions.dismissProblem);
  const again = button(labels, "app.tryAgain", actions.watchAgain);
  const showDefinition = button(labels, "app.showDefinition", () => actions.setView("definition"));
  const problem = h("div", { class: "remark bad", role: "alert" });
  const refused = h("div", { class: "remark bad" });
  const historyNote = h("div", { class: "remark warn" });
  const mismatch = h("div", { class: "remark warn" });
  const missing = h("div", { class: "remark" });
  const differs = h("div", { class: "remark" });
  const notKept = h("div", { class: "remark" });
  element.append(problem, refused, historyNote, mismatch, missing, differs, notKept);

  /** @param {HTMLElement} note @param {(Node | string | undefined)[] | undefined} parts */
  function draw(note, parts) {
    note.hidden = parts === undefined;
    fill(note, .../** @type {any[]} */ ((parts ?? []).filter((part) => part !== undefined)));
  }

  return {
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state !== previous && FIELDS.every((name) => state[name] === previous[name])) return;
      if (state.lang !== previous.lang) labels.update();
      const { connection, replay, historyProblem, executionName } = state;
      if (state === previous || state.problem !== previous.problem || state.lang !== previous.lang)
        draw(problem, state.problem && [...problemParts(words, state.problem), dismiss]);
      // The button that failed may be far below.
      if (state.problem && state.problem !== previous.problem) problem.scrollIntoView({ block: "nearest" });
      draw(refused, connection.state === "refused" ? [...problemParts(words, connection.error), again] : undefined);
      draw(historyNote, historyProblem && historyParts(historyProblem));
      const wrong = replay?.mismatches ?? [];
      draw(
        mismatch,
        wrong.length > 0 ? [h("p", {}, words("app.mismatch", wrong.length, wrong[0].stepName))] : undefined,
      );
      draw(missing, replay?.missing > 0 ? [h("p", {}, words("app.missing", replay.missing))] : undefined);
      draw(notKept, state.isKept ? undefined : [h("p", {}, words("app.notKept"))]);
      const isOther =
        executionName !== "" &&
        state.definition !== undefined &&
        state.definition !== "" &&
        state.text !== state.definition;
      draw(
        differs,
        isOther && state.view !== "definition" && shownDefinition(state) !== undefined
          ? [h("p", {}, words("app.otherDefinition")), showDefinition]
          : undefined,
      );
    },
  };

  /** @param {import("../app/state.js").Problem} problem */
  function historyParts(problem) {
    const kind = kindOfHistoryProblem(problem);
    if (kind === "notOffered") return [h("p", {}, words("app.historyNotOffered"))];
    return problemParts(words, problem, words(`app.history_${kind}`));
  }
}

// The watched execution: its status, its times, the connection, and what can be done with it.

import { serviceNow } from "../app/clock.js";
import { isActive } from "../app/connection.js";
import { fill, h, setText } from "../app/dom.js";
import { createLabels } from "../app/labels.js";
import { colourOf, isFinal, isLastKnown, statusOf, timesOf } from "../app/status.js";
import { formatDuration } from "../view/time.js";
import { badge, button, dialog, moment, setWaiting } from "./kit.js";

/** @param {HTMLElement} element @param {any} context */
export function createStatus(element, { words, store, actions, openStart, openCompare }) {
  const labels = createLabels(words);
  const title = h("h2", { id: "status-title" });
  const shown = h("span", { class: "status-badge" });
  const elapsed = h("span", { class: "elapsed" });
  const started = h("span", { class: "started" });
  const connection = h("span", { class: "connection" });

  const stop = button(labels, "app.stop", () => {
    if (store.get().busy) return;
    cause.value = "";
    confirm.showModal();
  });
  const leave = button(labels, "app.leave", actions.leave);
  const watchAgain = button(labels, "app.watchAgain", actions.watchAgain);
  const again = button(labels, "app.startAgain", () => void actions.startAgain());
  const edit = button(labels, "app.editInput", () => {
    actions.editInput();
    openStart({ input: true });
  });
  const compare = button(labels, "app.compare", openCompare);
  const start = button(labels, "app.openStart", () => openStart(), { class: "button primary" });
  const open = button(labels, "app.openWatch", () => openStart({ watch: true }));

  const cause = h("input", { maxLength: 4096, autocomplete: "off", dir: "auto" });
  const confirm = dialog(
    labels,
    "app.stopTitle",
    "stop",
    h("p", {}, labels.text("app.stopText")),
    h("label", { class: "field" }, h("span", { class: "field-name" }, labels.text("app.stopCause")), cause),
    h(
      "div",
      { class: "buttons" },
      button(
        labels,
        "app.stopNow",
        () => {
          confirm.close();
          void actions.stop({ cause: cause.value.trim() });
        },
        { class: "button danger" },
      ),
    ),
  );

  const line = h("div", { class: "status-line" }, shown, elapsed, started, connection);
  const buttons = h("div", { class: "buttons" }, start, open, stop, leave, watchAgain, again, edit, compare);
  element.setAttribute("aria-labelledby", "status-title");
  element.append(h("div", { class: "status-head" }, title, line), buttons, confirm);

  /**
   * Shows and hides buttons. If the focused one disappears, the focus moves to the next one.
   *
   * @param {[HTMLButtonElement, boolean][]} entries
   */
  function show(entries) {
    const at = entries.findIndex(([item]) => item === document.activeElement);
    for (const [item, isShown] of entries) item.hidden = !isShown;
    if (at < 0 || !entries[at][0].hidden) return;
    const others = [...entries.slice(at + 1), ...entries.slice(0, at).reverse()];
    others.find(([item]) => !item.hidden)?.[0].focus();
  }

  function drawTitle(/** @type {any} */ { flowName, executionName }) {
    if (!executionName) return fill(title, words("app.noExecution"));
    fill(title, h("bdi", {}, flowName), h("span", { class: "slash" }, " / "), h("bdi", {}, executionName));
  }

  /** Redraws what the time changes. */
  function tick() {
    const state = store.get();
    setText(connection, connectionText(words, state, Date.now()));
    const { started: from, stopped: to } = timesOf(state);
    const isOver = isFinal(statusOf(state));
    // Nothing is known of the time after the end of the watch.
    const isKnown = isOver ? !Number.isNaN(to) : isActive(state.connection);
    const isShown = !Number.isNaN(from) && isKnown;
    const duration = Math.max(0, (isOver ? to : serviceNow(state)) - from);
    setText(elapsed, isShown ? formatDuration(duration, state.lang, { isLive: !isOver }) : "");
  }

  return {
    tick,
    /** True while the time changes what is shown. */
    isTicking() {
      const state = store.get();
      return isActive(state.connection) && state.connection.state !== "starting";
    },

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      const languageChanged = state.lang !== previous.lang;
      if (languageChanged) labels.update();
      drawTitle(state);
      const status = statusOf(state);
      const isWatched = state.executionName !== "";
      const active = isActive(state.connection);
      const old = isLastKnown(state) ? [" ", h("span", { class: "old" }, words("app.lastKnown"))] : [];
      fill(shown, ...(status === "" ? [] : [badge(words, status, colourOf(status)), ...old]));
      fill(started, moment(state.lang, state.execution?.startedTime));
      connection.dataset.state = state.connection.state;
      const { capabilities } = state;
      show([
        [start, !isWatched && capabilities.start],
        [open, !isWatched && !capabilities.start && state.isEndpointKnown],
        // An execution that the endpoint no longer has cannot be stopped.
        [stop, capabilities.stop && status !== "" && !isFinal(status) && state.connection.state !== "refused"],
        [leave, active],
        [watchAgain, state.connection.state === "left" || state.connection.state === "refused"],
        [again, capabilities.start && state.execution !== undefined],
        [edit, capabilities.start && state.execution !== undefined],
        [compare, state.replay !== undefined],
      ]);
      setWaiting(stop, state.busy !== "");
      setWaiting(again, state.busy !== "");
      tick();
    },
  };
}

/**
 * The state of the watch in words. It says nothing about the execution itself.
 *
 * @param {(key: string, ...values: any[]) => string} words
 * @param {import("../app/state.js").State} state
 * @param {number} now
 */
export function connectionText(words, { connection, executionName }, now) {
  const { state, nextTryAt } = connection;
  if (state === "idle") return executionName === "" ? words("app.idle") : "";
  if (state !== "reconnecting") return words(`app.${state}`);
  const seconds = Math.ceil(((nextTryAt ?? 0) - now) / 1000);
  return seconds > 0 ? words("app.reconnectingIn", seconds) : words("app.reconnecting");
}

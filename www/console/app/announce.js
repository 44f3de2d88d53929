// Says changes to users of a screen reader: the status, the connection, the failure. Also keeps the title of the page.

import { h } from "./dom.js";
import { isFinal, statusOf } from "./status.js";

/** @param {(key: string, ...values: any[]) => string} words */
export function createAnnouncer(words) {
  const polite = h("div", { class: "hidden", role: "status", "aria-live": "polite" });
  const urgent = h("div", { class: "hidden", role: "alert" });
  const element = h("div", {}, polite, urgent);

  /** @param {string} text @param {boolean} [isUrgent] */
  function announce(text, isUrgent = false) {
    const target = isUrgent ? urgent : polite;
    // The same text twice is announced twice.
    target.replaceChildren(h("p", {}, text));
  }

  return {
    element,
    announce,

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      const status = statusOf(state);
      const name = state.executionName;
      const word = status === "" ? "" : (words(`status.${status}`) ?? status);
      const title = [word, name && `${state.flowName}/${name}`, words("app.title")].filter(Boolean).join(" · ");
      if (document.title !== title) document.title = title;
      if (state === previous) return;
      const isSame = name === previous.executionName;
      const before = isSame ? statusOf(previous) : "";
      const { failure } = state.replay ?? {};
      if (status !== before && status !== "") {
        if (isFinal(status) && failure?.name)
          announce(words("app.sayFailure", word, failure.name, failure.error ?? "", failure.attempts), true);
        else announce(words("app.sayStatus", name, word));
      }
      const connection = state.connection.state;
      if (
        connection !== previous.connection.state &&
        ["reconnecting", "offline", "left", "refused"].includes(connection)
      )
        announce(words(`app.${connection}`));
    },
  };
}

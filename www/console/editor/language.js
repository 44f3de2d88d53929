// The language of the page: checks texts, small ones on this thread and large ones in a Worker thread.

import { loadFunctions } from "../app/functions.js";
import { checkText, withGraph } from "./check.js";

/**
 * @typedef {import("../app/state.js").Checked} Checked
 * @typedef {import("../app/store.js").Store} Store
 */

/** Length of a text from which it is checked in the Worker thread, in UTF-16 units. */
const LARGE = 24 * 1024;
/** Time without a change after which a text is checked, in ms. */
const DELAY_MS = 150;
/** Maximum time for which changes delay the check, in ms. */
const MAX_DELAY_MS = 1000;

/** The bundle has the Worker beside the page, as the sources do. */
const startWorker = () => new Worker(new URL("editor/language-worker.js", document.baseURI), { type: "module" });

/**
 * Creates the language. A Worker thread that does not start is replaced by this thread.
 *
 * @param {{ delayMs?: number, large?: number, startWorker?: () => Worker }} [options]
 */
export function createLanguage(options = {}) {
  const { delayMs = DELAY_MS, large = LARGE } = options;
  /** @type {Worker | undefined} */
  let worker;
  let isBroken = false;
  let lastId = 0;
  /** @type {Map<number, { text: string, done: (checked: Checked) => void, failed: (error: unknown) => void }>} */
  const asked = new Map();
  /** @type {Set<() => void>} */
  const followers = new Set();

  /** @param {string} text */
  async function here(text) {
    return checkText(text, await loadFunctions());
  }

  /** The Worker thread cannot be used: this thread answers what was asked. */
  function fail() {
    isBroken = true;
    worker?.terminate();
    worker = undefined;
    for (const { text, done, failed } of asked.values()) here(text).then(done, failed);
    asked.clear();
  }

  function theWorker() {
    if (worker) return worker;
    worker = (options.startWorker ?? startWorker)();
    worker.addEventListener("message", ({ data: { id, checked } }) => {
      const question = asked.get(id);
      asked.delete(id);
      // The text is not sent back.
      if (checked) question?.done({ ...checked, text: question.text });
      else fail();
    });
    worker.addEventListener("error", fail);
    worker.addEventListener("messageerror", fail);
    return worker;
  }

  /**
   * Checks a text.
   *
   * @param {string} text
   * @returns {Promise<Checked>}
   */
  async function check(text) {
    if (text.length < large || isBroken) return here(text);
    return new Promise((done, failed) => {
      lastId += 1;
      asked.set(lastId, { text, done, failed });
      try {
        theWorker().postMessage({ id: lastId, text });
      } catch {
        fail();
      }
    });
  }

  return {
    check,

    /**
     * Keeps `checked` of a store up to date with its `text`. Returns the function that ends this.
     *
     * A result whose text was replaced while it was computed, and whose replacement has waited long enough, is
     * dropped. The graph of `checked` keeps its identity while states and transitions stay the same.
     *
     * @param {Store} store
     * @param {(lang: "en" | "zh") => Promise<unknown>} [loadMessages] loads what the display of a result needs
     */
    follow(store, loadMessages = async () => {}) {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      let changedAt = 0;
      let isChecking = false;
      let isStale = false;
      let ended = false;

      function later() {
        const now = performance.now();
        changedAt ||= now;
        clearTimeout(timer);
        timer = setTimeout(run, Math.max(0, Math.min(delayMs, changedAt + MAX_DELAY_MS - now)));
      }

      async function run() {
        clearTimeout(timer);
        changedAt = 0;
        isStale = isChecking;
        if (isChecking) return;
        isChecking = true;
        try {
          let checked;
          do {
            isStale = false;
            const { text } = store.get();
            if (store.get().checked?.text === text) return;
            [checked] = await Promise.all([check(text), loadMessages(store.get().lang)]);
          } while (isStale && !ended);
          if (!ended) publish(checked);
        } catch (error) {
          reportError(error);
        } finally {
          isChecking = false;
        }
      }

      /** @param {Checked} checked */
      function publish(checked) {
        const { checked: before, ran } = store.get();
        // A graph that belongs to the definition that ran keeps the ranges of that definition.
        const own = before && before.graph !== ran?.graph ? before.graph : undefined;
        store.set({ checked: own ? withGraph(checked, own) : checked });
      }

      const unsubscribe = store.subscribe((state, previous) => {
        // While a check is in progress, `checked` is about to change.
        if (state.text === previous.text || (!isChecking && state.text === state.checked?.text)) return;
        if (state.checked) later();
        else void run();
      });
      void run();
      const end = () => {
        ended = true;
        clearTimeout(timer);
        unsubscribe();
        followers.delete(end);
      };
      followers.add(end);
      return end;
    },

    destroy() {
      for (const end of [...followers]) end();
      worker?.terminate();
      worker = undefined;
    },
  };
}

/** @typedef {ReturnType<typeof createLanguage>} Language */

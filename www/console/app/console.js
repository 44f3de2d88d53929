// Composes the page: the state, the endpoint, the panels and the views.

import { createLanguage } from "../editor/language.js";
import { createDetails } from "../panel/details.js";
import { createFailure } from "../panel/failure.js";
import { createHeader } from "../panel/header.js";
import { createHelp } from "../panel/help.js";
import { createLazyPart } from "../panel/lazy.js";
import { createListsPanel } from "../panel/lists.js";
import { createMocksPanel } from "../panel/mocks.js";
import { createNotes } from "../panel/notes.js";
import { createStart } from "../panel/start.js";
import { createStatus } from "../panel/status.js";
import { createTabs } from "../panel/tabs.js";
import { createWords, loadMessages, loadWords } from "../words/words.js";
import { createActions } from "./actions.js";
import { createAnnouncer } from "./announce.js";
import { createApi } from "./api.js";
import { createTicker } from "./clock.js";
import { createCompared } from "./compared.js";
import { connectEndpoint } from "./endpoint.js";
import { h } from "./dom.js";
import { loadFunctions } from "./functions.js";
import { connectKeys } from "./keys.js";
import { createLabels } from "./labels.js";
import { createLists } from "./lists.js";
import { createMocks } from "./mocks.js";
import { connectPlace } from "./place.js";
import { afterFrame, modules } from "./ready.js";
import { samples } from "./samples.js";
import { equalSelections } from "./selection.js";
import { loadSettings, loadTexts, saveSettings, saveTexts } from "./settings.js";
import { initialState } from "./state.js";
import { createStore } from "./store.js";
import { createWatch } from "./watch.js";

/** Time between two changes of a hidden page, in ms. */
const HIDDEN_MS = 300;

/**
 * Starts the console in the element `#console`. `fetch` replaces that of the page; `needsNetwork` is false if it
 * reaches the endpoint without a network. Resolves when the page is in the document.
 *
 * @param {{ base: string, fetch?: typeof fetch, needsNetwork?: boolean }} options
 */
export async function startConsole({ base, fetch: send, needsNetwork = true }) {
  const [sample] = samples;
  const texts = loadTexts();
  const settings = loadSettings();
  await loadWords(settings.lang);
  const owner = texts.owner ?? (texts.text === undefined ? sample.flowName : "");
  // A text that the user typed has no `inputOf`.
  const inputOf = texts.inputOf ?? (texts.input === undefined ? "" : null);
  const form = { ...initialState().form, flowName: owner, owner, inputOf };
  const store = createStore({
    ...initialState(),
    ...settings,
    form,
    text: texts.text ?? sample.text,
    input: texts.input ?? sample.input,
  });

  let words = createWords(store.get().lang);
  /** @param {string} key @param {...any} values */
  const inWords = (key, ...values) => words(key, ...values);
  const api = createApi({ base, needsNetwork, ...(send && { fetch: send }) });
  const language = createLanguage();
  const check = (/** @type {string} */ text) => language.check(text);
  const isOnline = () => !needsNetwork || navigator.onLine;
  const watch = createWatch({ store, api, check, loadReplay, schedule, isOnline });
  const announcer = createAnnouncer(inWords);
  const actions = createActions({
    store,
    api,
    watch,
    lists: createLists({ store, api }),
    mocks: createMocks({ store, api }),
    compared: createCompared({ store, api, check, loadReplay }),
    announce: announcer.announce,
  });

  const labels = createLabels(inWords);
  const page = createPage(labels);
  const context = {
    store,
    api,
    actions,
    language,
    modules,
    loadMessages,
    words: inWords,
    openHelp: () => help.open(),
    openStart: (/** @type {any} */ options) => start.focus(options),
    openCompare: () => compare.get().then((panel) => panel.open(), reportError),
    openMock: (/** @type {string} */ name) => mocks.open(name),
  };
  const start = createStart(page.start, context);
  const status = createStatus(page.status, context);
  const help = createHelp(page.dialogs, context);
  const compare = createLazyPart(
    ({ compared }) => compared !== undefined,
    () => import("../panel/compare.js").then(({ createComparePanel }) => createComparePanel(page.dialogs, context)),
  );
  const nothing = h("p", { class: "quiet" }, labels.text("selection.nothing"));
  page.selection.append(h("div", { class: "selection-head" }, h("h2", {}, labels.text("selection.title")), nothing));
  const selection = createLazyPart(
    (state) => state.executionName !== "" || !equalSelections(state.selection, {}),
    () =>
      import("../view/selection.js").then(({ createSelectionPanel }) => createSelectionPanel(page.selection, context)),
  );
  const lists = createListsPanel(page.lists, context);
  const mocks = createMocksPanel(page.mocks, context);
  // Views are loaded when they are needed, the editor with the definition. The first one does not delay the first frame.
  const drawn = afterFrame();
  const tabs = createTabs(page.views, context, {
    graph: () => drawn.then(() => import("../view/graph.js")).then(({ createGraphView }) => createGraphView),
    timeline: () =>
      drawn.then(() => import("../view/timeline.js")).then(({ createTimelineView }) => createTimelineView),
    events: () => drawn.then(() => import("../view/events.js")).then(({ createEventsView }) => createEventsView),
    definition: () =>
      drawn.then(() => import("../view/definition.js")).then(({ createDefinitionView }) => createDefinitionView),
  });
  const parts = [
    createHeader(page.header, context),
    status,
    createFailure(page.failure, context),
    createNotes(page.notes, context),
    createDetails(page.details, context),
    tabs,
    selection,
    start,
    lists,
    mocks,
    help,
    compare,
    announcer,
  ];

  const root = /** @type {HTMLElement} */ (document.getElementById("console"));
  showSettings(store.get());
  const place = connectPlace({ store, actions, watch });
  root.replaceChildren(page.skip, page.header, page.main, page.side, page.dialogs, announcer.element);
  for (const part of parts) updatePart(part, store.get(), store.get());

  const checkTime = createTicker(status.isTicking, status.tick);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saving;
  store.subscribe((state, previous) => {
    if (state.lang !== previous.lang) {
      words = createWords(state.lang);
      labels.update();
    }
    if (state.lang !== previous.lang || state.theme !== previous.theme || state.shortcuts !== previous.shortcuts) {
      showSettings(state);
      saveSettings(state);
    }
    if (state.text !== previous.text || state.input !== previous.input || state.form !== previous.form) {
      clearTimeout(saving);
      saving = setTimeout(() => saveTexts(store.get()), 300);
    }
    if (state.replay !== previous.replay) followReplay(state, previous);
    if (state.execution && !previous.execution) actions.adoptInput();
    for (const part of parts) updatePart(part, state, previous);
    place.update(state, previous);
    // On a small screen the button that started it is below the execution.
    if (state.executionName && state.executionName !== previous.executionName)
      page.header.scrollIntoView({ block: "nearest" });
    checkTime();
    refreshLists(state, previous);
  });
  addEventListener("pagehide", () => saveTexts(store.get()));

  language.follow(store, loadMessages);
  // The first start does not wait for the client. Who calls a module reports that it is missing.
  void loadFunctions()
    .then(() => modules.ready("ask"))
    .catch(() => {});
  connectEndpoint({ store, api, watch, actions, needsNetwork });
  connectKeys({ store, actions, tabs, lists, help });
  // Paper is light.
  addEventListener("beforeprint", () => showSettings({ ...store.get(), theme: "light" }));
  addEventListener("afterprint", () => showSettings(store.get()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => showSettings(store.get()));
  checkTime();

  /** Completes the selection of an address. Selects the state that failed if nothing else is selected. */
  function followReplay(/** @type {any} */ state, /** @type {any} */ previous) {
    const { replay, selection } = state;
    const { failure } = replay ?? {};
    const isEmpty = equalSelections(selection, {});
    if (isEmpty && failure && !previous.replay?.failure) actions.select({ node: failure.node, visit: failure.visit });
    else if (!isEmpty) actions.select(selection);
  }

  /** The list of executions changes when one of them starts or ends. */
  function refreshLists(/** @type {any} */ state, /** @type {any} */ previous) {
    const { executions, listed, flowName, connection } = state;
    const hasEnded = connection.state === "ended" && previous.connection.state !== "ended";
    if (hasEnded && executions.items && listed === flowName) void actions.readExecutions();
  }

  return { store, actions };
}

const loadReplay = () => loadFunctions().then(({ replayExecution }) => replayExecution);

/**
 * Updates a part. A fault of one part does not stop the others.
 *
 * @param {{ update: (state: any, previous: any) => void }} part
 * @param {any} state
 * @param {any} previous
 */
function updatePart(part, state, previous) {
  try {
    part.update(state, previous);
  } catch (error) {
    reportError(error);
  }
}

/**
 * Calls a function at the next frame. A hidden page has no frames.
 *
 * @param {() => void} flush
 */
function schedule(flush) {
  const run = () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    flush();
  };
  const timer = setTimeout(run, HIDDEN_MS);
  const frame = requestAnimationFrame(run);
}

/** @param {import("./state.js").State} state */
function showSettings({ lang, theme }) {
  const { documentElement: root } = document;
  root.lang = lang === "zh" ? "zh-CN" : "en";
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = isDark ? "dark" : "light";
}

/** The elements of the panels. @param {import("./labels.js").Labels} labels */
function createPage(labels) {
  const region = (/** @type {string} */ tag, /** @type {string} */ name) => h(tag, { class: name });
  const header = region("header", "top");
  const status = region("section", "panel status");
  const failure = region("section", "panel failure-panel");
  const notes = region("div", "remarks");
  const details = region("div", "details-panel");
  const views = region("div", "panel views");
  const selection = region("aside", "panel selection");
  const start = region("div", "start");
  const lists = region("div", "lists");
  const mocks = region("div", "mocks");
  const work = h("div", { class: "work" }, views, selection);
  const main = h("main", { id: "main", tabIndex: -1 }, status, failure, notes, details, work);
  const side = h("aside", { class: "side" }, start, lists, mocks);
  labels.attribute(side, "aria-label", "app.control");
  labels.attribute(selection, "aria-label", "app.selection");
  const toMain = (/** @type {Event} */ event) => {
    // The fragment of the address is the place.
    event.preventDefault();
    main.focus();
  };
  const skip = h("a", { class: "skip", href: "#main", on: { click: toMain } }, labels.text("app.skip"));
  return {
    header,
    status,
    failure,
    notes,
    details,
    views,
    selection,
    start,
    lists,
    mocks,
    main,
    side,
    skip,
    dialogs: h("div"),
  };
}

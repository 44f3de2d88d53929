// What the user can do. All parts of the page call these functions.

import { pack, placeOf, writeAddress } from "./address.js";
import { pretty } from "./json.js";
import { problemOf } from "./problem.js";
import { completeSelection, equalSelections } from "./selection.js";
import { loadMessages, loadWords } from "../words/words.js";

/**
 * @param {object} context
 * @param {import("./store.js").Store} context.store
 * @param {import("./api.js").Api} context.api
 * @param {import("./watch.js").Watch} context.watch
 * @param {ReturnType<typeof import("./lists.js").createLists>} context.lists
 * @param {ReturnType<typeof import("./mocks.js").createMocks>} context.mocks
 * @param {ReturnType<typeof import("./compared.js").createCompared>} context.compared
 * @param {(text: string, urgent?: boolean) => void} context.announce
 */
export function createActions({ store, api, watch, lists, mocks, compared, announce }) {
  /** The language that the user chose last. */
  let wantedLang = "";

  const actions = {
    announce,

    /** @param {import("./state.js").Selection} selection */
    select(selection) {
      const state = store.get();
      const complete = completeSelection(selection, state);
      if (!equalSelections(complete, state.selection)) store.set({ selection: complete });
    },

    /** @param {import("./state.js").State["view"]} view */
    setView: (view) => store.set({ view }),

    /** @param {string} text */
    setText(text) {
      const { form } = store.get();
      if (text === store.get().text) return;
      // What the user edits is what the user wants to run.
      store.set({ text, form: form.source === "editor" ? form : ofEditor(form) });
    },

    /** @param {string} input */
    setInput(input) {
      const { form } = store.get();
      const inputOf = input.trim() === "" ? "" : null;
      store.set({ input, ...(form.inputOf !== inputOf && { form: { ...form, inputOf } }) });
    },

    /** Takes the input of the watched execution, unless that in the form was typed, or is that of a sample of the flow. */
    adoptInput() {
      const { execution, flowName, form, input } = store.get();
      if (execution?.input === undefined || form.inputOf === null || form.inputOf === flowName) return;
      const own = pretty(execution.input);
      store.set({ input: pretty(input) === own ? input : own, form: { ...form, inputOf: "" } });
    },

    /** @param {Partial<import("./state.js").Form>} change */
    setForm: (change) => store.set({ form: { ...store.get().form, ...change } }),

    /** The user names the flow. With the text of the editor, this names its flow. @param {string} flowName */
    nameFlow(flowName) {
      const { form } = store.get();
      store.set({ form: { ...form, flowName, owner: form.source === "editor" ? flowName : form.owner } });
    },

    /** @param {"editor" | "stored"} source */
    setSource(source) {
      const { form } = store.get();
      store.set({ form: source === "editor" ? ofEditor(form) : { ...form, source } });
    },

    /** Prepares the form for a flow of the service. @param {string} flowName */
    useFlow(flowName) {
      const { form } = store.get();
      if (form.flowName !== flowName)
        store.set({ form: { ...form, flowName, source: flowName === form.owner ? "editor" : "stored" } });
    },

    /** Replaces the text of the editor, as a link does. @param {{ flowName?: string, text: string, input?: string }} texts */
    useTexts({ flowName = store.get().form.flowName, text, input = store.get().input }) {
      const { form } = store.get();
      const source = /** @type {const} */ ("editor");
      store.set({ text, input, form: { ...form, flowName, owner: flowName, inputOf: flowName, source } });
    },

    /**
     * Shows a range of the definition that ran, otherwise of the one in the editor.
     *
     * @param {any} range
     */
    showLine: (range) => store.set({ view: "definition", mark: { range } }),

    /** @param {import("./samples.js").Sample} sample */
    useSample({ flowName, input, text }) {
      store.set({ problem: undefined });
      actions.setForm({ executionName: "" });
      actions.useTexts({ flowName, text, input });
    },

    /**
     * Watches an execution.
     *
     * @param {{ flowName: string, executionName: string }} reference
     * @param {import("./state.js").Selection} [selection]
     */
    openExecution({ flowName, executionName }, selection) {
      const { listed, capabilities } = store.get();
      store.set({ problem: undefined, compared: undefined });
      actions.useFlow(flowName);
      watch.open({ flowName, executionName }, selection);
      if (capabilities.flows && listed !== flowName) void lists.list(flowName);
    },

    leave: () => watch.leave(),

    /** Watches the same execution again, after the watch was left or refused. */
    watchAgain() {
      const { flowName, executionName, selection } = store.get();
      if (flowName && executionName) watch.open({ flowName, executionName }, selection);
    },

    /**
     * Starts an execution of the flow in the form, and watches it. Without `input`, with the input in the form.
     *
     * @param {{ input?: string, definition?: string, flowName?: string }} [options]
     */
    async start({ input, definition, flowName: given } = {}) {
      const { form, text, input: typed, busy } = store.get();
      if (busy) return;
      const flowName = given ?? form.flowName.trim();
      const sent = (input ?? typed).trim();
      const isOfForm = flowName === form.flowName.trim();
      const saved = definition ?? (isOfForm && form.source === "editor" ? text : undefined);
      /** @type {Parameters<typeof api.start>[0]} */
      const request = { flowName };
      if (isOfForm && form.executionName.trim()) request.executionName = form.executionName.trim();
      if (sent !== "") request.input = sent;
      if (saved !== undefined) request.definition = saved;
      // Standard is the default. The mode of a flow that exists cannot be changed.
      if (saved !== undefined && form.mode === "Express") request.mode = form.mode;
      store.set({ busy: "start", problem: undefined });
      try {
        if (saved !== undefined) await mocks.prepare(saved);
        const { flowName: flow, executionName } = await api.start(request);
        // The name of an execution cannot be used again.
        actions.setForm({ executionName: "" });
        actions.openExecution({ flowName: flow ?? flowName, executionName });
        if (store.get().capabilities.flows) {
          if (saved !== undefined) void lists.readFlows();
          void lists.list(flowName);
        }
      } catch (error) {
        store.set({ problem: problemOf(error, "StartExecution") });
      } finally {
        store.set({ busy: "" });
      }
    },

    /** Starts an execution of the watched flow with the input of the watched execution. */
    startAgain() {
      const { flowName, execution } = store.get();
      return actions.start({ flowName, input: execution?.input ?? "" });
    },

    /** Copies the input of the watched execution to the form. */
    editInput() {
      const { flowName, execution, form } = store.get();
      store.set({ input: pretty(execution?.input ?? ""), form: { ...form, inputOf: "" } });
      actions.useFlow(flowName);
    },

    /** @param {{ error?: string, cause?: string }} [reason] */
    async stop({ error, cause } = {}) {
      const { flowName, executionName, busy } = store.get();
      if (busy) return;
      store.set({ busy: "stop", problem: undefined });
      try {
        await api.stop({ flowName, executionName, ...(error && { error }), ...(cause && { cause }) });
      } catch (failure) {
        store.set({ problem: problemOf(failure, "StopExecution") });
      } finally {
        store.set({ busy: "" });
      }
    },

    /** Reads the definition that the service has into the editor. @param {string} flowName */
    async loadFlow(flowName) {
      try {
        const { definition, mode } = await api.flow(flowName);
        const form = { ...store.get().form, flowName, owner: flowName, source: /** @type {const} */ ("stored") };
        store.set({ text: definition, form: mode === "Express" ? { ...form, mode } : form, problem: undefined });
      } catch (error) {
        store.set({ problem: problemOf(error, "DescribeFlow") });
      }
    },

    dismissProblem: () => store.set({ problem: undefined }),

    /** @param {"en" | "zh"} lang */
    async setLanguage(lang) {
      wantedLang = lang;
      try {
        await Promise.all([loadWords(lang), loadMessages(lang)]);
        if (wantedLang === lang) store.set({ lang });
      } catch (error) {
        store.set({ problem: problemOf(error) });
      }
    },
    /** @param {"system" | "light" | "dark"} theme */
    setTheme: (theme) => store.set({ theme }),
    /** @param {boolean} shortcuts */
    setShortcuts: (shortcuts) => store.set({ shortcuts }),

    /**
     * The address of what the page shows; with the definition and the input in it if `withTexts`.
     *
     * @param {{ withTexts?: boolean }} [options]
     */
    async link({ withTexts = false } = {}) {
      const state = store.get();
      const place = placeOf(state);
      if (withTexts) {
        place.packed = await pack({ definition: state.text, input: state.input });
        place.flowName ??= state.form.flowName;
      }
      return new URL(`#${writeAddress(place)}`, location.href).href;
    },

    ...lists,
    readMocks: mocks.read,
    answerTask: mocks.answer,
    ...compared,
  };
  return actions;
}

/** @typedef {ReturnType<typeof createActions>} Actions */

/**
 * The form for the text of the editor.
 *
 * @param {import("./state.js").Form} form
 * @returns {import("./state.js").Form}
 */
const ofEditor = (form) => ({ ...form, source: "editor", flowName: form.owner || form.flowName });

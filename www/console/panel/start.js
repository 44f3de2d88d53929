// Starts an execution, or watches one by its name.

import { h, setText } from "../app/dom.js";
import { readJson } from "../app/json.js";
import { createLabels } from "../app/labels.js";
import { samples } from "../app/samples.js";
import { choice, field, fold, setWaiting } from "./kit.js";

/** Maximum length of the names of flows and executions. */
const MAX_NAME = 200;

/** @param {HTMLElement} element @param {any} context */
export function createStart(element, { words, actions }) {
  const labels = createLabels(words);
  const nameField = (/** @type {(value: string) => void} */ change) => {
    const control = h("input", {
      maxLength: MAX_NAME,
      autocomplete: "off",
      spellcheck: false,
      dir: "auto",
      on: {
        input: () => {
          checkName(control);
          change(control.value);
        },
      },
    });
    return control;
  };

  const sample = h("select", { on: { change: chooseSample } }, h("option", { value: "" }, labels.text("start.choose")));
  for (const { id } of samples) sample.append(h("option", { value: id }, labels.text(`samples.${id}`)));
  const flow = nameField(actions.nameFlow);
  flow.required = true;
  const execution = nameField((executionName) => actions.setForm({ executionName }));
  labels.attribute(execution, "placeholder", "start.generated");
  const source = choice(
    labels,
    [
      ["editor", "start.fromEditor"],
      ["stored", "start.stored"],
    ],
    actions.setSource,
  );
  const mode = choice(
    labels,
    [
      ["Standard", "start.standard"],
      ["Express", "start.express"],
    ],
    (value) => actions.setForm({ mode: value }),
  );
  const input = h("textarea", {
    rows: 5,
    spellcheck: false,
    autocomplete: "off",
    dir: "auto",
    "aria-describedby": "input-error",
    on: { input: () => actions.setInput(input.value) },
  });
  const inputError = h("p", { id: "input-error", class: "field-error" });
  const submit = h("button", { type: "submit", class: "button primary" });
  const modeField = field(labels, "start.mode", mode);
  const form = h(
    "form",
    { class: "form", on: { submit: startNow } },
    field(labels, "start.sample", sample),
    field(labels, "app.flow", flow),
    field(labels, "app.execution", execution),
    field(labels, "start.source", source),
    modeField,
    field(labels, "app.input", input),
    inputError,
    submit,
  );
  const startFold = fold(labels, "start.title", true, form);

  const watchFlow = nameField(() => {});
  const watchExecution = nameField(() => {});
  for (const control of [watchFlow, watchExecution]) control.required = true;
  const watchSubmit = h("button", { type: "submit", class: "button" }, labels.text("start.watch"));
  const watchForm = h(
    "form",
    { class: "form", on: { submit: watchNow } },
    field(labels, "app.flow", watchFlow),
    field(labels, "app.execution", watchExecution),
    watchSubmit,
  );
  const watchFold = fold(labels, "start.watchTitle", false, watchForm);
  element.append(startFold, watchFold);

  function chooseSample() {
    const chosen = samples.find(({ id }) => id === sample.value);
    if (chosen) actions.useSample(chosen);
  }

  /** A name of blanks is none. The browser says so at a start. @param {any} control */
  function checkName(control) {
    const isBlank = control.required && control.value !== "" && control.value.trim() === "";
    control.setCustomValidity(isBlank ? words("start.blankName") : "");
  }

  /** @param {Event} event */
  function startNow(event) {
    event.preventDefault();
    const problem = problemOfInput(input.value);
    if (problem) {
      setText(inputError, problem.text);
      input.setAttribute("aria-invalid", "true");
      input.focus();
      input.setSelectionRange(problem.offset, problem.offset + 1);
      actions.announce(problem.text, true);
      return;
    }
    void actions.start();
  }

  /** @param {Event} event */
  function watchNow(event) {
    event.preventDefault();
    actions.openExecution({ flowName: watchFlow.value.trim(), executionName: watchExecution.value.trim() });
  }

  /** @param {string} text */
  function problemOfInput(text) {
    if (text.trim() === "") return undefined;
    const { problem } = readJson(text, { object: true });
    if (!problem) return undefined;
    const reason = words(`json.${problem.reason}`);
    return { text: words("start.inputError", problem.line, problem.column, reason), offset: problem.offset };
  }

  /** Sets a value without moving the cursor of the user. @param {any} control @param {string} value */
  function set(control, value) {
    if (control.value !== value) control.value = value;
    if (control.required) checkName(control);
  }

  let isFirst = true;

  return {
    /** Opens the form and moves the focus to it. @param {{ input?: boolean, watch?: boolean }} [options] */
    focus({ input: toInput = false, watch = false } = {}) {
      const target = watch || startFold.hidden ? watchFold : startFold;
      target.open = true;
      const control = target === watchFold ? watchFlow : toInput ? input : sample;
      control.focus();
      target.scrollIntoView({ block: "nearest" });
    },

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      const { capabilities, form: values, busy } = state;
      if (state.lang !== previous.lang) labels.update();
      startFold.hidden = !capabilities.start;
      // Without a start, watching is all that can be done.
      watchFold.hidden = !state.isEndpointKnown;
      const isNews = state.isEndpointKnown !== previous.isEndpointKnown;
      if (isNews || capabilities.start !== previous.capabilities.start) watchFold.open = !capabilities.start;
      set(flow, values.flowName);
      set(execution, values.executionName);
      set(source, values.source);
      set(mode, values.mode);
      set(input, state.input);
      modeField.hidden = values.source === "stored";
      const ofSample = values.source === "editor" && samples.find(({ text }) => text === state.text);
      set(sample, ofSample ? ofSample.id : "");
      if (isFirst || state.flowName !== previous.flowName) set(watchFlow, state.flowName);
      if (isFirst || state.executionName !== previous.executionName) set(watchExecution, state.executionName);
      isFirst = false;
      setText(submit, words(busy === "start" ? "start.starting" : "start.start"));
      setWaiting(submit, busy !== "");
      const problem = problemOfInput(state.input);
      setText(inputError, problem?.text ?? "");
      if (problem) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

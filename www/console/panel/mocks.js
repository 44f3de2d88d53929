// The tasks of the definition that have no handler, and an answer for each.

import { fill, h, setText } from "../app/dom.js";
import { readJson } from "../app/json.js";
import { createLabels } from "../app/labels.js";
import { problemOf } from "../app/problem.js";
import { button, field, fold, plainButton, problemParts } from "./kit.js";

/** Pause after a change of the definition before its tasks are read, in ms. */
const PAUSE_MS = 600;

/** @param {HTMLElement} element @param {any} context */
export function createMocksPanel(element, { words, store, actions }) {
  const labels = createLabels(words);
  const list = h("ul", { class: "tasks" });
  const note = h("div", { class: "list-note" });
  const count = h("span", { class: "fold-count" });
  const panel = fold(labels, "mocks.title", false, h("p", { class: "hint" }, labels.text("mocks.hint")), list, note);
  panel.querySelector("summary")?.append(count);
  element.append(panel);
  panel.addEventListener("toggle", () => {
    if (panel.open) void actions.readMocks();
  });
  /**
   * The forms that the user has opened, by key: they survive a redraw, and the time for which a definition that is being
   * edited has no such task.
   *
   * @type {Map<string, HTMLElement>}
   */
  const forms = new Map();
  /** The words of each form. @type {WeakMap<HTMLElement, import("../app/labels.js").Labels>} */
  const wordsOf = new WeakMap();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;

  /** The rows that are shown, with what they show: a row that stays the same is not touched. */
  /** @type {Map<string, { row: HTMLElement, form: HTMLElement | undefined, content: string }>} */
  let rows = new Map();

  /** @param {any} state */
  function draw(state) {
    const { items = [], problem, isLoading } = state.mocks;
    const active = document.activeElement;
    /** @type {typeof rows} */
    const next = new Map();
    for (const task of items) {
      const content = JSON.stringify([task, state.lang]);
      const form = forms.get(task.key);
      const known = rows.get(task.key);
      const isSame = known?.content === content && known.form === form;
      next.set(task.key, isSame ? known : { row: taskRow(task), form, content });
    }
    rows = next;
    place(
      list,
      [...rows.values()].map(({ row }) => row),
    );
    // A form that has moved to another row is the same as before.
    if (active instanceof HTMLElement && list.contains(active) && active !== document.activeElement) active.focus();
    const open = items.filter((/** @type {any} */ { handler }) => handler === "none").length;
    setText(count, open > 0 ? words("mocks.open", open) : "");
    if (problem) fill(note, .../** @type {any[]} */ (problemParts(words, problem).filter(Boolean)));
    else fill(note, items.length === 0 ? words(isLoading ? "lists.loading" : "mocks.none") : "");
  }

  /** @param {import("../app/state.js").MockedTask} task */
  function taskRow({ key, states, handler, answer }) {
    const name = states.join(", ");
    const edit = plainButton(words(answer ? "mocks.change" : "mocks.add"), () => {
      if (forms.has(key)) forms.delete(key);
      else
        forms.set(
          key,
          answerForm(key, answer ?? [], () => forms.delete(key)),
        );
      draw(store.get());
      /** @type {HTMLElement | null | undefined} */
      const first = forms.get(key)?.querySelector("textarea, input, select");
      first?.focus();
    });
    edit.setAttribute("aria-expanded", String(forms.has(key)));
    return h(
      "li",
      { class: "task" },
      h(
        "div",
        { class: "task-head" },
        h("bdi", { class: "task-name" }, name),
        h("span", { class: `task-handler ${handler}` }, words(`mocks.handler_${handler}`)),
      ),
      h("code", { class: "task-key", dir: "ltr" }, key),
      answer && h("p", { class: "task-answer" }, words("mocks.calls", answer.length)),
      edit,
      forms.get(key),
    );
  }

  /** @param {string} key @param {any[] | undefined} answer */
  function openForm(key, answer) {
    if (!forms.has(key))
      forms.set(
        key,
        answerForm(key, answer ?? [], () => forms.delete(key)),
      );
    draw(store.get());
    /** @type {HTMLElement | null | undefined} */
    const first = forms.get(key)?.querySelector("textarea, input, select");
    first?.focus();
  }

  /**
   * The form for the answers of a task, one for each call.
   *
   * @param {string} key
   * @param {any[]} answer
   * @param {() => void} close
   */
  function answerForm(key, answer, close) {
    const own = createLabels(words);
    const calls = h("ol", { class: "calls" });
    const error = h("div", { class: "field-error", role: "alert" });
    const rows = (answer.length > 0 ? answer : [{ output: {} }]).map(callRow);
    calls.append(...rows.map((row) => row.element));

    /** @param {any} mock */
    function callRow(mock) {
      const row = createCall(words, own, mock, () => {
        rows.splice(rows.indexOf(row), 1);
        row.element.remove();
      });
      return row;
    }

    const save = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const mocks = [];
      for (const row of rows) {
        const { mock, problem } = row.read();
        if (problem) {
          fill(error, problem);
          row.focus();
          return;
        }
        mocks.push(mock);
      }
      await send(mocks.length > 0 ? mocks : null);
    };

    /** @param {any[] | null} mocks */
    async function send(mocks) {
      try {
        close();
        await actions.answerTask(key, mocks);
        actions.announce(words(mocks ? "mocks.saved" : "mocks.removed", key));
      } catch (failure) {
        forms.set(key, form);
        draw(store.get());
        fill(error, .../** @type {any[]} */ (problemParts(words, problemOf(failure)).filter(Boolean)));
      }
    }

    const add = button(own, "mocks.addCall", () => {
      const row = callRow({ output: {} });
      rows.push(row);
      calls.append(row.element);
      row.focus();
    });
    /** @type {HTMLElement} */
    const form = h(
      "form",
      { class: "answer", on: { submit: save } },
      calls,
      h("p", { class: "hint" }, own.text("mocks.lastRepeats")),
      error,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "button primary" }, own.text("mocks.save")),
        add,
        answer.length > 0 && button(own, "mocks.remove", () => void send(null)),
      ),
    );
    wordsOf.set(form, own);
    return form;
  }

  return {
    /** Opens the form for the task of a state. @param {string} name */
    async open(name) {
      panel.open = true;
      await actions.readMocks();
      const { items = [] } = store.get().mocks;
      const task = items.find((/** @type {import("../app/state.js").MockedTask} */ { states }) =>
        states.includes(name),
      );
      if (task) openForm(task.key, task.answer);
      panel.scrollIntoView({ block: "nearest" });
    },

    /** @param {any} state @param {any} previous */
    update(state, previous) {
      if (state.lang !== previous.lang) {
        labels.update();
        for (const form of forms.values()) wordsOf.get(form)?.update();
      }
      panel.hidden = !state.capabilities.mocks;
      if (panel.hidden) return;
      const isOther = state.text !== previous.text || state.definition !== previous.definition;
      if (state === previous || !previous.capabilities.mocks || isOther) {
        clearTimeout(later);
        later = setTimeout(() => void actions.readMocks(), PAUSE_MS);
      }
      // A sample may have set answers at the start.
      if (state.executionName !== previous.executionName && panel.open) void actions.readMocks();
      if (state.mocks !== previous.mocks || state.lang !== previous.lang || state === previous) draw(state);
    },
  };
}

/**
 * Makes elements the children of a list. Those that are at their place stay there: they keep the focus.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} elements
 */
function place(list, elements) {
  const kept = new Set(elements);
  for (const child of [...list.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  for (const [at, element] of elements.entries())
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
}

/**
 * The answer to one call.
 *
 * @param {(key: string, ...values: any[]) => string} words
 * @param {import("../app/labels.js").Labels} labels
 * @param {any} mock
 * @param {() => void} remove
 */
function createCall(words, labels, mock, remove) {
  const kind = h("select", { on: { change: showKind } });
  for (const name of ["output", "error", "never"])
    kind.append(h("option", { value: name }, labels.text(`mocks.${name}`)));
  kind.value = mock.never ? "never" : mock.error !== undefined ? "error" : "output";
  const output = h("textarea", { rows: 3, spellcheck: false, dir: "auto" });
  output.value = JSON.stringify(mock.output ?? {}, null, 2);
  const error = h("input", { maxLength: 128, autocomplete: "off", spellcheck: false, dir: "auto" });
  error.value = mock.error ?? "";
  const cause = h("input", { maxLength: 4096, autocomplete: "off", dir: "auto" });
  cause.value = mock.cause ?? "";
  const delay = h("input", { type: "number", min: "0", step: "any", inputMode: "decimal" });
  delay.value = mock.delayMs ? String(mock.delayMs / 1000) : "";
  const parts = {
    output: [field(labels, "mocks.outputJson", output)],
    error: [field(labels, "failure.error", error), field(labels, "failure.cause", cause)],
    never: [],
    delay: [field(labels, "mocks.delay", delay)],
  };
  const element = h(
    "li",
    { class: "call" },
    field(labels, "mocks.outcome", kind),
    ...parts.output,
    ...parts.error,
    ...parts.delay,
    h("button", { type: "button", class: "button small", on: { click: remove } }, labels.text("mocks.removeCall")),
  );
  showKind();

  function showKind() {
    for (const part of parts.output) part.hidden = kind.value !== "output";
    for (const part of parts.error) part.hidden = kind.value !== "error";
    for (const part of parts.delay) part.hidden = kind.value === "never";
  }

  return {
    element,
    focus: () => (kind.value === "error" ? error : kind.value === "output" ? output : kind).focus(),
    /** @returns {{ mock?: any, problem?: string }} */
    read() {
      if (kind.value === "never") return { mock: { never: true } };
      const seconds = Number(delay.value || 0);
      if (!(seconds >= 0)) return { problem: words("mocks.wrongDelay") };
      const delayed = seconds > 0 ? { delayMs: Math.round(seconds * 1000) } : {};
      if (kind.value === "error") {
        const name = error.value.trim();
        if (name === "") return { problem: words("mocks.noError") };
        const why = cause.value.trim();
        return { mock: { error: name, ...(why && { cause: why }), ...delayed } };
      }
      const { value, problem } = readJson(output.value);
      if (problem) {
        const reason = words(`json.${problem.reason}`);
        return { problem: words("start.inputError", problem.line, problem.column, reason) };
      }
      return { mock: { output: value, ...delayed } };
    },
  };
}

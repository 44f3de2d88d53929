// Entry "cloudflow-wasm/editor/codemirror": the language service as an extension of CodeMirror 6.

import { autocompletion } from "@codemirror/autocomplete";
import { codeFolding, foldService } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState, StateField, Text } from "@codemirror/state";
import { EditorView, ViewPlugin, hoverTooltip, keymap, showDialog } from "@codemirror/view";
import { openFlow } from "../editor.js";

/** @import { CompletionContext, CompletionResult } from "@codemirror/autocomplete" */
/** @import { Diagnostic as Mark } from "@codemirror/lint" */
/** @import { Extension, Transaction } from "@codemirror/state" */
/** @import { Command } from "@codemirror/view" */
/** @import { CompletionItem, OpenFlow, TextEdit } from "../editor.js" */
/** @import { CloudflowOptions } from "./codemirror.js" */

/** The open definition of a state and of the states after it. */
class Held {
  /** @type {OpenFlow | undefined} */
  #flow;
  /** @type {Text | undefined} */
  #doc;
  /** @type {{ from: number, to: number }[] | undefined} */
  #folds;

  /** @param {CloudflowOptions} options */
  constructor({ delay, ...options }) {
    this.options = options;
  }

  /** @param {Transaction} transaction */
  follow({ startState, changes, newDoc }) {
    if (this.#flow === undefined || startState.doc !== this.#doc) return;
    const flow = this.#flow;
    this.#doc = newDoc;
    this.#folds = undefined;
    try {
      changes.iterChanges((from, to, at, _, text) => flow.edit(at, at + to - from, text.toString()));
    } catch {
      // The text is too long, or the module was lost. A transaction must not fail for that.
      this.close();
    }
  }

  /**
   * The definition with a text. It usually has it: another text comes from a state that did not become the current one.
   *
   * @param {{ doc: Text }} state
   */
  of({ doc }) {
    if (this.#flow === undefined) this.#flow = openFlow(doc.toString(), this.options);
    else if (this.#doc !== doc) this.#flow.edit(0, 0xffffffff, doc.toString());
    if (this.#doc !== doc) this.#folds = undefined;
    this.#doc = doc;
    return this.#flow;
  }

  /** @param {{ doc: Text }} state */
  folds(state) {
    if (this.#folds !== undefined && this.#doc === state.doc) return this.#folds;
    try {
      const found = this.of(state).folding();
      this.#folds = found.map(({ range }) => ({ from: range.start.offset, to: range.end.offset }));
    } catch {
      // CodeMirror asks for each line: a text that is too long is opened once.
      this.#folds = [];
      this.#doc = state.doc;
    }
    return this.#folds;
  }

  close() {
    this.#flow?.close();
    this.#flow = this.#doc = undefined;
  }
}

/**
 * @param {CloudflowOptions} [options]
 * @returns {Extension}
 */
export function cloudflow(options = {}) {
  const held = StateField.define({
    create: () => new Held(options),
    update: (value, transaction) => (transaction.docChanged && value.follow(transaction), value),
  });
  const flowOf = (/** @type {EditorState} */ state) => state.field(held).of(state);

  /** @type {Command} */
  const goToDefinition = ({ state, dispatch }) => {
    const found = flowOf(state).definition(state.selection.main.head);
    if (found === null) return false;
    const selection = { anchor: found.start.offset, head: found.end.offset };
    dispatch(state.update({ selection, scrollIntoView: true, userEvent: "select.definition" }));
    return true;
  };

  /** @type {Command} */
  const rename = (view) => {
    const at = view.state.selection.main.head;
    const name = flowOf(view.state).prepareRename(at);
    if (name === null) return false;
    const value = view.state.sliceDoc(name.start.offset, name.end.offset);
    const input = { type: "text", value, name: "name", "aria-label": view.state.phrase("New name") };
    const label = view.state.phrase("New name");
    const { doc } = view.state;
    const dialog = showDialog(view, { label, input, focus: true, submitLabel: view.state.phrase("Rename") });
    dialog.result.then((form) => {
      view.focus();
      if (form === null) return;
      try {
        if (view.state.doc !== doc) throw new Error(view.state.phrase("the text has changed in the meantime"));
        const edits = flowOf(view.state).rename(at, String(new FormData(form).get("name") ?? ""));
        view.dispatch({ changes: changesOf(edits), userEvent: "rename" });
      } catch (error) {
        showDialog(view, { label: error.message });
      }
    });
    return true;
  };

  /** @param {CompletionContext} context @returns {CompletionResult | null} */
  const complete = ({ state, pos, explicit }) => {
    const { from: start } = state.doc.lineAt(pos);
    if (!explicit && !/[\w$.-]$|: $/.test(state.sliceDoc(start, pos))) return null;
    const { range, items } = flowOf(state).completion(pos);
    if (items.length === 0) return null;
    const options = items.map((item, at) => ({
      label: item.label,
      apply: item.insertText,
      type: TYPE_OF[item.kind],
      ...(item.detail ? { detail: item.detail } : {}),
      ...(item.documentation ? { info: () => noteOf(item) } : {}),
      sortText: String(at).padStart(5, "0"),
    }));
    return { from: range.start.offset, to: range.end.offset, options };
  };

  const close = class {
    /** @param {EditorView} view */
    constructor(view) {
      this.held = view.state.field(held);
    }
    destroy() {
      this.held.close();
    }
  };

  return [
    held,
    ViewPlugin.fromClass(close),
    linter((view) => marksOf(view, flowOf), { delay: options.delay ?? 150 }),
    autocompletion(),
    EditorState.languageData.of(() => [{ autocomplete: complete }]),
    hoverTooltip(({ state }, pos) => {
      const found = flowOf(state).hover(pos);
      if (found === null) return null;
      return { pos: found.range.start.offset, end: found.range.end.offset, create: () => ({ dom: noteOf(found) }) };
    }),
    foldService.of((state, from, to) => {
      const fold = state
        .field(held)
        .folds(state)
        .find((fold) => fold.from >= from && fold.from <= to && fold.to > to);
      return fold === undefined ? null : { from: to, to: fold.to };
    }),
    codeFolding(),
    keymap.of([
      { key: "F12", run: goToDefinition },
      { key: "F2", run: rename },
    ]),
    EditorView.domEventHandlers({
      mousedown(event, view) {
        const at = event.button === 0 && (event.ctrlKey || event.metaKey) ? view.posAtCoords(event) : null;
        if (at === null || flowOf(view.state).definition(at) === null) return false;
        view.dispatch({ selection: { anchor: at } });
        event.preventDefault();
        return goToDefinition(view);
      },
    }),
  ];
}

/** @type {Record<CompletionItem["kind"], string>} */
const TYPE_OF = {
  key: "property",
  type: "type",
  state: "class",
  error: "enum",
  value: "constant",
  action: "namespace",
  function: "function",
  variable: "variable",
  member: "property",
};

/**
 * @param {EditorView} view
 * @param {(state: EditorState) => OpenFlow} flowOf
 * @returns {Mark[]}
 */
function marksOf({ state }, flowOf) {
  return flowOf(state)
    .diagnostics()
    .map(({ severity, code, message, range, fix }) => ({
      from: range?.start.offset ?? 0,
      to: range?.end.offset ?? 0,
      severity,
      source: code,
      message,
      // The text may have changed since the check: the fix is asked for again.
      actions: fix ? [{ name: fix.title, apply: (view, from, to) => apply(view, flowOf, { from, to, code }) }] : [],
    }));
}

/**
 * @param {EditorView} view
 * @param {(state: EditorState) => OpenFlow} flowOf
 * @param {{ from: number, to: number, code: string }} finding
 */
function apply(view, flowOf, { from, to, code }) {
  const fix = flowOf(view.state)
    .codeActions(from, to)
    .find((action) => action.kind === "fix" && action.code === code);
  if (fix) view.dispatch({ changes: changesOf(fix.edits), userEvent: "input.fix" });
}

/** @param {TextEdit[]} edits */
function changesOf(edits) {
  return edits.map(({ range, newText }) => ({
    from: range.start.offset,
    to: range.end.offset,
    // Not a string, which would be divided at the line separator of the state.
    insert: Text.of(newText.split(/\r?\n/)),
  }));
}

/** @param {{ title?: string, documentation?: string, summary?: string, page?: string }} note */
function noteOf({ title, documentation, summary, page }) {
  const dom = document.createElement("div");
  dom.className = "cm-flow-note";
  for (const [tag, text] of [
    ["code", title],
    ["div", documentation],
    ["div", summary],
  ]) {
    if (tag === undefined || !text) continue;
    const part = document.createElement(tag);
    part.textContent = text;
    part.style.whiteSpace = "pre-line";
    dom.append(part);
  }
  if (page) {
    const link = Object.assign(document.createElement("a"), { href: page, target: "_blank", rel: "noreferrer" });
    link.textContent = new URL(page).hostname;
    dom.append(link);
  }
  return dom;
}

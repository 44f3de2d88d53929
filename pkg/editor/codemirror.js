// Entry "cloudflow-wasm/editor/codemirror": the language service as an extension of CodeMirror 6.

import { autocompletion } from "@codemirror/autocomplete";
import { codeFolding, foldService } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState, RangeSet, RangeValue, StateField, Text } from "@codemirror/state";
import { EditorView, ViewPlugin, hoverTooltip, keymap, showDialog } from "@codemirror/view";
import { Followed } from "./followed.js";
import { changesOf, isInPair, orderOf, startsValue } from "./protocol.js";

/** @import { CompletionContext, CompletionResult } from "@codemirror/autocomplete" */
/** @import { Extension, Transaction } from "@codemirror/state" */
/** @import { Command } from "@codemirror/view" */
/** @import { CompletionItem, OpenFlow, TextEdit } from "../editor.js" */
/** @import { CloudflowOptions } from "./codemirror.js" */

/**
 * Length of a text, in UTF-16 units, from which its folds are not read again after each key. They move with the text for
 * half a second, or for ten times as long as reading them took.
 */
const LARGE = 32 * 1024;
const FOLDS_MS = 500;

const FOLD = /*#__PURE__*/ new (class extends RangeValue {})();

/** The definition of a state, and of the states that follow it. */
class Held {
  /** @type {Text | undefined} */
  #doc;
  /** @type {RangeSet<RangeValue> | undefined} */
  #folds;
  #foldsUntil = 0;
  /** The number of views that show one of the states. */
  #views = 0;

  /** @param {object} options */
  constructor(options) {
    this.flow = new Followed(options);
  }

  show() {
    this.#views += 1;
    return { destroy: () => --this.#views === 0 && this.flow.close() };
  }

  /** @param {Transaction} transaction */
  follow({ startState, changes, newDoc }) {
    if (startState.doc !== this.#doc) return;
    let isDivided = false;
    changes.iterChanges((from, to, at, end, text) => {
      this.flow.edit(at, at + to - from, text.toString());
      isDivided ||= isInPair(newDoc.sliceString(at - 1, at), newDoc.sliceString(end, end + 1));
    });
    if (isDivided) this.flow.replace(newDoc.toString());
    this.#doc = newDoc;
    const isKept = newDoc.length > LARGE && performance.now() < this.#foldsUntil;
    this.#folds = isKept ? this.#folds?.map(changes) : undefined;
  }

  /**
   * The answer for a state, `null` if its text is too long. Its text is usually the one that was followed; another one
   * is that of a state which did not become the current one.
   *
   * @template T
   * @param {{ doc: Text }} state
   * @param {(flow: OpenFlow) => T} answer
   */
  ask({ doc }, answer) {
    if (this.#doc !== doc) {
      this.flow.replace(doc.toString());
      this.#doc = doc;
      this.#folds = undefined;
    }
    try {
      return this.flow.ask(() => doc.toString(), answer);
    } finally {
      // A timer of another extension may ask after the view is gone: the definition would stay open.
      if (this.#views === 0) this.flow.close();
    }
  }

  /** The fold that begins in a line. @param {EditorState} state @param {number} from @param {number} to */
  fold(state, from, to) {
    if (this.#doc !== state.doc) this.#folds = undefined;
    const folds = this.#folds ?? this.#readFolds(state);
    /** @type {{ from: number, to: number } | null} */
    let fold = null;
    folds.between(from, to, (start, end) => {
      if (start < from || end <= to) return undefined;
      fold = { from: to, to: end };
      return false;
    });
    return fold;
  }

  /** @param {EditorState} state */
  #readFolds(state) {
    const began = performance.now();
    const found = this.ask(state, (flow) => flow.folding()) ?? [];
    const folds = found.map(({ range: { start, end } }) => FOLD.range(start.offset, end.offset));
    this.#folds = RangeSet.of(folds, true);
    const now = performance.now();
    this.#foldsUntil = now + Math.max(FOLDS_MS, 10 * (now - began));
    return this.#folds;
  }
}

/**
 * @param {CloudflowOptions} [options]
 * @returns {Extension}
 */
export function cloudflow({ delay = 150, marks = true, ...options } = {}) {
  const held = StateField.define({
    create: () => new Held(options),
    update: (value, transaction) => (transaction.docChanged && value.follow(transaction), value),
  });
  /** @template T @param {EditorState} state @param {(flow: OpenFlow) => T} answer */
  const ask = (state, answer) => state.field(held).ask(state, answer);

  /** @type {Command} */
  const goToDefinition = ({ state, dispatch }) => {
    const found = ask(state, (flow) => flow.definition(state.selection.main.head));
    if (found === null) return false;
    const selection = { anchor: found.start.offset, head: found.end.offset };
    dispatch(state.update({ selection, scrollIntoView: true, userEvent: "select.definition" }));
    return true;
  };

  /** @type {Command} */
  const rename = (view) => {
    const { doc, selection } = view.state;
    const at = selection.main.head;
    const range = ask(view.state, (flow) => flow.prepareRename(at));
    if (range === null || view.state.readOnly) return false;
    const phrase = (/** @type {string} */ text) => view.state.phrase(text);
    const [label, submitLabel] = [phrase("New name"), phrase("Rename")];
    const value = view.state.sliceDoc(range.start.offset, range.end.offset);
    const input = { type: "text", value, name: "name", "aria-label": label };
    showDialog(view, { label, input, focus: true, submitLabel }).result.then((form) => {
      view.focus();
      if (form === null) return;
      try {
        if (view.state.doc !== doc) throw new Error(phrase("the text has changed in the meantime"));
        const name = String(new FormData(form).get("name") ?? "");
        change(view, ask(view.state, (flow) => flow.rename(at, name)) ?? [], "rename");
      } catch (error) {
        showDialog(view, { label: error.message });
      }
    });
    return true;
  };

  /** @param {CompletionContext} context @returns {CompletionResult | null} */
  const complete = ({ state, pos, explicit }) => {
    const before = state.sliceDoc(state.doc.lineAt(pos).from, pos);
    if (!explicit && !/[\w$.-]$/.test(before) && !startsValue(before)) return null;
    const found = ask(state, (flow) => flow.completion(pos));
    if (found === null || found.items.length === 0) return null;
    const { range, items } = found;
    const options = items.map((item, index) => ({
      label: item.label,
      apply: item.insertText,
      type: TYPE_OF[item.kind],
      ...(item.detail ? { detail: item.detail } : {}),
      ...(item.documentation ? { info: () => noteOf(item) } : {}),
      sortText: orderOf(index),
    }));
    // The same items while the word becomes longer: the editor filters them.
    return { from: range.start.offset, to: range.end.offset, options, validFor: /^[\p{L}\p{N}_-]*$/u };
  };

  /** @param {EditorView} view */
  const marksOf = ({ state }) =>
    (ask(state, (flow) => flow.diagnostics()) ?? []).map(({ severity, code, message, range, fix }) => ({
      from: range?.start.offset ?? 0,
      to: range?.end.offset ?? 0,
      severity,
      source: code,
      message,
      actions: fix ? [{ name: fix.title, apply: fixAt(code) }] : [],
    }));
  /**
   * The text may have changed since the check: the fix is asked for again.
   *
   * @type {(code: string) => (view: EditorView, from: number, to: number) => void}
   */
  const fixAt = (code) => (view, from, to) => {
    const found = ask(view.state, (flow) => flow.codeActions(from, to)) ?? [];
    const fix = found.find((action) => action.kind === "fix" && action.code === code);
    if (fix) change(view, fix.edits, "input.fix");
  };

  return [
    held,
    ViewPlugin.define((view) => view.state.field(held).show()),
    marks ? linter(marksOf, { delay }) : [],
    autocompletion(),
    EditorState.languageData.of(() => [{ autocomplete: complete }]),
    hoverTooltip(({ state }, pos) => {
      const found = ask(state, (flow) => flow.hover(pos));
      if (found === null) return null;
      return { pos: found.range.start.offset, end: found.range.end.offset, create: () => ({ dom: noteOf(found) }) };
    }),
    foldService.of((state, from, to) => state.field(held).fold(state, from, to)),
    codeFolding(),
    noteTheme,
    keymap.of([
      { key: "F12", run: goToDefinition },
      { key: "F2", run: rename },
    ]),
    EditorView.domEventHandlers({
      mousedown(event, view) {
        const at = event.button === 0 && (event.ctrlKey || event.metaKey) ? view.posAtCoords(event) : null;
        if (at === null || ask(view.state, (flow) => flow.definition(at)) === null) return false;
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

/** @param {EditorView} view @param {TextEdit[]} edits @param {string} userEvent */
function change(view, edits, userEvent) {
  if (view.state.readOnly) return;
  // Not a string, which would be divided at the line separator of the state.
  const changes = changesOf(edits).map((one) => ({ ...one, insert: Text.of(one.insert.split(/\r?\n/)) }));
  view.dispatch({ changes, userEvent, scrollIntoView: true });
}

const noteTheme = /*#__PURE__*/ EditorView.baseTheme({
  ".cm-flow-note": { padding: "2px 6px", maxWidth: "36rem", whiteSpace: "pre-line" },
  ".cm-flow-note a": { color: "inherit" },
});

/** @param {{ title?: string, documentation?: string, summary?: string, page?: string }} note */
function noteOf({ title, documentation, summary, page }) {
  const dom = document.createElement("div");
  dom.className = "cm-flow-note";
  /** @type {(tag: string, text?: string, more?: object) => void} */
  const add = (tag, text, more) => {
    if (text) dom.append(Object.assign(document.createElement(tag), { textContent: text, ...more }));
  };
  add("code", title);
  add("div", documentation);
  add("div", summary);
  if (page) add("a", new URL(page).hostname, { href: page, target: "_blank", rel: "noreferrer" });
  return dom;
}

// A view of a text, read-only or not: what the editor, the definition that ran and the comparison have in common.

import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentUnit } from "@codemirror/language";
import { closeSearchPanel, findNext, findPrevious, gotoLine, openSearchPanel, search } from "@codemirror/search";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { phrases } from "./phrases.js";
import { look } from "./theme.js";
import { yaml } from "./yaml.js";

/** @typedef {(key: string, ...values: any[]) => string} Words */

/** @type {import("@codemirror/state").StateEffectType<{ from: number } | null>} */
const mark = StateEffect.define({
  map: (value, changes) => value && { from: changes.mapPos(value.from) },
});

const markedLine = Decoration.line({ class: "cm-selectedState" });

/** The line of the selected state. */
const markField = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let found = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(mark)) continue;
      found = effect.value
        ? Decoration.set([markedLine.range(transaction.newDoc.lineAt(effect.value.from).from)])
        : Decoration.none;
    }
    return found;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const SEARCH_KEYS = [
  { key: "Mod-f", run: openSearchPanel, scope: "editor search-panel" },
  { key: "F3", run: findNext, shift: findPrevious, scope: "editor search-panel", preventDefault: true },
  { key: "Mod-g", run: findNext, shift: findPrevious, scope: "editor search-panel", preventDefault: true },
  { key: "Escape", run: closeSearchPanel, scope: "editor search-panel" },
  { key: "Mod-Alt-g", run: gotoLine },
];

const wrap = new Compartment();
const wording = new Compartment();
const narrow = () => matchMedia("(max-width: 720px)");

/**
 * Words of the packages and of the view itself, for screen readers.
 *
 * @param {Words} words
 * @param {string} label key of the name of the view
 */
const worded = (words, label) => [
  phrases(words),
  EditorView.contentAttributes.of({ "aria-label": words(label), "aria-description": words("editor.leaveHint") }),
];

/**
 * @param {Words} words
 * @param {string} label
 */
export function shared(words, label) {
  return [
    lineNumbers(),
    foldGutter(),
    codeFolding(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    bracketMatching(),
    search({ top: true }),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    yaml,
    look,
    markField,
    // Editable text has the focus without it. Tools that check the page find the attribute only.
    EditorView.contentAttributes.of({ tabindex: "0" }),
    keymap.of([...SEARCH_KEYS, ...foldKeymap]),
    wrap.of(narrow().matches ? EditorView.lineWrapping : []),
    wording.of(worded(words, label)),
  ];
}

/** A text that can be focused, searched and copied, but not edited; phones open no keyboard for it. */
export const readOnly = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

/**
 * The element of a view. Styles of CodeMirror go into constructable sheets only inside of a shadow root; elsewhere they
 * are `<style>` elements, which the policy of the page forbids.
 *
 * @param {HTMLElement} host
 */
export function rootOf(host) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  // From outside, a key comes from the host, which is no text field: it would be taken for a shortcut of the page.
  host.addEventListener("keydown", (event) => {
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (isText || event.defaultPrevented) event.stopPropagation();
  });
  return root;
}

/**
 * Marks the line of the selected state.
 *
 * @param {EditorView} view
 * @param {number | undefined} offset
 * @param {{ scroll?: boolean }} [options]
 */
export function markLine(view, offset, { scroll = false } = {}) {
  if (offset === undefined) {
    if (view.state.field(markField).size) view.dispatch({ effects: mark.of(null) });
    return;
  }
  const from = Math.min(offset, view.state.doc.length);
  const line = view.state.doc.lineAt(from).from;
  let isMarked = false;
  view.state.field(markField).between(line, line, () => (isMarked = true) && false);
  /** @type {StateEffect<any>[]} */
  const effects = isMarked ? [] : [mark.of({ from })];
  if (scroll) effects.push(EditorView.scrollIntoView(from, { y: "center" }));
  if (effects.length) view.dispatch({ effects });
}

/**
 * Selects a range and shows it.
 *
 * @param {EditorView} view
 * @param {number} from
 * @param {number} to
 * @param {{ focus?: boolean }} [options]
 */
export function showRange(view, from, to, { focus = true } = {}) {
  const { length } = view.state.doc;
  const anchor = Math.min(from, length);
  const head = Math.min(Math.max(from, to), length);
  view.dispatch({
    selection: { anchor, head },
    effects: EditorView.scrollIntoView(anchor, { y: "center" }),
  });
  if (focus) view.focus();
}

/**
 * Adapts a view to another language of the page.
 *
 * @param {EditorView} view
 * @param {Words} words
 * @param {string} label
 */
export function reword(view, words, label) {
  // The panel keeps the words with which it was opened.
  const isSearching = view.dom.querySelector(".cm-search");
  if (isSearching) closeSearchPanel(view);
  view.dispatch({ effects: wording.reconfigure(worded(words, label)) });
  if (isSearching) openSearchPanel(view);
}

/**
 * Wraps the lines of a view on narrow screens. Returns the function that ends this.
 *
 * @param {EditorView} view
 */
export function wrapOnPhones(view) {
  const query = narrow();
  const change = () => view.dispatch({ effects: wrap.reconfigure(query.matches ? EditorView.lineWrapping : []) });
  query.addEventListener("change", change);
  return () => query.removeEventListener("change", change);
}

/**
 * A read-only view of a text.
 *
 * @param {HTMLElement} host
 * @param {{ doc: string, words: Words, label: string, extensions?: import("@codemirror/state").Extension }} options
 */
export function createTextView(host, { doc, words, label, extensions = [] }) {
  const root = rootOf(host);
  return new EditorView({ doc, parent: root, root, extensions: [shared(words, label), readOnly, extensions] });
}

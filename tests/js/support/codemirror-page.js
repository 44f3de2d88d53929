// The page of the test of the adapter for CodeMirror 6, as a program would write it.

import { history, historyKeymap } from "@codemirror/commands";
import { foldAll, foldGutter, foldKeymap, foldedRanges } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { cloudflow } from "cloudflow-wasm/editor/codemirror";

/** `more`: further extensions; `at`: the element. */
const create = (doc, options, { more = [], at = "place" } = {}) => {
  const keys = keymap.of([...historyKeymap, ...foldKeymap]);
  const extensions = [cloudflow(options), history(), foldGutter(), keys, more];
  return new EditorView({ doc, extensions, parent: document.getElementById(at) });
};
window.start = (doc, options, { dark = false, separator = undefined, readOnly = false } = {}) => {
  window.view?.destroy();
  const look = dark ? EditorView.theme({ "&": { background: "#1c2027", color: "#e7eaf0" } }, { dark }) : [];
  const more = [EditorState.readOnly.of(readOnly), look, separator ? EditorState.lineSeparator.of(separator) : []];
  window.view = create(doc, options, { more });
  window.view.focus();
};
window.startSecond = (doc) => (window.second = create(doc, {}, { at: "second" }));
window.folded = () => {
  foldAll(window.view);
  const found = [];
  foldedRanges(window.view.state).between(0, window.view.state.doc.length, (from, to) => {
    found.push(window.view.state.sliceDoc(from, to));
  });
  return found;
};

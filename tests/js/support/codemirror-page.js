// The page of the test of the adapter for CodeMirror 6, as a program would write it.

import { history, historyKeymap } from "@codemirror/commands";
import { foldAll, foldGutter, foldKeymap, foldedRanges } from "@codemirror/language";
import { EditorView, keymap } from "@codemirror/view";
import { cloudflow } from "cloudflow-wasm/editor/codemirror";

window.start = (doc, options) => {
  window.view?.destroy();
  const extensions = [cloudflow(options), history(), foldGutter(), keymap.of([...historyKeymap, ...foldKeymap])];
  window.view = new EditorView({ doc, extensions, parent: document.body });
  window.view.focus();
};
window.folded = () => {
  foldAll(window.view);
  const found = [];
  foldedRanges(window.view.state).between(0, window.view.state.doc.length, (from, to) => {
    found.push(window.view.state.sliceDoc(from, to));
  });
  return found;
};

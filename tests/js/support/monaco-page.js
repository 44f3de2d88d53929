// The page of the test of the adapter for Monaco, as a program would write it.

import * as monaco from "monaco-editor";
import { registerFlowLanguage } from "cloudflow-wasm/editor/monaco";

// The test needs none of Monaco's own language services.
window.MonacoEnvironment = { getWorker: () => new Worker("editor.worker.js", { type: "module" }) };
window.monaco = monaco;
window.theme = (name) => monaco.editor.setTheme(name);
window.startSecond = (text) => {
  const model = monaco.editor.createModel(text, "yaml");
  window.second = monaco.editor.create(document.getElementById("second"), { model });
};
window.start = (text, options) => {
  window.registered ??= registerFlowLanguage(monaco, options);
  window.editor ??= monaco.editor.create(document.getElementById("place"), {
    model: null,
    "semanticHighlighting.enabled": true,
    minimap: { enabled: false },
  });
  window.editor.getModel()?.dispose();
  window.editor.setModel(monaco.editor.createModel(text, "yaml"));
  window.editor.focus();
};

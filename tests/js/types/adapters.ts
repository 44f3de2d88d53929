// A program that uses the types of the adapters for editors. It is compiled, never run.

import { cloudflow } from "cloudflow-wasm/editor/codemirror";
import type { CloudflowOptions } from "cloudflow-wasm/editor/codemirror";
import { registerFlowLanguage } from "cloudflow-wasm/editor/monaco";
import type { Disposable, FlowLanguageOptions, Monaco } from "cloudflow-wasm/editor/monaco";
import { EditorState } from "@codemirror/state";

const options: CloudflowOptions = { mode: "Express", delay: 300 };
EditorState.create({ doc: "Type: StateMachine", extensions: [cloudflow(options), cloudflow()] });

declare const monaco: Monaco;
const settings: FlowLanguageOptions = {
  language: "yaml",
  mode: "Standard",
  isFlow: (model) => model.uri.path !== "/a",
};
const registered: Disposable = registerFlowLanguage(monaco, settings);
registered.dispose();
// @ts-expect-error: the mode is one of two words
cloudflow({ mode: "Fast" });
// @ts-expect-error: the module of Monaco is passed
registerFlowLanguage();

// The language service of the editor: the adapter of the package. Marks stay with the check of the page, which the list of
// problems and the graph show, too. Brackets are closed by the package that completes: the editor is smaller without it.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { keymap } from "@codemirror/view";
import { cloudflow } from "cloudflow-wasm/editor/codemirror";

export const service = () => [cloudflow({ marks: false }), closeBrackets(), keymap.of(closeBracketsKeymap)];

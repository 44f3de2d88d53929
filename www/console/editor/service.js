// The language service of the editor: the adapter of the package. Marks stay with the check of the page, which the list of
// problems and the graph show, too. Brackets are closed by the package that completes: the editor is smaller without it.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { keymap } from "@codemirror/view";
import { cloudflow } from "cloudflow-wasm/editor/codemirror";
import { addLocale } from "../../../pkg/shared/locale.js";

/** @param {import("../../../pkg/shared/locale.js").Speaker} [chinese] absent for English */
export function service(chinese) {
  if (chinese) addLocale("zh", chinese);
  return [cloudflow({ marks: false, locale: chinese ? "zh" : "en" }), closeBrackets(), keymap.of(closeBracketsKeymap)];
}

// Entry "cloudflow-wasm/graph". It needs no WebAssembly module. In a page, importing it defines the element.

import { defineGraph } from "./graph/element.js";

export { defineGraph } from "./graph/element.js";
export { layoutGraph } from "./graph/layout.js";

if (
  typeof customElements !== "undefined" &&
  typeof HTMLElement !== "undefined" &&
  !customElements.get("cloudflow-graph")
) {
  defineGraph();
}

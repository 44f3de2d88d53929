// The functions that read flow definitions. The module converts all values.

import { RUNTIME } from "../shared/behind.js";
import { VALIDATE, own } from "../shared/options.js";

/** @param {import("../shared/runtime.js").Runtime} runtime */
export function createLanguage(runtime) {
  return {
    /** @param {unknown} text */
    parseFlow: (text) => runtime.call("parseFlow", text),
    /**
     * @param {unknown} text
     * @param {unknown} [options]
     */
    validateFlow: (text, options) =>
      text === RUNTIME ? runtime : runtime.call("validateFlow", text, own(options, VALIDATE)),
    /** @param {unknown} text */
    flowGraph: (text) => runtime.call("flowGraph", text),
    /** @param {unknown} text */
    flowToMermaid: (text) => runtime.call("flowToMermaid", text),
  };
}

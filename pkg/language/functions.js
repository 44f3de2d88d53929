// The functions that read flow definitions. The module converts all values.

import { RUNTIME } from "../shared/behind.js";
import { inLocale, inLocaleOf } from "../shared/locale.js";
import { VALIDATE, own } from "../shared/options.js";

/** @param {import("../shared/runtime.js").Runtime} runtime */
export function createLanguage(runtime) {
  return {
    /**
     * @param {unknown} text
     * @param {unknown} [options]
     */
    parseFlow: (text, options) => inLocaleOf(options, () => runtime.call("parseFlow", text)),
    /**
     * @param {unknown} text
     * @param {unknown} [options]
     */
    validateFlow: (text, options) =>
      text === RUNTIME
        ? runtime
        : inLocale(own(options, VALIDATE), (given) => runtime.call("validateFlow", text, given)),
    /**
     * @param {unknown} text
     * @param {unknown} [options]
     */
    flowGraph: (text, options) => inLocaleOf(options, () => runtime.call("flowGraph", text)),
    /**
     * @param {unknown} text
     * @param {unknown} [options]
     */
    flowToMermaid: (text, options) => inLocaleOf(options, () => runtime.call("flowToMermaid", text)),
  };
}

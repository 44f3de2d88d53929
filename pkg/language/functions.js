// The functions that read flow definitions. The module converts all values.

import { flowOptionsOf } from "../ask/options.js";

export function createLanguage(runtime) {
  return {
    validateExecution: (body) => runtime.call("validateExecution", body),
    parseFlow: (text) => runtime.call("parseFlow", text),
    validateFlow: (text, options) => runtime.call("validateFlow", text, flowOptionsOf(options)),
    flowGraph: (text) => runtime.call("flowGraph", text),
    flowToMermaid: (text) => runtime.call("flowToMermaid", text),
  };
}

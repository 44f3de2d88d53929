// Entry "cloudflow-wasm". The module is embedded in the JavaScript. It is compiled at the first call.

import { createAsk } from "./ask/functions.js";
import { createLanguage } from "./language/functions.js";
import { createRuntime } from "./shared/runtime.js";
import { bytes } from "./wasm/core.inline.js";
import { instantiate } from "./wasm/core.js";

export { CloudFlowError } from "./shared/error.js";

const runtime = createRuntime(instantiate, () => new WebAssembly.Module(bytes()));

export const { createClient, describeExecution, parseExecution, waitForExecution, watchExecution } = createAsk(runtime);
export const { flowGraph, flowToMermaid, parseFlow, validateExecution, validateFlow } = createLanguage(runtime);

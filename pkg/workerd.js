// Entry "cloudflow-wasm" for workerd, which does not compile bytes at run time: the module is imported.

import { createAsk } from "./ask/functions.js";
import { createLanguage } from "./language/functions.js";
import { createRuntime } from "./shared/runtime.js";
import { instantiate } from "./wasm/core.js";
import module from "./wasm/core.wasm";

export { CloudFlowError } from "./shared/error.js";

const runtime = createRuntime(instantiate, () => module);

export const { createClient, describeExecution, parseExecution, waitForExecution, watchExecution } = createAsk(runtime);
export const { flowGraph, flowToMermaid, parseFlow, validateExecution, validateFlow } = createLanguage(runtime);

// Entry "cloudflow-wasm/slim": the functions of "cloudflow-wasm". The caller passes the module to `init`.

import { createAsk } from "./ask/functions.js";
import { createLanguage } from "./language/functions.js";
import { createInit } from "./shared/init.js";
import { createRuntime } from "./shared/runtime.js";
import { instantiate } from "./wasm/core.js";

export { CloudFlowError } from "./shared/error.js";

const { init, compiled } = createInit();
export { init };

const runtime = createRuntime(instantiate, compiled);

export const { createClient, describeExecution, parseExecution, waitForExecution, watchExecution } = createAsk(runtime);
export const { flowGraph, flowToMermaid, parseFlow, validateExecution, validateFlow } = createLanguage(runtime);

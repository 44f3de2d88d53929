// "cloudflow-wasm/local" in workerd, which compiles no bytes at run time: the module is imported.

import { createLocal } from "./lib/local.js";
import { createRuntime } from "./lib/runtime.js";
import { instantiate } from "./wasm/local.js";
import module from "./wasm/local.wasm";

export { CloudFlowError } from "./lib/error.js";

export const { createEmulator, migrateFlow, signRequest, simulateFlow } = createLocal(
  createRuntime(instantiate, () => module),
  { ownTimers: true },
);

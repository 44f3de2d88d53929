// "cloudflow-wasm/local" everywhere but in workerd: the module travels inside the JavaScript, and is
// made at the first call.

import { createLocal } from "./lib/local.js";
import { createRuntime } from "./lib/runtime.js";
import { bytes } from "./wasm/local.inline.js";
import { instantiate } from "./wasm/local.js";

export { CloudFlowError } from "./lib/error.js";

export const { createEmulator, migrateFlow, signRequest, simulateFlow } = createLocal(
  createRuntime(instantiate, () => new WebAssembly.Module(bytes())),
);

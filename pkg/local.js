// "cloudflow-wasm/local" everywhere but in workerd: the module travels inside the JavaScript, and is
// made at the first call.

import { createLocal } from "./local/emulator.js";
import { createRuntime } from "./shared/runtime.js";
import { bytes } from "./wasm/local.inline.js";
import { instantiate } from "./wasm/local.js";

export { CloudFlowError } from "./shared/error.js";
export { signRequest } from "./local/emulator.js";

export const { createEmulator, migrateFlow, simulateFlow } = createLocal(
  createRuntime(instantiate, () => new WebAssembly.Module(bytes())),
);

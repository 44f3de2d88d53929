// Entry "cloudflow-wasm/local". The module is embedded in the JavaScript. It is compiled at the first call.

import { createLocal } from "./local/emulator.js";
import { createRuntime } from "./shared/runtime.js";
import { bytes } from "./wasm/local.inline.js";
import { instantiate } from "./wasm/local.js";

export { CloudFlowError } from "./shared/error.js";

export const { createEmulator, migrateFlow, signRequest, simulateFlow } = createLocal(
  createRuntime(instantiate, () => new WebAssembly.Module(bytes())),
);

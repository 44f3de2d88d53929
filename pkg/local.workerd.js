// Entry "cloudflow-wasm/local" for workerd, which does not compile bytes at run time: the module is imported.

import { createLocal } from "./local/emulator.js";
import { createRuntime } from "./shared/runtime.js";
import { instantiate } from "./wasm/local.js";
import module from "./wasm/local.wasm";

export { CloudFlowError } from "./shared/error.js";

export const { createEmulator, migrateFlow, signRequest, simulateFlow } = createLocal(
  createRuntime(instantiate, () => module),
  { ownTimers: true },
);
